"""Pitch of a stream: YIN of each frame, and a causal choice among its candidates.

A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
J. Acoust. Soc. Am. 111 (4), 2002. Equation numbers are those of the paper.
"""

import math

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows

PERIODS = 2.09  # of the lowest fundamental in a window: 45 Hz in 2048 samples at 44.1 kHz
HIGHEST_HZ = 2000.0
# -6 dB. Noise above moves the dips of low notes, and overtones there make those of high notes
# sharper than a parabola through three samples can follow
LOW_PASS_HZ = 4400.0
OCTAVE_COST = 0.1  # for each octave of lag, in d': of lags that fit as well the shortest is right
JUMP_COST = 0.3  # for an octave or more from frame to frame; less for less
CANDIDATES = 4  # lags of a frame that are compared
NO_DIP = 2.0  # the cost of a candidate that is none; d' of a dip is below 1
REFUSED = 1e9  # added to the costs of lags that are no dips
SILENT = 1e-10  # mean difference, of full scale squared: below are rounding and dither
LOUDEST = 64.0  # of full scale: louder samples are clipped, so that nothing overflows
AT_A_TIME = 256  # frames of all voices together: some 30 MB


def note_to_hz(note: Tensor) -> Tensor:
    """MIDI notes -> frequencies in Hz, of the same shape and precision.

    Example:
        >>> note_to_hz(torch.tensor([69.0, 57.0])).tolist()
        [440.0, 220.0]
    """
    return 440.0 * torch.exp2((note - 69.0) / 12.0)


