"""The energy of a room's tail, frame by frame: estimated from sounds in it, and left out of what is
played into it."""

import math
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp.reverb import LOWEST_CENTRE_HZ, Room
from vschaos.voices import with_rows

# an ending: the level before it, the time in which windows of the analysis see both, and the tail
BEFORE_SECONDS, BETWEEN_SECONDS, TAIL_SECONDS = 0.046, 0.035, 0.163
LEAST_DROP_DB, MOST_DROP_DB = 2.0, 25.0  # from before it to the beginning of the tail
LEAST_FALL, MOST_ERROR_DB = 20.0, 3.5  # of the tail: dB per second, and about a straight line
RANGE_DB, FLOOR_DB = 35.0, -100.0  # below a band's loud frames, and of what can be a tail
LOUD_QUANTILE = 0.95
# new notes and slow releases lengthen decays and lessen drops, little does the opposite
DECAY_QUANTILE, DROP_QUANTILE = 0.3, 0.65
FEWEST_ENDINGS = 8
LEAST_POWER = 1e-12


class RoomEstimate(NamedTuple):
    """
    Attributes:
        decay_seconds: reverberation time (-60 dB) in octave bands, `[bands]`.
        level_db: energy of their tails against the direct sound, `[bands]`.
    """

    decay_seconds: Tensor
    level_db: Tensor


def octave_weights(hertz: Tensor, num_bands: int, lowest_hz: float = LOWEST_CENTRE_HZ) -> Tensor:
    """Shares of frequencies in the bands of a `Room`, `[...] -> [..., bands]`, whose sum is 1."""
    octaves = torch.log2(hertz.clamp_min(1.0) / lowest_hz).clamp(0.0, num_bands - 1.0)
    bands = torch.arange(num_bands, device=hertz.device)
    distance = (octaves.unsqueeze(-1) - bands).clamp(-1.0, 1.0)
    return torch.cos(0.5 * math.pi * distance).square()


def octave_powers(
    f0_hz: Tensor, partials: Tensor, noise: Tensor, num_bands: int, sample_rate: float
) -> Tensor:
    """Powers in octave bands of partials and filtered noise.

    Args:
        f0_hz: `[B, N]`.
        partials: peak amplitudes, `[B, P, N]`.
        noise: magnitudes of evenly spaced bands, `[B, M, N]`, of which white noise of RMS 1 has 1.

    Returns:
        `[B, bands, N]`.
    """
    numbers = torch.arange(1, partials.shape[1] + 1, device=f0_hz.device)
    of_partials = octave_weights(f0_hz.unsqueeze(1).float() * numbers.unsqueeze(1), num_bands)
    of_noise = octave_weights(_noise_hertz(noise, sample_rate), num_bands) / noise.shape[1]
    powers = torch.einsum("bpn,bpno->bon", 0.5 * partials.square(), of_partials)
    return powers + torch.einsum("bmn,mo->bon", noise.square(), of_noise)


def estimate_room(powers: Tensor, frame_seconds: float) -> RoomEstimate | None:
    """Reverberation time and level of the room that sounds were recorded in, from where notes end.

    There the direct sound stops, and what is left falls as the room decays: in decibels on a
    straight line (Lebart, Boucher & Denbigh 2001; Ratnam et al. 2003). How far the line begins
    below the note is the level of the tail. An instrument with a slow release is taken for a room.

    Args:
        powers: excerpts in octave bands, `[B, bands, N]`, of some .3 s or more.
        frame_seconds: from frame to frame.

    Returns:
        None if hardly a note ends in them.
    """
    before, between, tail = (
        max(round(seconds / frame_seconds), 2)
        for seconds in (BEFORE_SECONDS, BETWEEN_SECONDS, TAIL_SECONDS)
    )
    if powers.shape[2] < before + between + tail:
        return None
    levels = 10.0 * torch.log10(powers.clamp_min(LEAST_POWER))
    lines = levels.unfold(2, tail, 1)[:, :, before + between :]  # [B, bands, endings, tail]
    notes = levels.unfold(2, before, 1).mean(3)[:, :, : lines.shape[2]]
    time = torch.arange(tail, device=powers.device) - (tail - 1) / 2.0
    middle = lines.mean(3)
    slope = (lines * time).sum(3) / time.square().sum()
    error = (lines - middle.unsqueeze(3) - slope.unsqueeze(3) * time).square().mean(3).sqrt()
    drop = notes - middle + slope * (between + (tail - 1) / 2.0)
    loud = levels.transpose(0, 1).flatten(1).quantile(LOUD_QUANTILE, 1)[:, None]
    fall = -slope / frame_seconds
    is_ending = (fall > LEAST_FALL) & (error < MOST_ERROR_DB)
    is_ending &= (drop > LEAST_DROP_DB) & (drop < MOST_DROP_DB)
    is_ending &= (notes > loud - RANGE_DB) & (lines[..., -1] > FLOOR_DB)
    bands = range(powers.shape[1])
    found = [_of_band(fall[:, n], drop[:, n], is_ending[:, n]) for n in bands]
    known = [(n, *one) for n, one in enumerate(found) if one is not None]
    if not known:
        return None
    nearest = [min(known, key=partial(_distance, n)) for n in bands]
    return RoomEstimate(
        torch.stack([decay for _, decay, _ in nearest]),
        torch.stack([level for _, _, level in nearest]),
    )


