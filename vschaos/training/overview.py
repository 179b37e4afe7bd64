"""The model, the data and a batch of a training, as a text."""

from __future__ import annotations

from torch import nn

from vschaos.batch import Batch
from vschaos.data.datamodule import DataModule
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder


def overview(model: Model, data: DataModule) -> str:
    """Layers, sizes and one batch, as a text."""
    rows = [
        f"  {name:<28} {type(module).__name__:<12} {_shapes(module)}"
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    count = sum(parameter.numel() for parameter in model.parameters())
    latents = f"{model.latent_dim} latents, " if isinstance(model, Autoencoder) else ""
    batch = data.training[0]
    audio = batch.audio
    levels = f"rms {audio.square().mean().sqrt():.3f}, peak {audio.abs().amax():.3f}"
    labels = [
        f"label: {task}, known of {100 * batch.labels.known[:, row].float().mean():.0f} % of it, "
        + (f"{len(entry.classes)} classes" if entry.is_class else f"{entry.low} to {entry.high}")
        for row, (task, entry) in enumerate(model.vocabularies.items())
    ]
    return "\n".join(
        [
            f"model: {type(model).__name__}, {count:,} parameters, {latents}"
            f"{model.sample_rate} Hz, hop {model.hop_length}",
            *rows,
            f"data: {data.describe()}",
            f"batch: {list(audio.shape)} samples, {levels}",
            *labels,
            *(f"feature: {name}, {list(values.shape)}" for name, values in batch.features.items()),
            *(
                f"target: {name}, {values.amin():g} to {values.amax():g}"
                for name, values in batch.targets.items()
            ),
            *_beside(batch),
        ]
    )


def _beside(batch: Batch) -> list[str]:
    if batch.unlabelled is None:
        return []
    return [f"beside it: {list(batch.unlabelled.audio.shape)} samples of sounds without targets"]


def _shapes(module: nn.Module) -> str:
    return "  ".join(
        f"{name} {list(parameter.shape)}"
        for name, parameter in module.named_parameters(recurse=False)
    )
