"""A table moves as it was asked to, and other programs find its cycles."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from vschaos.audio.files import read_audio
from vschaos.cli import generating
from vschaos.cli.generate import parser_of_all
from vschaos.generation import table_along, write_cycles, write_table
from vschaos.instrument.controls import Control
from vschaos.labels import Labels
from vschaos.models.capabilities import SingleCycle
from vschaos.runs import Run

SAMPLE_RATE, HOP, PARTIALS = 44100, 256, 100
CONTROLS = [
    Control("pitch", 40.0, 76.0, "MIDI note", limits=(0.0, 127.0)),
    Control("confidence", 0.0, 1.0, "", limits=(0.0, 1.0)),
    Control("loudness", -40.0, -10.0, "dB", limits=(-80.0, 0.0)),
    Control("brightness", -3.0, 3.0, "sigma", limits=(-3.0, 3.0)),
    Control("odd_even", -3.0, 3.0, "sigma", limits=(-3.0, 3.0)),
]


def amplitudes(latents: Tensor, labels: Labels | None = None) -> Tensor:
    """Partials that fall by 9 dB an octave or by less if it is brighter, without even ones if it is
    odd; a memory that takes 20 frames to come to rest."""
    assert labels is not None
    assert labels.values.shape == (len(latents), 1, latents.shape[2])
    pitch, confidence, _, brightness, odd = latents.unbind(1)
    assert bool((confidence == 1.0).all())
    rest = (torch.arange(latents.shape[2]) / 20.0).clamp_max(1.0)
    numbers = torch.arange(1, PARTIALS + 1).unsqueeze(1)
    fall = numbers ** (0.4 * rest * brightness - 1.5).unsqueeze(1)
    is_even = (numbers % 2 == 0).float()
    hertz = 440.0 * torch.exp2((pitch.unsqueeze(1) - 69.0) / 12.0)
    there = numbers * hertz < SAMPLE_RATE / 2
    quieter = 1.0 - is_even * torch.sigmoid(2.0 * odd).unsqueeze(1)
    made = fall * quieter * there * (1.0 + labels.values)
    return made / made.amax(1, keepdim=True).clamp_min(1e-9)


def make_run(folder: Path = Path()) -> Any:
    model = SimpleNamespace(
        frame_controls=lambda: CONTROLS,
        descriptors=("brightness", "odd_even"),
        cycle_amplitudes=amplitudes,
    )

    def labels(num_frames: int, given: dict[str, str] | None = None) -> Labels:
        values = torch.full([1, 1, num_frames], float((given or {}).get("octave", 0.0)))
        return Labels(values, values > 0)

    return SimpleNamespace(
        single_cycle=model,
        model=model,
        name="bells",
        folder=folder,
        sample_rate=SAMPLE_RATE,
        frame_rate=SAMPLE_RATE / HOP,
        labels=labels,
        conditioning_tasks=[],
        autoencoder=None,
        spectral=lambda inversion: None,
        play_with=lambda texture, match: None,
    )


def spectra(table: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(table.astype(np.float64)))[:, 1:]


def centroids(table: np.ndarray) -> np.ndarray:
    found = spectra(table)
    numbers = np.arange(1, found.shape[1] + 1)
    centroid: np.ndarray = (found * numbers).sum(1) / found.sum(1)
    return centroid


def chunks(path: Path) -> dict[bytes, bytes]:
    """As a program reads a wav file that knows nothing of it."""
    content = path.read_bytes()
    (size,) = struct.unpack_from("<I", content, 4)
    assert size == len(content) - 8
    found, place = {}, 12
    while place < len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        found[name] = content[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return found


def test_the_table_moves_along_the_first_descriptor() -> None:
    table = table_along(make_run(), num_cycles=9)
    assert table.shape == (9, 2048)
    assert table.dtype == np.float32
    assert (np.diff(centroids(table)) > 0.2).all()


def test_each_cycle_is_a_whole_period_of_its_spectrum() -> None:
    run = make_run()
    table = table_along(run, num_cycles=2, extent=1.5, pitch=40.0)
    at_rest = torch.tensor([40.0, 1.0, -25.0, 1.5, 0.0]).reshape(1, -1, 1).repeat(1, 1, 50)
    expected = amplitudes(at_rest, run.labels(50))[0, :, -1].numpy()
    found = spectra(table)[1, : len(expected)]
    np.testing.assert_allclose(found / found.max(), expected, atol=1e-5)


def test_the_model_is_asked_where_most_partials_fit() -> None:
    lowest, higher = (
        table_along(make_run(), "odd_even"),
        table_along(make_run(), "odd_even", pitch=76.0),
    )
    counts = [int((spectra(table)[0] > 1e-5).sum()) for table in (lowest, higher)]
    assert counts == [100, 33]


def test_all_cycles_are_as_loud_and_none_clips() -> None:
    table = table_along(make_run(), "odd_even", 16)
    rms = np.sqrt((table.astype(np.float64) ** 2).mean(1))
    np.testing.assert_allclose(rms, rms[0], rtol=1e-5)
    assert np.abs(table).max() == pytest.approx(1.0, abs=1e-6)


def test_other_controls_move_through_their_usual_values() -> None:
    table = table_along(make_run(), "pitch", 2)  # 40 and 76: 65 partials fit at 338 Hz, 33 at 659
    assert [int((row > 1e-5 * row.max()).sum()) for row in spectra(table)] == [100, 33]
    assert np.ptp(centroids(table_along(make_run(), "loudness", 4))) < 1e-3  # plays no part here


def test_one_cycle_is_that_of_the_middle() -> None:
    single = table_along(make_run(), num_cycles=1)
    middle = table_along(make_run(), num_cycles=3)[1:2]
    np.testing.assert_allclose(
        spectra(single) / spectra(single).max(), spectra(middle) / spectra(middle).max(), atol=1e-6
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"along": "shine"}, r"--along must be one of pitch, loudness, .*, got 'shine'"),
        ({"along": "confidence"}, r"--along must be one of .*, got 'confidence'"),
        ({"num_cycles": 257}, r"1 to 256 cycles, got 257"),
        ({"extent": float("nan")}, r"0 standard deviations or more, got nan"),
        ({"extent": -1.0}, r"0 standard deviations or more, got -1"),
        ({"pitch": 140.0}, r"must be from 0 to 127, got 140"),
        ({"pitch": float("nan")}, r"must be from 0 to 127, got nan"),
    ],
)
def test_what_makes_no_table_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table_along(make_run(), **settings)


def test_a_silent_cycle_is_refused() -> None:
    run = make_run()
    run.single_cycle.cycle_amplitudes = lambda latents, labels: torch.zeros(len(latents), 3, 1)
    with pytest.raises(ValueError, match="must have a partial below 22050 Hz, got none in one"):
        table_along(run)


def test_a_model_without_cycles_is_refused() -> None:
    stream = SimpleNamespace(methods=[SimpleNamespace(name="forward")])
    model: Any = SimpleNamespace(stream=lambda: stream)
    run = Run(Path(), Path(), {"name": "a"}, {}, {}, model)
    assert not isinstance(model, SingleCycle)
    with pytest.raises(ValueError, match=r"has no single cycle .*; it plays: forward"):
        table_along(run)


def test_wavetable_synthesisers_know_the_file(tmp_path: Path) -> None:
    table = table_along(make_run(), num_cycles=5)
    write_table(tmp_path / "a.wav", table)
    found = chunks(tmp_path / "a.wav")
    # the size of a cycle in four digits after three signs, eight flags of which the first says
    # cross-fades and the second a file of the factory, and a text
    assert found[b"clm "] == b"<!>2048 10000000 wavetable (vschaos)"
    assert list(found).index(b"clm ") == list(found).index(b"fmt ") + 1
    assert struct.unpack_from("<HHI", found[b"fmt "]) == (3, 1, 44100)  # float, mono
    stored = np.frombuffer(found[b"data"], "<f4").reshape(-1, int(found[b"clm "][3:7]))
    np.testing.assert_array_equal(stored, table)
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav", 44100), table.reshape(-1))
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.frames, info.subtype) == (5 * 2048, "FLOAT")


def test_single_cycles_are_files_of_their_own(tmp_path: Path) -> None:
    table = table_along(make_run(), num_cycles=3)
    write_cycles(tmp_path / "ä" / "cycles", table)
    files = sorted((tmp_path / "ä" / "cycles").glob("*.wav"))
    assert [file.name for file in files] == ["001.wav", "002.wav", "003.wav"]
    for file, cycle in zip(files, table, strict=True):
        np.testing.assert_array_equal(read_audio(file, 44100), cycle)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(generating, "load_run", lambda *path: make_run(tmp_path))
    monkeypatch.setattr(generating, "parse_labels", lambda *labels: {})

    def call(*words: str) -> None:
        out = ["-o", str(tmp_path / "out")]
        generating.generate(parser_of_all().parse_args(["tables", str(tmp_path), *words, *out]))

    return call


def test_the_command_writes_table_cycles_and_picture(
    tmp_path: Path, command: Callable[..., None]
) -> None:
    command("--along", "odd_even", "-n", "4")
    made = tmp_path / "out" / "tables"
    assert {path.name for path in made.iterdir() if path.name[0] != "."} == {
        "odd_even_4.wav",
        "odd_even_4.png",
        "odd_even_4",
    }
    assert len(list((made / "odd_even_4").glob("*.wav"))) == 4
    assert (made / "odd_even_4.png").read_bytes().startswith(b"\x89PNG")
    assert (made / ".vschaos").is_file()  # no training takes them for sounds


def test_a_table_that_a_user_changed_is_backed_up(
    tmp_path: Path, command: Callable[..., None]
) -> None:
    file = tmp_path / "out" / "tables" / "brightness_2.wav"
    command("-n", "2", "--no-pictures")
    command("-n", "2", "--no-pictures")
    assert not list(file.parent.glob("*.backup*"))
    file.write_bytes(b"mine")
    command("-n", "2", "--no-pictures")
    assert file.with_name("brightness_2.backup.wav").read_bytes() == b"mine"
    assert chunks(file)[b"clm "]
