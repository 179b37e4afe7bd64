"""A toy family: pitch and loudness of a sound, and a sine that is played by them.

It learns two numbers, a level and a tuning, by the distance of sounds; rendered examples also tell
it how they were tuned.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.live import (
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.instrument.live_stream import LiveStream
from vschaos.labels import Labels, Vocabulary
from vschaos.losses import MultiResolutionDistance
from vschaos.models.base import Metric
from vschaos.models.capabilities import Autoencoder
from vschaos.voices import with_rows

SILENCE_DB = -80.0
LOWEST_HZ = 8.1758  # MIDI note 0
CONTROLS = [
    Control("pitch", 0.0, 127.0, "MIDI note", default=0.0, movement="uniform"),
    Control("loudness", SILENCE_DB, 0.0, "dB", default=SILENCE_DB, movement="uniform"),
]
TRANSPOSE = Attribute("transpose", "float", "of what is decoded", 0.0, -24.0, 24.0, "semitones")


class Sine(nn.Module):
    """Frames of pitch and loudness to a sine, a hop for each frame; the level is ramped."""

    phase: Tensor
    level: Tensor

    def __init__(self, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.sample_rate = sample_rate
        self.lowest_hz, self.silence_db = LOWEST_HZ, SILENCE_DB
        self.register_buffer("phase", torch.zeros(1, dtype=torch.float64), persistent=False)
        self.register_buffer("level", torch.zeros(1, 1), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        self.phase = torch.zeros_like(self.phase)
        self.level = torch.zeros_like(self.level)

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, 2, N]` -> `[B, N * hop_length]`; goes on from the call before."""
        rows, hop = frames.shape[0], self.hop_length
        phase, level = with_rows(self.phase, rows), with_rows(self.level, rows)
        cycles = self.lowest_hz * torch.exp2(frames[:, 0].double() / 12.0) / self.sample_rate
        steps = cycles.repeat_interleave(hop, dim=1).cumsum(1) + phase[:, None]
        heights = torch.where(
            frames[:, 1] > self.silence_db,
            10.0 ** (frames[:, 1] / 20.0),
            torch.zeros_like(frames[:, 1]),
        )
        points = torch.cat([level, heights], dim=1)
        share = torch.arange(1, hop + 1, device=frames.device) / hop
        ramp = points[:, :-1, None] + (points[:, 1:] - points[:, :-1])[:, :, None] * share
        self.phase = (steps[:, -1] % 1.0).detach()
        self.level = points[:, -1:].detach()
        sine = torch.sin(2.0 * math.pi * (steps % 1.0)).to(frames.dtype)
        return math.sqrt(2.0) * sine * ramp.flatten(1)


