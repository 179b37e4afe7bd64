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
        has_linear_path: adds a linear map of the input, so that the hidden layers learn what lines
            leave: sounds unlike those of the training still have a linear code.

    Example:
        >>> import torch
        >>> Perceptron(513, 16, hidden_dims=[64])(torch.zeros(2, 513, 5)).shape
        torch.Size([2, 16, 5])
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        hidden_dims: Sequence[int],
        dropout: float = 0.0,
        has_linear_path: bool = False,
    ) -> None:
        super().__init__()
        layers = hidden_layers(in_dim, hidden_dims, dropout)
        self.layers = nn.Sequential(*layers, nn.Linear([in_dim, *hidden_dims][-1], out_dim))
        self.linear_path = nn.Linear(in_dim, out_dim, bias=False) if has_linear_path else None

    def forward(self, frames: Tensor) -> Tensor:
        # torch makes a batched product of frames that are not contiguous, six times slower
        features = frames.transpose(1, 2).contiguous()
        output = self.layers(features)
        if self.linear_path is not None:
            output = output + self.linear_path(features)
        return output.transpose(1, 2)


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
