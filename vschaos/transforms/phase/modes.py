"""The ways to a phase by their names: one choice for whole sounds, one for streams."""

import torch
from torch import Tensor, nn

from vschaos.transforms.phase.griffin_lim import griffin_lim
from vschaos.transforms.phase.rtisi import RTISI
from vschaos.transforms.phase.spectrum import keep_phase, random_phase
from vschaos.transforms.stft import STFT

INVERSIONS = ("griffin_lim", "rtisi", "scan", "keep_input", "random")


def invert(
    stft: STFT,
    magnitudes: Tensor,
    length: int,
    inversion: str = "griffin_lim",
    spectrum: Tensor | None = None,
    iterations: int = 60,
) -> Tensor:
    """A sound `[B, length]` of the magnitudes `[B, F, N]`.

    Args:
        magnitudes: of a sound of `length` samples: `N = stft.num_frames(length)`.
        inversion: one of `INVERSIONS`; `rtisi` looks one frame ahead, `scan` none.
        spectrum: complex `[B, F, N]`, whose phase `keep_input` keeps.
        iterations: of `griffin_lim`.
    """
    if inversion == "griffin_lim":
        return griffin_lim(stft, magnitudes, length, iterations)
    if inversion == "rtisi":
        rtisi = RTISI(stft.n_fft, stft.hop_length).to(magnitudes.device)
        return stft.inverse(rtisi.whole(magnitudes), length)
    if inversion == "scan":
        scan = refined_scan(stft.n_fft, stft.hop_length).to(magnitudes.device)
        return stft.inverse(scan.whole(magnitudes), length)
    if inversion == "random":
        return stft.inverse(random_phase(magnitudes), length)
    if inversion != "keep_input":
        raise ValueError(f"inversion must be one of {INVERSIONS}, {inversion!r} came")
    if spectrum is None:
        raise ValueError("inversion keep_input needs an input to keep the phase of")
    return stft.inverse(keep_phase(magnitudes, spectrum), length)


@torch.jit.interface
class FrameByFrame(nn.Module):
    """A way to a phase whose code is compiled once, however many streams take it."""

    def forward(self, magnitudes: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass


class StreamingPhase(nn.Module):
    """The phase of a stream, found in one of three ways, among which one may change as it plays.

    A way that is taken up again begins without a past: what it heard long ago is not heard again.

    Args:
        n_fft, hop_length: of the transform, in samples.
    """

    scan: FrameByFrame
    rtisi: FrameByFrame

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        rtisi = RTISI(n_fft, hop_length)
        self.look_ahead = rtisi.delay
        # an interface of TorchScript: what fits it need not inherit from it
        self.rtisi = rtisi  # type: ignore[assignment]
        self.scan = refined_scan(n_fft, hop_length)  # type: ignore[assignment]
        self.inversion = ""

    @torch.jit.export
    def reset(self) -> None:
        """Forgets the frames that came before."""
        self.scan.reset()
        self.rtisi.reset()

    def delay(self, inversion: str) -> int:
        """Frames that this way comes late."""
        return self.look_ahead if inversion == "rtisi" else 0

    def forward(self, magnitudes: Tensor, inversion: str) -> Tensor:
        """Magnitudes `[B, F, N]` -> complex spectra `[B, F, N]`, `delay` frames late.

        `inversion` is `rtisi`, `random` or, whatever else it says, `scan`.
        """
        if inversion != self.inversion:
            self.reset()
            self.inversion = inversion
        if inversion == "rtisi":
            return self.rtisi(magnitudes)
        if inversion == "random":
            return random_phase(magnitudes)
        return self.scan(magnitudes)


def refined_scan(n_fft: int, hop_length: int) -> RTISI:
    """The scan with two projections of each frame onto what came before it; nothing is late.

    Without frames to come, more projections or more momentum gain next to nothing.
    """
    return RTISI(n_fft, hop_length, look_ahead=0, iterations=2, momentum=0.6)
