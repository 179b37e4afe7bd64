"""Rendered examples: batch k is a function of the seed and k, and nothing is on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.datamodule import (
    TRIAL_EXAMPLES,
    DataModule,
    Frames,
    ModelNeeds,
    ValidationSounds,
    frames_of,
    refuse_balance,
    refuse_labels,
)
from vschaos.data.loading import Loading, NumberedBatches, check_shared_memory
from vschaos.data.notes.joining import NoteBatches, Notes, open_notes
from vschaos.data.replay import Prepares, Replay
from vschaos.data.sounds import Dataset
from vschaos.labels import Labels, Vocabulary

MOST_DRAWS = 1000  # of as many examples as are wanted, before too few are found on a side
VALIDATION_BATCH = 0, 1  # beside the seed; training batches have their number alone
VARIATION = 3  # beside the seed and a number: how a batch is used again


class Renderer(Protocol):
    """A synthesizer whose parameters can be drawn.

    The constructor takes plain values. Whatever is random is drawn in `draw`: `render` gives the
    same sound for the same parameters.
    """

    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        """Parameters of `count` sounds, `[count]` each, by name."""

    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        """Sounds `[B, length]` at `sample_rate` Hz, of parameters `[B]`."""


@runtime_checkable
class Varies(Protocol):
    """A renderer that can change some parameters of a sound at little cost."""

    def open(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Parameters `[B]` to render sounds by that `shape` takes."""

    def vary(
        self, parameters: Mapping[str, Tensor], random: np.random.Generator
    ) -> dict[str, Tensor]:
        """Parameters `[B]` with some of them drawn anew."""

    def shape(self, audio: Tensor, parameters: Mapping[str, Tensor], sample_rate: int) -> Tensor:
        """Sounds `[B, T]` of open parameters as they are with these."""


class Rendered(DataModule):
    """Sounds of a renderer, with the parameters as targets and without labels.

    Parameters are trained with, or held out for validation, by a hash of their values: no set of
    them is on both sides, however often it is drawn.

    Notes of any other sounds may join them, of which nobody knows the parameters: they come beside
    each batch (`Batch.unlabelled`).

    Args:
        seed: of all that is drawn.
        renderer: makes the sounds.
        loading: sizes.
        held_out: share of the parameter sets that is held out, above 0 and below 1.
        validation_sounds: how many there are.
        validation_seconds: length of each; that of an example if not given.
        reuse: how often a batch is used, on average; 1 renders each batch anew.
        kept: rendered batches that are used again, the newest ones, in memory.
        varies: whether each use is another sound, of a renderer that can vary sounds.
        dataset: of sounds whose notes join; none if it has no root.
        notes: of them, beside each batch.

    Raises:
        ValueError: a setting makes no sounds.
    """

    def __init__(
        self,
        seed: int,
        renderer: Renderer,
        loading: Loading,
        held_out: float = 0.1,
        validation_sounds: int = 32,
        validation_seconds: float | None = None,
        reuse: int = 1,
        kept: int = 256,
        varies: bool = False,
        dataset: Dataset | None = None,
        notes: int = 2,
    ) -> None:
        super().__init__(seed, loading)
        if varies and (reuse == 1 or not isinstance(renderer, Varies)):
            raise ValueError(
                "data.varies needs a renderer that can vary sounds, and data.reuse above 1; got "
                f"{type(renderer).__name__} and {reuse}"
            )
        for name, number in (("reuse", reuse), ("kept", kept), ("notes", notes)):
            if not isinstance(number, int) or number < 1:
                raise ValueError(f"data.{name} must be a whole number from 1 on, got {number!r}")
        if not 0.0 < held_out < 1.0:
            raise ValueError(f"data.held_out must be above 0 and below 1, got {held_out!r}")
        if validation_sounds < 1:
            raise ValueError(
                f"data.validation_sounds must be at least 1, got {validation_sounds!r}"
            )
        refuse_balance(loading, "rendered examples")
        self.renderer = renderer
        self.held_out = held_out
        self.validation_sounds = validation_sounds
        self.validation_seconds = validation_seconds
        self.reuse, self.kept, self.varies = reuse, kept, varies
        self.dataset = dataset if dataset is not None and dataset.root else None
        self.num_notes = notes
        self.notes: Notes | None = None

    def read_vocabularies(
        self,
        num_classes: Mapping[str, int | None],
        resumed_from: Mapping[str, Vocabulary] | None = None,
    ) -> dict[str, Vocabulary]:
        refuse_labels(num_classes, "rendered examples")
        return {}

    def open(self, model: ModelNeeds, split: Mapping[str, Any] | None = None) -> None:
        self.vocabularies = {}
        drawing = Drawing(self.renderer, model.sample_rate, self.held_out)
        frames = frames_of(model)
        rendered = RenderedBatches(
            *(drawing, frames, self.loading.batch_size, self.seed),
            *(self.reuse, self.kept, self.varies),
        )
        if isinstance(model, Prepares):
            rendered.prepare = model.prepare
        self.training = rendered
        length = frames.excerpt_length
        if self.validation_seconds is not None:
            length = max(round(self.validation_seconds * model.sample_rate), model.hop_length)
        self.validation = RenderedSounds(drawing, frames, self.validation_sounds, length, self.seed)
        if self.dataset is not None:
            self.notes = open_notes(self.dataset, model, self.seed, self.num_notes, split)
            self.training = BesideNotes(rendered, self.notes)
            self.unlabelled = self.notes.validation()

    def split_to_json(self) -> dict[str, Any]:
        split = {"train": [], "held_out": []} if self.notes is None else self.notes.to_json()
        return {**split, "rendered": {"seed": self.seed, "held_out": self.held_out}}

    def describe(self) -> str:
        name = type(self.renderer).__name__
        joining = ""
        if self.notes is not None:
            joining = f"; beside each batch {self.num_notes} notes: {self.notes.describe()}"
        return (
            f"sounds rendered by {name} with seed {self.seed}, {100 * self.held_out:g} % of its "
            f"parameter sets held out, {self.validation_sounds} sounds of them for validation"
            f"{joining}"
        )

    def check_memory(self, model: ModelNeeds, processes: int) -> None:
        beside = 0 if self.dataset is None else self.num_notes
        workers, rows = self.loading.num_workers, self.loading.batch_size + beside
        check_shared_memory(workers, rows, model.excerpt_length, processes)

    def trial_batch(self, model: ModelNeeds) -> Batch:
        drawing = Drawing(self.renderer, model.sample_rate, self.held_out)
        return RenderedBatches(drawing, frames_of(model), TRIAL_EXAMPLES, self.seed)[0]


