"""Findings of an inspection of a dataset, and their severity."""

from __future__ import annotations

from typing import NamedTuple

ERROR, WARNING, NOTE = SEVERITIES = ("error", "warning", "note")


class Finding(NamedTuple):
    """One thing that is worth telling.

    Attributes:
        severity: `error` (it cannot be used), `warning` (likely not meant) or `note`.
        kind: what findings of the same sort share, in words.
        place: the file, relative to the dataset, perhaps with a line; or the task.
        message: what was found.
    """

    severity: str
    kind: str
    place: str
    message: str