def _distance(band: int, known: tuple[int, Tensor, Tensor]) -> int:
    return abs(known[0] - band)


def _of_band(fall: Tensor, drop: Tensor, is_ending: Tensor) -> tuple[Tensor, Tensor] | None:
    """Reverberation time and level of a band, of values `[B, endings]`."""
    if int(is_ending.any(1).sum()) < FEWEST_ENDINGS:
        return None
    decay = (60.0 / fall[is_ending]).quantile(DECAY_QUANTILE)
    left = torch.pow(
        10.0, -drop[is_ending].quantile(DROP_QUANTILE) / 10.0
    )  # tail / (direct + tail)
    return decay, 10.0 * torch.log10(left / (1.0 - left))


class TailSubtraction(nn.Module):
    """Amplitudes of a sound that a room is part of, without what its tail will add by itself.

    In each octave band the tail's power is known from what was played: it decays by the same factor
    from frame to frame. It is subtracted from the power that is asked for, where the tail is louder
    nothing is played. So the sound in the room is as loud as it should be, and a note that ends is
    left to the room (power-spectral subtraction, Lebart, Boucher & Denbigh 2001).

    Args:
        room: as it is now.
        hop_length: samples of a frame.
    """

    decay: Tensor
    gain: Tensor
    tail: Tensor

    def __init__(self, room: Room, hop_length: int) -> None:
        super().__init__()
        self.sample_rate = float(room.sample_rate)
        self.num_bands, self.least_power = room.level.shape[0], LEAST_POWER
        with torch.no_grad():
            hops = room.sample_rate * room.decay[:, 0].exp() / hop_length  # until -60 dB
            decay = torch.pow(10.0, -6.0 / hops)
            gain = torch.pow(100.0, room.level[:, 0]) * (1.0 - decay)
        self.register_buffer("decay", decay, persistent=False)
        self.register_buffer("gain", gain, persistent=False)
        self.register_buffer("tail", torch.zeros(1, self.num_bands), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.tail = torch.zeros_like(self.tail)

    def forward(
        self, f0_hz: Tensor, partials: Tensor, noise: Tensor, amount: float
    ) -> tuple[Tensor, Tensor]:
        """Partials `[B, P, N]` and noise bands `[B, M, N]` -> the same, in a room of whose tail
        `amount` (0..1) is heard; `f0_hz` is `[B, N]`."""
        if amount == 0.0:
            return partials, noise
        numbers = torch.arange(1, partials.shape[1] + 1, device=f0_hz.device)
        multiples = f0_hz.unsqueeze(1).float() * numbers.unsqueeze(1)
        of_partials = octave_weights(multiples, self.num_bands)
        of_noise = octave_weights(_noise_hertz(noise, self.sample_rate), self.num_bands)
        powers = octave_powers(f0_hz, partials, noise, self.num_bands, self.sample_rate)
        tail = with_rows(self.tail, f0_hz.shape[0])
        shares: list[Tensor] = []
        for power in powers.detach().unbind(2):
            direct = (power - amount * amount * tail).clamp_min(0.0)
            shares.append((direct / power.clamp_min(self.least_power)).sqrt())
            tail = self.decay * tail + self.gain * direct
        self.tail = tail.clone()
        share = torch.stack(shares, 2)  # [B, bands, N]
        return (
            partials * torch.einsum("bpno,bon->bpn", of_partials, share),
            noise * torch.einsum("mo,bon->bmn", of_noise, share),
        )


def _noise_hertz(noise: Tensor, sample_rate: float) -> Tensor:
    last = noise.shape[1] - 1
    return torch.arange(last + 1, device=noise.device) * (sample_rate / (2.0 * last))
