"""Multi-layer perceptron on each frame by itself."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vschaos.layers.network import Network


class Perceptron(Network):
    """`[B, in_dim, N] -> [B, out_dim, N]`, each of the N frames by itself.

    Hidden layers are linear, layer norm, SiLU and drop-out; the last one is linear.

    Args:
        in_dim, out_dim: features of a frame.
        hidden_dims: width of each hidden layer, from input to output.
        dropout: share of hidden units left out in training, 0 to 1.

    Example:
        >>> import torch
        >>> Perceptron(513, 16, hidden_dims=[64])(torch.zeros(2, 513, 5)).shape
        torch.Size([2, 16, 5])
    """

    def __init__(
        self, in_dim: int, out_dim: int, hidden_dims: Sequence[int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        layers = hidden_layers(in_dim, hidden_dims, dropout)
        self.layers = nn.Sequential(*layers, nn.Linear([in_dim, *hidden_dims][-1], out_dim))

    def forward(self, frames: Tensor) -> Tensor:
        # torch makes a batched product of frames that are not contiguous, six times slower
        return self.layers(frames.transpose(1, 2).contiguous()).transpose(1, 2)


def hidden_layers(in_dim: int, hidden_dims: Sequence[int], dropout: float = 0.0) -> list[nn.Module]:
    """Layers of those widths, one after the other, for features `[..., in_dim]`."""
    layers: list[nn.Module] = []
    width = in_dim
    for hidden_dim in hidden_dims:
        layers += [nn.Linear(width, hidden_dim), nn.LayerNorm(hidden_dim), nn.SiLU()]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        width = hidden_dim
    return layers
