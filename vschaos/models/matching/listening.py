"""Sound matching on a stream: notes are heard as they begin, and their settings as they sound."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vschaos.dsp.pitch import PitchTracker
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.stream import Stream
from vschaos.instrument.synthesiser import Knob
from vschaos.models.matching.committee import Committee
from vschaos.models.matching.front import Front
from vschaos.models.matching.heads import Heads
from vschaos.voices import with_rows

UPDATE_SECONDS = 0.1  # from one update to the next, while a note sounds
LEAST = 1e-6  # mean square, -60 dB of full scale: a note that begins is louder
RISE = 4.0  # 6 dB above all of the moment before, and a note begins
MEMORY_SECONDS = 0.06  # of that moment: three periods of the lowest notes
SHORTEST_SECONDS = 0.05  # from one beginning to the next
WINDOW_SECONDS = 0.0464  # of the pitch: 2048 samples at 44.1 kHz
RESTING_NOTE = 60.0  # of what has no pitch
HOLD = Attribute("hold", "bool", "keeps the settings that were found", False)


class Listening(nn.Module):
    """Finds the settings of each note of a stream.

    A note begins where the level jumps. Ten times a second its settings are found from all that has
    sounded of it, until that is as long as the sounds of the training; then they stay. Its pitch
    is that of its surest frame.

    Args:
        front, heads, network: of a model.
        sample_rate: Hz.
        hop_length: samples.
    """

    history: Tensor
    age: Tensor
    loudest: Tensor
    surest: Tensor
    found: Tensor

    def __init__(
        self,
        front: Front,
        heads: Heads,
        network: Committee,
        sample_rate: int,
        hop_length: int,
    ) -> None:
        super().__init__()
        self.front, self.heads, self.network = front, heads, network
        self.hop_length, self.num_knobs = hop_length, heads.num_knobs
        window = max(1 << round(math.log2(WINDOW_SECONDS * sample_rate)), hop_length)
        highest = min(2000.0, sample_rate / 8)
        self.tracker = PitchTracker(sample_rate, hop_length, window, highest)
        self.most = math.ceil(front.length / hop_length)  # hops of a note
        self.every = max(round(UPDATE_SECONDS * sample_rate / hop_length), 1)
        self.rest = max(round(SHORTEST_SECONDS * sample_rate / hop_length), 1)
        self.before_pitch = math.ceil(window / hop_length)  # hops that fill the tracker's window
        self.decay = math.exp(-hop_length / (MEMORY_SECONDS * sample_rate))
        self.least, self.rise, self.resting = LEAST, RISE, RESTING_NOTE
        self.register_buffer("history", torch.zeros(1, self.most * hop_length), persistent=False)
        # hops since the note began; more than a note has before the first one
        self.register_buffer("age", torch.full([1], 2.0 * self.most), persistent=False)
        self.register_buffer("loudest", torch.zeros(1), persistent=False)
        pitch = torch.tensor([[RESTING_NOTE, 0.0]])
        self.register_buffer("surest", pitch, persistent=False)
        self.register_buffer("found", torch.zeros(1, heads.num_knobs), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.tracker.reset()
        self.history = torch.zeros_like(self.history)
        self.age = torch.full_like(self.age, 2.0 * self.most)
        self.loudest = torch.zeros_like(self.loudest)
        self.surest = torch.zeros_like(self.surest)
        self.surest[:, 0] = self.resting
        self.found = torch.zeros_like(self.found)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Names notes and frequencies in sound of another rate, in Hz; windows keep their
        samples."""
        self.tracker.take_rate(sample_rate)
        self.front.take_rate(sample_rate)

    def forward(self, audio: Tensor, holds: bool) -> Tensor:
        """`[B, N * hop]` -> positions, MIDI note and its confidence `[B, P + 2, N]`.

        Args:
            holds: whether what was found before stays.
        """
        return self.notes(audio, holds)[:, : self.num_knobs + 2]

    @torch.jit.export
    def notes(self, audio: Tensor, holds: bool) -> Tensor:
        """As `forward`, then the age of the note in hops, and the mean square of the hop,
        `[B, P + 4, N]`."""
        rows, hop = audio.shape[0], self.hop_length
        audio = torch.nan_to_num(audio, 0.0, 0.0, 0.0)
        tracked = self.tracker(audio)
        powers = audio.unflatten(1, [-1, hop]).square().mean(2)
        stream = torch.cat([with_rows(self.history, rows), audio], 1)
        age = with_rows(self.age, rows, 2.0 * self.most)
        loudest = with_rows(self.loudest, rows)
        found = with_rows(self.found, rows)
        surest = with_rows(self.surest, rows)
        if surest.shape[0] > self.surest.shape[0]:
            fresh = surest[self.surest.shape[0] :].clone()
            fresh[:, 0] = self.resting
            surest = torch.cat([surest[: self.surest.shape[0]], fresh])
        frames: list[Tensor] = []
        for number in range(powers.shape[1]):
            power = powers[:, number]
            begins = (power > self.least) & (power > self.rise * loudest) & (age >= self.rest)
            loudest = torch.maximum(power, self.decay * loudest)
            age = torch.where(begins, torch.ones_like(age), age + 1.0).clamp_max(2.0 * self.most)
            surest = self._surest(surest, tracked[:, :, number], begins, age)
            is_due = (age <= self.most) & (
                (torch.remainder(age, self.every) == 0.0) | (age == self.most)
            )
            if bool(is_due.any()) and not holds:
                end = self.history.shape[1] + (number + 1) * hop
                new = self._find(stream[:, :end], age, surest[:, 0])
                found = torch.where(is_due.unsqueeze(1), new, found)
            rest = torch.stack([age, power], 1)
            frames.append(torch.cat([found, surest, rest], 1))
        self.history = stream[:, audio.shape[1] :].clone()
        self.age, self.loudest, self.surest, self.found = age, loudest, surest, found
        return torch.stack(frames, 2)

    def _surest(self, surest: Tensor, tracked: Tensor, begins: Tensor, age: Tensor) -> Tensor:
        """Note and confidence of the surest frame of the note, `[B, 2]`; of what was before it the
        confidence is forgotten as it begins."""
        kept = torch.where(begins, torch.zeros_like(surest[:, 1]), surest[:, 1])
        # a window that still holds what was before tells another pitch
        is_surer = (tracked[:, 1] > kept) & (age >= self.before_pitch) & (age <= self.most)
        note = torch.where(is_surer, tracked[:, 0], surest[:, 0])
        return torch.stack([note, torch.where(is_surer, tracked[:, 1], kept)], 1)

    def _find(self, stream: Tensor, age: Tensor, pitch: Tensor) -> Tensor:
        """Positions `[B, P]` of notes that began `age` hops before the end of `[B, T]`."""
        length = self.history.shape[1]
        notes = torch.zeros_like(stream[:, :length])
        for row in range(stream.shape[0]):
            samples = min(int(age[row].item()) * self.hop_length, length)
            notes[row, :samples] = stream[row, stream.shape[1] - samples :]
        return self.heads.likeliest(self.network(*self.front(notes, pitch), pitch))


