"""Notes of a dataset of any sounds, to join examples that were rendered: of these the parameters
are known, of the notes no more than pitch and length."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.batch import Batch
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.datamodule import Frames, ModelNeeds, ValidationSounds, frames_of
from vschaos.data.loading import NumberedBatches
from vschaos.data.notes.cutting import SHORTEST_SECONDS, SILENT, cut, held_seconds
from vschaos.data.notes.pitch import SURE, pitch_of
from vschaos.data.remarks import some
from vschaos.data.sounds import Dataset, evenly, sounds_with_classes
from vschaos.data.split import Split, choose_split
from vschaos.labels import Labels

WINDOW_SECONDS = 60.0  # of a file that are cut at once
LONGEST_SECONDS = 1.0  # of a note, by which its pitch and release are found
VALIDATED = 32  # notes, at most
DRAWN = 4  # beside the seed and the number of a batch: which notes are in it
PITCH, HELD, SECONDS = "pitch", "held_seconds", "seconds"  # targets of a note
logger = logging.getLogger(__name__)


class Note(NamedTuple):
    """A note in a sound.

    Attributes:
        file: where its samples lie, from its onset on.
        name: of the sound, and where the note begins.
        pitch: MIDI note, fractional.
        held_seconds: until it is released.
    """

    file: StoredFile
    name: str
    pitch: float
    held_seconds: float


class Notes:
    """The notes of a dataset that have a pitch, cut at their onsets, on the sides of its split.

    Args:
        store: the sounds.
        split: their sides.
        frames: of a model; its examples are the beginnings of notes.
        batch_size: notes in a batch.
        seed: of what is drawn.
    """

    def __init__(
        self, store: SoundStore, split: Split, frames: Frames, batch_size: int, seed: int
    ) -> None:
        self.store, self.split = store, split
        self.frames, self.batch_size, self.seed = frames, batch_size, seed

    def training(self) -> NoteBatches:
        """
        Raises:
            ValueError: no training sound has a note with a pitch.
        """
        files = self.split.files("train", self.store)
        notes = find_notes(self.store, files)
        if not notes:
            raise ValueError(
                f"data.dataset.root must hold sounds with a clear pitch; got {len(files)} to train "
                "with, and none of them has"
            )
        logger.info("%d notes of %d files join the training", len(notes), len(files))
        return NoteBatches(self.store, notes, self.frames, self.batch_size, self.seed)

    def validation(self) -> NoteSounds:
        """At most `VALIDATED` of those that are held out, evenly spread; there may be none."""
        notes = find_notes(self.store, self.split.files("held_out", self.store))
        return NoteSounds(self.store, evenly(notes, VALIDATED), self.frames)

    def describe(self) -> str:
        """How much sound is on each side."""
        sides = ("train", "held_out") if self.split.held_out else ("train",)
        return ", ".join(self.split.describe(side, self.store) for side in sides)

    def to_json(self) -> dict[str, Any]:
        """The split, for the run's folder."""
        return {**self.split.to_json(), "usual_peak": self.store.usual_peak}


def open_notes(
    dataset: Dataset,
    model: ModelNeeds,
    seed: int,
    batch_size: int,
    split: Mapping[str, Any] | None = None,
) -> Notes:
    """Imports the sounds of a dataset, and splits them.

    Args:
        split: that of the training that is resumed; one without files is as none.

    Raises:
        FileNotFoundError, ValueError: see `open_store`.
    """
    begun = None
    if split is not None and split["train"]:
        begun = Split(*(split[name] for name in Split._fields))
    shortest = round(SHORTEST_SECONDS * model.sample_rate)
    store = dataset.open(shortest, model.sample_rate, begun)
    if begun is not None and split is not None:
        store.scale_to(split["usual_peak"])
    sounds = sounds_with_classes(store, {})
    chosen = choose_split(store, sounds, dataset.held_out, seed, model.excerpt_length, begun)
    return Notes(store, chosen, frames_of(model), batch_size, seed)


