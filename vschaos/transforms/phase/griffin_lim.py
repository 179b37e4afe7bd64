"""Griffin-Lim for whole sounds, from a good start."""

from torch import Tensor

from vschaos.transforms.phase.scan import PhaseScan
from vschaos.transforms.phase.spectrum import apply_phase
from vschaos.transforms.stft import STFT


def griffin_lim(
    stft: STFT, magnitudes: Tensor, length: int, iterations: int = 60, momentum: float = 0.99
) -> Tensor:
    """A sound whose spectrum has (nearly) the magnitudes asked for.

    Fast Griffin-Lim (Perraudin, Balazs & Sondergaard, WASPAA 2013), started from the phases of
    `PhaseScan` rather than from noise.

    Args:
        magnitudes: `[B, F, N]`, of a sound of `length` samples: `N = stft.num_frames(length)`.
        iterations: transforms there and back; 0 leaves the scan's phases as they are.
        momentum: how far each step is carried on, 0 (plain Griffin-Lim) to 1.

    Returns:
        `[B, length]`.
    """
    scan = PhaseScan(stft.n_fft, stft.hop_length).to(magnitudes.device)
    spectrum = apply_phase(magnitudes, scan.whole(magnitudes))
    previous = spectrum
    for _ in range(iterations):
        consistent = stft(stft.inverse(spectrum, length))
        carried = consistent + momentum * (consistent - previous)
        previous = consistent
        spectrum = magnitudes * carried / carried.abs().clamp_min(1e-12)
    return stft.inverse(spectrum, length)
