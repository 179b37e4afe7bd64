"""Monitoring logs a training without changing it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.test_configs import TINY, composed
from tests.training.monitoring.puppet import Player, Puppet, Sine, material
from vschaos import load_run
from vschaos.demo.sounds import Note, write_dataset
from vschaos.training import train
from vschaos.training.monitoring import Monitoring, callback
from vschaos.training.monitoring.callback import evaluating
from vschaos.training.monitoring.shows import Snapshot, show_reconstructions

RATE = 8000
WINDOW = ["model.transform.n_fft=512", "model.transform.hop_length=128"]
MONITORING = {
    "_target_": "vschaos.training.monitoring.Monitoring",
    "share": 1.0,
    "num_sounds": 2,
    "seconds": 0.3,
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    pitches = [Note("reed", pitch, octave, "loud") for pitch in (0, 4, 8) for octave in (3, 4)]
    write_dataset(folder, RATE, pitches)
    return folder


def settings(
    notes: Path, rundir: Path, monitoring: dict[str, Any] | None, recipe: str = "dgt_small"
) -> dict[str, Any]:
    config = composed(
        recipe, "name=run", f"rundir={rundir}", f"data.dataset.root={notes}",
        "data.dataset.held_out=0.4", *WINDOW, *TINY,
    )  # fmt: skip
    config["training"]["monitoring"] = monitoring
    return config


def trained(config: dict[str, Any]) -> Path:
    folder = train(config)
    assert folder is not None
    return folder


def events_of(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder / "logs"))
    events.Reload()
    return events


@pytest.fixture(scope="module")
def monitored_run(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of two epochs, with labels."""
    rundir = tmp_path_factory.mktemp("monitored")
    return trained(settings(notes, rundir, MONITORING, "dgt_pitch_prediction"))


@pytest.fixture(scope="module")
def monitored(monitored_run: Path) -> EventAccumulator:
    """Its logs."""
    return events_of(monitored_run)


def test_all_tags_are_logged(monitored: EventAccumulator) -> None:
    tags = monitored.Tags()
    assert {
        *("train/log_magnitude", "train/kl", "train/leak", "train/total", "weight/kl"),
        *("val/log_spectral_distance", "val/pitch_accuracy"),
        *("training/learning_rate", "training/gradient_norm", "training/monitoring_share"),
        *("latents/active_dimensions", "latents/kl_nats"),
        *("labels/pitch_effect_db", "labels/octave_effect_db"),
    } <= set(tags["scalars"])
    assert set(tags["images"]) == {
        *("reconstructions", "prior", "trajectories", "sweep/pitch", "sweep/octave"),
        *("latents/kl_nats", "latents/by_pitch", "latents/by_octave"),
    }
    assert set(tags["audio"]) == {
        *(f"reconstruction_{n}/{side}" for n in (1, 2) for side in ("input", "output")),
        *(f"prior/temperature_{temperature}" for temperature in (0.5, 1.0, 1.5)),
        *(f"trajectories/{kind}" for kind in ("sin", "random", "line")),
        *("sweep/pitch", "sweep/octave"),
    }
    assert set(tags["histograms"]) == {f"latents/dimension_{n}" for n in range(1, 9)}
    assert tags["tensors"] == ["findings/text_summary"]


def test_losses_are_logged_once_and_pictures_as_epochs_double(monitored: EventAccumulator) -> None:
    assert [event.step for event in monitored.Scalars("train/total")] == [0]
    assert [event.step for event in monitored.Images("reconstructions")] == [3, 6]
    assert [event.step for event in monitored.Scalars("latents/kl_nats")] == [3, 6]
    assert monitored.Scalars("training/gradient_norm")[0].value > 0


def test_pictures_are_not_empty(monitored: EventAccumulator) -> None:
    for tag in monitored.Tags()["images"]:
        for event in monitored.Images(tag):
            picture = Image.open(io.BytesIO(event.encoded_image_string))
            assert picture.format == "PNG"
            assert picture.size == (event.width, event.height)
            assert np.asarray(picture).std() > 10, tag


def test_sounds_are_audible(monitored: EventAccumulator) -> None:
    for tag in monitored.Tags()["audio"]:
        for event in monitored.Audio(tag):
            sound, rate = soundfile.read(io.BytesIO(event.encoded_audio_string))
            assert rate == RATE
            assert 0.0 < np.abs(sound).max() < 1.0, tag
    length = {tag: monitored.Audio(tag)[-1].length_frames for tag in monitored.Tags()["audio"]}
    assert length["reconstruction_1/output"] == length["reconstruction_1/input"] == 0.3 * RATE
    assert length["sweep/pitch"] == 12 / 5 * length["sweep/octave"]  # octaves 0 to 4


def test_without_labels_nothing_is_swept(notes: Path, tmp_path: Path) -> None:
    tags = events_of(trained(settings(notes, tmp_path, MONITORING))).Tags()
    assert "latents/by_file" in tags["images"]
    shown = (*tags["images"], *tags["audio"], *tags["scalars"])
    assert not [tag for tag in shown if tag.startswith(("sweep", "labels", "latents/by_pitch"))]


