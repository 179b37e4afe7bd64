"""The temporal prior of a run: a file beside its checkpoints, for the weights of one of them."""

from __future__ import annotations

import hashlib
import logging
import shlex
from pathlib import Path
from typing import Any

import torch

from vschaos.files import written_whole
from vschaos.latents import LatentPrior
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled

FORMAT = 2
FOLDER = "priors"  # in the folder of a run
LARGEST = {
    "width": 2048,
    "num_ways": 256,
    "num_places": 65536,
}  # sizes in a file that may come from a stranger
logger = logging.getLogger(__name__)


def prior_file(checkpoint: Path) -> Path:
    """The file of the prior for the weights in a checkpoint."""
    return checkpoint.absolute().parent.parent / FOLDER / f"{checkpoint.stem}.pt"


def make_prior(
    model: Autoencoder, width: int = 128, num_ways: int = 8, num_places: int = 256
) -> LatentPrior:
    """An untrained prior, conditioned on the labels that condition the model."""
    tasks = list(model.vocabularies)
    names = model.conditioning_tasks if isinstance(model, Labelled) else []
    conditioned_on = [tasks.index(name) for name in names]
    return LatentPrior(
        model.latent_dim, model.vocabularies, conditioned_on, width, num_ways, num_places
    )


def write_prior(checkpoint: Path, model: Model, prior: LatentPrior) -> Path:
    """Writes a prior for the weights in a checkpoint."""
    file = prior_file(checkpoint)
    outlook = prior.outlook
    settings = {
        "width": prior.width,
        "num_ways": outlook.num_ways,
        "num_places": outlook.num_places,
    }
    content = {
        "format": FORMAT,
        "weights": fingerprint(model),
        "settings": settings,
        "state_dict": prior.state_dict(),
    }
    with written_whole(file, is_durable=True) as partial:
        torch.save(content, partial)
    return file


def read_prior(checkpoint: Path, model: Model) -> LatentPrior | None:
    """The prior for the weights in a checkpoint, if there is one and it was trained on these.

    Raises:
        ValueError: it is damaged, or has another format.
    """
    file = prior_file(checkpoint)
    if not isinstance(model, Autoencoder) or not file.is_file():
        return None
    again = f"vschaos prior {shlex.quote(str(checkpoint))} trains it again"
    try:
        content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        is_of_these = content["weights"] == fingerprint(model)
        settings = {name: content["settings"][name] for name in LARGEST}
        if content["format"] != FORMAT or not _are_sizes(settings):
            raise ValueError
        prior = make_prior(model, **settings)
        if is_of_these:
            prior.load_state_dict(content["state_dict"], strict=True)
    except Exception as error:  # torch raises whatever a damaged or hostile file makes it raise
        raise ValueError(
            f"{file} is damaged, or no prior of format {FORMAT}: delete it, or {again}"
        ) from error
    if not is_of_these:
        logger.warning("%s was trained for other weights and is left out: %s", file, again)
        return None
    return prior.eval().requires_grad_(False)


def fingerprint(model: Model) -> str:
    """A hash of all weights of a model, which determine its latents."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _are_sizes(settings: dict[str, Any]) -> bool:
    return all(type(n) is int and 1 <= n <= LARGEST[name] for name, n in settings.items())
