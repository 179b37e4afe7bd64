"""A sound in segments is the same as in one piece."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.test_configs import TINY, composed
from vschaos import load_run
from vschaos.generation import decode_segments, encode_segments, reconstruct_segments, segments
from vschaos.runs import Run
from vschaos.training import train

SECONDS = 1.5
MEGABYTES_MORE = 150  # for a sound 4 times as long: what an allocator keeps, not the sound's


@pytest.fixture(scope="module", params=["mlp", "causal", "gru"])
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    write_dataset: Callable[[Path], Path],
) -> Run:
    folder = tmp_path_factory.mktemp("segments")
    root = write_dataset(folder / "dataset")
    settings = [f"rundir={folder}/runs", f"data.dataset.root={root}", f"network={request.param}"]
    found = train(composed("dgt_pitch_cond", "name=tiny", *settings, *TINY))
    assert found is not None
    return load_run(found)


@pytest.fixture(autouse=True)
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_SECONDS", 0.4)
    monkeypatch.setattr(segments, "CONTEXT_SECONDS", 0.2)
    monkeypatch.setattr(segments, "CROSSFADE_SECONDS", 0.02)


def _sound(run: Run) -> np.ndarray:
    random = np.random.default_rng(0)
    samples = np.arange(round(SECONDS * run.sample_rate))
    tone = np.sin(2 * np.pi * 300.0 * samples / run.sample_rate)
    return (0.3 * tone + 0.05 * random.normal(size=len(samples))).astype(np.float32)


def _labels(run: Run, num_frames: int) -> dict[str, np.ndarray]:
    return {"pitch": (np.arange(num_frames) // 40 % 12).astype(np.float32)}


def test_latents_are_those_of_the_whole(run: Run) -> None:
    sound = _sound(run)
    whole = run.encode(sound)
    found = encode_segments(run, np.array_split(sound, 7))
    assert found.shape == whole.shape
    # float32; a recurrent network still keeps something of what came before its context
    np.testing.assert_allclose(found, whole, atol=1e-3)


def test_a_reconstruction_with_its_own_phases_is_that_of_the_whole(run: Run) -> None:
    sound = _sound(run)
    labels = _labels(run, len(run.model.centres(len(sound))))
    whole = run.reconstruct(sound, labels, inversion="keep_input")
    blocks = reconstruct_segments(run, np.array_split(sound, 5), labels, inversion="keep_input")
    found = np.concatenate(list(blocks))
    assert found.shape == whole.shape
    # -60 dB of the loudest sample
    np.testing.assert_allclose(found, whole, atol=1e-3 * np.abs(whole).max())


@pytest.mark.parametrize("inversion", ["griffin_lim", "scan"])
def test_a_decoded_sound_has_the_levels_of_the_whole(run: Run, inversion: str) -> None:
    latents = np.random.default_rng(0).normal(size=(run.model.latent_dim, 1))
    num_frames = round(SECONDS * run.sample_rate / run.model.hop_length)
    latents = np.repeat(latents, num_frames, axis=1).astype(np.float32)
    labels = _labels(run, num_frames)
    whole = run.decode(latents, labels, inversion)
    found = np.concatenate(list(decode_segments(run, latents, labels, inversion)))
    assert found.shape == whole.shape
    powers = [
        np.square(sound[: len(sound) // 400 * 400].reshape(-1, 400)).mean(axis=1)
        for sound in (found, whole)
    ]
    level_db = [10 * np.log10(power + 1e-3 * powers[1].max()) for power in powers]
    # phases differ, so that partials of one band beat otherwise, and most in the crossfades
    assert np.median(np.abs(level_db[0] - level_db[1])) < 1.0
    assert abs(10 * np.log10(powers[0].mean() / powers[1].mean())) < 0.5


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length(run: Run, tmp_path: Path) -> None:
    generate = Path(__file__).parents[2] / "generate.py"

    def peak_mb(steps: int) -> float:
        code = (
            "import resource, runpy, sys; from vschaos.generation import segments; "
            "segments.SEGMENT_SECONDS = 5.0; sys.argv = sys.argv[1:]\n"
            "try:\n runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "except SystemExit as end:\n assert not end.code, end.code\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
        )
        words = ["trajectories", run.folder, "--trajectories", "sin", "-b", "1", "-s", steps]
        words += ["--inversion", "scan", "--out", tmp_path]
        done = subprocess.run(
            [sys.executable, "-c", code, generate, *map(str, words)],
            capture_output=True,
            text=True,
            check=True,
            cwd=generate.parent,
        )
        return float(done.stdout.split()[-1])

    frames = round(30.0 * run.sample_rate / run.model.hop_length)
    assert peak_mb(4 * frames) < peak_mb(frames) + MEGABYTES_MORE
