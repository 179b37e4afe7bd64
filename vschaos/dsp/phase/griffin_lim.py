"""Griffin-Lim for whole sounds, from a good start."""

from torch import Tensor

from vschaos.dsp.phase.rtisi import RTISI
from vschaos.dsp.stft import STFT


def griffin_lim(
    stft: STFT, magnitudes: Tensor, length: int, iterations: int = 60, momentum: float = 0.99
) -> Tensor:
    """A sound whose spectrum has (nearly) the given magnitudes.

    Fast Griffin-Lim (Perraudin, Balazs & Sondergaard, WASPAA 2013), started from the phases of
    `RTISI` rather than from noise: the place where it ends hangs on where it began.

    Args:
        magnitudes: `[B, F, N]`, of a sound of `length` samples: `N = stft.num_frames(length)`.
        iterations: transforms there and back; 0 leaves the phases of `RTISI` as they are.
        momentum: how far each step is carried on, 0 (plain Griffin-Lim) to 1.

    Returns:
        `[B, length]`.
    """
    # whole windows, also for a transform that cuts them for a stream's sake
    stft = STFT(stft.n_fft, stft.hop_length).to(magnitudes.device)
    spectrum = RTISI(stft.n_fft, stft.hop_length).to(magnitudes.device).whole(magnitudes)
    previous = spectrum
    for _ in range(iterations):
        consistent = stft(stft.inverse(spectrum, length))
        carried = consistent + momentum * (consistent - previous)
        previous = consistent
        spectrum = magnitudes * carried / carried.abs().clamp_min(1e-12)
    return stft.inverse(spectrum, length)
