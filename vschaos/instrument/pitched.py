"""Live controls that every pitched instrument has: tuning, glide, gates, levels, and fit.

They act on frames of controls `[B, C, N]` whose first three rows are pitch (MIDI note), confidence
(0..1) and loudness (dB(A), -80 is silence), before whatever plays them; all other rows pass. The
frames of a call are computed at once, and how many they are does not change the result.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.instrument.fit import SILENCE_DB, Fit, TrainedRange
from vschaos.instrument.frame_smoothing import FrameSmoother, SettingRamps
from vschaos.instrument.voicing import Voicing

NUM_HEARD = 3  # rows: pitch, confidence, loudness
HIGHEST_NOTE = 127.0
LOWEST_GAIN_DB = -60.0  # of `harmonics` and `noise`; there they are off
RAMP_SECONDS = 0.012  # time constant of settings and gates, which have two: -60 dB in .11 s


class PitchedSettings(NamedTuple):
    """Values of `vschaos.instrument.pitched_stream.PITCHED_ATTRIBUTES`, by their names."""

    transpose: float
    octave: int
    glide: float
    quantise: float
    gate_threshold: float
    confidence_gate: float
    unvoiced: str
    harmonics: float
    noise: float
    fit: float


class PlayedFrames(NamedTuple):
    """Controls as they are to be played, and gains of the two kinds of sound.

    Attributes:
        controls: `[B, C, N]`.
        harmonics: factor of the amplitudes of all partials, `[B, N]` or `[1, N]`.
        noise: factor of the magnitudes of the noise, `[1, N]`.
    """

    controls: Tensor
    harmonics: Tensor
    noise: Tensor


class PitchedControls(nn.Module):
    """The settings of a pitched instrument on frames of its controls.

    In this order: gates by what is heard, `fit`, `quantise`, `glide`, `transpose` and `octave`,
    then the gains. A new voice begins with its first frame: it does not glide to it.

    Args:
        trained: where `fit` moves a player to.
        hop_length: samples from frame to frame.
        sample_rate: Hz.

    Example:
        >>> controls = PitchedControls(TrainedRange(-30.0, 6.0, 60.0), 256, 44100)
        >>> frames = torch.tensor([[[60.2], [0.5], [-20.0]]])
        >>> settings = PitchedSettings(7.0, -1, 0.0, 1.0, -90.0, 0.0, "noise", 0.0, 0.0, 0.0)
        >>> controls(frames, settings).controls[0, :, 0].tolist()
        [55.0, 0.5, -20.0]
    """

    def __init__(self, trained: TrainedRange, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.num_heard, self.highest_note = NUM_HEARD, HIGHEST_NOTE
        self.silence_db, self.lowest_gain_db = SILENCE_DB, LOWEST_GAIN_DB
        self.hop_length = hop_length
        self.ramp_seconds = RAMP_SECONDS
        self.frame_seconds = hop_length / sample_rate
        self.ramps = SettingRamps(0.0)
        self.voicing = Voicing(0.0)
        self.fit = Fit(trained, self.frame_seconds)
        self.glide = FrameSmoother()
        self.is_fitted = False
        self.take_rate(sample_rate)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Lasts as long at another rate, in Hz; hops keep their samples."""
        self.frame_seconds = self.hop_length / sample_rate
        decay = math.exp(-self.frame_seconds / self.ramp_seconds)
        self.ramps.decay = decay
        self.voicing.decay = decay
        self.fit.take_frames(self.frame_seconds)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.ramps.reset()
        self.voicing.reset()
        self.fit.reset()
        self.glide.reset()
        self.is_fitted = False

    def forward(self, controls: Tensor, settings: PitchedSettings) -> PlayedFrames:
        """`[B, C, N]`, C at least 3 -> the same as it is to be played, and gains."""
        heard = controls[:, : self.num_heard].double()
        goals = self._goals(settings)
        rests = self.ramps.rests_at(goals)
        semitones, quantise, harmonics, noise, fit = self.ramps(goals, heard.shape[2]).unbind(0)
        voiced = self.voicing(
            heard, settings.gate_threshold, settings.confidence_gate, settings.unvoiced
        )
        pitch, loudness = voiced.pitch, heard[:, 2]
        if settings.fit > 0.0 or self.is_fitted:
            loudness, octaves = self.fit(heard, fit)
            pitch = pitch + 12.0 * octaves
            self.is_fitted = settings.fit > 0.0 or bool(fit[-1] > 0.0)
            if not self.is_fitted:
                self.fit.reset()
        if settings.quantise > 0.0 or not rests:
            pitch = pitch + quantise * (torch.round(pitch) - pitch)
        pitch = self.glide(pitch.unsqueeze(1), self._decay(settings.glide)).squeeze(1) + semitones
        if not voiced.is_open:
            loudness = loudness + 20.0 * torch.log10(voiced.level.clamp_min(1e-8))
        played = torch.stack(
            [
                pitch.clamp(0.0, self.highest_note),
                voiced.confidence,
                loudness.clamp_min(self.silence_db),
            ],
            dim=1,
        )
        return PlayedFrames(
            torch.cat([played.to(controls.dtype), controls[:, self.num_heard :]], dim=1),
            (harmonics * voiced.tone).to(controls.dtype),
            noise.unsqueeze(0).to(controls.dtype),
        )

    def _goals(self, settings: PitchedSettings) -> list[float]:
        """Settings of which a step would be heard."""
        return [
            settings.transpose + 12.0 * settings.octave,
            settings.quantise,
            self._gain(settings.harmonics),
            self._gain(settings.noise),
            settings.fit,
        ]

    def _gain(self, decibels: float) -> float:
        return 10.0 ** (decibels / 20.0) if decibels > self.lowest_gain_db else 0.0

    def _decay(self, milliseconds: float) -> float:
        """In each frame, for this time constant."""
        if milliseconds <= 0.0:
            return 0.0
        return math.exp(-1000.0 * self.frame_seconds / milliseconds)
