"""From the controls of a frame to the partials of one cycle, and the noise around them."""

import math
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp.descriptors import LEAST_NOISE_DB, MOST_NOISE_DB, Descriptors
from vschaos.dsp.pitch import note_to_hz
from vschaos.layers import CausalConvolution, Network, Perceptron, Recurrence, Remembering
from vschaos.models.pitched.controls import NUM_PLAYED
from vschaos.models.pitched.inputs import ControlInputs
from vschaos.models.pitched.spectrum import LoudSpectrum
from vschaos.models.wavetable.obedience import Obedience
from vschaos.models.wavetable.timbre import NUM_DESCRIPTORS, DescriptorScale

NETWORKS = ("gru", "causal", "mlp")
DILATIONS = (1, 2, 4, 8)  # frames, of the causal network: it remembers 30, .17 s
STEP_DB = 10.0  # a unit of the network's output
SPAN_DB = 80.0  # of the output about its mean
HIGHEST_NOTE = 136.0  # 21 kHz
# of the fundamental to the strongest partial, before any is learnt, and the share of the training's
# frames in which it is weaker than a descriptor may make it
WEAKEST_DB, WEAKER_SHARE = -40.0, 0.1
NOISE_ALONE, TONE = 0.25, 0.5  # confidence: between, the tone fades


class Heights(NamedTuple):
    """Partials and noise to each other.

    Attributes:
        tone: amplitudes of the partials, `[B, P, N]`; 0 above the Nyquist frequency.
        noise: magnitudes of its bands, `[B, M, N]`.
        fade: gains of the partials just below the Nyquist frequency, which the oscillator applies,
            `[B, P, N]`.
        power: A-weighted, of all as it is heard, `[B, N]`.
    """

    tone: Tensor
    noise: Tensor
    fade: Tensor
    power: Tensor