class ListeningStream(Stream):
    """`encode`: sound -> positions of all knobs, pitch and confidence; what plays is elsewhere.

    Args:
        listening: to notes.
        knobs: that are found.
    """

    hold: bool
    scale: Tensor

    def __init__(self, listening: Listening, knobs: Sequence[Knob]) -> None:
        hop = listening.hop_length
        super().__init__([Method("encode", [AUDIO], 1, found_controls(knobs), hop)], [HOLD], hop, 0)
        self.hold = False
        self.listening = listening
        steps = [max(knob.num_steps - 1, 1) for knob in knobs] + [1, 1]
        self.register_buffer("scale", torch.tensor(steps).unsqueeze(1), persistent=False)

    def reset(self) -> None:
        self.listening.reset()

    def restart(self) -> None:
        self.reset()

    def get_delay(self) -> int:
        return self.delay

    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1, T]` -> `[B, P + 2, N]`: continuous knobs as positions from 0 to 1, the others
        as numbers of steps; MIDI note and confidence."""
        return self.listening(sound[:, 0], self.hold) * self.scale


def found_controls(knobs: Sequence[Knob]) -> list[Control]:
    """What is found, in the order of `Listening`, as outlets."""
    controls = [
        Control(knob.name, 0.0, knob.num_steps - 1.0, "class", knob.classes, movement="uniform")
        if knob.classes
        else Control(knob.name, 0.0, 1.0, "position", movement="uniform")
        for knob in knobs
    ]
    pitch = Control("pitch", 0.0, 127.0, "MIDI note", default=RESTING_NOTE, movement="uniform")
    return [*controls, pitch, Control("confidence", 0.0, 1.0, "", movement="uniform")]
