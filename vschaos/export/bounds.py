"""Between a host and a method: any numbers in, as many finite ones out as are asked for."""

from typing import Any

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Control, Method


def bounds(method: Method, hop_length: int) -> Any:
    """Those of a method of a stream, scripted, for an attribute that is annotated with
    `BoundsInterface`: so all methods share what TorchScript compiles of them."""
    return torch.jit.script(Bounds(method, hop_length))


@torch.jit.interface
class BoundsInterface(nn.Module):
    def whole_hops(self, values: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def as_asked(self, values: Tensor, length: int) -> Tensor:  # type: ignore[empty-body]
        pass


class Bounds(nn.Module):
    """What lets a method of a stream take any numbers, and give as many finite ones as are asked
    for.

    Args:
        method: of the stream.
        hop_length: samples.
    """

    input_bounds: Tensor
    output_bounds: Tensor

    def __init__(self, method: Method, hop_length: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.in_ratio = method.in_ratio
        self.out_ratio = method.out_ratio
        self.register_buffer("input_bounds", _of(method.inlets))
        self.register_buffer("output_bounds", _of(method.outlets))

    @torch.jit.export
    def whole_hops(self, values: Tensor) -> Tensor:
        """Finite and within bounds, filled with zeros up to a whole number of hops."""
        missing = (-values.shape[2] * self.in_ratio) % self.hop_length // self.in_ratio
        return nn.functional.pad(_tamed(values, self.input_bounds), (0, missing))

    @torch.jit.export
    def as_asked(self, values: Tensor, length: int) -> Tensor:
        """Finite and within bounds, cut to the length that the host counts on."""
        return _tamed(values, self.output_bounds)[:, :, : length * self.in_ratio // self.out_ratio]


def _tamed(values: Tensor, bounds: Tensor) -> Tensor:
    """`[B, C, N]` within the lowest and highest values `bounds[0]` and `bounds[1]` of each channel,
    `bounds[2]` where there is no number."""
    low, high, missing = bounds[0], bounds[1], bounds[2]
    finite = torch.where(torch.isfinite(values), values, missing)
    return torch.minimum(torch.maximum(finite, low), high)


def _of(controls: list[Control]) -> Tensor:
    """`Control.bounds` of each: `[3, C, 1]`."""
    return torch.tensor([control.bounds for control in controls]).T.unsqueeze(2)
