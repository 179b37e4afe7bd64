"""An opened run: its model, and the operations that it offers."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.latents import LatentPrior, PriorSampler
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics, Spectral
from vschaos.runs.prior import read_prior
from vschaos.runs.reading import find_version, read_config, read_split, read_vocabularies
from vschaos.targets import build, find_target
from vschaos.trajectories import KINDS, control_trajectory

if TYPE_CHECKING:
    from vschaos.evaluation.evaluate import Evaluation

AVERAGED = "averaged.module."  # prefix of the averaged weights (EMA) in a checkpoint
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
        """Hz, of all sound that goes into the model and comes out of it."""
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
            if (spectral := self._spectral(inversion)) is not None:
                return spectral.decode(row, stated, inversion)[0].numpy()
            return model.decode(row, stated)[0].numpy()

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
            if (spectral := self._spectral(inversion)) is not None:
                return spectral.reconstruct(row, stated, temperature, inversion)[0].numpy()
            return model.reconstruct(row, stated, temperature)[0].numpy()

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
        if not isinstance(self.model, LatentStatistics):
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
            latents: np.ndarray = sampler(temperatures, self.labels(num_frames, labels))[0].numpy()
            return latents

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
        controls = self.autoencoder.frame_controls()[:num_latents]
        if kind == "prior":
            seeds = [seed + SEEDS_APART * number for number in range(count)]
            drawn = [self.sample_prior(num_frames, one, labels, temperature) for one in seeds]
            return [latents[:num_latents] for latents in drawn]
        position = list(KINDS).index(kind) if kind in KINDS else 0
        # seeds of their own: another kind or a greater count changes no other trajectory
        draws = [np.random.default_rng([seed, position, number]) for number in range(count)]
        return [
            control_trajectory(kind, controls, num_frames, self.frame_rate, random, temperature)
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

    def _spectral(self, inversion: str | None) -> Spectral | None:
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


def load_run(
    path: str | Path,
    version: int | None = None,
    checkpoint: str = "last",
    has_prior: bool = True,
) -> Run:
    """Opens a run and loads its weights.

    Args:
        path: the folder of a training, of one of its versions, or a checkpoint.
        version: N of `version_N`; the newest that has a checkpoint by default.
        checkpoint: a name in `checkpoints/`, with or without `.ckpt`.
        has_prior: whether its prior is opened too, if there is one.

    Raises:
        FileNotFoundError: no such run, version or checkpoint.
        ValueError: it is no run of this format, or its weights do not fit its configuration.
    """
    folder, file = _locate(Path(path), version, checkpoint)
    config = read_config(folder)
    vocabularies = read_vocabularies(folder)
    model = _build_model(folder, config["model"], vocabularies)
    _load_weights(model, file)
    return Run(
        folder=folder,
        checkpoint=file,
        config=config,
        vocabularies=vocabularies,
        split=read_split(folder),
        model=model.eval().requires_grad_(False),
        prior=read_prior(file, model) if has_prior else None,
    )


def _locate(path: Path, version: int | None, checkpoint: str) -> tuple[Path, Path]:
    if path.suffix == ".ckpt":
        if not path.is_file():
            raise FileNotFoundError(f"there is no checkpoint {path}")
        return find_version(path), path
    if not path.is_dir():
        raise FileNotFoundError(f"there is no training in {path}: no such folder")
    folder = find_version(path, version)
    name = Path(checkpoint).name.removesuffix(".ckpt")
    file = folder / "checkpoints" / f"{name}.ckpt"
    if not file.is_file():
        there = sorted(found.stem for found in (folder / "checkpoints").glob("*.ckpt"))
        raise FileNotFoundError(
            f"there is no checkpoint {name!r} in {folder}; there is {', '.join(there) or 'none'}"
        )
    return folder, file


def _build_model(folder: Path, config: Any, vocabularies: Mapping[str, Vocabulary]) -> Model:
    target = config.get("_target_") if isinstance(config, Mapping) else None
    is_partial = target is not None and config.get("_partial_", False)
    if target is None or is_partial or not issubclass(find_target(target), Model):
        raise ValueError(f"{folder / 'config.yaml'}: model._target_ does not name a model")
    try:
        model: Model = build(config, vocabularies)
    except KeyError as error:
        raise ValueError(f"{folder / 'vocabularies.json'} lacks the label {error}") from error
    except RecursionError as error:
        raise ValueError(f"{folder / 'config.yaml'}: model is nested without end") from error
    return model


def _load_weights(model: Model, file: Path) -> None:
    try:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        weights = _model_weights(checkpoint["state_dict"])
    except Exception as error:  # torch raises whatever a damaged or hostile file makes it raise
        # torch's own message advises to trust the file
        raise ValueError(
            f"{file} is damaged, or no checkpoint of weights alone ({type(error).__name__})"
        ) from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {file} do not fit the run's config: {error}") from error


def _model_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint that has them, else the weights."""
    prefix = AVERAGED if any(key.startswith(AVERAGED) for key in state) else "model."
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def _row(values: np.ndarray) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32)).unsqueeze(0)
