"""Networks that learn the same by themselves, and are asked together."""

from collections.abc import Sequence

from torch import Tensor, nn

from vschaos.models.matching.heads import Heads
from vschaos.models.matching.network import MatchingNetwork


class Committee(nn.Module):
    """Says what some networks say in the mean: the means of their chances.

    Each begins with other weights and learns from the same sounds by its own loss. Where sounds are
    few, each comes to a chance of its own about what they leave open, and the mean is nearer to
    what is right than any of them (Lakshminarayanan et al. 2017, "Simple and scalable predictive
    uncertainty estimation using deep ensembles").

    Args:
        heads: of their outputs.
        members: the networks, one or more.
    """

    def __init__(self, heads: Heads, members: Sequence[MatchingNetwork]) -> None:
        super().__init__()
        self.heads = heads
        self.members = nn.ModuleList(members)

    def forward(self, levels: Tensor, spectra: Tensor, onset: Tensor, pitch: Tensor) -> Tensor:
        """Views of `Front` -> what the heads read, `[B, O]`."""
        return self.heads.mean(self.each(levels, spectra, onset, pitch))

    def each(self, levels: Tensor, spectra: Tensor, onset: Tensor, pitch: Tensor) -> list[Tensor]:
        """As `forward`, of each member."""
        said: list[Tensor] = []
        for member in self.members:
            said.append(member(levels, spectra, onset, pitch))
        return said
