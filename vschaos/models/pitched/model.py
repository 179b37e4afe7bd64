"""The model of families that add partials and noise, played by pitch, loudness and timbre."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.dsp.noise import FilteredNoise, StreamingFilteredNoise
from vschaos.dsp.oscillators import HarmonicBank, HarmonicOscillator, StreamingHarmonicBank
from vschaos.dsp.pitch import note_to_hz
from vschaos.dsp.reverb import Room, StreamingRoom
from vschaos.dsp.room_energy import TailSubtraction, estimate_room, octave_powers
from vschaos.instrument.controls import Control
from vschaos.instrument.fit import TrainedRange
from vschaos.instrument.stream import Stream
from vschaos.labels import Labels, Vocabulary
from vschaos.layers import Labelling
from vschaos.losses import MultiResolutionDistance
from vschaos.models.base import Metric
from vschaos.models.capabilities import Analysis, Labelled, Pitched
from vschaos.models.pitched.controls import (
    FULL_LEVEL,
    FULL_REGISTER,
    NUM_PLAYED,
    numbered,
    played_controls,
    timbre_controls,
)
from vschaos.models.pitched.heard import (
    LEAST_DB,
    RANGE_DB,
    Heard,
    heard_in,
    level_difference,
    mean_db,
)
from vschaos.models.pitched.inputs import ControlInputs
from vschaos.models.pitched.listener import WINDOWS, Listener, window_within
from vschaos.models.pitched.spectrum import LoudSpectrum
from vschaos.models.pitched.timbre import TimbreEncoder

logger = logging.getLogger(__name__)
VOICED = 0.5  # confidence from which a frame has a pitch
NO_ROOM_DB = -60.0  # level of its tail
AUDIBLE_DB = -70.0  # frames that statistics and metrics are taken from
FRAMES_AT_ONCE = 344  # that are rendered together: 2 s, some 100 MB
DEVIATIONS_OF_RANGE = 3.29  # standard deviations from 5 % to 95 % of a normal distribution
METRIC_RANGE_DB = 40.0  # below the loudest frame, of loudness error and pitch


class ControlledNetwork(Protocol):
    """From the controls of frames, with features of labels after them, to what is played.

    Attributes:
        memory_size: U, numbers that it remembers, 0 before the first frame.
        inputs: what it is told of a frame.
        partial_db, noise_db: the mean spectrum of the training's sounds, `[P, 1]` and `[M, 1]`.
    """

    memory_size: int
    inputs: ControlInputs
    spectrum: LoudSpectrum
    partial_db: Tensor
    noise_db: Tensor

    def __call__(self, controls: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`[B, 3 + K + C, N]` and `[B, U]` -> peak amplitudes `[B, P, N]`, magnitudes `[B, M, N]`,
        and the memory after them."""


