"""The contract between a training and its examples, wherever these come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from vschaos.batch import Batch, joined
from vschaos.data.loading import (
    BatchNumbers,
    Loading,
    NumberedBatches,
    Prefetch,
    Shared,
    check_shared_memory,
)
from vschaos.labels import Labels, Vocabulary
from vschaos.parallel import ignore_signals
from vschaos.targets import build

TRIAL_EXAMPLES = 4


class Frames(NamedTuple):
    """Where a model reads labels.

    Attributes:
        excerpt_length: samples of an example.
        excerpt_centres: samples in it at which labels are read.
        centres: gives them for a whole sound of so many samples.
    """

    excerpt_length: int
    excerpt_centres: list[int]
    centres: Callable[[int], Tensor]


class ModelNeeds(Protocol):
    """What examples depend on, as every model has it (`vschaos.models.base.Model`)."""

    sample_rate: int
    hop_length: int
    excerpt_length: int
    excerpt_centres: list[int]
    vocabularies: Mapping[str, Vocabulary]

    def centres(self, length: int) -> Tensor: ...


def frames_of(model: ModelNeeds) -> Frames:
    """Where a model reads labels."""
    return Frames(model.excerpt_length, model.excerpt_centres, model.centres)


class ValidationSounds(Dataset[Batch], ABC):
    """Sounds to validate with, one by one.

    Attributes:
        names: of the sounds, as they are shown.
    """

    names: list[str]

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def __getitem__(self, index: int) -> Batch:
        """Sound `index`, its audio `[1, T]`."""

    def some(self, first: int, end: int) -> Batch:
        """Sounds of one length from `first` to `end`, `[end - first, T]`."""
        return joined([self[index] for index in range(first, end)])


class DataModule(lightning.LightningDataModule, ABC):
    """Training batches and validation sounds.

    A training calls `read_vocabularies`, builds its model with them, tries it with `trial_batch`,
    and calls `open`; from then on the attributes below are there. Constructors read nothing.

    Batch k depends on k and the seed alone, so that a training resumes exactly.

    Args:
        seed: of all that is drawn.
        loading: sizes.

    Attributes:
        training: batches by number.
        validation: sounds.
        vocabularies: of the model's labels, with the classes that training does not see.
        unlabelled: held-out sounds without targets, where such sounds join a training of others.
    """

    training: NumberedBatches
    validation: ValidationSounds
    unlabelled: ValidationSounds | None = None
    vocabularies: dict[str, Vocabulary]

    def __init__(self, seed: int, loading: Loading) -> None:
        super().__init__()
        loading.check()
        self.seed = seed
        self.loading = loading

    @abstractmethod
    def read_vocabularies(
        self,
        num_classes: Mapping[str, int | None],
        resumed_from: Mapping[str, Vocabulary] | None = None,
    ) -> dict[str, Vocabulary]:
        """The vocabularies of a model's labels, in their order.

        Args:
            num_classes: by label, how many classes the model counts; None leaves it to the data.
            resumed_from: vocabularies of a training that is resumed.

        Raises:
            FileNotFoundError: there are no such labels.
            ValueError: the labels do not suit the settings.
        """

    @abstractmethod
    def open(self, model: ModelNeeds, split: Mapping[str, Any] | None = None) -> None:
        """Makes batches and validation sounds available.

        Args:
            split: what `split_to_json` gave as the training that is resumed began.
        """

    @abstractmethod
    def split_to_json(self) -> dict[str, Any]:
        """What is trained on and what is held out, for the run's folder."""

    @abstractmethod
    def describe(self) -> str:
        """What there is to train on and to validate with, on one line."""

    def trial_batch(self, model: ModelNeeds) -> Batch:
        """A batch of noise, of which every second example has labels; it needs no `open`."""
        audio = 0.1 * torch.randn(TRIAL_EXAMPLES, model.excerpt_length)
        values = torch.zeros(TRIAL_EXAMPLES, len(model.vocabularies), len(model.excerpt_centres))
        known = torch.zeros_like(values, dtype=torch.bool)
        known[::2] = True
        return Batch(audio, Labels(values, known))

    def are_usual(self, audio: Tensor) -> Tensor | None:
        """Which examples `[B, T]` a model may take its levels from, `[B]`; None for all."""
        return None

    def check_memory(self, model: ModelNeeds, processes: int) -> None:
        """Checks that the batches of the workers fit into shared memory.

        Raises:
            ValueError: they do not.
        """
        loading = self.loading
        check_shared_memory(
            loading.num_workers, loading.batch_size, model.excerpt_length, processes
        )

    def train_dataloader(self) -> DataLoader[Batch]:
        workers = self.loading.num_workers
        return DataLoader(
            Shared(self.training) if workers else Prefetch(self.training, self._num_processes),
            batch_size=None,
            sampler=BatchNumbers(
                self.loading.batches_per_epoch, self._next_batch, self._num_processes
            ),
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=ignore_signals,
        )

    def val_dataloader(self) -> DataLoader[Batch]:
        if self.unlabelled is None:
            return DataLoader(self.validation, batch_size=None)
        return DataLoader(ConcatDataset([self.validation, self.unlabelled]), batch_size=None)

    def _next_batch(self) -> int:
        return batch_number(self.trainer, 0) if self.trainer else 0

    def _num_processes(self) -> int:
        return self.trainer.world_size if self.trainer else 1


def batch_number(trainer: lightning.Trainer, batch_index: int) -> int:
    """The number of a batch of the current step.

    It counts all batches of all processes: each is drawn once, whichever process trains with it.

    Args:
        trainer: that of the process which takes the batch.
        batch_index: of the batch in its epoch.
    """
    accumulated = trainer.accumulate_grad_batches
    own = trainer.global_step * accumulated + batch_index % accumulated
    return own * trainer.world_size + trainer.global_rank


def build_data(section: Mapping[str, Any], seed: int) -> DataModule:
    """Builds the data module that the section `data` of a configuration names.

    Features wait for the sample rate and the hop of the model, unless they name their own.

    Raises:
        ValueError: it names none, or its settings do not suit.
    """
    features = {
        name: {**feature, "_partial_": True}
        for name, feature in (section.get("features") or {}).items()
    }
    data = build({**section, "features": features} if features else section, seed)
    if not isinstance(data, DataModule):
        raise ValueError(
            "data._target_ must name a data module (data=sounds or data=rendered), "
            f"got {section.get('_target_')}"
        )
    return data


def refuse_labels(num_classes: Mapping[str, int | None], learnt: str) -> None:
    """
    Raises:
        ValueError: a model that learns this is to know labels as well.
    """
    if num_classes:
        raise ValueError(
            f"model.conditioning and model.prediction must be empty for {learnt}, which have no "
            f"labels, got {', '.join(num_classes)}: use data=sounds"
        )


def refuse_balance(loading: Loading, learnt: str) -> None:
    """
    Raises:
        ValueError: what has no labels is to be balanced by some.
    """
    if loading.balanced:
        raise ValueError(
            f"data.loading.balance must be null for {learnt}, which have no labels, got "
            f"{loading.balance}"
        )