def find_notes(store: SoundStore, files: Sequence[StoredFile]) -> list[Note]:
    """The notes of some sounds, or of parts of them, in their order; the log tells of what has no
    pitch and is left out."""
    notes: list[Note] = []
    without, num_left_out = [], 0
    for file in files:
        found, left_out = _notes_of(store, file)
        notes += found
        num_left_out += left_out
        if not found:
            without.append(file.name)
    if num_left_out:
        of_files = f"; {len(without)} files have no other: {some(without)}" if without else ""
        logger.warning(
            "%d pieces of sound have no clear pitch and are left out%s", num_left_out, of_files
        )
    return notes


def _notes_of(store: SoundStore, file: StoredFile) -> tuple[list[Note], int]:
    """The notes of a sound, and how many pieces of it have no pitch."""
    rate, notes, left_out = store.sample_rate, [], 0
    window = round(WINDOW_SECONDS * rate)
    for start in range(0, file.length, window):
        sound = store.read(file, start, min(window, file.length - start))
        pieces = cut(sound, rate, LONGEST_SECONDS)
        # where a window begins, no note does
        for first, end in pieces[1:] if start else pieces:
            audio = sound[first:end]
            described = _pitch_and_length(audio, rate)
            if described is None:
                left_out += 1
                continue
            name = f"{file.name}@{(file.offset + start + first) / rate:.2f}s"
            notes.append(Note(file.part(start + first, start + end), name, *described))
    return notes, left_out


def _pitch_and_length(audio: Waveform, sample_rate: int) -> tuple[float, float] | None:
    """MIDI note, and seconds for which it is held; None without a clear pitch."""
    is_short = len(audio) < SHORTEST_SECONDS * sample_rate
    if is_short or float(np.abs(audio).max(initial=0.0)) < SILENT:
        return None
    pitch, confidence = pitch_of(audio, sample_rate)
    return (pitch, held_seconds(audio, sample_rate)) if confidence >= SURE else None


class NoteBatches(NumberedBatches):
    """Training batches of notes by number, each note drawn as often as the others.

    Audio ends with the note: silence follows. Targets are the MIDI note `pitch`, the `held_seconds`
    until it is released, and the `seconds` that it has of the example.
    """

    def __init__(
        self,
        store: SoundStore,
        notes: Sequence[Note],
        frames: Frames,
        batch_size: int,
        seed: int,
    ) -> None:
        self.store, self.notes = store, list(notes)
        self.length, self.num_frames = frames.excerpt_length, len(frames.excerpt_centres)
        self.batch_size, self.seed = batch_size, seed

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        batches = []
        for number in numbers:
            random = np.random.default_rng([self.seed, number, DRAWN])
            drawn = random.integers(len(self.notes), size=self.batch_size)
            batches.append(self.of([self.notes[index] for index in drawn]))
        return batches

    def of(self, notes: Sequence[Note]) -> Batch:
        """Some notes, `[B, T]`."""
        audio = np.empty((len(notes), self.length), np.float32)
        self.store.fill(audio, [note.file for note in notes], [0] * len(notes))
        seconds = [min(note.file.length, self.length) / self.store.sample_rate for note in notes]
        held = [min(note.held_seconds, most) for note, most in zip(notes, seconds, strict=True)]
        values = torch.zeros(len(notes), 0, self.num_frames)
        targets = {PITCH: [note.pitch for note in notes], HELD: held, SECONDS: seconds}
        return Batch(
            torch.from_numpy(audio),
            Labels(values, values > 0),
            targets={name: torch.tensor(column) for name, column in targets.items()},
        )


class NoteSounds(ValidationSounds):
    """Notes one by one, as `NoteBatches` has them."""

    def __init__(self, store: SoundStore, notes: Sequence[Note], frames: Frames) -> None:
        self.batches = NoteBatches(store, notes, frames, 1, 0)
        self.names = [note.name for note in notes]

    def __getitem__(self, index: int) -> Batch:
        return self.some(index, index + 1)

    def some(self, first: int, end: int) -> Batch:
        return self.batches.of(self.batches.notes[first:end])