class CycleNetwork(nn.Module):
    """A network, whose spectra have the descriptors and the loudness that were asked for.

    The network says how partials and noise bands compare to each other, in decibels about the mean
    spectrum of the training's sounds. `Obedience` then moves the partials to the brightness, the
    odd to even ratio and the richness of the frame; the fundamental gets no weaker than it is in
    the training's sounds, or another partial would be heard as the pitch. A gain moves the noise to
    its noisiness, and `LoudSpectrum` all to its loudness. A confidence below .5 fades the tone; at
    .25 there is noise alone.

    Args:
        sample_rate: Hz.
        num_partials: P.
        num_noise_bands: M.
        scale: of the descriptors; shared.
        num_others: C, features after pitch, confidence, loudness and descriptors.
        kind: `gru`, a recurrent network (Cho et al. 2014); `causal`, dilated convolutions over past
            frames (van den Oord et al. 2016); `mlp`, which treats each frame by itself.
        hidden_dim: units of the layers.
        state_dim: units of the memory.

    Attributes:
        memory_size: U, numbers that are remembered.

    Raises:
        ValueError: a kind of another name.
    """

    partial_db: Tensor
    noise_db: Tensor
    fundamental_db: Tensor

    def __init__(
        self,
        sample_rate: int,
        num_partials: int,
        num_noise_bands: int,
        scale: DescriptorScale,
        num_others: int = 4,
        kind: str = "gru",
        hidden_dim: int = 96,
        state_dim: int = 96,
    ) -> None:
        super().__init__()
        self.highest_note = HIGHEST_NOTE
        self.num_partials = num_partials
        self.first, self.last = NUM_PLAYED, NUM_PLAYED + NUM_DESCRIPTORS
        self.step_db, self.span_db = STEP_DB, SPAN_DB
        self.least_noise, self.most_noise = LEAST_NOISE_DB, MOST_NOISE_DB
        self.noise_alone, self.tone = NOISE_ALONE, TONE
        self.per_db = math.log(10.0) / 20.0
        self.inputs = ControlInputs(NUM_DESCRIPTORS + num_others)
        self.scale = scale
        num_outputs = num_partials + num_noise_bands
        self.inner = _network(kind, self.inputs.dim, num_outputs, hidden_dim, state_dim)
        self.memory_size = self.inner.memory_size
        self.describe = Descriptors(sample_rate, num_partials)
        self.obedience = Obedience(self.describe)
        self.spectrum = LoudSpectrum(sample_rate, num_partials, num_noise_bands)
        # before any sound is known: partials fall by 6 dB an octave, noise lies below
        numbers = torch.arange(1, num_partials + 1)[:, None].float()
        self.register_buffer("partial_db", -20.0 * torch.log10(numbers))
        self.register_buffer("noise_db", torch.full([num_noise_bands, 1], -40.0))
        self.register_buffer("fundamental_db", torch.tensor(WEAKEST_DB))

    @torch.jit.unused
    def fit(self, partials: Tensor, chosen: Tensor) -> None:
        """Takes the weakest usual fundamental from the chosen frames `[B, N]` of amplitudes
        `[B, P, N]`."""
        frames = partials.transpose(1, 2)[chosen]
        strongest = frames.amax(1)
        frames = frames[strongest > 0.0]
        if len(frames):
            ratio = (frames[:, 0] / frames.amax(1)).clamp_min(1e-6)
            self.fundamental_db.copy_(torch.quantile(20.0 * torch.log10(ratio), WEAKER_SHARE))

    def forward(self, controls: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Frames, after those that led to a state. Pitches beyond 0..136 are taken for these.

        Args:
            controls: `[B, 3 + 4 + C, N]`.
            memory: `[B, U]`.

        Returns:
            peak amplitudes `[B, P, N]`, magnitudes `[B, M, N]`, and the memory after them.
        """
        levels, memory = self.outline(controls, memory)
        partials, noise = self.played(controls, levels)
        return partials, noise, memory

    @torch.jit.export
    def played(self, controls: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Levels `[B, P + M, N]` of an outline -> peak amplitudes and magnitudes, as `forward`."""
        found = self.obeyed(controls, levels)
        gain = self.spectrum.gain(found.power, controls[:, 2])
        loudest = self.spectrum.loudest
        return (found.tone * gain).clamp_max(loudest), (found.noise * gain).clamp_max(loudest)

    @torch.jit.export
    def pitch(self, controls: Tensor) -> Tensor:
        """That is played, MIDI note `[B, N]`."""
        return controls[:, 0].clamp(0.0, self.highest_note)

    @torch.jit.export
    def outline(self, controls: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Levels of partials and noise bands to each other before they obey, dB `[B, P + M, N]`,
        and the memory."""
        limit = self.scale.largest
        asked = controls[:, self.first : self.last].clamp(-limit, limit)
        pitch, others = self.pitch(controls).unsqueeze(1), controls[:, self.last :]
        inputs = self.inputs(torch.cat([pitch, controls[:, 1 : self.first], asked, others], 1))
        found, memory = self.inner.continued(inputs, memory)
        deviation = (self.step_db * found).clamp(-self.span_db, self.span_db)
        return deviation + torch.cat([self.partial_db, self.noise_db]), memory

    @torch.jit.export
    def described(self, pitch: Tensor, levels: Tensor) -> Tensor:
        """Of levels `[B, P + M, N]` at a pitch `[B, N]`, in their units, `[B, 4, N]`."""
        found = self._heights(note_to_hz(pitch).unsqueeze(1) * self.spectrum.numbers, levels)
        power = (found.noise.square() * self.spectrum.noise_gains).sum(1)
        described: Tensor = self.describe(pitch, found.tone * found.fade, power)
        return described

    @torch.jit.export
    def obeyed(self, controls: Tensor, levels: Tensor) -> Heights:
        """Levels `[B, P + M, N]` of an outline, with the descriptors of the controls."""
        hertz = note_to_hz(self.pitch(controls)).unsqueeze(1) * self.spectrum.numbers
        found = self._heights(hertz, levels)
        wanted = self.scale.inverse(controls[:, self.first : self.last])
        heard = found.tone * found.fade
        change = self.obedience(heard, wanted[:, :3], self.scale.spread[:3])
        tone = found.tone * torch.exp(change)
        least = tone.amax(1, keepdim=True) * torch.exp(self.fundamental_db * self.per_db)
        tone = torch.cat([torch.maximum(tone[:, :1], least), tone[:, 1:]], 1)
        weights = self.spectrum.weighting(hertz) * found.fade.square()
        of_tone = 0.5 * (tone.square() * weights).sum(1, keepdim=True).clamp_min(1e-20)
        of_noise = (found.noise.square() * self.spectrum.noise_gains).sum(1, keepdim=True)
        noise_db = wanted[:, 3:].clamp(self.least_noise, self.most_noise)
        wanted_noise = of_tone * torch.exp(2.0 * self.per_db * noise_db)
        sure = (controls[:, 1:2] - self.noise_alone) / (self.tone - self.noise_alone)
        sure = sure.clamp(1e-4, 1.0)
        noise = found.noise * (wanted_noise / of_noise.clamp_min(1e-20)).sqrt()
        power = of_tone * sure.square() + wanted_noise
        return Heights(tone * sure, noise, found.fade, power.squeeze(1))

    def _heights(self, hertz: Tensor, levels: Tensor) -> Heights:
        """As they are; their power is not known."""
        fade = self.spectrum.fade(hertz)
        # what is above the Nyquist frequency has no part in it
        tone = torch.where(fade > 0.0, levels[:, : self.num_partials], -1e3)
        strongest = tone.detach().amax(1, keepdim=True)
        partials = torch.exp((tone - strongest) * self.per_db)
        noise = torch.exp((levels[:, self.num_partials :] - strongest) * self.per_db)
        return Heights(partials, noise, fade, torch.zeros_like(hertz[:, 0]))


def _network(kind: str, in_dim: int, out_dim: int, width: int, state_dim: int) -> Network:
    if kind == "gru":
        memory = partial(Recurrence, width=state_dim)
        return Remembering(in_dim, out_dim, [width, width], memory)
    if kind == "causal":
        past = partial(CausalConvolution, width=state_dim, dilations=DILATIONS)
        return Remembering(in_dim, out_dim, [width, width], past)
    if kind == "mlp":
        return Perceptron(in_dim, out_dim, [width, width, width])
    raise ValueError(f"model.network must be one of {', '.join(NETWORKS)}, got {kind!r}")
