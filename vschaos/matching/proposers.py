"""Where a search begins: what a network hears in a sound, or what sounded alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from vschaos.matching.library import Library
from vschaos.matching.targets import Target
from vschaos.models.capabilities import Matching


class Proposer(Protocol):
    """Says which settings may have made a sound.

    Attributes:
        name: in tables.
    """

    @property
    def name(self) -> str: ...

    def propose(self, target: Target, count: int) -> np.ndarray:
        """Positions `[K, P]`, K at most `count`, the likeliest first."""


@dataclass(frozen=True)
class Network:
    """Proposes what a trained model hears.

    Args:
        model: in evaluation mode.
        seed: of the hypotheses.
    """

    model: Matching
    seed: int = 0
    name: str = "network"

    def propose(self, target: Target, count: int) -> np.ndarray:
        audio = torch.from_numpy(target.audio)[None]
        with torch.inference_mode():
            found = self.model.propose(audio, torch.tensor([target.pitch]), count, self.seed)
        return found[0].double().numpy()


@dataclass(frozen=True)
class Neighbours:
    """Proposes the nearest draws of a library: what can be had without a network."""

    library: Library
    name: str = "neighbours"

    def propose(self, target: Target, count: int) -> np.ndarray:
        return self.library.nearest(target, count)
