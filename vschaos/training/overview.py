"""What a training is going to work with, as a text."""

from __future__ import annotations

from torch import nn

from vschaos.data.datamodule import SoundData
from vschaos.data.split import describe
from vschaos.models.base import Model


def overview(model: Model, data: SoundData) -> str:
    """Layers, sizes and one batch, as a text."""
    rows = [
        f"  {name:<28} {type(module).__name__:<12} {_shapes(module)}"
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    count = sum(parameter.numel() for parameter in model.parameters())
    batch = data.excerpts[0]
    audio = batch.audio
    levels = f"rms {audio.square().mean().sqrt():.3f}, peak {audio.abs().amax():.3f}"
    labels = [
        f"label: {task}, known of {100 * batch.labels.known[:, row].float().mean():.0f} % of it, "
        + (f"{len(entry.classes)} classes" if entry.is_class else f"{entry.low} to {entry.high}")
        for row, (task, entry) in enumerate(model.vocabularies.items())
    ]
    return "\n".join(
        [
            f"model: {type(model).__name__}, {count:,} parameters, {model.latent_dim} latents, "
            f"{model.sample_rate} Hz, hop {model.hop_length}",
            *rows,
            f"data: {_sides(data)}",
            f"batch: {list(audio.shape)} samples, {levels}",
            *labels,
        ]
    )


def _sides(data: SoundData) -> str:
    store = data.excerpts.store
    sides = [describe(data.split, "train", "to learn from", store)]
    if data.split.held_out:
        sides.append(describe(data.split, "held_out", "held out", store))
    return ", ".join(sides)


def _shapes(module: nn.Module) -> str:
    return "  ".join(
        f"{name} {list(parameter.shape)}"
        for name, parameter in module.named_parameters(recurse=False)
    )