class HarmonicInstrument(Pitched, Labelled):
    """Hears pitch, confidence, loudness and timbre of a sound, and plays them.

    A network says how strong each partial and each band of noise is.
    It learns from the analysis of each sound, frame by frame, and from short stretches of the
    sound itself. A family makes the `network` in its constructor, and says what the timbre is.

    Args:
        vocabularies: of all known labels.
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: samples in which pitch, loudness and timbre are heard: 2048, 1024 or 512.
        num_partials: P.
        num_noise_bands: M.
        num_levels: bands that the timbre is told by.
        num_timbres: K, that have no name.
        excerpt_frames: frames of an example for training.
        sound_examples: examples of a batch whose sound is compared; 0 for none.
        timbre_dropout: share of the examples that are played with the mean timbre.
        timbre_noise: standard deviations, added to the timbre in training.
        conditioning: labels that condition the network, by task; see `Labelling`.
        label_dropout: share of the frames whose labels are hidden from the network in training.
        room: a reverberation that is heard in the sounds too, see `fit`; none for dry sounds.
    """

    tracked_metrics = (
        Metric("distance", "distance", "", 3),
        Metric("loudness_error", "loudness", "dB", 1),
        Metric("pitch_error", "pitch", "cents", 1),
    )

    # what those 60 dB below the loudness count, where those of its level count 1
    weak_partials = 0.1
    register: Tensor
    level: Tensor
    bank: HarmonicOscillator
    network: ControlledNetwork

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = WINDOWS[0],
        num_partials: int = 100,
        num_noise_bands: int = 65,
        num_levels: int = 30,
        num_timbres: int = 4,
        excerpt_frames: int = 64,
        sound_examples: int = 2,
        timbre_dropout: float = 0.2,
        timbre_noise: float = 0.1,
        conditioning: Mapping[str, Mapping[str, Any]] | None = None,
        label_dropout: float = 0.0,
        room: Room | None = None,
    ) -> None:
        super().__init__()
        if window not in WINDOWS:
            raise ValueError(
                f"model.window must be one of {', '.join(map(str, WINDOWS))} samples, got {window}"
            )
        self.labelling = Labelling(vocabularies, conditioning or {}, {}, num_levels)
        self.vocabularies = {task: vocabularies[task] for task in self.labelling.tasks}
        self.conditioning_tasks = list(self.labelling.tasks)
        self.predicted_tasks = []
        self.label_dropout = label_dropout
        self.sample_rate, self.hop_length, self.window = sample_rate, hop_length, window
        self.num_partials, self.num_noise_bands = num_partials, num_noise_bands
        self.num_levels, self.num_timbres = num_levels, num_timbres
        self.latent_dim = NUM_PLAYED + len(self.timbre_names())
        self.timbre_dropout, self.timbre_noise = timbre_dropout, timbre_noise
        self.sound_examples = sound_examples
        self.timbre = self.make_timbre()
        self.listener = self.listener_of(window)
        self.bank = HarmonicBank(sample_rate, hop_length, num_partials)
        self.noise = FilteredNoise(hop_length, num_noise_bands)
        self.room = None if room is None else room.requires_grad_(False)
        self.distance = MultiResolutionDistance()
        self.excerpt_length = excerpt_frames * hop_length
        self.excerpt_centres = [
            max((n + 1) * hop_length - self.delay, 0) for n in range(excerpt_frames)
        ]
        # of the training's sounds: 5 % of the voiced frames are below, 5 % above, and alike of the
        # audible ones
        self.register_buffer("register", torch.tensor(FULL_REGISTER))
        self.register_buffer("level", torch.tensor(FULL_LEVEL))

    @property
    def delay(self) -> int:
        """Samples from a sound to its frame, of the listener that the model was trained with."""
        return self.listener.delay

    def frame_controls(self) -> list[Control]:
        register, level = self.register.tolist(), self.level.tolist()
        played = played_controls((register[0], register[1]), (level[0], level[1]))
        return [*played, *timbre_controls(self.timbre_names())]

    def timbre_names(self) -> list[str]:
        """Names of the controls after the first three."""
        return numbered(self.num_timbres)

    def make_timbre(self) -> TimbreEncoder:
        """What tells the timbre, of the sizes of this model."""
        return TimbreEncoder(self.num_levels, self.num_timbres)

    def timbre_of(self, batch: Batch, heard: Heard) -> Tensor:
        """The timbre in the features of a batch, `[B, K, N]`."""
        found: Tensor = self.timbre(heard.levels)
        return found

    def listener_of(self, window: int) -> Listener:
        """A listener of its own that hears by such a window; it shares the model's weights."""
        return Listener(self.sample_rate, self.hop_length, window, self.timbre, self.num_levels)

    def centres(self, length: int) -> Tensor:
        """Frame n is at sample `(n + 1) * hop_length`, the last one at the sound's last sample."""
        centres = (torch.arange(-(-length // self.hop_length)) + 1) * self.hop_length
        return centres.clamp_max(max(length - 1, 0))

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        """Takes register, level, mean spectrum and scale of the timbre from the examples, and the
        room if there is to be one."""
        heard = self.heard(batch)
        if is_usual is not None:
            heard = Heard(*(part[is_usual] for part in heard))
        pitch, confidence, loudness = heard.played.unbind(1)
        is_voiced = (confidence >= VOICED) & (loudness > AUDIBLE_DB)
        is_audible = loudness > AUDIBLE_DB
        edges = torch.tensor([0.05, 0.95], device=pitch.device)
        if is_voiced.any():
            self.register.copy_(_widened(torch.quantile(pitch[is_voiced], edges), 12.0))
            self.network.inputs.fit(pitch[is_voiced])
            mean = mean_db(heard.partials, loudness, is_voiced)
            self.network.partial_db.copy_(mean)
        self.timbre.fit(heard.levels)
        if is_audible.any():
            self.level.copy_(_widened(torch.quantile(loudness[is_audible], edges), 6.0))
            self.network.noise_db.copy_(mean_db(heard.noise, loudness, is_audible))
            if self.room is not None:
                self._fit_room(self.room, heard)

    def _fit_room(self, room: Room, heard: Heard) -> None:
        """Takes the room from where notes end. No loss could find it: a network that follows the
        loudness of the tail explains the sounds as well without one."""
        num_bands, frame_seconds = len(room.level), self.hop_length / self.sample_rate
        powers = octave_powers(
            self.hertz(heard.played[:, 0]), heard.partials, heard.noise, num_bands, self.sample_rate
        )
        found = estimate_room(powers, frame_seconds)
        if found is None:
            logger.warning(
                "no room is heard in these sounds (hardly a note ends in a tail): the instrument "
                "plays dry; model.room=null leaves it out"
            )
            room.level.fill_(NO_ROOM_DB / 20.0)
            return
        room.take(found.decay_seconds, found.level_db)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Excerpts `[B, T]` and their feature -> `partials` and `noise`, mean differences of
        their levels in units of 10 dB, the audible ones counting more; `sound`, multi-resolution
        distance of some of the examples."""
        heard = self.heard(batch)
        controls = torch.cat([heard.played, self.blurred(self.timbre_of(batch, heard))], 1)
        partials, noise, _ = self.network(
            self.conditioned(controls, self.shown(batch.labels)), self.initial(len(controls))
        )
        return self.differences(batch, heard, partials, noise)

    def shown(self, labels: Labels) -> Labels:
        """Labels, in training some of them hidden."""
        shown = torch.rand_like(labels.values) >= self.label_dropout
        return Labels(labels.values, labels.known & shown)

    def differences(
        self,
        batch: Batch,
        heard: Heard,
        partials: Tensor,
        noise: Tensor,
        counts: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Losses of amplitudes `[B, P, N]` and magnitudes `[B, M, N]`, see `losses`; of all
        frames, or of those that count, `[B, N]`."""
        counts = torch.ones_like(heard.played[:, 0]) > 0 if counts is None else counts
        loudness = heard.played[:, 2:]
        floor = torch.pow(10.0, (loudness - RANGE_DB).clamp_min(LEAST_DB) / 20.0)
        hertz = self.hertz(heard.played[:, 0]).unsqueeze(1)
        numbers = torch.arange(1, self.num_partials + 1, device=hertz.device).unsqueeze(1)
        is_counted = counts.unsqueeze(1)
        is_there = (hertz * numbers < 0.45 * self.sample_rate) & is_counted
        found = {
            "partials": level_difference(
                partials, heard.partials, floor, is_there, self.weak_partials
            ),
            "noise": level_difference(noise, heard.noise, floor, is_counted.expand_as(noise)),
        }
        if self.sound_examples > 0:
            rows = torch.randperm(len(partials), device=partials.device)[: self.sound_examples]
            found["sound"] = self.distance_of_sounds(
                heard.played[rows, 0], partials[rows], noise[rows], batch.audio[rows]
            )
        return found

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        """`distance`, of the sound through the model; `loudness_error` (dB) and `pitch_error`
        (cents) of the frames within 40 dB of the loudest, mean and median."""
        sound = self.reconstruct(batch.audio, batch.labels)
        meant, made = self.encode(batch.audio), self.encode(sound)
        loud = meant[:, 2] > meant[:, 2].amax() - METRIC_RANGE_DB
        voiced = loud & (meant[:, 1] >= VOICED)
        cents = 100.0 * (made[:, 0] - meant[:, 0]).abs()[voiced]
        return {
            "distance": self.distance(sound, batch.audio),
            "loudness_error": (made[:, 2] - meant[:, 2]).abs()[loud].mean(),
            "pitch_error": cents.median() if len(cents) else cents.new_zeros(()),
        }

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> `[B, 3 + K, N]`, `N = ceil(T / hop_length)`.

        In time with the sound: frame n describes its sample `(n + 1) * hop_length`. There is no
        chance in it, whatever the temperature.
        """
        num_frames = -(-audio.shape[1] // self.hop_length)
        late = -(-self.delay // self.hop_length)  # frames
        before = late * self.hop_length - self.delay
        after = (num_frames + late) * self.hop_length - before - audio.shape[1]
        self.listener.reset()
        controls: Tensor = self.listener(nn.functional.pad(audio, (before, after)))
        self.listener.reset()
        return controls[:, :, late:]

    def decode(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """`[B, 3 + K, N]` -> `[B, N * hop_length]`; frame n is reached at sample
        `(n + 1) * hop_length`."""
        return torch.cat([*self.decode_blocks(latents, labels)], 1)

    def predict(self, audio: Tensor) -> Tensor:
        """No label is predicted: `[B, T]` -> `[B, 0, N]`."""
        return audio.new_zeros(len(audio), 0, -(-audio.shape[1] // self.hop_length))

    def reconstruct(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        return self.decode(self.encode(audio, labels), labels)[:, : audio.shape[1]]

    def render(self, pitch: Tensor, partials: Tensor, noise: Tensor) -> Tensor:
        """Pitch `[B, N]`, amplitudes `[B, P, N]` and magnitudes `[B, M, N]` -> `[B, N *
        hop_length]`, some frames at a time."""
        parts = (part.split(FRAMES_AT_ONCE, -1) for part in (self.hertz(pitch), partials, noise))
        return torch.cat([*self._rendered(zip(*parts, strict=True))], 1)

    def hertz(self, pitch: Tensor) -> Tensor:
        """MIDI notes -> frequencies, float64."""
        return note_to_hz(pitch.double())

    def initial(self, rows: int) -> Tensor:
        """The memory of the network before the first frame, `[B, U]`."""
        return self.network.partial_db.new_zeros(rows, self.network.memory_size)

    def listener_within(self, max_delay: int | None = None) -> Listener:
        """A listener of its own for a stream: the model's, or the best one of at most so many
        samples of delay.

        Raises:
            ValueError: none is so quick.
        """
        window = self.window
        if max_delay is not None and max_delay < self.delay:
            window = window_within(self.sample_rate, self.hop_length, max_delay)
        return self.listener_of(window)

    def streaming_oscillator(self) -> StreamingHarmonicBank:
        """That of a stream: frequencies `[B, N]` and amplitudes `[B, P, N]` -> sound."""
        return StreamingHarmonicBank(self.bank)

    def stream(self, max_delay: int | None = None) -> Stream:
        from vschaos.models.pitched.stream import HarmonicStream

        return HarmonicStream(self, max_delay)

    def decode_blocks(self, latents: Tensor, labels: Labels | None = None) -> Iterator[Tensor]:
        return self._rendered(self._frames(latents, labels))

    def trained_range(self) -> TrainedRange:
        lowest, highest = self.register.tolist()
        softest, loudest = self.level.tolist()
        spread = (loudest - softest) / DEVIATIONS_OF_RANGE
        return TrainedRange((softest + loudest) / 2, spread, (lowest + highest) / 2)

    def analyse(self, batch: Batch) -> Analysis:
        """Frames as the feature has them: `delay` late, as they are heard."""
        heard = self.heard(batch)
        amplitudes = torch.cat([heard.partials, heard.noise], 1)
        levels = 20.0 * torch.log10(amplitudes.clamp_min(1e-9)) - heard.played[:, 2:]
        return Analysis(heard.played, levels.clamp_min(LEAST_DB))

    def synthesise(self, analysis: Analysis, num_samples: int) -> Tensor:
        pitch, _, loudness = analysis.played.unbind(1)
        partials, noise = self.network.spectrum(pitch, loudness, analysis.spectra)
        sound = self.render(pitch, partials, noise)
        missing = num_samples + self.delay - sound.shape[1]
        return nn.functional.pad(sound, (0, max(missing, 0)))[:, self.delay :][:, :num_samples]

    def impulse_response(self) -> Tensor | None:
        return None if self.room is None else self.room.impulse_response()

    def heard(self, batch: Batch) -> Heard:
        return heard_in(batch, self.num_levels, self.num_partials, self.num_noise_bands)

    def _frames(
        self, latents: Tensor, labels: Labels | None
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Frequencies, amplitudes and magnitudes of some frames after the other."""
        given = self.labelling.unknown(latents) if labels is None else labels
        controls, hertz = self.conditioned(latents, given), self.hertz(latents[:, 0])
        memory = self.initial(len(latents))
        for first in range(0, latents.shape[2], FRAMES_AT_ONCE):
            now = slice(first, first + FRAMES_AT_ONCE)
            partials, noise, memory = self.network(controls[:, :, now], memory)
            yield hertz[:, now], partials, noise

    def _rendered(self, frames: Iterable[tuple[Tensor, Tensor, Tensor]]) -> Iterator[Tensor]:
        """The sound of these frames, which goes on without a seam."""
        device = self.network.partial_db.device
        oscillator = self.streaming_oscillator().to(device)
        filtered = StreamingFilteredNoise(self.noise).to(device)
        room = None if self.room is None else StreamingRoom(self.room, self.hop_length).to(device)
        less_tail = None if self.room is None else self.less_tail(self.room)
        for hertz, partials, noise in frames:
            if less_tail is not None:
                partials, noise = less_tail(hertz, partials, noise, 1.0)
            sound = oscillator(hertz, partials) + filtered(noise)
            yield sound if room is None else room(sound, 1.0)

    def less_tail(self, room: Room) -> TailSubtraction:
        """What leaves to the room that was learnt what it adds; it begins in silence."""
        return TailSubtraction(room, self.hop_length).to(self.network.partial_db.device)

    def conditioned(self, controls: Tensor, labels: Labels) -> Tensor:
        """Controls `[B, 3 + K, N]` with the features of labels `[B, L, N]` after them."""
        probabilities = self.labelling.probabilities(labels)
        told: Tensor = self.labelling.to_decoder(controls, probabilities, labels.known)
        return told

    def blurred(self, timbre: Tensor) -> Tensor:
        """A timbre that is not quite known, and for some examples the mean one."""
        rows = torch.rand(len(timbre), 1, 1, device=timbre.device) >= self.timbre_dropout
        return (timbre + self.timbre_noise * torch.randn_like(timbre)) * rows

    def distance_of_sounds(
        self, pitch: Tensor, partials: Tensor, noise: Tensor, audio: Tensor
    ) -> Tensor:
        hertz = self.hertz(pitch)
        if self.room is not None:  # before the excerpt was silence: what rings in it counts as new
            partials, noise = self.less_tail(self.room)(hertz, partials, noise, 1.0)
        sound = self.bank(hertz, partials) + self.noise(noise)
        if self.room is not None:
            sound = self.room(sound)
        # what is heard of a sound is late
        return self.distance(sound[:, self.delay :], audio[:, : -self.delay])


def _widened(edges: Tensor, least: float) -> Tensor:
    """Two edges, at least so far apart."""
    lacking = (least - (edges[1] - edges[0])).clamp_min(0.0) / 2
    return edges + torch.stack([-lacking, lacking])
