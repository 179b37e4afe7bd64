"""Gates of a pitched instrument: silence for soft sound, and a choice for sound without pitch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.instrument.frame_smoothing import FrameSmoother, latest
from vschaos.voices import with_new_rows

LOWEST_THRESHOLD_DB = -80.0  # no loudness is below
# a gate closes this far below the threshold at which it opens, so that it does not chatter
LOUDNESS_MARGIN_DB, CONFIDENCE_MARGIN = 3.0, 0.05
OPEN = 1.0 - 1e-6


class VoicedFrames(NamedTuple):
    """Frames after the gates.

    Attributes:
        pitch, confidence: `[B, N]`.
        level: factor of all sound, `[B, N]`, or `[1, 1]` where all gates are open.
        tone: factor of the harmonics alone, as `level`.
        is_open: whether all gates are open, so that both factors are 1.
    """

    pitch: Tensor
    confidence: Tensor
    level: Tensor
    tone: Tensor
    is_open: bool


class Voicing(nn.Module):
    """Closes gates on frames that are too soft, or not sure enough of their pitch.

    Frames below `gate_threshold` become silent. Those below `confidence_gate` are unvoiced, and
    play noise alone, hold the pitch and the confidence of the last voiced frame, or are silent.
    Gates are smoothed exponentially twice, so that they have no corners, and have hysteresis; those
    of a new voice begin where they should be.

    Args:
        decay: of what a gate lacks, in each frame and in each smoothing, 0..1.
    """

    is_open: Tensor
    voiced: Tensor

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.lowest_threshold = LOWEST_THRESHOLD_DB
        self.margins = [LOUDNESS_MARGIN_DB, CONFIDENCE_MARGIN]
        self.open = OPEN
        self.once, self.twice = FrameSmoother(), FrameSmoother()
        self.is_used = False
        self.num_open = 0  # voices that played without gates
        # of loudness and confidence, in the last frame of each voice
        self.register_buffer("is_open", torch.zeros(0, 2, 1).bool(), persistent=False)
        # pitch and confidence of its last voiced frame
        self.register_buffer("voiced", torch.zeros(0, 2, 1).double(), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.is_used = False
        self.num_open = 0
        self.once.reset()
        self.twice.reset()
        self.is_open = self.is_open[:0].clone()
        self.voiced = self.voiced[:0].clone()

    def forward(
        self,
        frames: Tensor,
        gate_threshold: float,
        confidence_gate: float,
        unvoiced: str,
    ) -> VoicedFrames:
        """Pitch, confidence and loudness `[B, 3, N]`, float64 -> the same, gated.

        Args:
            frames: see above.
            gate_threshold: dB.
            confidence_gate: 0..1.
            unvoiced: `noise`, `hold` or `silence`.
        """
        is_needed = gate_threshold > self.lowest_threshold or confidence_gate > 0.0
        if not (is_needed or self.is_used):
            self.num_open = frames.shape[0]
            all_open = frames.new_ones(1, 1)
            return VoicedFrames(frames[:, 0], frames[:, 1], all_open, all_open, True)
        if not self.is_used:
            self.once.start(frames.new_ones(self.num_open, 2, 1))
            self.twice.start(frames.new_ones(self.num_open, 2, 1))
        is_loud, is_voiced = self._are_open(frames, [gate_threshold, confidence_gate]).unbind(1)
        heard = frames[:, :2]
        before = with_new_rows(self.voiced, heard[:, :, :1])
        held = latest(heard, is_voiced.unsqueeze(1).expand_as(heard), before)
        self.voiced = held[:, :, -1:].clone()
        if unvoiced == "hold":
            heard = held
        if unvoiced == "silence":
            is_loud = is_loud & is_voiced
        is_tone = is_voiced | (unvoiced != "noise")
        gates = torch.stack([is_loud, is_tone], dim=1).to(frames.dtype)
        gates = self.twice(self.once(gates, self.decay), self.decay)
        self.is_used = is_needed
        if not is_needed:
            self._rest(gates)
        return VoicedFrames(heard[:, 0], heard[:, 1], gates[:, 0], gates[:, 1], False)

    def _are_open(self, frames: Tensor, thresholds: list[float]) -> Tensor:
        """Whether loudness and confidence are above, `[B, 2, N]`."""
        heard = frames[:, 1:].flip(1)
        threshold = torch.tensor(thresholds, dtype=frames.dtype, device=frames.device)[:, None]
        margin = torch.tensor(self.margins, dtype=frames.dtype, device=frames.device)[:, None]
        opens = heard >= threshold
        before = with_new_rows(self.is_open, opens[:, :, :1])
        is_open = latest(opens, opens | (heard < threshold - margin), before)
        self.is_open = is_open[:, :, -1:].clone()
        return is_open

    def _rest(self, gates: Tensor) -> None:
        """Spares the next calls, if all gates have opened again."""
        if bool(gates[:, :, -1].min() > self.open):
            self.reset()
            self.num_open = gates.shape[0]
        else:
            self.is_used = True
