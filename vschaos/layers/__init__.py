"""Blocks without opinion, from which the model families are built."""

from vschaos.layers.distributions import Gaussian, gaussian, sample
from vschaos.layers.perceptron import Perceptron

__all__ = ["Gaussian", "Perceptron", "gaussian", "sample"]
