"""RTISI: the scan, refined by a few projections of each frame before it is output."""

import torch
from torch import Tensor, nn

from vschaos.dsp.phase.pghi import PGHI, origins
from vschaos.voices import with_rows


class RTISI(nn.Module):
    """Real-time iterative spectrogram inversion (Beauregard, Zhu & Wyse 2005), started by the scan.

    A frame stays open for `look_ahead` frames after it. As one enters, with the phase that
    `PhaseScan` would give it, all open frames are `iterations` times overlapped and added to what
    is committed, transformed again, and given back their magnitudes; the oldest is then committed.
    Momentum carries each step on, as in fast Griffin-Lim. The newest frame, which knows only its
    past, counts less in the sum than the others.

    Frame by frame, whatever the call brings, so that blocks cannot matter. Its state is the open
    frames and the tail of the committed sound, a row for each channel of the batch.

    Args:
        n_fft, hop_length: of the transform (Hann), in samples.
        look_ahead: frames that stay open beside the newest; the output is late by as many hops.
        iterations: for each frame that enters.
        momentum: 0 (none) to 1.
        newest_weight: of the newest frame in the sum, above 0 to 1; 1 without look-ahead,
            whatever is given.

    Example:
        >>> rtisi = RTISI(1024, 256)
        >>> magnitudes = torch.rand(2, 513, 6)
        >>> spectra = torch.cat([rtisi(magnitudes[:, :, :1]), rtisi(magnitudes[:, :, 1:])], dim=2)
        >>> torch.allclose(spectra[:, :, rtisi.delay :].abs(), magnitudes[:, :, : -rtisi.delay])
        True
    """

    synthesis: Tensor
    analysis: Tensor
    signs: Tensor
    magnitudes: Tensor
    directions: Tensor
    tail: Tensor

    def __init__(
        self,
        n_fft: int,
        hop_length: int,
        look_ahead: int = 1,
        iterations: int = 6,
        momentum: float = 0.75,
        newest_weight: float = 0.3,
    ) -> None:
        super().__init__()
        if look_ahead < 0 or iterations < 1:
            raise ValueError(
                f"look_ahead must be at least 0 and iterations 1, got {look_ahead} and {iterations}"
            )
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.delay = look_ahead
        self.iterations = iterations
        self.carried_share = momentum / (1.0 + momentum)
        self.newest_weight = newest_weight
        self.scan = PGHI(n_fft, hop_length)
        for name in ("synthesis", "analysis", "signs", "magnitudes", "tail"):
            self.register_buffer(name, torch.empty(0), persistent=False)
        directions = torch.empty(0, dtype=torch.complex64)
        self.register_buffer("directions", directions, persistent=False)
        self.resize(n_fft, hop_length, self.scan.num_bins)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        """Takes other sizes, for another sample rate, and clears all state.

        Args:
            n_fft, hop_length: in samples; the hop need not divide the window.
            num_bins: F, the lowest of the `n_fft // 2 + 1` bins; the others are 0.
        """
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.scan.resize(n_fft, hop_length, num_bins)
        device = self.tail.device
        synthesis, analysis = _windows(n_fft, hop_length, self.delay, self.newest_weight)
        self.synthesis = synthesis.float().to(device)
        self.analysis = analysis.float().to(device)
        self.signs = 1.0 - 2.0 * (torch.arange(num_bins, device=device) % 2)
        self.magnitudes = self.magnitudes.new_zeros([1, self.delay, num_bins])
        self.directions = self.directions.new_ones([1, self.delay + 1, num_bins])
        self.tail = self.tail.new_zeros([1, n_fft - hop_length])

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.scan.reset()
        self.magnitudes = torch.zeros_like(self.magnitudes)
        self.directions = torch.ones_like(self.directions)
        self.tail = torch.zeros_like(self.tail)

    @torch.jit.export
    def go_on(self, spectra: Tensor) -> None:
        """Takes complex spectra `[B, F, K]`, the last ones played, as its past.

        The last of them must come in again `delay` times, each time after `sounded` without it, and
        `sounded` with it at the end: it sounds on while the search looks ahead.
        """
        self.scan.go_on(spectra)
        heard = spectra.transpose(1, 2)
        last = heard[:, -1:]
        self.magnitudes = last.abs().repeat(1, self.delay, 1)
        direction = last * last.abs().clamp_min(1e-15).reciprocal()
        self.directions = direction.repeat(1, self.delay + 1, 1)
        self.sounded(spectra)

    @torch.jit.export
    def sounded(self, spectra: Tensor) -> None:
        """Takes the sound of complex spectra `[B, F, K]` as the past that it overlaps with."""
        count = spectra.shape[2]
        tail = self.synthesis.new_zeros(spectra.shape[0], self.n_fft - self.hop_length)
        for k in range(count):
            frame = torch.fft.irfft(spectra[:, :, k], n=self.n_fft) * self.synthesis[0]
            rest = frame[:, (count - k) * self.hop_length :]
            tail[:, : rest.shape[1]] += rest
        self.tail = tail

    def forward(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes, after those of the last call -> complex spectra
        `[B, F, N]` of the frames `delay` before them."""
        frames = self.scan.enter(magnitudes)
        before, last, new = frames[:, :-2], frames[:, 1:-1], frames[:, 2:]
        return self._refined(last, new, self.scan.slopes(before, last, new))

    def whole(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes of a whole sound -> its complex spectrum `[B, F, N]`.

        The slopes along frequency look one frame ahead, and nothing is late. What streamed through
        this module before is forgotten; no gradient passes.
        """
        self.reset()
        frames = magnitudes.detach().transpose(1, 2)
        frames = nn.functional.pad(frames, (0, 0, 1, self.delay + 1))
        last, new = frames[:, :-2], frames[:, 1:-1]
        spectra = self._refined(last, new, self.scan.slopes_between(last, frames[:, 2:]))
        self.reset()
        return spectra[:, :, self.delay :]

    def _refined(self, last: Tensor, new: Tensor, slopes: Tensor) -> Tensor:
        """Frames `[B, N, F]` enter, `last` being those before each and `slopes` their phase from
        bin to bin -> complex spectra `[B, F, N]` of those that leave."""
        # all that depends on magnitudes alone is found for all frames at once
        origin = origins(last, new)
        signs = self.signs * self.signs.expand_as(new).gather(-1, origin)  # centre to beginning
        turns = torch.polar(signs, self.scan.steps(last, new, slopes, origin))
        rows = new.shape[0]
        entered = torch.cat([with_rows(self.magnitudes, rows), new], dim=1)
        directions = with_rows(self.directions, rows, fill=1.0)
        tail = with_rows(self.tail, rows)
        magnitudes = entered.to(turns.dtype)  # once, and not at each product with a direction
        spectra = torch.jit.annotate(list[Tensor], [])
        for n in range(new.shape[1]):
            past = directions.select(1, self.delay)
            entering = past.gather(-1, origin.select(1, n)) * turns.select(1, n)
            open_directions = directions.narrow(1, 1, self.delay)
            directions = torch.cat([open_directions, entering.unsqueeze(1)], dim=1)
            now = magnitudes.narrow(1, n, self.delay + 1)
            directions = self._refine(now, directions, tail)
            leaving = now.select(1, 0) * directions.select(1, 0)
            sound = torch.fft.irfft(leaving, n=self.n_fft) * self.synthesis[0]
            sound.narrow(1, 0, tail.shape[1]).add_(tail)
            tail = sound.narrow(1, self.hop_length, tail.shape[1])
            spectra.append(leaving)
        self.magnitudes = entered[:, new.shape[1] :].clone()
        self.directions = directions
        self.tail = tail.clone()
        return torch.stack(spectra, dim=2)

    def _refine(self, magnitudes: Tensor, directions: Tensor, tail: Tensor) -> Tensor:
        """Open frames `[B, L + 1, F]`, complex, and the committed sound `[B, n_fft - hop_length]`
        -> directions of unit length that fit together better."""
        length = self.n_fft + self.delay * self.hop_length
        committed = nn.functional.pad(tail, (0, length - tail.shape[1]))
        sound = torch.empty_like(committed)
        # views of the sound, which stay while it changes: all frames of it, and each one's part
        frames = sound.unfold(1, self.n_fft, self.hop_length)
        parts = [frames.select(1, k) for k in range(self.delay + 1)]
        windows = self.synthesis.unbind(0)
        spectrum = previous = magnitudes * directions
        for _ in range(self.iterations):
            waves = torch.fft.irfft(spectrum, n=self.n_fft).unbind(1)
            sound.copy_(committed)
            for k, part in enumerate(parts):
                part.addcmul_(waves[k], windows[k])
            consistent = torch.fft.rfft(frames * self.analysis)
            if consistent.shape[-1] > magnitudes.shape[-1]:
                consistent = consistent[..., : magnitudes.shape[-1]]
            # momentum: consistent + momentum (consistent - previous), but for a factor
            carried = torch.sub(consistent, previous, alpha=self.carried_share)
            previous = consistent
            directions = torch.sgn(carried.add_(1e-12))  # never 0, which has no phase
            spectrum = magnitudes * directions
        return directions


def _windows(
    n_fft: int, hop_length: int, look_ahead: int, newest_weight: float
) -> tuple[Tensor, Tensor]:
    """For each open frame, oldest first, its window in the sum, and the one that transforms the sum
    again, over the sum of squared windows of the committed and open frames, `[L + 1, n_fft]`."""
    window = torch.hann_window(n_fft, dtype=torch.float64)
    total = torch.zeros(n_fft + look_ahead * hop_length, dtype=torch.float64)
    weights = torch.ones(look_ahead + 1, 1, dtype=torch.float64)
    if look_ahead:
        weights[-1] = newest_weight
    for k in range(look_ahead + 1):
        total[k * hop_length : k * hop_length + n_fft] += weights[k] * window.square()
    for passed in range(hop_length, n_fft, hop_length):  # of committed frames
        total[: n_fft - passed] += window[passed:].square()
    covered = total.unfold(0, n_fft, hop_length)
    return weights * window, window / covered.clamp_min(1e-20)
