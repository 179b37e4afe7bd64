"""Diagrams show every module, in the order of its cables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vschaos.pictures.diagram import columns, draw_diagram, picture_of_diagram

CABLES = [("osc", "filter", ""), ("filter", "out", ""), ("lfo", "filter", "sweep")]


def test_a_module_stands_after_all_that_feed_it() -> None:
    found = columns(["osc", "filter", "out", "lfo"], CABLES)
    assert all(found[source] < found[target] for source, target, _ in CABLES)


def test_a_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="must form no ring"):
        columns(["a", "b"], [("a", "b", ""), ("b", "a", "")])


def test_a_cable_more_is_seen(tmp_path: Path) -> None:
    one = picture_of_diagram(["osc", "filter", "out"], CABLES)
    other = picture_of_diagram(["osc", "filter", "out"], [*CABLES, ("lfo", "out", "tremolo")])
    assert one.shape == other.shape
    assert (np.abs(one.astype(int) - other) > 50).any()
    draw_diagram(tmp_path / "chain.png", ["osc", "filter", "out"], CABLES)
    assert (tmp_path / "chain.png").stat().st_size > 1000
