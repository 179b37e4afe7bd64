"""Blocks without opinion, from which the model families are built."""

from vschaos.layers.adversary import Adversary
from vschaos.layers.convolution import ConvolutionalDecoder, ConvolutionalEncoder
from vschaos.layers.distributions import Gaussian, gaussian, sample
from vschaos.layers.labelling import Labelling
from vschaos.layers.latent_prior import LatentPrior, Stretch
from vschaos.layers.memory import CausalConvolution, Recurrence, Remembering
from vschaos.layers.network import Network
from vschaos.layers.perceptron import Perceptron
from vschaos.layers.prior_walk import PriorWalk
from vschaos.layers.self_teaching import self_taught

__all__ = [
    "Adversary",
    "CausalConvolution",
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "Gaussian",
    "Labelling",
    "LatentPrior",
    "Network",
    "Perceptron",
    "PriorWalk",
    "Recurrence",
    "Remembering",
    "Stretch",
    "gaussian",
    "sample",
    "self_taught",
]
