"""The run folder: what a training leaves, and how it is opened again.

A run lies in `rundir/name/version_N/` and explains itself. Nothing in it is executed when it is
opened: text is parsed as YAML or JSON, weights are tensors alone.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor

from vschaos import __version__
from vschaos.files import written_whole
from vschaos.labels import Labels, Vocabulary
from vschaos.models.base import Model
from vschaos.targets import build, find_target

FORMAT = 2  # of the run folder; 2 since latents are counted in deviations
LIBRARIES = ("torch", "pytorch-lightning", "numpy", "hydra-core", "soundfile", "soxr")

README = """# {name}

A model trained by vschaos {version} on {date}, from the sounds in `{root}`.

| file | what it is |
|---|---|
| `config.yaml` | every setting of the training, resolved |
| `split.json` | the files learnt from, and those held out |
| `vocabularies.json` | the classes or the range of each label |
| `versions.json` | versions of the code and its libraries |
| `checkpoints/last.ckpt`, `best.ckpt` | weights: the newest, and those best on held-out files |
| `checkpoints/epoch_*.ckpt` | weights kept by schedule |
| `logs/` | losses, pictures and sounds; look at them with `tensorboard --logdir {folder}` |

Listen: `python generate.py reconstruct {folder} --files some.wav`
Export: `python script.py {folder}`
"""


Given = Mapping[str, str | float | np.ndarray]  # labels, by task


@dataclass(frozen=True)
class Run:
    """A trained model and how it came about.

    Attributes:
        folder: `.../version_N`.
        checkpoint: the file that the weights come from.
        config: the resolved configuration, plain mappings and values.
        vocabularies: of each label that the model knows.
        split: names of the files learnt from (`train`) and held out (`held_out`).
        model: in evaluation mode, on the CPU.
    """

    folder: Path
    checkpoint: Path
    config: dict[str, Any] = field(repr=False)
    vocabularies: dict[str, Vocabulary] = field(repr=False)
    split: dict[str, list[str]] = field(repr=False)
    model: Model = field(repr=False)

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
        """Latents `[Z, N]` -> sound `[T]` at `sample_rate`; `labels` as above, `inversion` is one
        of the model's."""
        with torch.inference_mode():
            stated = self.labels(latents.shape[1], labels)
            return self.model.decode(_row(latents), stated, inversion)[0].numpy()

    def predict(self, audio: np.ndarray) -> dict[str, np.ndarray]:
        """Sound `[T]` -> what the model hears of each label that it predicts, `[N]`."""
        with torch.inference_mode():
            heard = self.model.predict(_row(audio))[0].numpy()
        return dict(zip(self.model.heard, heard, strict=True))

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
            if task not in self.model.told:
                told = ", ".join(self.model.told) or "none"
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