class Drawing:
    """Draws parameters of a side, and renders them.

    Args:
        renderer: makes the sounds.
        sample_rate: Hz.
        held_out: share of the parameter sets that is held out.
    """

    def __init__(self, renderer: Renderer, sample_rate: int, held_out: float) -> None:
        self.renderer = renderer
        self.sample_rate = sample_rate
        self.held_out = held_out

    def draw(self, seed: Sequence[int], count: int, is_held_out: bool) -> dict[str, Tensor]:
        """Parameters `[count]` by name, all of one side.

        Raises:
            ValueError: the renderer draws too few different ones, or others than it promises.
        """
        random = np.random.default_rng(seed)
        found: list[dict[str, Tensor]] = []
        missing = count
        for _ in range(MOST_DRAWS):
            drawn = {
                name: torch.as_tensor(values, dtype=torch.float32)
                for name, values in self.renderer.draw(random, count).items()
            }
            shapes = {name: list(values.shape) for name, values in drawn.items()}
            if not drawn or any(shape != [count] for shape in shapes.values()):
                raise ValueError(
                    f"data.renderer must draw parameters of shape [{count}] by name, got {shapes}"
                )
            rows = torch.from_numpy(np.flatnonzero(self._are_held_out(drawn) == is_held_out))
            found.append({name: values[rows[:missing]] for name, values in drawn.items()})
            missing -= min(len(rows), missing)
            if missing == 0:
                return {name: torch.cat([part[name] for part in found]) for name in drawn}
        side = "to validate with" if is_held_out else "to train with"
        raise ValueError(
            f"data.renderer must draw different parameters, got {count - missing} sets of {count} "
            f"{side} in {MOST_DRAWS * count} draws: another data.held_out than "
            f"{self.held_out:g}, or parameters with more values, would do"
        )

    def render(self, targets: dict[str, Tensor], length: int, num_frames: int) -> Batch:
        """Sounds `[B, length]` of parameters `[B]`, without labels.

        Raises:
            ValueError: the renderer gives another shape, or numbers that are not finite.
        """
        audio = self.renderer.render(targets, self.sample_rate, length).float()
        count = len(next(iter(targets.values())))
        is_finite = bool(torch.isfinite(audio).all())
        if list(audio.shape) != [count, length] or not is_finite:
            raise ValueError(
                f"data.renderer must render finite audio of shape {[count, length]}, got "
                f"{'' if is_finite else 'numbers that are not finite in '}{list(audio.shape)}"
            )
        values = torch.zeros(count, 0, num_frames)
        return Batch(audio, Labels(values, values > 0), targets=targets)

    def varied(self, batch: Batch, seed: Sequence[int]) -> Batch:
        """A training batch of open parameters with some of them drawn anew."""
        assert isinstance(self.renderer, Varies)
        random = np.random.default_rng(seed)
        targets = self.renderer.vary(batch.targets, random)
        while (is_held_out := torch.from_numpy(self._are_held_out(targets))).any():
            others = self.renderer.vary(batch.targets, random)
            targets = {n: torch.where(is_held_out, others[n], targets[n]) for n in targets}
        audio = self.renderer.shape(batch.audio, targets, self.sample_rate)
        return batch._replace(audio=audio, targets=targets)

    def _are_held_out(self, parameters: Mapping[str, Tensor]) -> np.ndarray:
        """Which sets of parameters are for validation, `[B]`: by a hash of their values."""
        rows = torch.stack([parameters[name] for name in sorted(parameters)], dim=1).numpy()
        hashes = [hashlib.sha256(row.astype("<f4").tobytes()).digest() for row in rows]
        shares = [int.from_bytes(digest[:8], "little") / 2**64 for digest in hashes]
        return np.array(shares) < self.held_out


