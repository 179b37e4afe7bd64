"""An opened run: its model, and the operations that it offers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.latents import LatentPrior, PriorSampler
from vschaos.models.base import Model
from vschaos.models.capabilities import (
    Autoencoder,
    Labelled,
    LatentStatistics,
    Matching,
    Pitched,
    SingleCycle,
    Spectral,
    Textured,
)
from vschaos.runs.standard import unstandardize
from vschaos.runs.trajectories import frame_trajectory
from vschaos.trajectories import KINDS

if TYPE_CHECKING:
    from vschaos.evaluation.evaluate import Evaluation

SEEDS_APART = 100_003  # of samples of the prior; the first is what a .ts plays by that seed
Given = Mapping[str, str | float | np.ndarray]  # labels, by task


@dataclass(frozen=True)
class Run:
    """A trained model, with the settings and the data split that it was trained with.

    Attributes:
        folder: `.../version_N`.
        checkpoint: the file that the weights come from.
        config: the resolved configuration, plain mappings and values.
        vocabularies: of each label that the model knows.
        split: names of the training files (`train`) and of the validation files (`held_out`),
            `parts` of files that are split in time, and `digests` of the files' bytes.
        model: in evaluation mode, on the CPU.
        prior: temporal prior of the model's latents, if it was trained.
    """

    folder: Path
    checkpoint: Path
    config: dict[str, Any] = field(repr=False)
    vocabularies: dict[str, Vocabulary] = field(repr=False)
    split: dict[str, Any] = field(repr=False)
    model: Model = field(repr=False)
    prior: LatentPrior | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return str(self.config["name"])

    @property
    def sample_rate(self) -> int:
        """Hz, of the inputs and outputs of the model."""
        return self.model.sample_rate

    @property
    def frame_rate(self) -> float:
        """Frames of the model in a second."""
        return self.sample_rate / self.model.hop_length

    @property
    def autoencoder(self) -> Autoencoder:
        """The model, which encodes and decodes.

        Raises:
            ValueError: it does not.
        """
        if not isinstance(self.model, Autoencoder):
            raise ValueError(self._lacks("does not encode or decode sound"))
        return self.model

    @property
    def pitched(self) -> Pitched:
        """The model, which plays at a pitch and a loudness.

        Raises:
            ValueError: it does not.
        """
        if not isinstance(self.model, Pitched):
            raise ValueError(self._lacks("is not played by pitch and loudness"))
        return self.model

    @property
    def single_cycle(self) -> SingleCycle:
        """The model, whose tone is one cycle.

        Raises:
            ValueError: it is not.
        """
        if not isinstance(self.model, SingleCycle):
            raise ValueError(self._lacks("has no single cycle that a wavetable could hold"))
        return self.model

    @property
    def matching(self) -> Matching:
        """The model, which finds settings of a synthesiser.

        Raises:
            ValueError: it does not.
        """
        if not isinstance(self.model, Matching):
            raise ValueError(self._lacks("does not find settings of a synthesiser"))
        return self.model

    @property
    def conditioning_tasks(self) -> list[str]:
        """Labels that condition the model."""
        return self.model.conditioning_tasks if isinstance(self.model, Labelled) else []

    @property
    def predicted_tasks(self) -> list[str]:
        """Labels that the model predicts."""
        return self.model.predicted_tasks if isinstance(self.model, Labelled) else []

    def encode(
        self, audio: np.ndarray, labels: Given | None = None, temperature: float = 0.0
    ) -> np.ndarray:
        """Encodes sound `[T]` at `sample_rate` into frames `[Z, N]`.

        Args:
            labels: by task, a class's name or number, or numbers for each frame `[N]`, NaN where
                the label is unknown; tasks left out are unknown, and predicted if the model can.
            temperature: 0 gives the posterior mean, 1 a sample of the posterior.

        Raises:
            ValueError: the model does not encode sound, or has no such label.
        """
        model, row = self.autoencoder, _row(audio)
        with torch.inference_mode():
            stated = self.labels(len(model.centres(len(audio))), labels)
            return model.encode(row, stated, temperature)[0].numpy()

    def decode(
        self,
        latents: np.ndarray,
        labels: Given | None = None,
        inversion: str | None = None,
    ) -> np.ndarray:
        """Decodes frames `[Z, N]` into sound `[T]` at `sample_rate`.

        Args:
            latents: all Z, or the first K of a model with `LatentStatistics`, which completes them.
            labels: see `encode`.
            inversion: how the phase is found, one of the `inversions` of a `Spectral` model.

        Raises:
            ValueError: the model does not decode, or lacks the label or the inversion.
        """
        model, row = self.autoencoder, _row(latents)
        if row.shape[1] != model.latent_dim and not isinstance(model, LatentStatistics):
            raise ValueError(
                f"expected frames of {model.latent_dim} numbers, got {row.shape[1]}: this run's "
                "model does not complete latents"
            )
        with torch.inference_mode():
            stated = self.labels(latents.shape[1], labels)
            if isinstance(model, LatentStatistics):
                row = model.complete(row)
            if (spectral := self.spectral(inversion)) is not None:
                return spectral.decode(row, stated, inversion)[0].numpy()
            return model.decode(row, stated)[0].numpy()

    def decode_blocks(
        self, latents: np.ndarray, labels: Given | None = None
    ) -> Iterator[np.ndarray]:
        """Decodes frames of a pitched model, as `decode`, into a sound in blocks `[T]`.

        Raises:
            ValueError: the model is not played by pitch and loudness, or lacks the label.
        """
        stated = self.labels(latents.shape[1], labels)
        blocks = self.pitched.decode_blocks(_row(latents), stated)
        while True:
            with torch.inference_mode():  # not where the caller works on a block
                block = next(blocks, None)
            if block is None:
                return
            yield block[0].numpy()

    def reconstruct(
        self,
        audio: np.ndarray,
        labels: Given | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> np.ndarray:
        """Encodes and decodes sound `[T]` at `sample_rate`, `[T]`, in time with it; arguments and
        errors of `encode` and `decode`."""
        model, row = self.autoencoder, _row(audio)
        with torch.inference_mode():
            stated = self.labels(len(model.centres(len(audio))), labels)
            if (spectral := self.spectral(inversion)) is not None:
                return spectral.reconstruct(row, stated, temperature, inversion)[0].numpy()
            return model.reconstruct(row, stated, temperature)[0].numpy()

    def transfer(
        self,
        audio: np.ndarray,
        labels: Given | None = None,
        fit: float = 1.0,
        transpose: float = 0.0,
    ) -> np.ndarray:
        """Plays the sound of others `[T]` at `sample_rate` through a pitched model, `[T]`, in time
        with it, as `vschaos generate transfer` does.

        Args:
            labels: see `encode`.
            fit: 0..1, how far its loudness and register are moved to those of the training.
            transpose: semitones, after that.

        Raises:
            ValueError: the model is not played by pitch and loudness or lacks the label, `audio` is
                empty or has channels, `fit` is beyond its range or `transpose` no number.
        """
        from vschaos.generation import transfer

        if audio.ndim != 1 or not len(audio):
            raise ValueError(
                f"expected a sound of one channel, [T], of a sample or more, got shape "
                f"{list(audio.shape)}"
            )
        return np.concatenate([*transfer(self, [audio], labels, fit, transpose).blocks])

    def play_with(self, texture: float | None = None, match: float | None = None) -> None:
        """Sets how decoded spectra are finished, see `Textured`; None leaves it as it is.

        Raises:
            ValueError: the model has no such setting.
        """
        if texture is not None:
            if not isinstance(self.model, Textured) or not self.model.has_texture:
                raise ValueError(self._lacks("was not trained to give texture"))
            self.model.texture = texture
        if match is not None:
            if not isinstance(self.model, Textured):
                raise ValueError(self._lacks("does not match levels"))
            self.model.match = match

    def predict(self, audio: np.ndarray) -> dict[str, np.ndarray]:
        """Predicts labels of sound `[T]`: for each predicted task, class numbers or numbers `[N]`.

        Raises:
            ValueError: the model predicts no label.
        """
        if not isinstance(self.model, Labelled) or not self.model.predicted_tasks:
            raise ValueError(self._lacks("does not predict labels"))
        with torch.inference_mode():
            predicted = self.model.predict(_row(audio))[0].numpy()
        return dict(zip(self.model.predicted_tasks, predicted, strict=True))

    def sample_prior(
        self,
        num_frames: int,
        seed: int = 0,
        labels: Given | None = None,
        temperature: float = 1.0,
    ) -> np.ndarray:
        """Samples latents `[Z, num_frames]` from the temporal prior; a seed repeats them.

        Raises:
            ValueError: the model has no such latents, or the run no prior.
        """
        if not isinstance(self.model, LatentStatistics | Pitched):
            raise ValueError(self._lacks("has no latents that a prior could model"))
        if self.prior is None:
            raise ValueError(
                "this run has no temporal prior: vschaos prior "
                f"{shlex.quote(str(self.checkpoint))} trains it"
            )
        sampler = PriorSampler(self.prior)
        sampler.begin(seed)
        with torch.inference_mode():
            temperatures = torch.full([1, num_frames], float(temperature))
            latents = sampler(temperatures, self.labels(num_frames, labels))[0].numpy()
            return unstandardize(self.model, latents)

    def trajectories(
        self,
        kind: str = "random",
        num_frames: int = 512,
        count: int = 1,
        seed: int = 0,
        temperature: float = 1.0,
        labels: Given | None = None,
        num_latents: int | None = None,
    ) -> list[np.ndarray]:
        """Draws trajectories of the numbers of a frame, `[Z, num_frames]` each, for `decode`.

        Args:
            kind: one of `vschaos.trajectories.KINDS`, or `prior` for samples of the temporal prior.
            count: of trajectories; each has a seed of its own.
            seed: repeats them.
            temperature: width, in standard deviations.
            labels: of a `prior`, see `encode`.
            num_latents: the first of them alone.

        Raises:
            ValueError: the model does not decode, there is no such kind or no prior.
        """
        model = self.autoencoder
        if kind == "prior":
            seeds = [seed + SEEDS_APART * number for number in range(count)]
            drawn = [self.sample_prior(num_frames, one, labels, temperature) for one in seeds]
            return [latents[:num_latents] for latents in drawn]
        position = list(KINDS).index(kind) if kind in KINDS else 0
        # seeds of their own: another kind or a greater count changes no other trajectory
        draws = [np.random.default_rng([seed, position, number]) for number in range(count)]
        return [
            frame_trajectory(model, kind, num_frames, random, temperature, num_latents)
            for random in draws
        ]

    def evaluate(
        self,
        data: str | Path | None = None,
        inversions: Sequence[str] | None = None,
        tracker: str | None = "default",
        count: int | None = None,
    ) -> Evaluation:
        """Measures how good the model is, on sounds that it was not trained on.

        Args:
            data, inversions, tracker, count: see `vschaos.evaluation.evaluate`.
        """
        from vschaos.evaluation import evaluate

        return evaluate(self, None if data is None else Path(data), inversions, tracker, count)

    def export(
        self,
        folder: str | Path,
        name: str | None = None,
        max_delay_ms: float | None = None,
        has_patches: bool = True,
        num_latents: int | None = None,
    ) -> Path:
        """Writes the model as a `.ts` for nn~, with its patches, and returns its path.

        Args:
            folder, name, max_delay_ms, has_patches, num_latents: see `export.script.export`.
        """
        from vschaos.export.script import export

        return export(self, Path(folder), name, max_delay_ms, has_patches, num_latents)

    def labels(self, num_frames: int, given: Given | None = None) -> Labels:
        """Labels `[1, L, num_frames]` for the model.

        Raises:
            ValueError: no such label conditions the model, it has no such class, or there is not
                one number for each frame.
        """
        tasks = list(self.model.vocabularies)
        values = np.full((len(tasks), num_frames), np.nan, dtype=np.float32)
        for task, value in (given or {}).items():
            self.check_conditioning(task)
            values[tasks.index(task)] = self._values(task, value, num_frames)
        known = ~np.isnan(values)
        return Labels(_row(np.nan_to_num(values)), torch.from_numpy(known)[None])

    def check_conditioning(self, task: str) -> None:
        """
        Raises:
            ValueError: no such label conditions the model.
        """
        if task not in self.conditioning_tasks:
            allowed = ", ".join(self.conditioning_tasks) or "no label"
            raise ValueError(f"the model is conditioned on {allowed}, got {task!r}")

    def _values(self, task: str, value: str | float | np.ndarray, num_frames: int) -> Any:
        if isinstance(value, np.ndarray):
            if value.shape != (num_frames,):
                raise ValueError(
                    f"{task}: expected a number for each of {num_frames} frames, got shape "
                    f"{list(value.shape)}"
                )
            return value
        try:
            return self.vocabularies[task].value(value)
        except ValueError as error:
            raise ValueError(f"{task}: {error}") from error

    def spectral(self, inversion: str | None) -> Spectral | None:
        """The model, if it decodes magnitudes.

        Raises:
            ValueError: it has no such inversion.
        """
        if isinstance(self.model, Spectral):
            if inversion is not None and inversion not in self.model.inversions:
                allowed = ", ".join(self.model.inversions)
                raise ValueError(f"expected an inversion among {allowed}, got {inversion!r}")
            return self.model
        if inversion is not None:
            raise ValueError(self._lacks("decodes no magnitudes, so that it takes no inversion"))
        return None

    def _lacks(self, what: str) -> str:
        methods = ", ".join(method.name for method in self.model.stream().methods)
        return f"this run's model {what}; it plays: {methods}"


def _row(values: np.ndarray) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32)).unsqueeze(0)
