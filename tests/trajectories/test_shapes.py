"""Walks have their shape, stay about the prior and repeat by their seed."""

from __future__ import annotations

import numpy as np
import pytest

from vschaos.instrument.controls import Control
from vschaos.trajectories import (
    KINDS,
    control_trajectory,
    resample_frames,
    smooth_step,
    trajectory,
)

FRAME_RATE = 86.0


def _walk(kind: str, dim: int = 8, num_frames: int = 500, seed: int = 0) -> np.ndarray:
    return trajectory(kind, dim, num_frames, FRAME_RATE, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [1, 2, 3, 16])
@pytest.mark.parametrize("num_frames", [1, 2, 3, 700])
def test_any_size_is_possible(kind: str, dim: int, num_frames: int) -> None:
    walk = _walk(kind, dim, num_frames)
    assert walk.shape == (dim, num_frames)
    assert walk.dtype == np.float32
    assert np.isfinite(walk).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_repeats_and_another_differs(kind: str) -> None:
    np.testing.assert_array_equal(_walk(kind, seed=3), _walk(kind, seed=3))
    assert np.abs(_walk(kind, seed=3) - _walk(kind, seed=4)).max() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_the_scale_is_that_of_the_walk(kind: str) -> None:
    once, twice = (
        trajectory(kind, 4, 100, FRAME_RATE, np.random.default_rng(0), scale)
        for scale in (1.0, 2.0)
    )
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)
    still = trajectory(kind, 4, 100, FRAME_RATE, np.random.default_rng(0), 0.0)
    assert not still.any()


@pytest.mark.parametrize("kind", KINDS)
def test_walks_range_about_the_prior(kind: str) -> None:
    walks = np.stack([_walk(kind, dim=16, seed=seed) for seed in range(40)])
    rms = np.sqrt(np.square(walks).mean(axis=(1, 2)))
    assert rms.min() > 0.3
    assert rms.max() < 2.0
    assert 0.7 < np.sqrt(np.square(rms).mean()) < 1.3
    assert np.abs(walks).max() < 6.0
    assert np.abs(walks.mean()) < 0.3  # no side is preferred


@pytest.mark.parametrize("kind", KINDS)
def test_walks_move_at_a_pace_that_one_can_hear(kind: str) -> None:
    walks = np.stack([_walk(kind, seed=seed) for seed in range(10)])
    steps = np.sqrt(np.square(np.diff(walks)).mean(axis=(1, 2)))
    assert (walks.std(axis=2).mean(axis=1) > 0.1).all()
    assert steps.max() < 0.6


@pytest.mark.parametrize("kind", ["sin", "triangle", "line", "ellipse", "circle", "helix"])
def test_smooth_kinds_do_not_depend_on_the_frame_rate(kind: str) -> None:
    coarse = trajectory(kind, 4, 101, 50.0, np.random.default_rng(0))
    fine = trajectory(kind, 4, 201, 100.0, np.random.default_rng(0))
    np.testing.assert_allclose(fine[:, ::2], coarse, atol=1e-5)


def test_a_line_is_straight_and_even() -> None:
    steps = np.diff(_walk("line").astype(np.float64))
    np.testing.assert_allclose(steps, steps[:, :1].repeat(steps.shape[1], axis=1), atol=1e-6)


def test_a_circle_keeps_its_distance_from_a_centre_in_a_plane() -> None:
    for seed in range(5):
        walk = _walk("circle", num_frames=800, seed=seed).T.astype(np.float64)  # [N, Z]
        left, spread, _ = np.linalg.svd(walk - walk.mean(axis=0), full_matrices=False)
        assert spread[2] < 1e-4
        radius = np.ptp(left[:, 0] * spread[0]) / 2
        assert 0.59 < radius / np.sqrt(8) < 1.01  # as far as the points of the prior lie
        # points of a sphere about c obey |x|^2 = 2 c x + constant
        square = np.square(walk).sum(axis=1)
        terms = np.hstack([2 * walk, np.ones((len(walk), 1))])
        solution = np.linalg.lstsq(terms, square, rcond=1e-5)[0]
        np.testing.assert_allclose(terms @ solution, square, atol=1e-4 * square.max())


def test_a_helix_is_a_circle_that_travels() -> None:
    walk = _walk("helix", dim=16, num_frames=5000)
    travelled = walk[:, 2500:].mean(axis=1) - walk[:, :2500].mean(axis=1)
    assert np.linalg.norm(travelled) == pytest.approx(np.sqrt(16), rel=0.3)
    assert np.linalg.svd(walk - walk.mean(axis=1, keepdims=True), compute_uv=False)[3] < 1e-3


def test_a_square_has_two_values_a_saw_one_slope() -> None:
    assert all(len(np.unique(row)) == 2 for row in _walk("square", num_frames=2000))
    for row in np.diff(_walk("saw", num_frames=2000)):
        assert (row > 0).mean() > 0.98
        np.testing.assert_allclose(row[row > 0], np.median(row), atol=1e-5)


