"""What many tests need: tones, a measure of them, a tiny dataset, a cache of their own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from vschaos.audio.files import write_audio
from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.labels import Labels

torch.set_num_threads(1)  # the tensors here are small, and the figures the same everywhere


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSCHAOS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def signals_are_heard() -> Iterator[None]:
    """Also where the tests were begun with nohup or in the background of a script, which have
    signals ignored, here and in the processes that tests start."""
    answers = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.getsignal(number) for number in answers}
    for number, answer in answers.items():
        if before[number] is signal.SIG_IGN:
            signal.signal(number, answer)
    yield
    for number, answer_before in before.items():
        signal.signal(number, answer_before)


@pytest.fixture(scope="session")
def tone() -> Callable[..., np.ndarray]:
    def make(
        frequency_hz: float = 440.0,
        sample_rate: int = 8000,
        duration_seconds: float = 0.5,
        amplitude: float = 0.5,
    ) -> np.ndarray:
        seconds = np.arange(round(duration_seconds * sample_rate)) / sample_rate
        return (amplitude * np.sin(2 * np.pi * frequency_hz * seconds)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def listen() -> Callable[[np.ndarray, int], tuple[float, float]]:
    """Frequency in Hz and level in dB (0 is amplitude 1) of the strongest sine in a sound."""

    def measure(waveform: np.ndarray, sample_rate: int) -> tuple[float, float]:
        window = np.hanning(len(waveform))
        size = 16 * len(waveform)  # a scalloping loss below 0.01 dB
        spectrum = np.abs(np.fft.rfft(waveform * window, size)) * 2 / window.sum()
        strongest = int(np.argmax(spectrum))
        return strongest * sample_rate / size, 20 * float(np.log10(spectrum[strongest]))

    return measure


@pytest.fixture(scope="session")
def nothing_known() -> Callable[..., Labels]:
    """Labels of no task at all."""

    def make(batch: int, num_frames: int = 1) -> Labels:
        values = torch.zeros(batch, 0, num_frames)
        return Labels(values, values > 0)

    return make


@pytest.fixture(scope="session")
def write_dataset(tone: Callable[..., np.ndarray]) -> Callable[[Path], Path]:
    """Four tones at 8 kHz, of 0.5 s, with labels of pitch, octave (not of all) and brightness."""

    def write(root: Path) -> Path:
        labels = {"pitch": "A A# G# C", "octave": "3 none 4 4", "brightness": "0.1 0.5 0.3 0.2"}
        names = [f"data/{name}.wav" for name in ("a", "b", "deep/c", "deep/d")]
        for name in names:
            write_audio(root / name, tone(200.0 + 100 * ord(name[-5]) % 1000), 8000)
        for task, values in labels.items():
            folder = root / "metadata" / task
            folder.mkdir(parents=True)
            lines = [
                f"{name}\t{value}\n" for name, value in zip(names, values.split(), strict=True)
            ]
            (folder / "metadata.txt").write_text("".join(lines))
        classes = [f"{number}\t{name}\n" for number, name in enumerate(PITCH_CLASSES)]
        (root / "metadata" / "pitch" / "classes.txt").write_text("".join(classes))
        return root

    return write


@pytest.fixture
def dataset(tmp_path: Path, write_dataset: Callable[[Path], Path]) -> Path:
    return write_dataset(tmp_path / "dataset")
