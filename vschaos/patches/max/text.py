"""Words as Max writes them in a box: names of receivers, and numbers."""

from __future__ import annotations

from vschaos.patches.layout import hyphened


def name_of(prefix: str, control: str) -> str:
    """The receiver of a control.

    >>> name_of("example", "latent 1")
    'example-latent-1'
    """
    return f"{prefix}-{hyphened(control)}"


def own_name(prefix: str, name: str) -> str:
    """A name that one patch alone knows: Max writes a number of the open patch for `#0`, and so
    another patch of the same name does not receive it."""
    return f"#0-{name_of(prefix, name)}"


def decimal(value: float) -> str:
    """A number with a point, which makes it a float in Max."""
    return f"{value:.6g}" if "." in f"{value:.6g}" else f"{value:.6g}."


def quoted(name: str) -> str:
    """A name as one word in a box."""
    if not name or set(name) & set(' ,;$"\\\t'):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name
