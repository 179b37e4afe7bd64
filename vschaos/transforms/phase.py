"""Phase from magnitudes: a scan from frame to frame that streams, and Griffin-Lim for whole sounds.

Phases count from the centre of the frame, where those of a steady sound vary slowly along
frequency.
"""

import math

import torch
from torch import Tensor, nn

from vschaos.transforms.stft import STFT, with_rows


class PhaseScan(nn.Module):
    """Integrates the phase from the strongest bins outwards, without a heap and without look-ahead.

    Heap integration (Prusa & Sondergaard, "Real-time spectrogram inversion using phase gradient
    heap integration", DAFx 2016) lets the strong bins of the last frame hand their phase on and
    floods the new frame from them. Which bin a phase comes from is a widest-path problem, solved
    here by two prefix scans over the bins (`_origins`). The gradients are those that are exact for
    the Hann window: of a steady sine in time, of an impulse in frequency.

    Its state is the last two frames and the last phases, a row for each channel of the batch.

    Args:
        n_fft, hop_length: of the transform, in samples.
    """

    steady_advance: Tensor
    magnitudes: Tensor
    phase: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        bins = torch.arange(n_fft // 2 + 1)
        self.num_bins = n_fft // 2 + 1
        self.hop_angle = 2 * math.pi * hop_length / n_fft
        self.slope_unit = math.tan(math.pi * hop_length / n_fft)
        # whole turns are left out before they cost precision
        steady = 2 * math.pi * ((bins * hop_length) % n_fft).double() / n_fft
        self.register_buffer("steady_advance", steady.float(), persistent=False)
        self.register_buffer("magnitudes", torch.zeros(1, 2, self.num_bins), persistent=False)
        self.register_buffer("phase", torch.zeros(1, self.num_bins), persistent=False)

    def reset(self) -> None:
        """Forgets the frames that came before."""
        self.magnitudes = torch.zeros_like(self.magnitudes)
        self.phase = torch.zeros_like(self.phase)

    def forward(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes, going on where the last call ended -> phases `[B, F, N]`."""
        past = with_rows(self.magnitudes, magnitudes.shape[0])
        frames = torch.cat([past, magnitudes.transpose(1, 2)], dim=1)  # [B, 2 + N, F]
        root = frames.sqrt()
        change = 1.5 * root[:, 2:] - 2.0 * root[:, 1:-1] + 0.5 * root[:, :-2]
        slopes = -2.0 * torch.atan2(change, root[:, 2:] * self.slope_unit)
        phases = self._integrate(frames[:, 1:], slopes, with_rows(self.phase, magnitudes.shape[0]))
        self.magnitudes = frames[:, frames.shape[1] - 2 :].clone()
        self.phase = phases[:, -1].clone()
        return phases.transpose(1, 2)

    def whole(self, magnitudes: Tensor) -> Tensor:
        """`[B, F, N]` magnitudes of a whole sound -> phases `[B, F, N]`.

        The slopes along frequency look one frame ahead, which makes them more exact.
        """
        frames = nn.functional.pad(magnitudes.transpose(1, 2), (0, 0, 1, 1))  # [B, 1 + N + 1, F]
        root = frames.sqrt()
        before, after = root[:, :-2], root[:, 2:]
        slopes = -2.0 * torch.atan2(after - before, (after + before) * self.slope_unit)
        return self._integrate(frames[:, :-1], slopes, torch.zeros_like(root[:, 0])).transpose(1, 2)

    def _integrate(self, frames: Tensor, slopes: Tensor, phase: Tensor) -> Tensor:
        """Frames `[B, 1 + N, F]`, slopes `[B, N, F]` and the phase `[B, F]` of the first of these
        frames -> phases `[B, N, F]` of the others."""
        last, new = frames[:, :-1], frames[:, 1:]
        deviation = _deviation(frames)
        # in silence every path ties: the floor lets an onset start from its strongest bin
        origins = _origins(new, torch.maximum(last, 1e-4 * new))
        advance = self.steady_advance + 0.5 * self.hop_angle * (
            deviation[:, :-1] + deviation[:, 1:]
        )
        across = torch.cumsum(slopes, dim=-1) - 0.5 * slopes  # trapezoids, up to a constant
        steps = advance.gather(-1, origins) + across - across.gather(-1, origins)
        phases = torch.jit.annotate(list[Tensor], [])
        for n in range(new.shape[1]):
            phase = _wrap(phase.gather(-1, origins[:, n]) + steps[:, n])
            phases.append(phase)
        return torch.stack(phases, dim=1)


def apply_phase(magnitudes: Tensor, phases: Tensor) -> Tensor:
    """Magnitudes and phases from the frame's centre, `[B, F, N]` -> complex spectrum."""
    odd = torch.arange(magnitudes.shape[1], device=magnitudes.device) % 2
    return torch.polar(magnitudes * (1 - 2 * odd).unsqueeze(1), phases)


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


def _deviation(magnitudes: Tensor) -> Tensor:
    """Distance in bins from each bin `[..., F]` to the steady sine that it would belong to."""
    below = torch.cat([magnitudes[..., 1:2], magnitudes[..., :-1]], dim=-1)
    above = torch.cat([magnitudes[..., 1:], magnitudes[..., -2:-1]], dim=-1)
    return 2.0 * (above - below) / (below + 2.0 * magnitudes + above).clamp_min(1e-12)


def _origins(new: Tensor, last: Tensor) -> Tensor:
    """The bin of the last frame that each bin `[B, N, F]` of the new one takes its phase from.

    A path from p of the last frame to m of the new one is as wide as the smallest magnitude on it;
    the origin of m is where its widest path begins. On a line of bins the width obeys
    `width[m] = min(new[m], max(last[m], width[m - 1]))` upwards, likewise downwards. Each step
    clamps the width before it between `low` and `high` and lets its origin pass above `gate`; such
    steps compose into such steps, so that doubling their length composes all of them.
    """
    num_bins = new.shape[-1]
    gate = torch.stack([last, last.flip(-1)])  # the upward scan, and the downward one turned round
    high = torch.stack([new, new.flip(-1)])
    low = torch.minimum(gate, high)
    origin = torch.arange(num_bins, device=new.device).expand_as(low)
    shift = 1
    while shift < num_bins:
        low_of, high_of, gate_of = low[..., :-shift], high[..., :-shift], gate[..., :-shift]
        low_to, high_to, gate_to = low[..., shift:], high[..., shift:], gate[..., shift:]
        comes_through = low_of > gate_to
        next_origin = torch.where(comes_through, origin[..., :-shift], origin[..., shift:])
        next_gate = torch.maximum(gate_of, gate_to).masked_fill(high_of <= gate_to, math.inf)
        next_low = torch.minimum(torch.maximum(low_of, low_to), high_to)
        next_high = torch.minimum(torch.maximum(high_of, low_to), high_to)
        origin = torch.cat([origin[..., :shift], next_origin], dim=-1)
        gate = torch.cat([gate[..., :shift], next_gate], dim=-1)
        low = torch.cat([low[..., :shift], next_low], dim=-1)
        high = torch.cat([high[..., :shift], next_high], dim=-1)
        shift *= 2
    width_up, width_down = low[0], low[1].flip(-1)
    origin_up, origin_down = origin[0], num_bins - 1 - origin[1].flip(-1)
    # a bin narrower than all that reaches it ties: what counts is the width just before it
    from_below = nn.functional.pad(width_up[..., :-1], (1, 0))
    from_above = nn.functional.pad(width_down[..., 1:], (0, 1))
    return torch.where(from_below >= from_above, origin_up, origin_down)


def _wrap(phase: Tensor) -> Tensor:
    turn = 2 * math.pi
    return phase - turn * torch.round(phase / turn)
