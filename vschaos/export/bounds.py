"""Bounds of a method: finite values within the ranges of its controls, in whole hops."""

from typing import Any

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Control, Method


def bounds(method: Method, hop_length: int) -> Any:
    """Scripts the `Bounds` of a method, for an attribute that is annotated with `BoundsInterface`:
    TorchScript then compiles them once for all methods."""
    return torch.jit.script(Bounds(method, hop_length))


@torch.jit.interface
class BoundsInterface(nn.Module):
    def whole_hops(self, values: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def cut(self, values: Tensor, length: int) -> Tensor:  # type: ignore[empty-body]
        pass


class Bounds(nn.Module):
    """Clamps inputs and outputs of a method, and completes blocks to whole hops.

    Args:
        method: of a stream.
        hop_length: samples.
    """

    input_bounds: Tensor
    output_bounds: Tensor

    def __init__(self, method: Method, hop_length: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.in_ratio = method.in_ratio
        self.out_ratio = method.out_ratio
        self.register_buffer("input_bounds", _bounds_of(method.inlets))
        self.register_buffer("output_bounds", _bounds_of(method.outlets))
        self.has_usual_inputs = not self.input_bounds[2].any()
        self.has_usual_outputs = not self.output_bounds[2].any()

    @torch.jit.export
    def whole_hops(self, values: Tensor) -> Tensor:
        """Clamps inputs and pads them with zeros to a whole number of hops."""
        clamped = _clamped(values, self.input_bounds, self.has_usual_inputs)
        missing = (-values.shape[2] * self.in_ratio) % self.hop_length // self.in_ratio
        return nn.functional.pad(clamped, (0, missing)) if missing > 0 else clamped

    @torch.jit.export
    def cut(self, values: Tensor, length: int) -> Tensor:
        """Clamps outputs and cuts them to those of `length` inputs."""
        length = length * self.in_ratio // self.out_ratio
        return _clamped(values, self.output_bounds, self.has_usual_outputs)[:, :, :length]


def _clamped(values: Tensor, bounds: Tensor, is_usual: bool) -> Tensor:
    """Clamps `[B, C, N]` to `bounds[0]` and `bounds[1]` of each channel, with `bounds[2]` in place
    of NaN and infinity, which usually is 0."""
    low, high, missing = bounds[0], bounds[1], bounds[2]
    if is_usual:
        finite = torch.nan_to_num(values, 0.0, 0.0, 0.0)
    else:  # `torch.isfinite` takes four times as long
        finite = torch.where(values - values == 0.0, values, missing)
    return torch.minimum(torch.maximum(finite, low), high)


def _bounds_of(controls: list[Control]) -> Tensor:
    """`Control.bounds` of each: `[3, C, 1]`."""
    return torch.tensor([control.bounds for control in controls]).T.unsqueeze(2)
