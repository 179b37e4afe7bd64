"""A room is found from where notes end, and what is played into it leaves its tail to it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vschaos.dsp.reverb import Room
from vschaos.dsp.room_energy import (
    TailSubtraction,
    estimate_room,
    octave_powers,
    octave_weights,
)

RATE, HOP, BANDS = 44100, 256, 7
FRAME = HOP / RATE


def notes(decay_seconds: Tensor, level_db: float, release_seconds: float = 0.02) -> Tensor:
    """Powers `[64, bands, 64]` of excerpts in which a note ends, in a room; those of a tail scatter
    as the power of noise does that is averaged over some frames."""
    random = torch.Generator().manual_seed(0)
    ends = torch.randint(5, 60, (64, 1, 1), generator=random)
    frames = torch.arange(-200, 64)
    since = (frames - ends).clamp_min(0) * FRAME
    direct = torch.pow(10.0, -6.0 * since / release_seconds).expand(-1, BANDS, -1)
    factor = torch.pow(10.0, -6.0 * FRAME / decay_seconds)
    gain = 10 ** (level_db / 10) * (1.0 - factor)
    tail, tails = torch.zeros(64, BANDS), []
    for power in direct.unbind(2):
        tails.append(tail)
        tail = factor * tail + gain * power
    scatter = torch.randn(64, BANDS, len(frames), 8, generator=random).square().mean(3)
    return 1e-2 * (direct + torch.stack(tails, 2) * scatter)[:, :, 200:] + 1e-11


@pytest.mark.parametrize("level_db", [-12.0, -4.0])
@pytest.mark.parametrize("seconds", [0.3, 1.2])
def test_decays_and_levels_are_found_band_by_band(seconds: float, level_db: float) -> None:
    decays = seconds * torch.linspace(1.3, 0.7, BANDS)
    found = estimate_room(notes(decays, level_db), FRAME)
    assert found is not None
    # a blind estimate; the levels are read off a line that begins within the note's own release
    assert (found.decay_seconds / decays - 1.0).abs().max() < 0.2
    assert (found.level_db - level_db).abs().max() < 4.0


def test_sounds_that_never_end_and_short_excerpts_tell_nothing() -> None:
    random = torch.Generator().manual_seed(0)
    scatter = torch.randn(64, BANDS, 64, 8, generator=random).square().mean(3)
    assert estimate_room(1e-2 * scatter, FRAME) is None
    assert estimate_room(torch.zeros(64, BANDS, 64), FRAME) is None
    assert estimate_room(notes(torch.full([BANDS], 0.5), -6.0)[:, :, :30], FRAME) is None
    dry = notes(torch.full([BANDS], 0.5), -90.0)
    assert estimate_room(dry, FRAME) is None


def test_a_band_that_tells_nothing_is_as_the_nearest_that_does() -> None:
    powers = notes(torch.full([BANDS], 0.5), -6.0)
    powers[:, 3:] = 1e-12
    found = estimate_room(powers, FRAME)
    assert found is not None
    assert (found.decay_seconds[3:] == found.decay_seconds[2]).all()


def test_powers_are_those_of_the_sound() -> None:
    hertz = torch.full([1, 3], 250.0)
    silent, noise = torch.zeros(1, 65, 3), torch.ones(1, 65, 3)
    partials = torch.tensor([0.5, 0.2]).reshape(1, 2, 1).repeat(1, 1, 3)
    powers = octave_powers(hertz, partials, silent, BANDS, RATE)[0, :, 0]
    assert powers.tolist() == pytest.approx([0, 0.125, 0.02, 0, 0, 0, 0], abs=1e-6)
    everything = octave_powers(hertz, 0.0 * partials, noise, BANDS, RATE)
    assert float(everything[0, :, 0].sum()) == pytest.approx(1.0, abs=1e-5)
    shares = octave_weights(torch.tensor([0.0, 20.0, 180.0, 3000.0, 21000.0]), BANDS)
    torch.testing.assert_close(shares.sum(1), torch.ones(5))


def room(decay_seconds: float = 0.5, level_db: float = -6.0) -> Room:
    made = Room(RATE, 0.6)
    made.take(torch.full([BANDS], decay_seconds), torch.full([BANDS], level_db))
    return made


def asked(num_frames: int, end: int | None = None, fall: float = 0.0) -> tuple[Tensor, ...]:
    """A tone and noise that from a frame on fall by so many dB per second."""
    since = (torch.arange(num_frames) - (num_frames if end is None else end)).clamp_min(0)
    level = torch.pow(10.0, -fall * since * FRAME / 20.0)
    partials, noise = 0.2 * torch.ones(1, 20, num_frames), 0.01 * torch.ones(1, 65, num_frames)
    return torch.full([1, num_frames], 220.0).double(), level * partials, level * noise


def test_with_its_tail_a_steady_sound_is_as_loud_as_it_should_be() -> None:
    hertz, partials, noise = asked(200)
    less, less_noise = TailSubtraction(room(), HOP)(hertz, partials, noise, 1.0)
    share = 1.0 / (1.0 + 10 ** (-6.0 / 10.0))  # of the power
    assert (less[0, :, -1] ** 2 / partials[0, :, -1] ** 2).tolist() == pytest.approx(
        [share] * 20, rel=0.02
    )
    assert float(less_noise[0, 30, -1] / noise[0, 30, -1]) == pytest.approx(share**0.5, rel=0.01)


def test_a_tail_that_is_asked_for_is_left_to_the_room() -> None:
    hertz, partials, noise = asked(200, 120, 60.0 / 0.5)
    less, _ = TailSubtraction(room(), HOP)(hertz, partials, noise, 1.0)
    # the note itself falls with the room at once: what was direct is still there for a while
    assert float((less / partials)[0, :, 120:].square().mean()) < 0.81
    hertz, partials, noise = asked(200, 120, 60.0 / 0.1)
    partials[:, :, 130:] = partials[:, :, 130:].clamp_min(1e-4)
    less, _ = TailSubtraction(room(), HOP)(hertz, partials, noise, 1.0)
    assert float(less[0, :, 130:140].abs().max()) < 1e-6


def test_blocks_voices_and_scripting_do_not_matter() -> None:
    given = asked(40, 20, 200.0)
    whole = TailSubtraction(room(), HOP)(*given, 1.0)
    live = torch.jit.script(TailSubtraction(room(), HOP))
    for again in range(2):
        parts, sizes = [], [1, 7, 32] if again else [32, 8]
        for one in zip(*(x.split(sizes, -1) for x in given), strict=True):
            others = [torch.cat([x, 0.5 * x]) for x in one]
            parts.append(live(*others, 1.0))
        for made, meant in zip(zip(*parts, strict=True), whole, strict=True):
            torch.testing.assert_close(torch.cat(made, 2)[:1], meant)
        live.reset()


def test_without_a_tail_all_is_played() -> None:
    hertz, partials, noise = asked(20)
    less_tail = TailSubtraction(room(), HOP)
    less, less_noise = less_tail(hertz, partials, noise, 0.0)
    assert less is partials
    assert less_noise is noise
    silent = less_tail(hertz, 0.0 * partials, 0.0 * noise, 1.0)
    assert all(bool((x == 0.0).all()) for x in silent)
    assert math.isfinite(float(less_tail.tail.sum()))
