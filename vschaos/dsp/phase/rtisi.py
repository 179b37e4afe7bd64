"""RTISI: the scan, refined by a few projections of each frame before it is output."""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.phase.pghi import PGHI, origins
from vschaos.dsp.phase.projection import Projection
from vschaos.voices import with_new_rows, with_rows


class RTISI(nn.Module):
    """Real-time iterative spectrogram inversion (Beauregard, Zhu & Wyse 2005), started by the scan.

    A frame stays open for `look_ahead` frames after it. As one enters, with the phase that `PGHI`
    would give it, all open frames are `iterations` times projected onto the spectra of sounds, with
    the committed ones before them, and given back their magnitudes; the oldest is then committed.
    Momentum carries each step on, as in fast Griffin-Lim. The newest frame, which knows only its
    past, counts less in the sum than the others.

    Frame by frame, whatever the call brings, so that blocks cannot matter. Its state is the open
    frames and the committed ones that overlap with them, a row for each channel of the batch.

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

    to_beginning: Tensor
    advance: Tensor
    advance_around: Tensor
    beginning: Tensor
    magnitudes: Tensor
    directions: Tensor
    past: Tensor

    def __init__(
        self,
        n_fft: int,
        hop_length: int,
        look_ahead: int = 1,
        iterations: int = 4,
        momentum: float = 0.75,
        newest_weight: float = 0.3,
    ) -> None:
        super().__init__()
        if look_ahead < 0 or iterations < 1:
            raise ValueError(
                f"look_ahead must be at least 0 and iterations 1, got {look_ahead} and {iterations}"
            )
        self.delay = look_ahead
        self.iterations = iterations
        self.carried_share = momentum / (1.0 + momentum)
        self.num_bins = 0
        self.scan = PGHI(n_fft, hop_length)
        self.projection = Projection(look_ahead, newest_weight)
        self.register_buffer("magnitudes", torch.empty(0), persistent=False)
        for name in (
            "to_beginning",
            "advance",
            "advance_around",
            "beginning",
            "directions",
            "past",
        ):
            empty = torch.empty(0, dtype=torch.complex64)
            self.register_buffer(name, empty, persistent=False)
        self.resize(n_fft, hop_length, n_fft // 2 + 1)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        """Takes other sizes, for another sample rate, and clears all state.

        Args:
            n_fft, hop_length: in samples; the hop need not divide the window.
            num_bins: F, the lowest of the `n_fft // 2 + 1` bins; the others are 0.
        """
        self.num_bins = num_bins
        self.scan.resize(n_fft, hop_length, num_bins)
        self.projection.resize(n_fft, hop_length, num_bins)
        device = self.past.device
        width, block, around = self.scan.width, self.projection.block, self.projection.around
        bins = torch.arange(width, device=device)
        # from the centre of the newest frame to the beginning of the oldest, and to the next centre
        start = -0.5 * n_fft - self.delay * hop_length
        self.to_beginning = _turns(2 * math.pi * start / n_fft * bins.double())
        advance = _turns(2 * math.pi * (bins * hop_length % n_fft).double() / n_fft)
        self.advance = advance.view(-1, 1, block)
        signs = self.projection.parts.prod(2)
        folded = advance[self.projection.folded].view(-1, around)
        self.advance_around = torch.complex(folded.real, folded.imag * signs).unsqueeze(1)
        self.magnitudes = self.magnitudes.new_zeros([1, self.delay, width])
        click = self.projection.click.view(1, -1, 2)
        self.beginning = torch.view_as_complex(click).sgn()
        self.directions = self.beginning[:0].clone()
        num_past = self.projection.num_past
        self.past = self.past.new_zeros([1, width // block, num_past, around])

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.scan.reset()
        self.magnitudes = torch.zeros_like(self.magnitudes)
        self.directions = self.directions[:0].clone()
        self.past = torch.zeros_like(self.past)

    @torch.jit.export
    def go_on(self, spectra: Tensor) -> None:
        """Takes complex spectra `[B, F, K]`, the last ones played, as its past.

        The last of them must come in again `delay` times, each time after `sounded` without it, and
        `sounded` with it at the end: it sounds on while the search looks ahead.
        """
        self.scan.go_on(spectra)
        self.magnitudes = self.scan.magnitudes[:, -1:].repeat(1, self.delay, 1)
        last = self._from_centre(spectra[:, :, -1:])[:, 0]
        block, frames = self.projection.block, self.delay + 1
        directions = last.view(last.shape[0], -1, 1, block).expand(-1, -1, frames, -1)
        self.directions = torch.sgn(directions.flatten(1))

    @torch.jit.export
    def sounded(self, spectra: Tensor) -> None:
        """Takes the sound of complex spectra `[B, F, K]` as the past that it overlaps with."""
        past = torch.zeros_like(self.past[:1]).expand(spectra.shape[0], -1, -1, -1)
        ones = torch.ones_like(self.scan.magnitudes[:1, :1])
        parts = self.projection.around_blocks(ones)[:, 0].flatten(1, 2)
        for frame in self._from_centre(spectra).unbind(1):
            past = self._commit(past, frame, parts)
        self.past = past

    def forward(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes, after those of the last call -> complex spectra
        `[B, F, N]` of the frames `delay` before them."""
        frames = self.scan.enter(magnitudes)
        return self._refined(frames[:, 1:], self.scan.slopes(frames))

    def whole(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes of a whole sound -> its complex spectrum `[B, F, N]`.

        The slopes along frequency look one frame ahead, and nothing is late. What streamed through
        this module before is forgotten; no gradient passes.
        """
        self.reset()
        frames = self.scan.padded(magnitudes.detach())
        frames = nn.functional.pad(frames, (0, 0, 1, self.delay + 1))
        slopes = self.scan.slopes_between(frames[:, :-2], frames[:, 2:])
        spectra = self._refined(frames[:, :-1], slopes)
        self.reset()
        return spectra[:, :, self.delay :]

    def _refined(self, frames: Tensor, slopes: Tensor) -> Tensor:
        """Frames `[B, 1 + N, F]`, of which all but the first enter, and their phase `slopes` from
        bin to bin `[B, N, F]` -> complex spectra `[B, F, N]` of those that leave."""
        # all that depends on magnitudes alone is found for all frames at once
        origin = origins(frames[:, :-1], frames[:, 1:])
        turns = _turns(self.scan.steps(frames, slopes, origin))
        rows, count, width = origin.shape
        held = with_rows(self.magnitudes, rows)
        entered = torch.cat([held, frames[:, 1:]], dim=1)
        around = self.projection.around_blocks(entered)  # [B, L + N, blocks, around, 2]
        open_around = [around.narrow(1, k, count) for k in range(self.delay + 1)]
        of_open = torch.stack(open_around, dim=3).flatten(2, 4)
        of_leaving = around.flatten(2, 3)
        directions = with_new_rows(self.directions, self.beginning.expand(rows, -1))
        past = with_rows(self.past, rows)
        shape = (rows, -1, self.delay + 1, self.projection.block)
        leaving = torch.jit.annotate(list[Tensor], [])
        for n in range(count):
            is_open = directions.view(shape)
            newest = is_open.select(2, self.delay).reshape(rows, width)
            entering = newest.gather(1, origin.select(1, n)) * turns.select(1, n)
            if self.delay > 0:
                older = is_open.narrow(2, 1, self.delay) * self.advance
                entering = torch.cat([older, entering.view(rows, -1, 1, shape[3])], dim=2)
            directions = self._refine(of_open.select(1, n), entering.view(rows, -1), past)
            oldest = directions.view(shape).select(2, 0).reshape(rows, width)
            past = self._commit(past, oldest, of_leaving.select(1, n))
            leaving.append(oldest)
        self.magnitudes = entered[:, count:].clone()
        self.directions = directions
        self.past = past
        spectra = torch.stack(leaving, dim=1) * self.to_beginning * entered[:, :count]
        return spectra[:, :, : self.num_bins].transpose(1, 2)

    def _refine(self, magnitudes: Tensor, directions: Tensor, past: Tensor) -> Tensor:
        """Open frames, their magnitudes in and around blocks `[B, blocks * (L + 1) * around, 2]`,
        and the committed ones -> directions of unit length that fit together better."""
        committed = self.projection.committed(past)
        spread = self.projection.spread.expand(directions.shape[0], -1)
        around = torch.view_as_real(directions.gather(1, spread)) * magnitudes
        shape = (around.shape[0], -1, self.delay + 1, self.projection.around, 2)
        previous = around.view(shape).narrow(3, self.projection.reach, self.projection.block)
        for iteration in range(self.iterations):
            if iteration > 0:
                around = torch.view_as_real(directions.gather(1, spread)) * magnitudes
            consistent = self.projection(committed, around)
            # momentum: consistent + momentum (consistent - previous), but for a factor
            carried = torch.sub(consistent, previous, alpha=self.carried_share)
            previous = consistent
            directions = torch.sgn(torch.view_as_complex(carried)).view(around.shape[0], -1)
        return directions

    def _commit(self, past: Tensor, directions: Tensor, magnitudes: Tensor) -> Tensor:
        """A frame `[B, F]`, its magnitudes in and around blocks `[B, blocks * around, 2]` -> the
        past with it, seen from the next frame."""
        folded = self.projection.folded.expand(directions.shape[0], -1)
        around = torch.view_as_real(directions.gather(1, folded)) * magnitudes
        frame = torch.view_as_complex(around).view(past.shape[0], past.shape[1], 1, past.shape[3])
        return torch.cat([past.narrow(2, 1, past.shape[2] - 1), frame], 2) * self.advance_around

    def _from_centre(self, spectra: Tensor) -> Tensor:
        """Complex spectra `[B, F, K]` -> the same as oldest open frames, `[B, K, width]`."""
        turned = spectra.transpose(1, 2) * self.to_beginning[: self.num_bins].conj()
        missing = self.to_beginning.shape[0] - self.num_bins
        return nn.functional.pad(turned, (0, missing))


def _turns(angles: Tensor) -> Tensor:
    """Of unit length, complex64; `torch.polar` takes three times as long."""
    return torch.complex(torch.cos(angles), torch.sin(angles)).to(torch.complex64)
