"""Basic waves have their spectra and levels, and are a dataset that any training takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.test_configs import TINY, composed
from vschaos import load_run
from vschaos.audio.files import read_audio
from vschaos.configs.composing import compose
from vschaos.data import basic_waves
from vschaos.data.basic_waves import SAMPLE_RATE, WAVES, BasicWaves, render
from vschaos.generation.material import Material
from vschaos.training import train

FEW = BasicWaves(lowest=69, highest=70)
SETTLED = 4096  # samples after which a level is reached


def amplitudes(sound: np.ndarray, hertz: float) -> np.ndarray:
    """Of the partials of a tone within a second, relative to the first, with their signs as
    sines."""
    time = np.arange(len(sound)) / SAMPLE_RATE
    window = np.hanning(len(sound))
    numbers = np.arange(1, 7)[:, None]
    found = (sound * window * np.exp(-2j * np.pi * numbers * hertz * time)).sum(1)
    turned = found * np.exp(-1j * numbers[:, 0] * (np.angle(found[0]) + np.pi / 2))
    ratios: np.ndarray = (turned * 1j).real / abs(found[0])
    return ratios


@pytest.mark.parametrize(
    ("wave", "expected"),
    [
        ("sine", [1, 0, 0, 0, 0, 0]),
        ("triangle", [1, 0, -1 / 9, 0, 1 / 25, 0]),
        ("saw", [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]),
        ("square", [1, 0, 1 / 3, 0, 1 / 5, 0]),
    ],
)
def test_a_wave_has_its_spectrum(wave: str, expected: list[float]) -> None:
    sound = render(wave, 57)[SETTLED : SETTLED + 12000]
    np.testing.assert_allclose(amplitudes(sound, 220.0), expected, atol=2e-3)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("note", [33, 96])
def test_all_waves_and_notes_have_three_levels(wave: str, note: int) -> None:
    sound = render(wave, note).astype(np.float64)
    assert len(sound) == 1.5 * SAMPLE_RATE
    assert np.abs(sound).max() < 0.7
    thirds = sound.reshape(3, -1)[:, SETTLED:-SETTLED]
    levels_db = 10 * np.log10((thirds**2).mean(1))
    np.testing.assert_allclose(levels_db, [-12, -24, -36], atol=0.1)  # not of whole periods
    assert np.abs(sound[[0, -1]]).max() < 1e-4


def test_the_highest_saw_does_not_alias() -> None:
    hertz = 440.0 * 2 ** (27 / 12)
    sound = render("saw", 96)[SETTLED : SETTLED + 12000].astype(np.float64)
    power = np.abs(np.fft.rfft(sound * np.blackman(12000) ** 2)) ** 2
    hz = np.arange(len(power)) * SAMPLE_RATE / 12000
    beside = np.abs(hz - np.round(hz / hertz) * hertz) > 60
    assert 10 * np.log10(power[beside].sum() / power.sum()) < -90


def test_they_are_made_once(tmp_path: Path) -> None:
    FEW.make(tmp_path / "a" / "waves")
    FEW.make(tmp_path / "b")
    files = sorted((tmp_path / "a" / "waves" / "data").iterdir())
    assert [file.name for file in files[:3]] == ["saw_069.wav", "saw_070.wav", "sine_069.wav"]
    assert len(files) == 8
    for file in files:
        assert file.read_bytes() == (tmp_path / "b" / "data" / file.name).read_bytes()
    files[0].write_bytes(b"")
    FEW.make(tmp_path / "a" / "waves")
    assert files[0].read_bytes() == b""  # made once


def test_other_sounds_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"which holds data/mine\.wav: name another one with"):
        FEW.make(tmp_path)
    BasicWaves(69, 69).make(tmp_path / "one")
    with pytest.raises(ValueError, match=r"which lacks data/saw_070\.wav"):
        FEW.make(tmp_path / "one")


@pytest.mark.parametrize(("lowest", "highest"), [(50, 49), (-1, 60), (60, 128)])
def test_notes_that_are_none_are_refused(tmp_path: Path, lowest: int, highest: int) -> None:
    with pytest.raises(ValueError, match=f"from 0 to 127, the lowest first, got {lowest} to"):
        BasicWaves(lowest, highest).make(tmp_path / "waves")


def test_nothing_is_there_by_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def render_some(wave: str, note: int) -> np.ndarray:
        if wave == "saw":
            raise KeyboardInterrupt
        return np.zeros(100, np.float32)

    monkeypatch.setattr(basic_waves, "render", render_some)
    with pytest.raises(KeyboardInterrupt):
        FEW.make(tmp_path / "waves")
    assert not any(tmp_path.iterdir())


def test_a_training_needs_no_folder(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by = ["data.dataset.made_by.lowest=60", "data.dataset.made_by.highest=62"]
    given = ["data=basic_waves", "name=waves", f"rundir={tmp_path}", *made_by]
    run = load_run(train(composed("dgt_small", *given, *TINY)))
    root = cache / "basic_waves_60_62"
    assert run.config["data"]["dataset"]["root"] == str(root)
    assert len(list((root / "data").iterdir())) == 12
    material = Material(run)
    held_out = material.names("held_out")
    assert held_out
    assert not set(held_out) & set(material.names("train"))
    clip = material.clip(held_out[0], 0.5, "held_out")
    assert clip is not None
    wave = WAVES[int(material.labels(clip)["wave"][0])]
    assert wave in held_out[0]
    assert len(read_audio(root / held_out[0], 8000)) == 12000
    monkeypatch.delenv("VSCHAOS_CACHE")
    usual = compose("ddsp", ["data=basic_waves", "name=a"]).data.dataset.root
    assert usual == "~/.cache/vschaos/basic_waves_33_95"
