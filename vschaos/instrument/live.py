"""What a player turns while a model plays: level, mixture, and what is done to latents.

All of it moves from hop to hop, by the same steps whatever the blocks of a host, and glides.
A stream has several of most of these. Behind an interface TorchScript compiles a class once, where
it would otherwise repeat it in the code of each method that calls one: `compiled_once`.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from vschaos.voices import with_new_rows, with_rows

RAMP_SECONDS = 0.02  # in which a turned control comes near its new value


def rise(length: int) -> Tensor:
    """From 0 to 1 in so many samples, level at both ends: a corner is heard on a low tone."""
    return 0.5 - 0.5 * torch.cos(math.pi * torch.arange(1, length + 1) / length)


def compiled_once(part: nn.Module) -> Any:
    """The part, scripted, for an attribute that is annotated with an interface."""
    return torch.jit.script(part)


@torch.jit.interface
class RampInterface(nn.Module):
    def forward(self, audio: Tensor, goal: float) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass


class Ramp(nn.Module):
    """A number that goes to its goal in a short time, sample by sample.

    Args:
        hop_length: samples after which it takes a new direction.
        sample_rate: Hz.
    """

    steps: Tensor

    def __init__(self, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.register_buffer("steps", rise(hop_length), persistent=False)
        self.share = 1.0 - math.exp(-hop_length / (RAMP_SECONDS * sample_rate))
        self.is_new = True
        self.value = 0.0

    @torch.jit.export
    def reset(self) -> None:
        self.is_new = True

    def forward(self, audio: Tensor, goal: float) -> Tensor:
        """`[B, T]`, T a whole number of hops -> the number along it, `[T]`, and moves on."""
        if self.is_new:
            self.is_new = False
            self.value = goal
        if self.value == goal:
            return audio.new_full([audio.shape[1]], goal)
        values = torch.jit.annotate(list[float], [self.value])
        for _ in range(audio.shape[1] // self.hop_length):
            value = self.value + self.share * (goal - self.value)
            # the last of many small steps: what is near enough is there
            self.value = goal if abs(value - goal) < 1e-4 else value
            values.append(self.value)
        points = torch.tensor(values, device=audio.device).to(audio.dtype)
        return (points[:-1, None] + (points[1:] - points[:-1])[:, None] * self.steps).flatten()


class Delay(nn.Module):
    """The sound some samples ago; how many may change, and is then faded in a hop.

    Args:
        longest: samples.
        hop_length: samples; every call brings a multiple of it.
    """

    past: Tensor
    fade: Tensor

    def __init__(self, longest: int, hop_length: int) -> None:
        super().__init__()
        self.longest = longest
        self.delay = -1  # of the last call; none yet
        self.register_buffer("fade", rise(hop_length), persistent=False)
        self.register_buffer("past", torch.zeros(1, longest), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        self.past = torch.zeros_like(self.past)
        self.delay = -1

    def forward(self, audio: Tensor, delay: int) -> Tensor:
        """`[B, T]` -> `[B, T]` of `delay` samples before, at most `longest`."""
        heard = torch.cat([with_rows(self.past, audio.shape[0]), audio], dim=1)
        self.past = heard[:, heard.shape[1] - self.longest :].clone()
        output = self._ago(heard, delay)
        if self.delay not in (-1, delay):
            hop = self.fade.shape[0]
            before = self._ago(heard, self.delay)[:, :hop]
            faded = torch.lerp(before, output[:, :hop], self.fade)
            output = torch.cat([faded, output[:, hop:]], dim=1)
        self.delay = delay
        return output

    def _ago(self, heard: Tensor, delay: int) -> Tensor:
        return heard[:, self.longest - delay : heard.shape[1] - delay]


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


class LatentModulation(nn.Module):
    """What a player does to latents on their way: holds them, shakes them, slows them down.

    A voice that joins begins at its first frame, whatever the others hold.

    Args:
        dim: Z.
        hop_length, sample_rate: of the model.
    """

    held: Tensor

    def __init__(self, dim: int, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.frame_seconds = hop_length / sample_rate
        # the last frame of each voice that had one
        self.register_buffer("held", torch.zeros(0, dim, 1), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        self.held = self.held[:0].clone()

    @torch.jit.export
    def round(self) -> None:
        """What is held to a thousandth: its last digits may hang on the blocks of a host."""
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