class Ear(nn.Module):
    """Pitch by zero crossings, loudness by the root mean square, of each hop by itself."""

    last: Tensor

    def __init__(self, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.sample_rate = sample_rate
        self.lowest_hz, self.silence_db = LOWEST_HZ, SILENCE_DB
        self.register_buffer("last", torch.zeros(1, 1), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        self.last = torch.zeros_like(self.last)

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, T]`, T a whole number of hops -> `[B, 2, N]`; goes on from the call before."""
        rising = torch.cat([with_rows(self.last, audio.shape[0]), audio], dim=1) >= 0.0
        self.last = audio[:, -1:].clone()
        crossings = (rising[:, 1:] & ~rising[:, :-1]).to(audio.dtype)
        hops = crossings.unfold(1, self.hop_length, self.hop_length).mean(dim=2)
        pitch = 12.0 * torch.log2((hops * self.sample_rate / self.lowest_hz).clamp_min(1.0))
        power = audio.unfold(1, self.hop_length, self.hop_length).square().mean(dim=2)
        loudness = (10.0 * torch.log10(power.clamp_min(1e-12))).clamp(self.silence_db, 0.0)
        return torch.stack([pitch, loudness], dim=1)


class Toy(Autoencoder):
    """Learns by how much its sine is too loud and too high.

    Args:
        vocabularies: of no label.
        sample_rate: Hz.
        hop_length: samples of a frame.
        excerpt_frames: frames of an example.
    """

    latent_dim = 2
    tracked_metrics = (Metric("level_error", "level", "dB", 1), Metric("distance", "distance"))

    def __init__(
        self,
        vocabularies: dict[str, Vocabulary],
        sample_rate: int = 8000,
        hop_length: int = 256,
        excerpt_frames: int = 8,
    ) -> None:
        super().__init__()
        self.vocabularies = vocabularies
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.excerpt_length = excerpt_frames * hop_length
        self.excerpt_centres = [n * hop_length for n in range(excerpt_frames)]
        self.level_db = nn.Parameter(torch.tensor(-12.0))
        self.tuning = nn.Parameter(torch.tensor(0.3))
        self.distance = MultiResolutionDistance()

    def frame_controls(self) -> list[Control]:
        return CONTROLS

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        pass

    def centres(self, length: int) -> Tensor:
        return torch.arange(-(-length // self.hop_length)) * self.hop_length

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        if "tuning" in batch.targets:  # rendered: told how
            played = self.encode(batch.audio)
            missed = (self.tuning - batch.targets["tuning"]).square().mean()
        else:
            pitch, loudness = batch.features["pitch"][:, :1], batch.features["loudness"]
            played = torch.cat([pitch, loudness], dim=1)
            missed = self.tuning.square()
        sound = self.decode(played)[:, : batch.audio.shape[1]]
        return {"sound": self.distance(sound, batch.audio), "tuning": missed}

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        sound = self.reconstruct(batch.audio)
        level, target = (x.square().mean().clamp_min(1e-8) for x in (sound, batch.audio))
        return {
            "level_error": 10.0 * torch.log10(level / target).abs(),
            "distance": self.distance(sound, batch.audio),
        }

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        padded = nn.functional.pad(audio, (0, -audio.shape[1] % self.hop_length))
        ear = Ear(self.hop_length, self.sample_rate).to(audio.device)
        found: Tensor = ear(padded)
        return found

    def decode(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        offset = torch.stack([self.tuning, self.level_db])[:, None]
        sine = Sine(self.hop_length, self.sample_rate).to(latents.device)
        sound: Tensor = sine(latents + offset)
        return sound

    def reconstruct(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        return self.decode(self.encode(audio))[:, : audio.shape[1]]

    def stream(self, max_delay: int | None = None) -> "ToyStream":
        return ToyStream(self)


class ToyStream(LiveStream):
    """The toy as it is played."""

    encode_modulation: LatentModulationInterface
    decode_modulation: LatentModulationInterface
    forward_modulation: LatentModulationInterface
    decode_level: RampInterface
    forward_level: RampInterface
    forward_mix: RampInterface
    transpose: float

    def __init__(self, model: Toy) -> None:
        hop, rate = model.hop_length, model.sample_rate
        methods = [
            Method("encode", [AUDIO], 1, CONTROLS, hop),
            Method("decode", CONTROLS, hop, [AUDIO], 1),
            Method("forward", [AUDIO], 1, [AUDIO], 1),
        ]
        super().__init__(methods, [TRANSPOSE], hop, 0)
        offset = torch.stack([model.tuning, model.level_db]).detach()[:, None]
        self.register_buffer("offset", offset.clone())
        self.encode_ear, self.forward_ear = Ear(hop, rate), Ear(hop, rate)
        self.decode_sine, self.forward_sine = Sine(hop, rate), Sine(hop, rate)
        for method in ("encode", "decode", "forward"):
            modulation = compiled_once(LatentModulation(len(CONTROLS), hop, rate))
            setattr(self, f"{method}_modulation", modulation)
        self.decode_level = compiled_once(Ramp(hop, rate))
        self.forward_level = compiled_once(Ramp(hop, rate))
        self.forward_mix = compiled_once(Ramp(hop, rate))

    @torch.jit.export
    def reset(self) -> None:
        self.restart()
        self.decode_sine.reset()
        self.forward_sine.reset()
        self.decode_level.reset()
        self.forward_level.reset()
        self.forward_mix.reset()

    @torch.jit.export
    def restart(self) -> None:
        self.encode_ear.reset()
        self.forward_ear.reset()
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    @torch.jit.export
    def get_delay(self) -> int:
        return self.delay

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        frames = self.encode_ear(sound[:, 0])
        return self.encode_modulation(frames, self.is_frozen(), self.smoothing, self.jitter)

    @torch.jit.export
    def decode(self, frames: Tensor) -> Tensor:
        held = self.decode_modulation(frames, self.is_frozen(), self.smoothing, self.jitter)
        sound = self.decode_sine(self.moved(held))
        return (self.decode_level(sound, self.level()) * sound).unsqueeze(1)

    def forward(self, sound: Tensor) -> Tensor:
        frames = self.forward_ear(sound[:, 0])
        held = self.forward_modulation(frames, self.is_frozen(), self.smoothing, self.jitter)
        wet, dry = self.forward_sine(self.moved(held)), sound[:, 0]
        mixed = dry + self.forward_mix(wet, self.mix) * (wet - dry)
        return (self.forward_level(mixed, self.level()) * mixed).unsqueeze(1)

    @torch.jit.export
    def moved(self, frames: Tensor) -> Tensor:
        transposed = frames + self.offset
        return torch.stack([transposed[:, 0] + self.transpose, transposed[:, 1]], dim=1)


class Tones:
    """Renders sines: what each is drawn as is its target."""

    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        return {
            "pitch": torch.from_numpy(random.uniform(50.0, 80.0, count)).float(),
            "tuning": torch.from_numpy(random.uniform(-0.5, 0.5, count)).float(),
        }

    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        hertz = LOWEST_HZ * torch.exp2((parameters["pitch"] + parameters["tuning"]) / 12.0)
        seconds = torch.arange(length) / sample_rate
        return 0.3 * torch.sin(2.0 * math.pi * hertz[:, None] * seconds)
