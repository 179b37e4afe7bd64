"""Griffin-Lim for whole sounds."""

import math

import pytest
import torch

from tests.dsp.phase.sounds import SIZES, convergence_db, sounds
from vschaos.dsp import STFT, griffin_lim


# measured, at the worst of the three sizes, less 1 to 3 dB
@pytest.mark.parametrize(
    ("name", "bound_db"),
    [("tones", -40), ("chirp", -35), ("decay", -29), ("noise", -23.5), ("clicks", -24.5)],
)
@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_magnitudes_are_met(n_fft: int, hop_length: int, name: str, bound_db: float) -> None:
    audio = sounds()[name].unsqueeze(0)
    stft = STFT(n_fft, hop_length)
    magnitudes, length = stft(audio).abs(), audio.shape[1]
    found = griffin_lim(stft, magnitudes, length)
    assert convergence_db(stft, found, magnitudes) < bound_db
    level_db = 20 * math.log10(float(found.norm() / audio.norm()))
    assert abs(level_db) < 0.5


@pytest.mark.parametrize("name", ["chirp", "noise", "clicks"])
def test_it_improves_on_where_it_starts(name: str) -> None:
    audio = sounds()[name].unsqueeze(0)
    stft = STFT(1024, 256)
    magnitudes, length = stft(audio).abs(), audio.shape[1]
    found_db = [
        convergence_db(stft, griffin_lim(stft, magnitudes, length, iterations), magnitudes)
        for iterations in (0, 10, 60)
    ]
    assert found_db[1] < found_db[0] - 2
    assert found_db[2] < found_db[1] - 1


def test_silence_stays_silent() -> None:
    stft = STFT(1024, 256)
    magnitudes = torch.zeros(1, 513, stft.num_frames(4096))
    assert float(griffin_lim(stft, magnitudes, 4096).abs().max()) == 0.0
