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


class Decoded(NamedTuple):
    """What a decoder says of frames.

    Attributes:
        magnitudes: `[B, F, N]`.
        noisiness: of K bands, about 0 for tones and 1 for noise, `[B, K, N]`; see `Texture`.
    """

    magnitudes: Tensor
    noisiness: Tensor


class FramePath(nn.Module):
    """Log-magnitudes and labels -> posterior over latents; latents and labels -> magnitudes.

    The networks are arguments: a model has one of each, a stream one for each method, with its own
    memory.

    Args:
        log_magnitude, labelling, output, latent: of the model, see `SpectralVAE`.
        num_bands: K, numbers after those of `output` that the decoder gives; see `Texture`.
    """

    def __init__(
        self,
        log_magnitude: LogMagnitude,
        labelling: Labelling,
        output: Output,
        latent: GaussianLatent,
        num_bands: int = 0,
    ) -> None:
        super().__init__()
        self.log_magnitude = log_magnitude
        self.labelling = labelling
        self.output = output
        self.latent = latent
        self.num_bands = num_bands

    def posterior(
        self, encoder: AnyNetwork, log_magnitude: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Gaussian:
        """Log-magnitudes `[B, F, N]` and labels -> posterior over latents `[B, Z, N]`."""
        features = self.labelling.to_encoder(log_magnitude, probabilities, known)
        return self.latent(encoder.forward(features))

    def decoder_output(
        self, decoder: AnyNetwork, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Latents `[B, Z, N]` and labels -> parameters of `output`, `[B, per_bin F, N]`, and
        noisiness `[B, K, N]`."""
        both = decoder.forward(self.labelling.to_decoder(latents, probabilities, known))
        count = both.shape[1] - self.num_bands
        return both[:, :count], both[:, count:]

    def decoded(
        self, decoder: AnyNetwork, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Decoded:
        """Latents `[B, Z, N]` and labels -> N frames."""
        parameters, noisiness = self.decoder_output(decoder, latents, probabilities, known)
        return Decoded(self.log_magnitude.inverse(self.output(parameters)), noisiness)

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
    ) -> Decoded:
        """Standardized latents `[B, Z, N]` and labels -> N frames."""
        return self.decoded(decoder, self.latent.unstandardize(latents), probabilities, known)
