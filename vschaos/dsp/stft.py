"""Waveform <-> complex spectrum, whole or in a stream: Hann windows, overlap-add, no look-ahead."""

import math

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows


class STFT(nn.Module):
    """Short-time Fourier transform and its inverse, with a Hann window both ways.

    Frame n ends with sample `(n + 1) * hop_length`: it needs no sample of the future. Before and
    after the sound lie zeros, so that each sample is covered by `n_fft / hop_length` frames and
    comes back exactly. Spectra are scaled so that a sine of amplitude a has a magnitude of a.

    Args:
        n_fft: window length in samples.
        hop_length: samples from frame to frame; a power of two (nn~ asks for it) that divides
            `n_fft` at least four times (Hann squared then overlaps to a constant).
        synthesis_length: samples in the middle of a frame that its synthesis uses, a multiple of
            `hop_length`, at least twice it; `n_fft` if not given. Shorter means that a stream
            waits less, and that errors of the frames are averaged less.

    Attributes:
        delay: samples that a stream comes back late, beyond the hop that it waits for:
            `(n_fft + synthesis_length) / 2 - hop_length`.

    Example:
        >>> stft = STFT(1024, 256)
        >>> audio = torch.rand(2, 1000)
        >>> spectrum = stft(audio)
        >>> spectrum.shape
        torch.Size([2, 513, 7])
        >>> bool((stft.inverse(spectrum, 1000) - audio).abs().max() < 1e-5)
        True
    """

    analysis_window: Tensor
    synthesis_window: Tensor

    def __init__(self, n_fft: int, hop_length: int, synthesis_length: int | None = None) -> None:
        super().__init__()
        if hop_length < 1 or hop_length & (hop_length - 1):
            raise ValueError(f"transform.hop_length must be a power of two, got {hop_length}")
        if n_fft % hop_length or n_fft < 4 * hop_length:
            raise ValueError(
                "transform.n_fft must be a multiple of hop_length, at least 4 times as long; "
                f"got {n_fft} for a hop of {hop_length}"
            )
        kept = n_fft if synthesis_length is None else synthesis_length
        if kept % hop_length or not 2 * hop_length <= kept <= n_fft:
            raise ValueError(
                "transform.synthesis_length must be a multiple of hop_length, from "
                f"{2 * hop_length} to {n_fft}; got {kept}"
            )
        self.register_buffer("analysis_window", torch.empty(0), persistent=False)
        self.register_buffer("synthesis_window", torch.empty(0), persistent=False)
        self.num_bins = n_fft // 2 + 1
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.synthesis_length = kept
        self.synthesis_start = 0
        self.delay = 0
        self.resize(n_fft, hop_length, kept, self.num_bins)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, synthesis_length: int, num_bins: int) -> None:
        """Takes other sizes, for another sample rate: any window of a hop at least.

        Args:
            n_fft, hop_length, synthesis_length: in samples; the hop need not divide the others.
            num_bins: F, the lowest of the `n_fft // 2 + 1` bins; the inverse takes the others for
                0.
        """
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.num_bins = num_bins
        self.synthesis_length = synthesis_length
        self.synthesis_start = (n_fft - synthesis_length) // 2
        self.delay = n_fft - hop_length - self.synthesis_start
        window = torch.hann_window(n_fft, dtype=torch.float64, device=self.analysis_window.device)
        # the 2 gives a sine its amplitude: half of its energy lies at negative frequencies
        scale = 2.0 / window.sum()
        self.analysis_window = (window * scale).float()
        self.synthesis_window = (self._dual(window) / scale).float()

    @torch.jit.unused
    def within(self, max_delay: int) -> "STFT":
        """The same transform with the longest synthesis that waits at most `max_delay` samples.

        Raises:
            ValueError: it cannot wait so little.
        """
        least = STFT(self.n_fft, self.hop_length, 2 * self.hop_length)
        if max_delay < least.delay:
            raise ValueError(
                f"a window of {self.n_fft} with a hop of {self.hop_length} waits at least "
                f"{least.delay} samples, at most {max_delay} were asked for"
            )
        longest = 2 * (max_delay + self.hop_length) - self.n_fft
        kept = min(longest // self.hop_length * self.hop_length, self.n_fft)
        return STFT(self.n_fft, self.hop_length, kept)

    def num_frames(self, length: int) -> int:
        """Frames that touch a sound of `length` samples."""
        return math.ceil((length + self.n_fft - self.hop_length) / self.hop_length)

    def centres(self, length: int) -> Tensor:
        """The samples `[N]` that lie in the middle of the frames of a sound of `length` samples;
        some lie before or after the sound."""
        return (torch.arange(self.num_frames(length)) + 1) * self.hop_length - self.n_fft // 2

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> complex `[B, F, N]`, `F = n_fft / 2 + 1`, `N = num_frames(T)`."""
        length = audio.shape[-1]
        before = self.n_fft - self.hop_length
        total = (self.num_frames(length) - 1) * self.hop_length + self.n_fft
        return self.analyse(nn.functional.pad(audio, (before, total - before - length)))

    def inverse(self, spectrum: Tensor, length: int) -> Tensor:
        """Complex `[B, F, N]` -> `[B, length]`; the inverse of `forward`."""
        before = self.n_fft - self.hop_length
        start = before - self.synthesis_start
        return self.synthesise(spectrum)[:, start : start + length]

    def analyse(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> complex `[B, F, N]` of the frames that lie wholly inside,
        `N = (T - n_fft) / hop_length + 1`."""
        frames = audio.unfold(-1, self.n_fft, self.hop_length)  # [B, N, n_fft]
        spectrum = torch.fft.rfft(frames * self.analysis_window)
        if self.num_bins < spectrum.shape[2]:
            spectrum = spectrum[:, :, : self.num_bins]
        return spectrum.transpose(1, 2)

    def magnitudes(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> those of `analyse`, `[B, F, N]`, for learning from: their gradient is that of
        a square root, infinite at 0."""
        spectrum = self.analyse(audio)
        return (spectrum.real.square() + spectrum.imag.square()).sqrt()

    def synthesise(self, spectrum: Tensor) -> Tensor:
        """Complex `[B, F, N]` -> `[B, (N - 1) * hop_length + synthesis_length]`, overlapped and
        added, from sample `synthesis_start` of the first frame on; zeros up to a whole hop follow.
        """
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.n_fft)
        kept = self.synthesis_length
        frames = frames.narrow(2, self.synthesis_start, kept) * self.synthesis_window
        batch, num_frames = frames.shape[0], frames.shape[1]
        overlap = (kept - 1) // self.hop_length + 1
        missing = overlap * self.hop_length - kept
        if missing > 0:
            frames = nn.functional.pad(frames, (0, missing))
        hops = frames.reshape(batch, num_frames, overlap, self.hop_length)
        audio = hops.new_zeros(batch, num_frames + overlap - 1, self.hop_length)
        for k in range(overlap):
            audio.narrow(1, k, num_frames).add_(hops.select(2, k))
        return audio.reshape(batch, -1)

    def _dual(self, window: Tensor) -> Tensor:
        """The synthesis window by which the middle of windowed frames overlap-adds to the sound."""
        end = self.synthesis_start + self.synthesis_length
        analysis = window[self.synthesis_start : end]
        if self.synthesis_length == self.n_fft:
            dual, product = window, window.square()
        else:
            # Hann overlaps to a constant already at two hops, where its square does not
            product = torch.hann_window(
                self.synthesis_length, dtype=window.dtype, device=window.device
            )
            dual = product / analysis
        missing = -self.synthesis_length % self.hop_length
        hops = nn.functional.pad(product, (0, missing)).reshape(-1, self.hop_length)
        total = hops.sum(dim=0).repeat(hops.shape[0])[: self.synthesis_length]
        return dual / total


def magnitudes_of(spectrum: Tensor) -> Tensor:
    """Of a complex spectrum, in its shape: zeros for those below 1e-19, whose squares are 0."""
    # torch's abs guards against squares that overflow, and takes two to six times as long
    return (spectrum * spectrum.conj()).real.sqrt()


@torch.jit.interface
class StreamingSTFTInterface(nn.Module):
    """Compiled by TorchScript once for all streams of a module."""

    def analyse(self, audio: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def synthesise(self, spectrum: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def resize(self, n_fft: int, hop_length: int, synthesis_length: int, num_bins: int) -> None:
        pass


class StreamingSTFT(nn.Module):
    """The same transform on a stream that comes in blocks of any whole number of hops.

    `synthesise(analyse(block))` gives the stream back, `delay` samples later. The past that a
    block needs is kept in buffers with a row for each voice of the batch.
    """

    past: Tensor
    tail: Tensor

    def __init__(self, stft: STFT) -> None:
        super().__init__()
        self.stft = stft
        self.delay = stft.delay
        before, after = stft.n_fft - stft.hop_length, stft.synthesis_length - stft.hop_length
        self.register_buffer("past", torch.zeros(1, before), persistent=False)
        self.register_buffer("tail", torch.zeros(1, after), persistent=False)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, synthesis_length: int, num_bins: int) -> None:
        """Takes other sizes, see `STFT.resize`, and clears all state."""
        self.stft.resize(n_fft, hop_length, synthesis_length, num_bins)
        self.delay = self.stft.delay
        self.past = self.past.new_zeros([1, n_fft - hop_length])
        self.tail = self.tail.new_zeros([1, synthesis_length - hop_length])

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.past = torch.zeros_like(self.past)
        self.tail = torch.zeros_like(self.tail)

    @torch.jit.export
    def analyse(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> complex `[B, F, N]`."""
        stream = torch.cat([with_rows(self.past, audio.shape[0]), audio], dim=1)
        length = self.past.shape[1]
        self.past = stream.narrow(1, stream.shape[1] - length, length).clone()
        return self.stft.analyse(stream)

    @torch.jit.export
    def synthesise(self, spectrum: Tensor) -> Tensor:
        """Complex `[B, F, N]` -> `[B, N * hop_length]`."""
        audio = self.stft.synthesise(spectrum)
        length = self.tail.shape[1]
        audio.narrow(1, 0, length).add_(with_rows(self.tail, audio.shape[0]))
        ready = spectrum.shape[2] * self.stft.hop_length
        self.tail = audio.narrow(1, ready, length).clone()
        return audio.narrow(1, 0, ready)
