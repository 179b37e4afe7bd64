"""A scan from frame to frame that integrates the phase gradient, and streams.

Phases count from the centre of the frame, where those of a steady sound vary slowly along
frequency.
"""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.phase.projection import whole_width
from vschaos.voices import with_rows

FARTHEST = 64  # bins that a phase comes from: from further ones it would do nothing audible
CURVATURE = 0.35  # see PGHI.slopes; best of 0.25 to 0.5 on the sounds of benchmarks/phase.py


class PGHI(nn.Module):
    """Integrates the phase from the strongest bins outwards, without a heap and without look-ahead.

    Heap integration (Prusa & Sondergaard, "Real-time spectrogram inversion using phase gradient
    heap integration", DAFx 2016) lets the strong bins of the last frame hand their phase on and
    floods the new frame from them. Which bin a phase comes from is a widest-path problem, solved
    here by two prefix scans over the bins (`origins`). The gradients are those that are exact for
    the Hann window: of a steady sine in time, of an impulse in frequency.

    Its state is the last two frames and the last phases, a row for each channel of the batch.
    Silent bins fill up frames inside, see `whole_width`.

    Args:
        n_fft, hop_length: of the transform, in samples.
    """

    steady_advance: Tensor
    magnitudes: Tensor
    phase: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        self.num_bins = self.width = 0
        self.curvature = CURVATURE
        self.hop_angle = self.slope_unit = self.slope_unit_live = 0.0
        self.slope_weights = [0.0, 0.0, 0.0]
        for name in ("steady_advance", "magnitudes", "phase"):
            self.register_buffer(name, torch.empty(0), persistent=False)
        self.resize(n_fft, hop_length, n_fft // 2 + 1)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        """Takes other sizes, the lowest `num_bins` of them, and clears all state."""
        self.num_bins, self.width = num_bins, whole_width(num_bins)
        bins = torch.arange(self.width, device=self.phase.device)
        self.hop_angle = 2 * math.pi * hop_length / n_fft
        half = self.hop_angle / 2
        self.slope_unit = math.tan(half)
        self.slope_unit_live = math.sin(half)
        self.slope_weights = [  # of the roots of the frame before the last one, the last, the new
            self.curvature,
            -1 - 2 * self.curvature * math.cos(half),
            math.cos(half) + self.curvature,
        ]
        # whole turns are left out before they cost precision
        steady = 2 * math.pi * ((bins * hop_length) % n_fft).double() / n_fft
        self.steady_advance = steady.float()
        self.magnitudes = self.magnitudes.new_zeros([1, 2, self.width])
        self.phase = self.phase.new_zeros([1, self.width])

    def reset(self) -> None:
        """Clears all state."""
        self.magnitudes = torch.zeros_like(self.magnitudes)
        self.phase = torch.zeros_like(self.phase)

    def go_on(self, spectra: Tensor) -> None:
        """Takes complex spectra `[B, F, K]`, the last ones played, as its past."""
        magnitudes = self.padded(spectra.abs())
        self.magnitudes = nn.functional.pad(magnitudes, (0, 0, 1, 0))[:, -2:].clone()
        # from the beginning of a frame to its centre
        signs = 1.0 - 2.0 * (torch.arange(self.num_bins, device=spectra.device) % 2)
        phase = torch.angle(spectra[:, :, -1] * signs)
        self.phase = nn.functional.pad(phase, (0, self.width - self.num_bins))

    def forward(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes, after those of the last call -> phases `[B, F, N]`."""
        frames = self.enter(magnitudes)
        phase = with_rows(self.phase, magnitudes.shape[0])
        phases = self._integrate(frames[:, 1:], self.slopes(frames), phase)
        self.phase = phases[:, -1].clone()
        return phases[:, :, : self.num_bins].transpose(1, 2)

    def whole(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes of a whole sound -> phases `[B, F, N]`.

        The slopes along frequency look one frame ahead, which makes them more exact.
        """
        frames = nn.functional.pad(self.padded(magnitudes), (0, 0, 1, 1))  # [B, 1 + N + 1, F]
        slopes = self.slopes_between(frames[:, :-2], frames[:, 2:])
        phases = self._integrate(frames[:, :-1], slopes, torch.zeros_like(frames[:, 0]))
        return phases[:, :, : self.num_bins].transpose(1, 2)

    def enter(self, magnitudes: Tensor) -> Tensor:
        """New frames `[B, F, N]` -> `[B, 2 + N, width]`, after the two before."""
        past = with_rows(self.magnitudes, magnitudes.shape[0])
        frames = torch.cat([past, self.padded(magnitudes)], dim=1)
        self.magnitudes = frames[:, frames.shape[1] - 2 :].clone()
        return frames

    def padded(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` -> `[B, N, width]`."""
        return nn.functional.pad(magnitudes.transpose(1, 2), (0, self.width - self.num_bins))

    def slopes(self, frames: Tensor) -> Tensor:
        """Phase that each of the frames `[B, 2 + N, F]` but the first two gains from bin to bin,
        `[B, N, F]`.

        While the window slides over an impulse, the roots s of the magnitudes go like its sine, by
        an angle h a frame, and the slope is -2 times the cotangent's angle. Its cosine follows from
        two frames, `s0 cos h - s1`, or is 0 for a steady sound; multiples of
        `s0 - 2 cos h s1 + s2`, which vanishes for impulses, lie between: 0.5 is exact for both.
        Less than that errs less where neither holds.
        """
        weights, count = self.slope_weights, frames.shape[1] - 2
        roots = (frames + 1e-30).sqrt()  # those of 0 take ten times as long
        before, last, new = roots[:, :count], roots[:, 1:-1], roots[:, 2:]
        cosine = weights[0] * before + weights[1] * last + weights[2] * new
        return -2.0 * torch.atan2(cosine, new * self.slope_unit_live)

    def slopes_between(self, last: Tensor, after: Tensor) -> Tensor:
        """The same for the frame between two, exact for both."""
        before_root, after_root = last.sqrt(), after.sqrt()
        return -2.0 * torch.atan2(
            after_root - before_root, (after_root + before_root) * self.slope_unit
        )

    def steps(self, frames: Tensor, slopes: Tensor, origin: Tensor) -> Tensor:
        """Phase that each bin of the frames `[B, 1 + N, F]` but the first gains over its origin in
        the frame before, `[B, N, F]`."""
        deviation = _deviation(frames)
        mean = deviation[:, :-1] + deviation[:, 1:]
        advance = torch.add(self.steady_advance, mean, alpha=0.5 * self.hop_angle)
        across = torch.cumsum(slopes, dim=-1) - 0.5 * slopes  # trapezoids, up to a constant
        return (advance - across).gather(-1, origin) + across

    def _integrate(self, frames: Tensor, slopes: Tensor, phase: Tensor) -> Tensor:
        """Frames `[B, 1 + N, F]`, slopes `[B, N, F]` and the phase `[B, F]` of the first of these
        frames -> phases `[B, N, F]` of the others."""
        origin = origins(frames[:, :-1], frames[:, 1:])
        steps = self.steps(frames, slopes, origin)
        phases = torch.jit.annotate(list[Tensor], [])
        for n in range(steps.shape[1]):
            phase = _wrap(phase.gather(-1, origin.select(1, n)) + steps.select(1, n))
            phases.append(phase)
        return torch.stack(phases, dim=1)


def origins(last: Tensor, new: Tensor, farthest: int = FARTHEST) -> Tensor:
    """The bin of the last frame that each bin `[B, N, F]` of the new one takes its phase from.

    A path from p of the last frame to m of the new one is as wide as the smallest magnitude on it;
    the origin of m is where its widest path begins. On a line of bins the width obeys
    `width[m] = min(new[m], max(last[m], width[m - 1]))` upwards, likewise downwards. Each step
    clamps the width before it between `low` and `high`; such steps compose into such steps, so that
    doubling their length composes all of them. A bin is an origin itself unless a wider path
    reaches it, and otherwise has that of the bin before: the last origin so far.

    Args:
        farthest: bins of the longest path whose width is found, a power of two.
    """
    num_bins = new.shape[-1]
    # in silence every path ties: the floor lets an onset start from its strongest bin
    last = torch.maximum(last, 1e-4 * new)
    both_last = torch.stack([last, last.flip(-1)])  # upwards, and downwards turned round
    both_new = torch.stack([new, new.flip(-1)])
    limits = torch.stack([torch.minimum(both_last, both_new), both_new])  # `low`, `high` of a step
    shift = 1
    while shift < min(num_bins, farthest):
        composed = limits.narrow(-1, shift, num_bins - shift)
        before = limits.narrow(-1, 0, num_bins - shift)
        # as one operation: what a single frame costs is their number, not their size
        composed.copy_(torch.clamp(before, composed[0], composed[1]))
        shift *= 2
    # of the bin before; the first one has none, and is an origin at any magnitude
    reaching = nn.functional.pad(limits[0, ..., :-1], (1, 0))
    bins = torch.arange(num_bins, dtype=torch.int32, device=new.device)
    origin = torch.cummax((reaching <= both_last) * bins, dim=-1)[0]
    from_below, from_above = reaching[0], reaching[1].flip(-1)
    origin_up, origin_down = origin[0], num_bins - 1 - origin[1].flip(-1)
    # a bin narrower than all that reaches it ties: what counts is the width just before it
    return torch.where(from_below >= from_above, origin_up, origin_down).long()


def _deviation(magnitudes: Tensor) -> Tensor:
    """Distance in bins from each bin `[..., F]` to the steady sine that it would belong to."""
    below = torch.cat([magnitudes[..., 1:2], magnitudes[..., :-1]], dim=-1)
    above = torch.cat([magnitudes[..., 1:], magnitudes[..., -2:-1]], dim=-1)
    return 2.0 * (above - below) / (below + 2.0 * magnitudes + above).clamp_min(1e-12)


def _wrap(phase: Tensor) -> Tensor:
    turn = 2 * math.pi
    return phase - turn * torch.round(phase / turn)