class RenderedBatches(NumberedBatches):
    """Training batches by number, of `batch_size` examples.

    A batch is used `reuse` times (see `Replay`). If it `varies`, each use is another sound, of
    which a model has to see anew what it sees.

    Attributes:
        prepare: what a model does once with each.
    """

    def __init__(
        self,
        drawing: Drawing,
        frames: Frames,
        batch_size: int,
        seed: int,
        reuse: int = 1,
        kept: int = 256,
        varies: bool = False,
    ) -> None:
        self.drawing = drawing
        self.length = frames.excerpt_length
        self.num_frames = len(frames.excerpt_centres)
        self.batch_size = batch_size
        self.seed = seed
        self.replay, self.varies = Replay(seed, reuse, kept), varies
        self.prepare: Callable[[Batch], Batch] = lambda batch: batch

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        return [self._batch(number) for number in numbers]

    def _batch(self, number: int) -> Batch:
        if not self.varies:
            return self.replay(number, lambda source: self.prepare(self._rendered(source)))
        batch = self.replay(number, self._rendered)
        return self.prepare(self.drawing.varied(batch, [self.seed, number, VARIATION]))

    def _rendered(self, number: int) -> Batch:
        targets = self.drawing.draw([self.seed, number], self.batch_size, is_held_out=False)
        if self.varies:
            assert isinstance(self.drawing.renderer, Varies)
            targets = self.drawing.renderer.open(targets)
        return self.drawing.render(targets, self.length, self.num_frames)


class BesideNotes(NumberedBatches):
    """Rendered batches, with notes of other sounds beside each: these are found as the first batch
    is asked for."""

    def __init__(self, rendered: RenderedBatches, source: Notes) -> None:
        self.rendered, self.source = rendered, source
        self.batch_size = rendered.batch_size + source.batch_size
        self.length = rendered.length

    @cached_property
    def notes(self) -> NoteBatches:
        return self.source.training()

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        pairs = zip(self.rendered.together(numbers), self.notes.together(numbers), strict=True)
        return [batch._replace(unlabelled=notes) for batch, notes in pairs]


class RenderedSounds(ValidationSounds):
    """Validation sounds of `length` samples, rendered one by one from parameters drawn once."""

    def __init__(
        self, drawing: Drawing, frames: Frames, count: int, length: int, seed: int
    ) -> None:
        self.drawing = drawing
        self.length = length
        self.num_frames = len(frames.centres(length))
        self.names = [f"rendered {number}" for number in range(count)]
        self.targets = drawing.draw([seed, *VALIDATION_BATCH], count, is_held_out=True)

    def __getitem__(self, index: int) -> Batch:
        """Sound `index`: `[1, T]`."""
        return self.some(index, index + 1)

    def some(self, first: int, end: int) -> Batch:
        """Sounds from `first` to `end`, `[end - first, T]`: many at once are rendered sooner."""
        targets = {name: values[first:end] for name, values in self.targets.items()}
        return self.drawing.render(targets, self.length, self.num_frames)
