"""A `.ts` that shows a few of the latents is played as one that shows all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.export.playing import hosts
from tests.test_configs import TINY, composed
from tests.tolerances import INAUDIBLE
from vschaos import load_run
from vschaos.export import Host
from vschaos.export.script import export
from vschaos.instrument.instrument import read_instrument
from vschaos.prior import Lesson, learn_prior
from vschaos.runs import Run
from vschaos.training import train

KEPT = 2


@pytest.fixture(scope="module")
def run(write_dataset: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Told the classes of two labels, with a prior."""
    root = tmp_path_factory.mktemp("few")
    dataset = write_dataset(root / "dataset")
    own = [f"rundir={root}/runs", f"data.dataset.root={dataset}", "model.latent.dim=4"]
    folder = train(composed("dgt_pitch_cond", "name=tiny", *TINY, *own))
    assert folder is not None
    learn_prior(load_run(folder), Lesson(steps=30, streams=4, frames=8))
    return load_run(folder)


@pytest.fixture(scope="module")
def path(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(run, tmp_path_factory.mktemp("exported"), num_latents=KEPT)


def controls(run: Run, num_latents: int, num_hops: int) -> np.ndarray:
    """Latents that move slowly, and labels that step through their classes, at the rate of
    sound."""
    frames = np.arange(num_hops)
    latents = np.stack([np.sin(frames / (7.0 + k)) for k in range(num_latents)])
    counts = [len(run.vocabularies[task].classes) for task in run.model.conditioning_tasks]
    labels = np.stack([frames // 10 % (count + 1) - 1 for count in counts])  # -1: unknown
    return np.concatenate([latents, labels]).repeat(run.model.hop_length, axis=1)


@pytest.fixture(scope="module")
def host_of(path: Path) -> Callable[..., Host]:
    return hosts(path)


def played(host_of: Callable[..., Host], method: str, sound: np.ndarray, hops: int) -> np.ndarray:
    """Inverted by `scan`, in which rounding does not grow from frame to frame as in `rtisi`."""
    torch.manual_seed(0)
    host = host_of(method)
    host.set("inversion_mode", "scan")
    host.buffer_size = hops * host.buffer_size
    output = host.process(sound)
    assert not host.failures
    return output


def test_its_card_and_patches_show_these_and_every_label(path: Path) -> None:
    assert path.stem == f"tiny_{KEPT}_latents"
    instrument = read_instrument(path)
    encode, decode = instrument.method("encode"), instrument.method("decode")
    assert encode is not None
    assert decode is not None
    latents = [f"latent {k + 1}" for k in range(KEPT)]
    assert [outlet.name for outlet in encode.outlets] == latents
    assert [inlet.name for inlet in decode.inlets] == [*latents, "pitch", "octave"]
    assert all(len(inlet.classes) > 1 for inlet in decode.inlets[KEPT:])
    for ending in (".pd", ".maxpat"):
        patch = path.with_suffix(ending).read_text(encoding="utf-8")
        assert path.stem in patch


@pytest.mark.parametrize("method", ["decode", "generate"])
def test_blocks_sound_as_one_call_whatever_the_labels(
    run: Run, host_of: Callable[..., Host], method: str
) -> None:
    shown = KEPT if method == "decode" else 1
    stated = controls(run, shown, 64)
    if method == "generate":
        stated[0] = np.abs(stated[0])  # a temperature
    whole = played(host_of, method, stated, 64)
    assert np.abs(whole).max() > 1e-4
    for hops in (1, 4, 16):
        np.testing.assert_allclose(played(host_of, method, stated, hops), whole, atol=INAUDIBLE)
    other = stated.copy()
    other[shown:, : stated.shape[1] // 2] = 1.0
    assert np.abs(played(host_of, method, other, 64) - whole).max() > 1e-4


def test_the_others_are_filled_in_as_in_python(run: Run, path: Path) -> None:
    """Magnitudes of the sound are near those that the run decodes of all latents, completed."""
    stated = torch.from_numpy(controls(run, KEPT, 48)[:, :: run.model.hop_length]).float()[None]
    model = torch.jit.load(str(path)).eval()
    model.get_methods()
    latents = run.model.complete(stated[:, :KEPT])
    labels = run.model.stream().labels(stated[:, KEPT:], [0, 1])
    with torch.inference_mode():
        expected = run.model.decode_magnitudes(latents, labels)
        sound = model.decode(stated)[:, 0]
        found = run.model.representation().transform(sound).abs()
    lag = found.shape[2] - expected.shape[2]
    assert abs(lag) <= 8
    levels = [level_db(part[:, :, 8:40]) for part in (found, expected)]
    assert abs(levels[0] - levels[1]) < 3.0


@pytest.mark.slow
def test_forward_has_all_of_them(run: Run, host_of: Callable[..., Host], tmp_path: Path) -> None:
    complete = hosts(export(run, tmp_path, has_patches=False))
    random = np.random.default_rng(0)
    sound = 0.1 * random.standard_normal((3, 32 * run.model.hop_length))
    sound[1:] = 1.0
    np.testing.assert_allclose(
        played(host_of, "forward", sound, 4), played(complete, "forward", sound, 4), atol=INAUDIBLE
    )


def level_db(magnitudes: Tensor) -> float:
    return float(20 * torch.log10(magnitudes.square().mean().sqrt()))
