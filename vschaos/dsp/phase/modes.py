"""Phase reconstruction by the name of a method: of whole sounds and of streams."""

import torch
from torch import Tensor, nn

from vschaos.dsp.phase.griffin_lim import griffin_lim
from vschaos.dsp.phase.rtisi import RTISI
from vschaos.dsp.phase.spectrum import keep_phase, random_phase
from vschaos.dsp.stft import STFT, magnitudes_of
from vschaos.voices import with_rows

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
        raise ValueError(f"inversion must be one of {INVERSIONS}, got {inversion!r}")
    if spectrum is None:
        raise ValueError("inversion keep_input needs an input to keep the phase of")
    return stft.inverse(keep_phase(magnitudes, spectrum, magnitudes_of(spectrum)), length)


@torch.jit.interface
class FrameByFrame(nn.Module):
    """A method of phase reconstruction, compiled by TorchScript once for all streams."""

    def forward(self, magnitudes: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def go_on(self, spectra: Tensor) -> None:
        pass

    def sounded(self, spectra: Tensor) -> None:
        pass

    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        pass


@torch.jit.interface
class StreamingPhaseInterface(nn.Module):
    """Compiled by TorchScript once for all streams of a module."""

    def forward(self, magnitudes: Tensor, inversion: str) -> Tensor:  # type: ignore[empty-body]
        pass

    def hear(self, spectrum: Tensor) -> None:
        pass

    def goes_by(self, inversion: str) -> bool:  # type: ignore[empty-body]
        pass

    def delay(self, inversion: str) -> int:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def restart(self) -> None:
        pass

    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        pass


class StreamingPhase(nn.Module):
    """Phase reconstruction of a stream by one of three methods, which may change as it plays.

    A new method continues from the last phases, whatever their source.

    Args:
        n_fft, hop_length: of the transform, in samples.
    """

    scan: FrameByFrame
    rtisi: FrameByFrame
    recent: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        rtisi = RTISI(n_fft, hop_length)
        self.look_ahead = rtisi.delay
        # what fits an interface of TorchScript need not inherit from it
        self.rtisi = torch.jit.script(rtisi)  # type: ignore[assignment]
        self.scan = torch.jit.script(refined_scan(n_fft, hop_length))  # type: ignore[assignment]
        self.inversion = ""
        self.num_recent = n_fft // hop_length - 1  # frames of which something is still to sound
        recent = torch.zeros(1, n_fft // 2 + 1, 0, dtype=torch.complex64)
        self.register_buffer("recent", recent, persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.scan.reset()
        self.rtisi.reset()
        self.recent = self.recent[:, :, :0].clone()
        self.inversion = ""

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        """Takes other sizes, see `RTISI.resize`, and clears all state."""
        self.scan.resize(n_fft, hop_length, num_bins)
        self.rtisi.resize(n_fft, hop_length, num_bins)
        self.num_recent = (n_fft - 1) // hop_length
        self.recent = self.recent.new_zeros([1, num_bins, 0])
        self.inversion = ""

    @torch.jit.export
    def restart(self) -> None:
        """Clears all state but the present phases."""
        self.inversion = ""

    @torch.jit.export
    def goes_by(self, inversion: str) -> bool:
        """Whether this method reconstructed the last phases."""
        return inversion == self.inversion

    @torch.jit.export
    def delay(self, inversion: str) -> int:
        """Latency of a method in frames."""
        return self.look_ahead if inversion == "rtisi" else 0

    def forward(self, magnitudes: Tensor, inversion: str) -> Tensor:
        """Magnitudes `[B, F, N]` -> complex spectra `[B, F, N]`, with a latency of `delay` frames.

        `inversion` is `rtisi`, `random` or, for any other word, `scan`.
        """
        if inversion != self.inversion:
            self._take_up(inversion, magnitudes[:, :, :1])
        if inversion == "rtisi":
            spectrum = self.rtisi(magnitudes)
        elif inversion == "random":
            spectrum = random_phase(magnitudes)
        else:
            spectrum = self.scan(magnitudes)
        self._remember(spectrum)
        return spectrum

    @torch.jit.export
    def hear(self, spectrum: Tensor) -> None:
        """Takes complex spectra `[B, F, N]` of present phases from elsewhere."""
        self.inversion = ""
        self._remember(spectrum)

    def _take_up(self, inversion: str, magnitudes: Tensor) -> None:
        self.inversion = inversion
        if self.recent.shape[2] == 0:
            return
        # only phases count: those of an input are independent of the block size, while a scan would
        # accumulate the last digits of decoded magnitudes
        spectra = with_rows(self.recent, magnitudes.shape[0])
        directions = spectra * spectra.abs().clamp_min(1e-15).reciprocal()
        spectra = magnitudes * (directions + (directions == 0))
        if inversion == "rtisi":
            self.rtisi.go_on(spectra)
            for _ in range(self.look_ahead):
                self.rtisi.sounded(spectra[:, :, :-1])
                self.rtisi(magnitudes)
            self.rtisi.sounded(spectra)
        elif inversion != "random":
            self.scan.go_on(spectra)

    def _remember(self, spectrum: Tensor) -> None:
        if spectrum.shape[2] < self.num_recent:
            spectrum = torch.cat([with_rows(self.recent, spectrum.shape[0]), spectrum], dim=2)
        self.recent = spectrum[:, :, -self.num_recent :].clone()


def refined_scan(n_fft: int, hop_length: int) -> RTISI:
    """The scan with one projection of each frame onto the past; without latency.

    Without frames to come, a second one gains 1 dB, and more next to nothing.
    """
    return RTISI(n_fft, hop_length, look_ahead=0, iterations=1, momentum=0.6)