def test_a_random_walk_has_the_variance_and_the_memory_of_the_prior() -> None:
    walk = trajectory("random", 64, 20_000, FRAME_RATE, np.random.default_rng(0))
    assert walk.var() == pytest.approx(1.0, abs=0.05)
    assert walk[:, :5000].var() == pytest.approx(walk[:, -5000:].var(), abs=0.1)
    assert walk[:, 0].var() == pytest.approx(1.0, abs=0.7)  # of 64 values, four deviations
    lag = round(FRAME_RATE / 2)  # half a second
    kept = (walk[:, lag:] * walk[:, :-lag]).mean()
    assert kept == pytest.approx(np.exp(-1), abs=0.05)


def test_an_interpolation_rests_at_its_points() -> None:
    walk = _walk("interpolation", num_frames=round(8 * FRAME_RATE) + 1)
    speed = np.linalg.norm(np.diff(walk), axis=0)
    at_points = [round(2 * number * FRAME_RATE) for number in range(4)]
    between = [round((2 * number + 1) * FRAME_RATE) for number in range(4)]
    assert speed[at_points].max() < 0.1 * speed[between].min()


def test_impossible_trajectories_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sin, square.*interpolation, got 'spiral'"):
        _walk("spiral")
    with pytest.raises(ValueError, match="at least 1 frame, got 0"):
        _walk("sin", num_frames=0)


def test_frames_are_read_at_an_even_pace() -> None:
    frames = np.arange(5.0)[None]
    assert resample_frames(frames, 5).tolist() == [[0, 1, 2, 3, 4]]
    assert resample_frames(frames, 3).tolist() == [[0, 2, 4]]
    assert resample_frames(frames, 9)[0, [0, -1]].tolist() == [0, 4]
    assert (np.diff(resample_frames(frames, 9)) >= 0).all()
    assert resample_frames(frames[:, :1], 4).tolist() == [[0, 0, 0, 0]]


def test_a_smooth_step_starts_and_ends_without_speed() -> None:
    position = np.linspace(0, 1, 1001)
    step = smooth_step(position)
    assert (step[0], step[500], step[-1]) == pytest.approx((0, 0.5, 1))
    assert (np.diff(step) >= 0).all()
    assert max(np.diff(step)[[0, -1]]) < 1e-5


PITCH = Control("pitch", 36.0, 84.0, "MIDI note", default=60.0, movement="uniform")
CONTROLS = [
    Control("latent 1", -3.0, 3.0, "sigma"),
    PITCH,
    PITCH._replace(name="vibrato", movement="held"),
    PITCH._replace(name="loudness", low=-60.0, high=0.0, movement="gaussian"),
    Control("on", 0.0, 1.0, "gate", movement="gate"),
    Control("timbre", 0.0, 2.0, "class", ("reed", "bell", "pad"), movement="uniform"),
]


def _moved(kind: str, num_frames: int = 4000, scale: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(0)
    return control_trajectory(kind, CONTROLS, num_frames, FRAME_RATE, random, scale)


@pytest.mark.parametrize("kind", KINDS)
def test_each_control_moves_in_its_own_unit_and_way(kind: str) -> None:
    latent, pitch, vibrato, loudness, gate, timbre = _moved(kind)
    assert np.abs(latent).max() < 6.0
    assert 36.0 <= pitch.min() < pitch.max() <= 84.0
    assert (vibrato == 60.0).all()
    assert -120.0 < loudness.min() < loudness.max() < 60.0
    assert set(gate) <= {0.0, 1.0}
    assert set(timbre) <= {0.0, 1.0, 2.0}


def test_a_uniform_control_covers_its_range_evenly_and_a_gate_is_half_open() -> None:
    _, pitch, _, loudness, gate, timbre = _moved("random", 40_000)
    shares = np.histogram(pitch, 8, (36.0, 84.0))[0] / len(pitch)
    np.testing.assert_allclose(shares, 1 / 8, atol=0.04)  # some 900 independent values
    assert loudness.mean() == pytest.approx(-30.0, abs=3.0)
    assert loudness.std() == pytest.approx(15.0, abs=1.5)
    assert gate.mean() == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(np.bincount(timbre.astype(int)) / len(timbre), 1 / 3, atol=0.08)


@pytest.mark.parametrize("kind", KINDS)
def test_latents_move_as_through_a_standard_normal_space(kind: str) -> None:
    latents = [Control(f"latent {k + 1}", -3.0, 3.0, "sigma") for k in range(8)]
    random = np.random.default_rng(0)
    moved = control_trajectory(kind, latents, 500, FRAME_RATE, random)
    np.testing.assert_array_equal(moved, _walk(kind))


def test_without_scale_controls_rest_in_the_middle_of_their_range() -> None:
    assert _moved("sin", 3, 0.0)[:4, 0].tolist() == [0.0, 60.0, 60.0, -30.0]
    held = [PITCH._replace(movement="held")] * 2
    still = control_trajectory("circle", held, 3, FRAME_RATE, np.random.default_rng(0))
    assert still.tolist() == [[60.0] * 3] * 2
