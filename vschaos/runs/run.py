"""A run that is opened: its model, and what one does with it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.latents import LatentPrior, PriorSampler
from vschaos.models.base import Model
from vschaos.runs.prior import read_prior
from vschaos.runs.reading import find_version, read_config, read_split, read_vocabularies
from vschaos.targets import build, find_target

AVERAGED = "averaged.module."  # in a checkpoint, before the weights' mean
Given = Mapping[str, str | float | np.ndarray]  # labels, by task


@dataclass(frozen=True)
class Run:
    """A trained model and how it came about.

    Attributes:
        folder: `.../version_N`.
        checkpoint: the file that the weights come from.
        config: the resolved configuration, plain mappings and values.
        vocabularies: of each label that the model knows.
        split: names of the files learnt from (`train`) and held out (`held_out`), `parts` of those
            that are cut in time, and `digests` of the files' bytes.
        model: in evaluation mode, on the CPU.
        prior: of what the model's sounds go through in time, if it was learnt.
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

    def encode(
        self, audio: np.ndarray, labels: Given | None = None, temperature: float = 0.0
    ) -> np.ndarray:
        """Sound `[T]` at `sample_rate` -> latents `[Z, N]`.

        Args:
            labels: by task, a class's name or number, or numbers for each frame `[N]`, NaN where
                nothing is known; tasks left out are unknown, and heard by the model if it can.
            temperature: 0 gives the likeliest latents, 1 draws them as uncertain as learnt.
        """
        with torch.inference_mode():
            stated = self.labels(len(self.model.centres(len(audio))), labels)
            return self.model.encode(_row(audio), stated, temperature)[0].numpy()

    def decode(
        self,
        latents: np.ndarray,
        labels: Given | None = None,
        inversion: str | None = None,
    ) -> np.ndarray:
        """Latents `[Z, N]`, or the first K of them, the others being filled in -> sound `[T]` at
        `sample_rate`; `labels` as above, `inversion` is one of the model's."""
        with torch.inference_mode():
            stated = self.labels(latents.shape[1], labels)
            completed = self.model.complete(_row(latents))
            return self.model.decode(completed, stated, inversion)[0].numpy()

    def sample_prior(
        self,
        num_frames: int,
        seed: int = 0,
        labels: Given | None = None,
        temperature: float = 1.0,
    ) -> np.ndarray:
        """Latents `[Z, num_frames]` as the prior draws them, the same for a seed.

        Raises:
            ValueError: the run has no prior.
        """
        if self.prior is None:
            raise ValueError(
                f"the run has no prior of what comes after what: python3 -m vschaos.prior "
                f"{shlex.quote(str(self.checkpoint))} learns it"
            )
        walk = PriorSampler(self.prior)
        walk.begin(seed)
        with torch.inference_mode():
            temperatures = torch.full([1, num_frames], float(temperature))
            found: np.ndarray = walk(temperatures, self.labels(num_frames, labels))[0].numpy()
            return found

    def predict(self, audio: np.ndarray) -> dict[str, np.ndarray]:
        """Sound `[T]` -> what the model hears of each label that it predicts, `[N]`."""
        with torch.inference_mode():
            heard = self.model.predict(_row(audio))[0].numpy()
        return dict(zip(self.model.predicted_tasks, heard, strict=True))

    def reconstruct(
        self,
        audio: np.ndarray,
        labels: Given | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> np.ndarray:
        """Sound `[T]` at `sample_rate` -> the same through the latent space, `[T]`."""
        with torch.inference_mode():
            stated = self.labels(len(self.model.centres(len(audio))), labels)
            return self.model.reconstruct(_row(audio), stated, temperature, inversion)[0].numpy()

    def labels(self, num_frames: int, given: Given | None = None) -> Labels:
        """Labels `[1, L, num_frames]` for the model.

        Raises:
            ValueError: the model is not told such a label, it has no such class, or there is not
                one number for each frame.
        """
        values = np.full((len(self.vocabularies), num_frames), np.nan, dtype=np.float32)
        for task, value in (given or {}).items():
            if task not in self.model.conditioning_tasks:
                told = ", ".join(self.model.conditioning_tasks) or "none"
                raise ValueError(f"the model can be told {told}; {task!r} came")
            row = list(self.vocabularies).index(task)
            if isinstance(value, np.ndarray):
                if value.shape != (num_frames,):
                    raise ValueError(
                        f"{task}: a number for each of {num_frames} frames was expected, "
                        f"{list(value.shape)} came"
                    )
                values[row] = value
                continue
            try:
                values[row] = self.vocabularies[task].value(value)
            except ValueError as error:
                raise ValueError(f"{task}: {error}") from error
        known = ~np.isnan(values)
        return Labels(_row(np.nan_to_num(values)), torch.from_numpy(known)[None])


def load_run(
    path: str | Path,
    version: int | None = None,
    checkpoint: str = "last",
    has_prior: bool = True,
) -> Run:
    """Opens a run with its weights.

    Args:
        path: the folder of a training, of one of its versions, or a checkpoint.
        version: N of `version_N`; the newest that has a checkpoint by default.
        checkpoint: a name in `checkpoints/`, with or without `.ckpt`.
        has_prior: its prior is opened too, if there is one.

    Raises:
        FileNotFoundError: no such run, version or checkpoint.
        ValueError: it is there but is no run of this format, or its weights do not fit its
            configuration.
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
        weights = _of_the_model(checkpoint["state_dict"])
    except Exception as error:  # torch raises whatever a damaged or hostile file makes it raise
        # its message advises to trust the file: not ours to say
        raise ValueError(
            f"{file} is damaged, or no checkpoint of weights alone ({type(error).__name__})"
        ) from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {file} do not fit the run's config: {error}") from error
    if "importance" not in checkpoint:  # of a training from before latents were put in order
        model.eval().order_latents()


def _of_the_model(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The mean of the weights where a training took one, else the weights."""
    prefix = AVERAGED if any(key.startswith(AVERAGED) for key in state) else "model."
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def _row(values: np.ndarray) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32)).unsqueeze(0)
