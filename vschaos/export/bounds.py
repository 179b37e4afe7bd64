"""Bounds of a method: finite values within the ranges of its controls, in whole hops."""

from typing import Any

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Method


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

    lowest_input: Tensor
    highest_input: Tensor
    missing_input: Tensor
    lowest_output: Tensor
    highest_output: Tensor
    missing_output: Tensor

    def __init__(self, method: Method, hop_length: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.in_ratio = method.in_ratio
        self.out_ratio = method.out_ratio
        for side, controls in (("input", method.inlets), ("output", method.outlets)):
            bounds = torch.tensor([control.bounds for control in controls]).T.unsqueeze(2)
            for name, values in zip(("lowest", "highest", "missing"), bounds, strict=True):
                self.register_buffer(f"{name}_{side}", values.clone())  # [C, 1]
        self.has_usual_inputs = not self.missing_input.any()
        self.has_usual_outputs = not self.missing_output.any()

    @torch.jit.export
    def whole_hops(self, values: Tensor) -> Tensor:
        """Clamps inputs and pads them with zeros to a whole number of hops."""
        finite = _finite(values, self.missing_input, self.has_usual_inputs)
        clamped = torch.clamp(finite, self.lowest_input, self.highest_input)
        missing = (-values.shape[2] * self.in_ratio) % self.hop_length // self.in_ratio
        return nn.functional.pad(clamped, (0, missing)) if missing > 0 else clamped

    @torch.jit.export
    def cut(self, values: Tensor, length: int) -> Tensor:
        """Clamps outputs and cuts them to those of `length` inputs."""
        length = length * self.in_ratio // self.out_ratio
        finite = _finite(values, self.missing_output, self.has_usual_outputs)
        return torch.clamp(finite, self.lowest_output, self.highest_output)[:, :, :length]


def _finite(values: Tensor, missing: Tensor, is_usual: bool) -> Tensor:
    """`[B, C, N]` with `missing` of each channel, which usually is 0, in place of NaN and
    infinity."""
    if is_usual:
        return torch.nan_to_num(values, 0.0, 0.0, 0.0)
    # `torch.isfinite` takes four times as long
    return torch.where(values - values == 0.0, values, missing)