def weights(folder: Path) -> dict[str, Any]:
    file = folder / "checkpoints" / "last.ckpt"
    checkpoint: dict[str, Any] = torch.load(file, weights_only=True)
    optimizer = checkpoint["optimizer_states"][0]["state"]
    moments = {f"{n}/{key}": value for n, each in optimizer.items() for key, value in each.items()}
    return {**checkpoint["state_dict"], **moments}


def test_monitoring_does_not_change_the_weights(
    notes: Path, tmp_path: Path, monitored_run: Path
) -> None:
    recipe = "dgt_pitch_prediction"
    unmonitored = weights(trained(settings(notes, tmp_path, None, recipe)))
    monitored = weights(monitored_run)
    assert monitored.keys() == unmonitored.keys()
    for name, value in unmonitored.items():
        assert torch.equal(monitored[name], value), name


def test_resuming_with_monitoring_is_exact(notes: Path, tmp_path: Path) -> None:
    unbroken = weights(trained(settings(notes, tmp_path / "unbroken", None)))
    broken = settings(notes, tmp_path / "broken", {**MONITORING, "num_sounds": 1})
    broken["training"]["schedule"]["total_steps"] = 6
    broken["trainer"]["max_steps"] = 3
    trained(broken)
    resumed = weights(
        trained({**broken, "trainer": {**broken["trainer"], "max_steps": 6}, "resume": True})
    )
    for name, value in unbroken.items():
        assert torch.equal(resumed[name], value), name


def test_random_state_and_mode_are_restored() -> None:
    model = Puppet().train()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with evaluating(model, torch.device("cpu")):
        assert not model.training
        torch.rand(100)
    assert model.training
    assert torch.equal(torch.rand(3), expected)


def test_without_a_share_the_end_is_shown_alone(notes: Path, tmp_path: Path) -> None:
    events = events_of(trained(settings(notes, tmp_path, {**MONITORING, "share": 0.0})))
    assert [event.step for event in events.Images("reconstructions")] == [6]


def test_it_can_be_switched_off(notes: Path, tmp_path: Path) -> None:
    tags = events_of(trained(settings(notes, tmp_path, None))).Tags()
    assert tags["images"] == tags["audio"] == []
    assert "train/total" in tags["scalars"]


def test_a_failure_ends_monitoring_and_not_the_training(
    notes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(snapshot: Snapshot) -> None:
        raise OSError("the disk is full")

    monkeypatch.setitem(callback.SHOWS, "latents", fail)
    folder = trained(settings(notes, tmp_path, MONITORING))
    assert load_run(folder).folder == folder
    assert caplog.text.count("the disk is full") == 1
    assert "monitoring failed and is off" in caplog.text


def test_a_loud_sound_is_attenuated_and_not_clipped() -> None:
    logged: dict[str, np.ndarray] = {}

    class Writer:
        def add_audio(self, tag: str, sound: np.ndarray, step: int, rate: int) -> None:
            logged[tag] = sound

        def add_image(self, *picture: Any, **options: Any) -> None: ...

    puppet = Puppet()
    snapshot: Any = Snapshot(Writer(), 0, puppet, material(puppet), 0.5)  # type: ignore[arg-type]
    show_reconstructions(snapshot)
    loud, soft = logged["reconstruction_3/output"], logged["reconstruction_3/input"]
    assert np.abs(loud).max() <= 0.98
    np.testing.assert_allclose(loud / np.abs(loud).max(), soft / np.abs(soft).max(), atol=1e-6)
    snapshot.show_sound("broken", np.array([np.nan, np.inf, 0.5]))
    np.testing.assert_array_equal(logged["broken"], [0.0, 0.0, 0.5])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Puppet(), {"reconstruction_1", "sweep", "trajectories", "prior"}),
        (Sine(), {"reconstruction_1", "trajectories"}),
        (Player(), set()),
    ],
)
def test_a_model_is_shown_as_its_capabilities_allow(model: Player, expected: set[str]) -> None:
    tags = []

    class Writer:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda tag, *values, **options: tags.append((name, tag))

    writer: Any = Writer()
    for show in callback.SHOWS.values():
        show(Snapshot(writer, 0, model, material(model), 0.5))
    sounds = {tag.partition("/")[0] for name, tag in tags if name == "add_audio"}
    assert {tag for tag in sounds if not tag.endswith(("_2", "_3"))} == expected
    numbers = {tag for name, tag in tags if name == "add_scalar"}
    assert ("latents/kl_nats" in numbers) == isinstance(model, Puppet)


@pytest.mark.parametrize("wrong", [{"num_sounds": 0}, {"seconds": 0.0}, {"share": 2.0}])
def test_invalid_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"training\.monitoring"):
        Monitoring(**wrong)
