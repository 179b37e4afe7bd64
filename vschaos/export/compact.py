"""Weights in 16 bits, for files of half the size."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

SMALLEST = 1024  # weights in a layer that is worth it
HIGHEST = 32767  # of 16 bits with a sign
Model = TypeVar("Model", bound=nn.Module)


class CompactLinear(nn.Module):
    """A linear layer whose file holds its weights in 16 bits, and which computes in float32.

    Each output has a scale of its own. That is five times as exact as float16, whose bits for the
    exponent are wasted on weights of similar size. The first call of the scripted layer unpacks
    the weights.

    Args:
        layer: whose weights it takes.

    Example:
        >>> layer = nn.Linear(64, 32)
        >>> features = torch.rand(2, 64)
        >>> bool((CompactLinear(layer)(features) - layer(features)).abs().max() < 1e-4)
        True
    """

    packed: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        weight = layer.weight.detach()
        scale = weight.abs().amax(dim=1, keepdim=True).clamp_min(1e-30) / HIGHEST
        self.register_buffer("packed", (weight / scale).round().to(torch.int16))
        self.register_buffer("scale", scale)
        self.register_buffer("weight", weight.new_zeros(0))
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach().clone())

    def forward(self, features: Tensor) -> Tensor:
        """`[..., in] -> [..., out]`."""
        # what a file is made from stays packed
        if not torch.jit.is_scripting():  # type: ignore[attr-defined]
            return nn.functional.linear(features, self.unpacked(), self.bias)
        if self.weight.numel() == 0:
            self.weight = self.unpacked()
            self.packed = self.packed[:0].clone()
        return nn.functional.linear(features, self.weight, self.bias)

    def unpacked(self) -> Tensor:
        """The weights `[out, in]` in float32, each row at the beginning of a cache line."""
        length = self.packed.shape[1]
        rows = nn.functional.pad(self.packed.to(self.scale.dtype), (0, -length % 16))
        return (rows * self.scale)[:, :length]


def compacted(model: Model) -> Model:
    """A copy of a model with `CompactLinear` for its larger linear layers."""
    model = copy.deepcopy(model)
    for module in list(model.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, nn.Linear) and layer.weight.numel() >= SMALLEST:
                setattr(module, name, CompactLinear(layer))
    return model
