"""Live controls: ramps of gain and mix, a dry delay, and latent modulation.

All of them move hop by hop, in the same steps for any block size, and without clicks. A stream has
several of most: behind an interface (`compiled_once`) TorchScript compiles a class once, instead of
once for each method that calls it.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from vschaos.voices import with_new_rows, with_rows

RAMP_SECONDS = 0.02  # time constant of a ramp


def rise(length: int) -> Tensor:
    """A ramp from 0 to 1 of some samples, flat at both ends: corners are audible on low tones."""
    return 0.5 - 0.5 * torch.cos(math.pi * torch.arange(1, length + 1) / length)


def compiled_once(part: nn.Module) -> Any:
    """Scripts a part, for an attribute that is annotated with an interface."""
    return torch.jit.script(part)


@torch.jit.interface
class RampInterface(nn.Module):
    def forward(self, audio: Tensor, goal: float) -> Tensor:  # type: ignore[empty-body]
        pass

    def mixed(self, dry: Tensor, wet: Tensor, goal: float) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def take_rate(self, sample_rate: int) -> None:
        pass


class Ramp(nn.Module):
    """A smoothed number, sample by sample.

    Args:
        hop_length: samples of a step.
        sample_rate: Hz.
    """

    steps: Tensor

    def __init__(self, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.register_buffer("steps", rise(hop_length), persistent=False)
        self.seconds = RAMP_SECONDS
        self.share = 0.0
        self.is_new = True
        self.value = 0.0
        self.take_rate(sample_rate)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Lasts as long at another sample rate, in Hz."""
        self.share = 1.0 - math.exp(-self.hop_length / (self.seconds * sample_rate))

    @torch.jit.export
    def reset(self) -> None:
        self.is_new = True

    def forward(self, audio: Tensor, goal: float) -> Tensor:
        """`[B, T]`, T a whole number of hops -> the number at each sample, `[T]`."""
        if self.is_new:
            self.is_new = False
            self.value = goal
        if self.value == goal:
            return audio.new_full([audio.shape[1]], goal)
        values = torch.jit.annotate(list[float], [self.value])
        for _ in range(audio.shape[1] // self.hop_length):
            value = self.value + self.share * (goal - self.value)
            # the last of many small steps
            self.value = goal if abs(value - goal) < 1e-4 else value
            values.append(self.value)
        points = torch.tensor(values, device=audio.device).to(audio.dtype)
        return (points[:-1, None] + (points[1:] - points[:-1])[:, None] * self.steps).flatten()

    @torch.jit.export
    def mixed(self, dry: Tensor, wet: Tensor, goal: float) -> Tensor:
        """`[B, T]` each -> the share of the second that the number says, and the rest of the
        first."""
        if goal == 1.0 and (self.is_new or self.value == 1.0):
            self.is_new, self.value = False, 1.0
            return wet
        return dry + self.forward(wet, goal) * (wet - dry)


class Delay(nn.Module):
    """A delay whose length may change, by a crossfade of one hop.

    Args:
        longest: samples.
        hop_length: samples; every call brings a multiple of it.
    """

    past: Tensor
    fade: Tensor

    def __init__(self, longest: int, hop_length: int) -> None:
        super().__init__()
        self.longest = longest
        self.delay = -1  # of the last call; -1 before
        self.register_buffer("fade", rise(hop_length), persistent=False)
        self.register_buffer("past", torch.zeros(1, longest), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        self.past = torch.zeros_like(self.past)
        self.delay = -1

    @torch.jit.export
    def resize(self, longest: int) -> None:
        """Clears all state, for delays of up to `longest` samples."""
        self.longest = longest
        self.past = self.past.new_zeros([1, longest])
        self.delay = -1

    def forward(self, audio: Tensor, delay: int) -> Tensor:
        """`[B, T]` -> `[B, T]`, later by `delay` samples, at most `longest`."""
        buffered = torch.cat([with_rows(self.past, audio.shape[0]), audio], dim=1)
        self.past = buffered[:, buffered.shape[1] - self.longest :].clone()
        output = self._ago(buffered, delay)
        if self.delay not in (-1, delay):
            hop = self.fade.shape[0]
            before = self._ago(buffered, self.delay)[:, :hop]
            faded = torch.lerp(before, output[:, :hop], self.fade)
            output = torch.cat([faded, output[:, hop:]], dim=1)
        self.delay = delay
        return output

    def _ago(self, buffered: Tensor, delay: int) -> Tensor:
        return buffered[:, self.longest - delay : buffered.shape[1] - delay]


@torch.jit.interface
class LatentModulationInterface(nn.Module):
    def forward(  # type: ignore[empty-body]
        self, latents: Tensor, is_frozen: bool, smoothing_ms: float, jitter: float
    ) -> Tensor:
        pass

    def reset(self) -> None:
        pass

    def round(self) -> None:
        pass

    def take_rate(self, hop_length: int, sample_rate: int) -> None:
        pass


class LatentModulation(nn.Module):
    """Freezes, smooths and jitters latents.

    A new voice begins at its first frame, whatever the others hold.

    Args:
        dim: Z.
        hop_length, sample_rate: of the model.
    """

    held: Tensor

    def __init__(self, dim: int, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.frame_seconds = hop_length / sample_rate
        # the last frame of each voice
        self.register_buffer("held", torch.zeros(0, dim, 1), persistent=False)

    @torch.jit.export
    def take_rate(self, hop_length: int, sample_rate: int) -> None:
        """Lasts as long at other sizes; what is held stays."""
        self.frame_seconds = hop_length / sample_rate

    @torch.jit.export
    def reset(self) -> None:
        self.held = self.held[:0].clone()

    @torch.jit.export
    def round(self) -> None:
        """Rounds held latents to a thousandth: last digits may depend on the block size."""
        self.held = torch.round(self.held * 1024.0) / 1024.0

    def forward(
        self, latents: Tensor, is_frozen: bool, smoothing_ms: float, jitter: float
    ) -> Tensor:
        """`[B, Z, N]` -> `[B, Z, N]`; jitter in units of the latents."""
        held = with_new_rows(self.held, latents[:, :, :1])
        if is_frozen:
            output = held.expand(-1, -1, latents.shape[2])
        elif smoothing_ms > 0.0:
            share = 1.0 - math.exp(-1000.0 * self.frame_seconds / smoothing_ms)
            frames = torch.jit.annotate(list[Tensor], [])
            for n in range(latents.shape[2]):
                held = held + share * (latents[:, :, n : n + 1] - held)
                frames.append(held)
            output = torch.cat(frames, dim=2)
        else:
            output = latents
        self.held = output[:, :, -1:].clone()
        if jitter > 0.0:
            output = output + jitter * torch.randn_like(output)
        return output
