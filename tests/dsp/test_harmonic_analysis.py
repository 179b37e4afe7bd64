"""What the synthesis plays is found again, and plays as it did."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from vschaos.dsp.harmonic_analysis import HarmonicAnalysis
from vschaos.dsp.noise import FilteredNoise
from vschaos.dsp.oscillators import HarmonicBank
from vschaos.losses.multi_resolution import MultiResolutionDistance

RATE, HOP, FRAMES = 44100, 256, 200
EDGE = 12  # frames in which the window of a low note reaches beyond the sound
TIME = (torch.arange(FRAMES) + 1.0) * HOP / RATE
PARTIALS = torch.arange(1, 101.0).unsqueeze(1)


class Known(NamedTuple):
    f0_hz: Tensor  # [N]
    is_voiced: Tensor  # [N]
    amplitudes: Tensor  # [K, N]
    noise: Tensor  # [M, N]

    def play(self, seed: int = 0) -> Tensor:
        return play(self.f0_hz, self.amplitudes, self.noise, seed)


def play(f0_hz: Tensor, amplitudes: Tensor, noise: Tensor, seed: int = 1) -> Tensor:
    """`[1, T]`, the synthesis of the family."""
    harmonic = HarmonicBank(RATE)(f0_hz.unsqueeze(0), amplitudes.unsqueeze(0))
    return harmonic + FilteredNoise(seed=seed)(noise.unsqueeze(0))


def known(
    f0_hz: Tensor | float, noise_level: float = 0.003, is_voiced: Tensor | None = None
) -> Known:
    voiced = torch.ones(FRAMES, dtype=torch.bool) if is_voiced is None else is_voiced
    moving = 1.0 + 0.4 * torch.sin(2 * math.pi * 1.3 * TIME + PARTIALS)
    tilt = torch.linspace(1.0, 0.2, 65).unsqueeze(1)
    return Known(
        torch.as_tensor(f0_hz).expand(FRAMES),
        voiced,
        0.3 / PARTIALS**1.2 * moving * voiced,
        noise_level * tilt * (1.0 + 0.5 * torch.sin(2 * math.pi * TIME)),
    )


def vibrato(f0_hz: float) -> Tensor:
    return f0_hz * torch.exp2(torch.sin(2 * math.pi * 5.5 * TIME) / 24)


SOUNDS = {
    "bass": known(55.0),
    "steady": known(220.0),
    "high": known(1760.0),
    "vibrato": known(vibrato(220.0)),
    "high vibrato": known(vibrato(660.0)),
    "glide": known(110.0 * 4.0 ** (TIME / TIME[-1])),
    "noisy": known(220.0, noise_level=0.03),
}


def analysed(sound: Known) -> tuple[Tensor, Tensor]:
    return HarmonicAnalysis(RATE)(sound.play()[0], sound.f0_hz, sound.is_voiced)


@pytest.mark.parametrize("name", SOUNDS)
def test_amplitudes_are_found(name: str) -> None:
    sound = SOUNDS[name]
    amplitudes, _ = analysed(sound)
    # of partials that stand out from the noise beneath them, and do not fade
    is_clear = sound.amplitudes > 0.4 * sound.noise[:1]
    is_clear &= PARTIALS * sound.f0_hz < 0.9 * RATE / 2
    off = 20 * (amplitudes / sound.amplitudes + 1e-9).log10()
    off = off[:, EDGE:-EDGE][is_clear[:, EDGE:-EDGE]]
    assert len(off) > 500
    assert float(off.mean().abs()) < 0.1
    assert float(off.abs().median()) < 0.3


@pytest.mark.parametrize("name", SOUNDS)
def test_noise_is_found_between_partials(name: str) -> None:
    sound = SOUNDS[name]
    noise = analysed(sound).noise[:, EDGE:-EDGE].square().mean(1)
    off = 10 * (noise / sound.noise[:, EDGE:-EDGE].square().mean(1)).log10()
    # the strong partials of the lowest bands waver, and a little of them lies beside them
    assert float(off.median().abs()) < 0.3
    assert float(off[10:].abs().max()) < 1.5


@pytest.mark.parametrize("name", SOUNDS)
def test_it_plays_as_it_did(name: str) -> None:
    """The distance is hardly more than that of the same controls with another noise."""
    sound, distance = SOUNDS[name], MultiResolutionDistance()
    target = sound.play()
    again = float(distance(play(sound.f0_hz, *analysed(sound)), target))
    other_noise = float(distance(sound.play(seed=1), target))
    silence = float(distance(torch.zeros_like(target), target))
    assert again < other_noise + 0.1
    assert again < 0.12 * silence


def test_noise_is_not_taken_for_partials() -> None:
    sound = known(220.0, noise_level=0.03)
    is_there = PARTIALS <= 10
    amplitudes, _ = analysed(sound._replace(amplitudes=sound.amplitudes * is_there))
    window = 4 * RATE / 220  # samples
    under = 6.0 / window * sound.noise[16:48].square().mean()  # of noise in a bin
    absent = amplitudes[25:75, EDGE:-EDGE].square().mean()
    # the power of noise less its mean is positive in 1 / e of the frames, by its mean
    assert float(absent / under) < 0.6


def test_unvoiced_sound_is_noise_alone() -> None:
    unvoiced = torch.zeros(FRAMES, dtype=torch.bool)
    sound = known(0.0, 0.03, unvoiced)
    amplitudes, noise = analysed(sound)
    assert float(amplitudes.abs().max()) == 0.0  # set, not computed
    off = 20 * (noise / sound.noise)[:, 3:-3].mean(1).log10()
    assert float(off.abs().max()) < 1.0


def test_unvoiced_parts_interrupt_a_voice() -> None:
    is_voiced = torch.arange(FRAMES) % 60 > 20
    sound = known(150.0 * 2**TIME, is_voiced=is_voiced)
    amplitudes, _ = analysed(sound)
    assert bool((amplitudes[:, ~is_voiced] == 0.0).all())
    inside = is_voiced.float().unfold(0, 13, 1).amin(1).bool()  # far from all breaks
    off = 20 * (amplitudes / sound.amplitudes + 1e-9).log10()[:10, 6:-6][:, inside]
    assert float(off.abs().mean()) < 0.3


def test_an_attack_stays_where_it_is() -> None:
    loud = (torch.arange(FRAMES) >= 100).float()
    sound = known(440.0)._replace(amplitudes=0.3 / PARTIALS * loud)
    amplitudes, _ = analysed(sound)
    half = int((amplitudes[0] > 0.15).nonzero()[0])
    assert half in (99, 100)
    assert float(amplitudes[0, :97].max()) < 0.01 * 0.3


def test_a_small_error_of_pitch_is_forgiven() -> None:
    sound = known(vibrato(220.0), noise_level=0.0)
    amplitudes, _ = HarmonicAnalysis(RATE)(
        sound.play()[0], sound.f0_hz * 2 ** (1.5 / 1200), sound.is_voiced
    )
    off = 20 * (amplitudes / sound.amplitudes + 1e-9).log10()[:40, EDGE:-EDGE]
    assert float(off.mean(1).abs().max()) < 0.5


def test_lengths_and_silence() -> None:
    analysis = HarmonicAnalysis(RATE, num_partials=7, num_bands=9)
    frames = analysis(torch.zeros(1000), torch.full([4], 100.0), torch.ones(4, dtype=torch.bool))
    assert frames.amplitudes.shape == (7, 4)
    assert frames.noise.shape == (9, 4)
    assert float(frames.amplitudes.abs().max() + frames.noise.abs().max()) < 1e-6
    broken = torch.full([1000], float("nan"))
    frames = analysis(broken, torch.full([4], 100.0), torch.ones(4, dtype=torch.bool))
    assert bool(frames.noise.isfinite().all())


@pytest.mark.parametrize("f0_hz", [0.0, 10.0, 30000.0, float("nan")])
def test_a_voice_without_pitch_is_refused(f0_hz: float) -> None:
    with pytest.raises(ValueError, match="f0_hz of voiced frames must be from 20 to 22050 Hz, got"):
        HarmonicAnalysis(RATE)(torch.zeros(1000), torch.tensor([f0_hz]), torch.tensor([True]))
