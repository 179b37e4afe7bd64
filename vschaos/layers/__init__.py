"""Blocks without opinion, from which the model families are built."""

from vschaos.layers.adversary import Adversary
from vschaos.layers.critic import Critic
from vschaos.layers.distributions import Gaussian, gaussian, sample
from vschaos.layers.labelling import Labelling
from vschaos.layers.perceptron import Perceptron
from vschaos.layers.self_teaching import self_taught

__all__ = [
    "Adversary",
    "Critic",
    "Gaussian",
    "Labelling",
    "Perceptron",
    "gaussian",
    "sample",
    "self_taught",
]