def load_run(path: str | Path, version: int | None = None, checkpoint: str = "last") -> Run:
    """Opens a run with its weights.

    Args:
        path: the folder of a training, of one of its versions, or a checkpoint.
        version: N of `version_N`; the newest that has a checkpoint by default.
        checkpoint: a name in `checkpoints/`, with or without `.ckpt`.

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
    )


def create_run_folder(rundir: Path, name: str) -> Path:
    """Makes `rundir/name/version_N`, N being the first number that is free."""
    training = rundir / check_name(name)
    number = 0
    while True:
        folder = training / f"version_{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise ValueError(f"rundir={rundir} cannot be written: {error.strerror}") from error
        (folder / "checkpoints").mkdir()
        return folder


def check_name(name: object) -> str:
    """The name of a training, if a folder can be called so."""
    name = str(name)
    if not name or Path(name).name != name or name.startswith(".") or "\0" in name:
        raise ValueError(f"name must be a plain name for a folder; {name!r} came")
    return name


def describe_run(
    folder: Path,
    config: dict[str, Any],
    vocabularies: Mapping[str, Vocabulary],
    split: dict[str, list[str]],
) -> None:
    """Writes all of a run that is known before it begins."""
    versions = {"format": FORMAT, "vschaos": __version__, "python": platform.python_version()}
    versions |= {library: _version(library) for library in LIBRARIES}
    readme = README.format(
        name=config["name"],
        version=__version__,
        date=time.strftime("%Y-%m-%d"),
        root=config["data"]["dataset"]["root"],
        folder=folder,
    )
    _write(folder / "README.md", readme)
    _write(folder / "versions.json", json.dumps(versions, indent=1))
    classes = {task: vocabulary.to_json() for task, vocabulary in vocabularies.items()}
    _write(folder / "vocabularies.json", json.dumps(classes, indent=1, ensure_ascii=False))
    _write(folder / "split.json", json.dumps(split, indent=1, ensure_ascii=False))
    _write(folder / "config.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))


def find_version(path: Path, version: int | None = None) -> Path:
    """The version's folder for the folder of a training, of a version, or a file in it."""
    if version is not None and (path / f"version_{version}").is_dir():
        return path / f"version_{version}"
    if version is not None:
        raise FileNotFoundError(f"there is no version_{version} in {path}")
    # from a training's folder one does not look upwards: a config.yaml there is not ours
    is_inside = path.is_file() or path.name == "checkpoints"
    for candidate in (path, *(path.absolute().parents[:2] if is_inside else ())):
        if (candidate / "config.yaml").is_file():
            return candidate
    versions = sorted(path.glob("version_*/config.yaml"), key=lambda file: _number(file.parent))
    if not versions:
        raise FileNotFoundError(
            f"{path} is not the folder of a training (there is no version_N with a config.yaml)"
        )
    trained = [file for file in versions if any((file.parent / "checkpoints").glob("*.ckpt"))]
    return (trained or versions)[-1].parent


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a version's folder."""
    try:
        config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{folder / 'config.yaml'} is not plain YAML: {error}") from error
    if not isinstance(config, dict) or "model" not in config or "name" not in config:
        raise ValueError(f"{folder / 'config.yaml'} must hold a run's settings (name, model, ...)")
    made_by = _read_json(folder / "versions.json").get("format")
    if made_by != FORMAT:
        raise ValueError(f"{folder} is a run of format {made_by}, this vschaos reads {FORMAT}")
    return config


def read_vocabularies(folder: Path) -> dict[str, Vocabulary]:
    """The labels that the model of a version's folder knows."""
    file = folder / "vocabularies.json"
    try:
        return {task: Vocabulary.from_json(entries) for task, entries in _read_json(file).items()}
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


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


def read_split(folder: Path) -> dict[str, list[str]]:
    """Names of the files that a run learns from (`train`), and of those `held_out`."""
    file = folder / "split.json"
    split = _read_json(file)
    if split.keys() != {"train", "held_out"}:
        raise ValueError(f"{file} must name the files of train and of held_out")
    return split


def _build_model(folder: Path, config: Any, vocabularies: Mapping[str, Vocabulary]) -> Model:
    target = config.get("_target_") if isinstance(config, Mapping) else None
    is_partial = target is not None and config.get("_partial_", False)
    if target is None or is_partial or not issubclass(find_target(target), Model):
        raise ValueError(f"{folder / 'config.yaml'}: model._target_ does not name a model")
    try:
        model: Model = build(config, vocabularies)
    except KeyError as error:
        raise ValueError(f"{folder / 'vocabularies.json'} lacks the label {error}") from error
    return model


def _load_weights(model: Model, file: Path) -> None:
    try:
        state: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)[
            "state_dict"
        ]
        weights = {key.removeprefix("model."): value for key, value in state.items()}
    except Exception as error:  # torch raises whatever a damaged or hostile file makes it raise
        # its message advises to trust the file: not ours to say
        raise ValueError(
            f"{file} is damaged, or no checkpoint of weights alone ({type(error).__name__})"
        ) from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {file} do not fit the run's config: {error}") from error


def _row(values: np.ndarray) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32)).unsqueeze(0)


def _number(folder: Path) -> int:
    number = folder.name.removeprefix("version_")
    return int(number) if number.isdigit() else -1


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the run is not whole: {file} is not there") from error
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file} must hold an object")
    return content


def _write(file: Path, text: str) -> None:
    with written_whole(file, is_durable=True) as partial:
        partial.write_text(text, encoding="utf-8")