class PitchTracker(nn.Module):
    """Fundamental of each hop of a sound or stream: fractional MIDI note, and confidence 0 to 1.

    Frame n describes the `window` samples before sample `(n + 1) * hop_length`, lightly low-passed.
    Three steps:

    - Differences: of all pairs of samples of the frame that are `lag` apart, the mean square (the
      paper's equation 1 over a window that shrinks with the lag, so that the pairs of each lag lie
      around the centre of the frame: the delay is the same for high and low notes).
    - Candidates: the few dips with the least d', which is the difference by its mean up to the lag
      (equation 8), where longer lags pay `octave_cost`. They are refined by a parabola through the
      differences (step 5; through d' it would be biased, for d' is d over a rising mean).
    - Choice: of all ways through the candidates of the past frames the cheapest, where a jump costs
      as much as it is wide, up to an octave, and as the frame before it was sure. Only the costs of
      the last frame's candidates are kept, and they differ by `jump_cost` at most and d': so a
      wrong octave lasts some frames, never longer.

    The confidence is 1 - d' of the chosen candidate, 0 where there is none. Under `hold_below` the
    note stays at the last one that was sure, for what a tracker finds in noise is of no use.

    All is computed in float64: a frame is the same whatever the block and the batch it came in,
    also where rounding would decide between dips.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: samples of a frame. The lowest fundamental is `PERIODS * sample_rate / window`: at
            44.1 kHz 45 Hz for 2048, 90 Hz for 1024, 180 Hz for 512.
        highest_hz: highest fundamental.
        hold_below: see above.
        resting_note: MIDI note before the first one.
        octave_cost, jump_cost: in units of d', see above.

    Attributes:
        delay: samples from the centre of a frame to the end of its hop: what `forward` tells of a
            sound is late by so much.
        lowest_hz: of the fundamental.

    Raises:
        ValueError: the window does not hold a hop, or the range is empty.

    Example:
        >>> tracker = PitchTracker(44100, 256, 2048)
        >>> seconds = torch.arange(20 * 256) / 44100
        >>> note, confidence = tracker(torch.sin(2 * math.pi * 220 * seconds)[None])[0, :, -1]
        >>> round(note.item(), 2), round(confidence.item(), 2)
        (57.0, 1.0)
    """

    low_pass: Tensor
    lags: Tensor
    per_pair: Tensor
    lag_costs: Tensor
    past: Tensor
    candidates: Tensor
    held: Tensor

    def __init__(
        self,
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = 2048,
        highest_hz: float = HIGHEST_HZ,
        hold_below: float = 0.5,
        resting_note: float = 60.0,
        octave_cost: float = OCTAVE_COST,
        jump_cost: float = JUMP_COST,
    ) -> None:
        super().__init__()
        if not 1 <= hop_length <= window:
            raise ValueError(
                f"window of the pitch must be at least hop_length, which must be at least 1; "
                f"got {window} and {hop_length}"
            )
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.window = window
        self.lowest_hz = PERIODS * sample_rate / window
        if not self.lowest_hz < highest_hz <= sample_rate / 8:
            raise ValueError(
                f"highest_hz of the pitch must be above {self.lowest_hz:.1f} (the lowest of a "
                f"window of {window} samples) and at most {sample_rate / 8:g} (an eighth of the "
                f"sample rate), got {highest_hz:g}"
            )
        self.hold_below = hold_below
        self.resting_note = resting_note
        self.jump_cost = jump_cost
        self.num_candidates, self.no_dip, self.refused = CANDIDATES, NO_DIP, REFUSED
        self.silent, self.loudest, self.at_a_time = SILENT, LOUDEST, AT_A_TIME
        shortest = math.floor(sample_rate / highest_hz)
        longest = math.floor(sample_rate / self.lowest_hz)
        self.num_lags = longest + 1  # the parabola needs the one after the longest
        # a power of two: Fourier transforms of other lengths take twice as long in float64
        self.fft_length = 1 << (window + self.num_lags - 1).bit_length()
        reach = max(round(sample_rate / LOW_PASS_HZ / 2), 1)
        self.delay = window // 2 + reach
        low_pass = torch.hann_window(2 * reach + 2, dtype=torch.float64)[1:]
        self.register_buffer("low_pass", (low_pass / low_pass.sum())[None, None], persistent=False)
        lags = torch.arange(1, self.num_lags + 1, dtype=torch.float64)
        self.register_buffer("lags", lags[1:-1], persistent=False)  # those that may be dips
        self.register_buffer("per_pair", 1.0 / (window - lags), persistent=False)
        costs = octave_cost * torch.log2(lags / shortest)
        costs[: shortest - 1] = REFUSED
        self.register_buffer("lag_costs", costs[1:-1], persistent=False)
        before = window - hop_length + 2 * reach
        self.register_buffer("past", lags.new_zeros(1, before), persistent=False)
        # of the last frame: costs so far, notes and confidences
        self.register_buffer("candidates", lags.new_zeros(1, 3, CANDIDATES), persistent=False)
        self.register_buffer("held", lags.new_full((1, 1), resting_note), persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Names the notes in sound of another rate, in Hz. Windows and lags keep their samples, so
        that the range of the fundamental moves with the rate."""
        self.lowest_hz = self.lowest_hz * sample_rate / self.sample_rate
        self.sample_rate = sample_rate

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.past = torch.zeros_like(self.past)
        self.candidates = torch.zeros_like(self.candidates)
        self.held = torch.full_like(self.held, self.resting_note)

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> note and confidence `[B, 2, N]`, float32; goes on from the call
        before."""
        step = max(self.at_a_time // max(audio.shape[0], 1), 1) * self.hop_length
        parts = [
            self._track(audio[:, first : first + step]) for first in range(0, audio.shape[1], step)
        ]
        return torch.cat(parts, dim=2)

    def _track(self, audio: Tensor) -> Tensor:
        notes, confidences, costs = self._find_candidates(self._frames(audio))
        chosen = self._choose(notes, confidences, costs)
        note = notes.gather(2, chosen).squeeze(2)
        confidence = confidences.gather(2, chosen).squeeze(2)
        return torch.stack([self._hold(note, confidence), confidence], dim=1).float()

    def _frames(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> `[B, N, window]`, low-passed."""
        sound = torch.nan_to_num(audio.double(), 0.0, 0.0, 0.0).clamp(-self.loudest, self.loudest)
        stream = torch.cat([with_rows(self.past, sound.shape[0]), sound], dim=1)
        self.past = stream[:, sound.shape[1] :].clone()
        smooth = nn.functional.conv1d(stream[:, None], self.low_pass).squeeze(1)
        return smooth.unfold(1, self.window, self.hop_length)

    def differences(self, frames: Tensor) -> Tensor:
        """Mean square of the differences of samples 1, 2, ... apart, `[.., window] -> [.., L]`.

        By equation 7 the sum of two energies less twice a correlation, which is a product of
        Fourier transforms.
        """
        spectrum = torch.fft.rfft(frames, self.fft_length)
        correlation = torch.fft.irfft(spectrum * spectrum.conj(), self.fft_length)
        # each lag leaves out so many samples of the energy at one end and at the other
        left_out = frames[..., : self.num_lags].square()
        left_out = left_out + frames[..., -self.num_lags :].flip(-1).square()
        most = 2.0 * (correlation[..., :1] - correlation[..., 1 : self.num_lags + 1])
        return (most - left_out.cumsum(-1)) * self.per_pair

    def _find_candidates(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`[B, N, window]` -> notes, confidences and costs `[B, N, K]`."""
        difference = self.differences(frames)
        total = difference.cumsum(2)
        before, here, after = difference[..., :-2], difference[..., 1:-1], difference[..., 2:]
        is_dip = here < torch.minimum(before, after)
        aperiodicity = here * self.lags / total[..., 1:-1]  # where there is a dip, total is above 0
        costs = torch.where(is_dip, aperiodicity, self.refused) + self.lag_costs
        costs, columns = torch.topk(costs, self.num_candidates, 2, False, False)
        before, here = difference.gather(2, columns), difference.gather(2, columns + 1)
        after = difference.gather(2, columns + 2)
        slope = before - after
        # at least so much, that no division by 0 makes a NaN of what is no dip
        shift = 0.5 * slope / (before - 2.0 * here + after).clamp_min(1e-30)
        lag = columns + 2 + shift
        mean = (total.gather(2, columns + 1) / (columns + 2)).clamp_min(1e-30)
        lowest = (here - 0.25 * slope * shift).clamp_min(0.0) / mean
        is_there = (costs < self.refused) & (lowest < 1.0)
        is_there &= total[..., -1:] > self.silent * self.num_lags
        return (
            69.0 + 12.0 * torch.log2(self.sample_rate / 440.0 / lag.clamp_min(1.0)),
            torch.where(is_there, 1.0 - lowest, 0.0),
            torch.where(is_there, costs + lowest - here / mean, self.no_dip),
        )

    def _choose(self, notes: Tensor, confidences: Tensor, costs: Tensor) -> Tensor:
        """`[B, N, K]` -> the numbers of the candidates `[B, N, 1]`."""
        state = with_rows(self.candidates, notes.shape[0])
        earlier_notes = torch.cat([state[:, 1:2], notes[:, :-1]], dim=1)
        earlier_confidences = torch.cat([state[:, 2:], confidences[:, :-1]], dim=1)
        octaves = (notes[:, :, None] - earlier_notes[..., None]).abs() / 12.0
        jumps = self.jump_cost * octaves.clamp_max(1.0) * earlier_confidences[..., None]
        steps = jumps + costs[:, :, None]  # [B, N, K of the frame before, K]
        total = state[:, 0]
        totals: list[Tensor] = []
        for step in steps.unbind(1):
            total = (total.unsqueeze(2) + step).amin(1)
            totals.append(total)
        total = total - total.amin(1, keepdim=True)  # only differences count
        self.candidates = torch.stack([total, notes[:, -1], confidences[:, -1]], dim=1)
        return torch.stack(totals, dim=1).argmin(2, keepdim=True)

    def _hold(self, note: Tensor, confidence: Tensor) -> Tensor:
        """`[B, N]`, where it is not sure the last note that was."""
        notes = torch.cat([with_rows(self.held, note.shape[0], self.resting_note), note], dim=1)
        number = torch.arange(1, notes.shape[1], device=note.device)
        last_sure = torch.where(confidence >= self.hold_below, number, torch.zeros_like(number))
        held = notes.gather(1, torch.cummax(last_sure, 1)[0])
        self.held = held[:, -1:].clone()
        return held
