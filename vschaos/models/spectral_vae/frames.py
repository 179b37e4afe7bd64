"""The path of a frame through a spectral VAE; losses, offline use and streams all take it."""

from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from vschaos.dsp import LogMagnitude
from vschaos.labels import Labels
from vschaos.latents.gaussian import GaussianLatent
from vschaos.layers import Gaussian, Labelling, Network, sample
from vschaos.layers.streaming import StreamingNetworkInterface
from vschaos.models.spectral_vae.outputs import Output

if TYPE_CHECKING:
    AnyNetwork = Network | StreamingNetworkInterface
else:  # TorchScript has no unions of modules, and eager Python does not check the type
    AnyNetwork = StreamingNetworkInterface


class Encoding(NamedTuple):
    """Encoded frames and the labels they were encoded with.

    Attributes:
        latents: standardized, `[B, Z, N]`.
        probabilities: of each label, given or predicted, `[B, K, N]` each.
        known: where they hold, `[B, L, N]`.
    """

    latents: Tensor
    probabilities: list[Tensor]
    known: Tensor


class FramePath(nn.Module):
    """Log-magnitudes and labels -> posterior over latents; latents and labels -> magnitudes.

    The networks are arguments: a model has one of each, a stream one for each method, with its own
    memory.

    Args:
        log_magnitude, labelling, output, latent: of the model, see `SpectralVAE`.
    """

    def __init__(
        self,
        log_magnitude: LogMagnitude,
        labelling: Labelling,
        output: Output,
        latent: GaussianLatent,
    ) -> None:
        super().__init__()
        self.log_magnitude = log_magnitude
        self.labelling = labelling
        self.output = output
        self.latent = latent

    def posterior(
        self, encoder: AnyNetwork, log_magnitude: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Gaussian:
        """Log-magnitudes `[B, F, N]` and labels -> posterior over latents `[B, Z, N]`."""
        features = self.labelling.to_encoder(log_magnitude, probabilities, known)
        return self.latent(encoder.forward(features))

    def decoder_output(
        self, decoder: AnyNetwork, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Tensor:
        """Latents `[B, Z, N]` and labels -> parameters of `output`, `[B, per_bin F, N]`."""
        return decoder.forward(self.labelling.to_decoder(latents, probabilities, known))

    def magnitudes(
        self, decoder: AnyNetwork, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Tensor:
        """Latents `[B, Z, N]` and labels -> magnitudes `[B, F, N]`."""
        parameters = self.decoder_output(decoder, latents, probabilities, known)
        return self.log_magnitude.inverse(self.output(parameters))

    def encode_frames(
        self, encoder: AnyNetwork, log_magnitude: Tensor, labels: Labels, temperature: float
    ) -> Encoding:
        """Log-magnitudes `[B, F, N]` and labels `[B, L, N]` -> standardized latents; predicted
        labels stand in for unknown ones."""
        probabilities, known = self.labelling.infer_labels(log_magnitude, labels)
        posterior = self.posterior(encoder, log_magnitude, probabilities, known)
        latents = self.latent.standardize(sample(posterior, temperature))
        return Encoding(latents, probabilities, known)

    def decode_frames(
        self, decoder: AnyNetwork, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Tensor:
        """Standardized latents `[B, Z, N]` and labels -> magnitudes `[B, F, N]`."""
        return self.magnitudes(decoder, self.latent.unstandardize(latents), probabilities, known)
