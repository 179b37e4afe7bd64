"""Building blocks shared by the model families: networks, distributions, conditioning."""

from vschaos.layers.adversary import Adversary
from vschaos.layers.convolution import ConvolutionalDecoder, ConvolutionalEncoder
from vschaos.layers.distributions import Gaussian, gaussian, sample
from vschaos.layers.labelling import Labelling
from vschaos.layers.memory import CausalConvolution, Recurrence, Remembering
from vschaos.layers.network import Network
from vschaos.layers.perceptron import Perceptron
from vschaos.layers.semi_supervised import semi_supervised

__all__ = [
    "Adversary",
    "CausalConvolution",
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "Gaussian",
    "Labelling",
    "Network",
    "Perceptron",
    "Recurrence",
    "Remembering",
    "gaussian",
    "sample",
    "semi_supervised",
]
