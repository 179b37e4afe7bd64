"""What cannot work fails before the sounds are read, and trying it out changes nothing."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import Curve, assert_same, kept
from vschaos.data import sounds
from vschaos.export import script_stream
from vschaos.models.base import Model
from vschaos.training import train
from vschaos.training.assembly import assemble
from vschaos.training.sanity import room_for_checkpoints


def export(model: Model) -> None:
    script_stream(model.stream().eval(), model.sample_rate).get_methods()


def test_trying_out_changes_nothing(config: dict[str, Any], curve: Curve) -> None:
    plain = train(copy.deepcopy(config))
    expected = [*curve.losses]
    curve.losses.clear()
    tried = train(copy.deepcopy(config), try_export=export)
    assert plain is not None
    assert tried is not None
    assert curve.losses == expected
    assert_same(kept(tried), kept(plain))


def test_what_is_drawn_afterwards_is_the_same(config: dict[str, Any]) -> None:
    drawn = []
    for try_export in (None, export):
        _, learner = assemble(config, try_export=try_export)
        drawn.append((torch.rand(3), learner.state_dict()))
    assert_same(drawn[1], drawn[0])


@pytest.fixture
def no_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*given: object, **named: object) -> None:
        pytest.fail("the sounds were read before it failed")

    monkeypatch.setattr(sounds, "open_store", opened)


def _fails(model: Model) -> None:
    raise RuntimeError("no operator of that name")


@pytest.mark.usefixtures("no_sounds")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training.optimizer.leaning_rate": 1}, "leaning_rate"),
        ({"training.schedule.total_step": 1}, "total_step"),
        ({"training.weights.klx": {}}, "klx"),
        ({"rundir": "/proc/none"}, "rundir=/proc/none cannot be written"),
        ({"training.keep_every_epochs": 1, "trainer.max_steps": 10**12}, "the checkpoints need"),
    ],
)
def test_it_fails_before_the_sounds_are_read(
    config: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    config["training"]["weights"]["klx"] = config["training"]["weights"]["kl"]
    if "training.weights.klx" not in changes:
        del config["training"]["weights"]["klx"]
    for key, value in changes.items():
        section, *names = config, *key.split(".")
        for name in names[:-1]:
            section = section[name]
        if value != {}:
            section[names[-1]] = value
    with pytest.raises(ValueError, match=message):
        train(config, try_export=export)
    assert not Path(config["rundir"]).exists()


@pytest.mark.usefixtures("no_sounds")
def test_a_model_that_cannot_be_exported_is_not_trained(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"could not be exported .* no operator of that name"):
        train(config, try_export=_fails)


def test_room_for_checkpoints_is_what_they_take(config: dict[str, Any]) -> None:
    config["training"]["keep_every_epochs"] = 1
    config["trainer"]["max_steps"] = 12
    config["model"]["encoder"]["hidden_dims"] = [256]  # weights rather than what goes with them
    folder = train(config)
    assert folder is not None
    _, learner = assemble(config)
    written = sum(file.stat().st_size for file in folder.glob("checkpoints/*.ckpt"))
    one = (folder / "checkpoints" / "last.ckpt").stat().st_size
    assert room_for_checkpoints(learner.model, config) == pytest.approx(written + one, rel=0.1)


def test_a_batch_without_a_finite_loss_is_not_begun_with(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "vschaos.data.augment.Gain.draw",
        lambda self, count, random: torch.full((count, 1), float("nan")),
    )
    with pytest.raises(FloatingPointError, match=r"before the first step the loss is nan.*check"):
        train(config)
    assert not Path(config["rundir"]).exists()
