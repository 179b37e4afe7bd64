"""Presets: their JSON, read strictly, and the bank that comes with the voice."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
import torch

from vschaos.models.synth import (
    BANK,
    CHAINS,
    Preset,
    Voice,
    bank_of,
    read_preset,
    render,
    write_preset,
)
from vschaos.models.synth.presets import preset_of, to_json

HOLLOW = Preset("hollow", "mono", {"shape_1": 2.0, "cutoff": 812.5})
RATE = 44100


def test_a_preset_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "höhle.json"
    write_preset(HOLLOW, path)
    read = read_preset(path)
    chain = CHAINS["mono"]
    assert (read.name, read.chain) == ("hollow", "mono")
    assert torch.equal(read.parameters(chain), HOLLOW.parameters(chain))
    assert json.loads(path.read_text())["parameters"]["cutoff"] == {"value": 812.5, "unit": "Hz"}


def test_parameters_become_a_preset_without_loss() -> None:
    torch.manual_seed(0)
    chain = CHAINS["modular"]
    drawn = torch.stack([p.value_at(torch.rand(())) for p in chain.parameters])
    assert torch.equal(preset_of("drawn", chain, drawn).parameters(chain), drawn)


def changed(**replaced: object) -> str:
    return json.dumps({**json.loads(to_json(HOLLOW)), **replaced})


def one(name: str, **entry: object) -> str:
    return changed(parameters={name: entry})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Expecting value"),
        ("[]", r"a preset must have the keys format, .* got \[\]"),
        (changed(author="me"), "must have the keys .* got .*author"),
        (changed(version=2), "format and version must be .* 1, got .* 2"),
        (changed(format="other"), "format and version must be .* got 'other'"),
        (changed(chain="stereo"), "chain must be one of .* got 'stereo'"),
        (changed(chain=["mono"]), "name and chain must be words"),
        (changed(name="two words"), "must be one word .* got 'two words'"),
        (changed(name=""), "must be one word"),
        (changed(parameters=[]), "parameters an object"),
        (one("cutof", value=100.0, unit="Hz"), "a parameter of mono must be .* got 'cutof'"),
        (one("mix", value=0.5, unit=""), "a parameter of mono must be .* got 'mix'"),
        (one("cutoff", value=100.0, unit="kHz"), "unit of cutoff must be 'Hz', got 'kHz'"),
        (one("cutoff", value=100.0), "parameter cutoff must have the keys value, unit"),
        (one("cutoff", value=1.0, unit="Hz"), "hollow cutoff must be .* 20 to 18000 Hz, got 1"),
        (one("cutoff", value="100", unit="Hz"), "cutoff must be a number .* got '100'"),
        (one("cutoff", value=float("nan"), unit="Hz"), "numbers must be finite, got NaN"),
        (one("cutoff", value=100, unit="Hz").replace("100", "1e999"), "must be finite"),
        ('{"format": 1, "format": 2}', "a key must not be twice"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_preset_is_refused_in_a_sentence(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"wrong.json (cannot be read|must be) .*{expected}"):
        read_preset(path)


def test_no_file_or_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no preset"):
        read_preset(tmp_path / "none.json")
    path = tmp_path / "bytes.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"bytes.json cannot be read as a preset"):
        read_preset(path)
    path.write_text(" " * 1_000_001)
    with pytest.raises(ValueError, match="at most 1000000 bytes"):
        read_preset(path)


@pytest.fixture(scope="module")
def sounds() -> dict[str, torch.Tensor]:
    """A note of .6 s by each preset, `[T]`, a second of it."""
    pitch, gate = torch.full([1, RATE], 57.0), 0.8 * (torch.arange(RATE) < 0.6 * RATE)
    made = {}
    for chain in CHAINS.values():
        own = [preset for preset in BANK if preset.chain == chain.name]
        parameters = torch.stack([preset.parameters(chain) for preset in own])
        rows = [signal.expand(len(own), RATE) for signal in (pitch, gate)]
        with torch.inference_mode():
            rendered = render(Voice(chain), parameters, *rows)
        made |= {preset.name: sound for preset, sound in zip(own, rendered, strict=True)}
    return made


def test_banks_are_large_enough() -> None:
    assert len({preset.name for preset in BANK}) == len(BANK)
    assert len(bank_of(CHAINS["two_osc"])) >= 20
    assert len(bank_of(CHAINS["modular"])) == len(BANK)
    for chain in CHAINS.values():
        assert bank_of(chain)[0].chain == chain.name


def test_presets_are_heard_and_do_not_clip(sounds: dict[str, torch.Tensor]) -> None:
    for name, sound in sounds.items():
        assert torch.isfinite(sound).all()
        assert 0.05 < sound.abs().max() < 0.9, name


def bands(sound: torch.Tensor) -> torch.Tensor:
    """Levels in 24 bands of equal ratios in six stretches, dB, of the sound at one level."""
    padded = torch.nn.functional.pad(sound, (0, RATE - len(sound)))
    spectra = torch.stft(
        padded, 4096, 1024, window=torch.hann_window(4096), return_complex=True
    ).abs()
    edges = torch.logspace(1.6, 4.3, 25)
    hertz = torch.linspace(0, RATE / 2, 2049)
    inside = (hertz >= edges[:-1, None]) & (hertz < edges[1:, None])
    power = inside.float() @ spectra[:, :42].square()
    power = power.reshape(24, 6, 7).mean(2)
    return 10 * torch.log10(power / power.sum() + 1e-6)


def test_no_two_presets_sound_alike(sounds: dict[str, torch.Tensor]) -> None:
    """By 3 dB or more of RMS over time and frequency, down to -60 dB, levels apart."""
    levels = {name: bands(sound) for name, sound in sounds.items()}
    distances = {
        (one, other): float((levels[one] - levels[other]).square().mean().sqrt())
        for one, other in combinations(levels, 2)
    }
    nearest = min(distances, key=distances.__getitem__)
    assert distances[nearest] > 3.0, nearest
