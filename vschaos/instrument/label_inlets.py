"""Inlets by which labels condition a stream."""

import math

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Control
from vschaos.labels import Labels, Vocabulary


def label_control(task: str, vocabulary: Vocabulary) -> Control:
    """The inlet for a label. Values below its range mean "unknown", far below where the range
    includes negative numbers."""
    if vocabulary.is_class:
        last = float(len(vocabulary.classes) - 1)
        classes, unseen = vocabulary.classes, vocabulary.unseen
        return Control(task, 0.0, last, "class", classes, unknown_below=0.0, unseen=unseen)
    low, high = vocabulary.low, vocabulary.high
    bound = 0.0 if low >= 0 else low - (high - low)
    return Control(task, low, high, "number", unknown_below=bound)


class LabelInlets(nn.Module):
    """Values of inlets to labels.

    Args:
        controls: of all L tasks of a model, by `label_control`.
    """

    unknown_below: Tensor

    def __init__(self, controls: list[Control]) -> None:
        super().__init__()
        bounds = [float(control.unknown_below or 0.0) for control in controls]
        self.register_buffer("unknown_below", torch.tensor(bounds).float().unsqueeze(1))

    def forward(self, given: Tensor, tasks: list[int]) -> Labels:
        """Rows `[B, R, N]` for those R tasks -> labels `[B, L, N]`, the others unknown."""
        shape = (given.shape[0], self.unknown_below.shape[0], given.shape[2])
        values = torch.full(shape, -math.inf, device=given.device)
        for row, task in enumerate(tasks):
            values[:, task] = given[:, row]
        return Labels(values, values >= self.unknown_below)
