"""Points are projected on principal axes and coloured by value."""

from __future__ import annotations

import numpy as np

from vschaos.pictures import picture_of_nats, picture_of_points


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    inner = picture[45:340, 60:390].reshape(-1, 3)
    found, counts = np.unique(inner, axis=0, return_counts=True)
    return {tuple(colour) for colour in found[counts > 20].tolist()}


def test_classes_have_colours_and_the_unknown_is_grey() -> None:
    random = np.random.default_rng(0)
    points = random.standard_normal((2, 300))
    values = np.repeat([0.0, 1.0, 2.0], 100)
    two = picture_of_points(points[:, :200], values[:200], "timbre", ("a", "b", "c"))
    three = picture_of_points(points, values, "timbre", ("a", "b", "c"))
    assert len(colours(three) - colours(two)) > 0
    unknown = picture_of_points(points, values, "timbre", ("a", "b", "c"), values < 0)
    assert all(max(colour) == min(colour) for colour in colours(unknown))


def test_numbers_and_one_dimension_can_be_drawn() -> None:
    points = np.linspace(-1, 1, 50)[None]
    assert picture_of_points(points, points[0], "level").shape == (400, 528, 3)


def test_bars_of_active_dimensions_are_coloured() -> None:
    picture = picture_of_nats(np.array([1.0, 0.01, 2.0]), threshold=0.1).astype(int)
    blue = (picture[:, :, 2] > picture[:, :, 0] + 60).any(axis=0)
    edges = np.flatnonzero(np.diff(blue.astype(int)))
    assert len(edges) == 4  # two bars
