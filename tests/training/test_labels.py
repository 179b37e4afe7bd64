"""Labels are checked against the settings before a training, and judged during it by name."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.test_configs import TINY, composed
from vschaos import load_run
from vschaos.data.cache.store import open_store
from vschaos.data.metadata.labels import DatasetLabels, read_labels
from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.training import train
from vschaos.training.assembly import assemble, num_classes
from vschaos.training.learner import Learner
from vschaos.training.overview import overview

TASKS = ("pitch", "octave", "brightness")


def read(
    root: Path, balance: list[str] | None = None, channel: str = "mix", **sections: Any
) -> DatasetLabels:
    """Labels as a configuration asks for them, in `conditioning` and `prediction`."""
    model = {
        section: {name: {"dim": dim} for name, dim in entries.items()}
        for section, entries in sections.items()
    }
    readers = {"brightness": {"type": "float"}}
    return read_labels(root, num_classes(model), balance or [], readers, channel)


def test_labels_are_those_asked_for_in_their_order(dataset: Path) -> None:
    labels = read(
        dataset,
        conditioning={"octave": None, "brightness": None},
        prediction={"pitch": 12, "octave": None},
        balance=["pitch"],
    )
    assert list(labels.vocabularies) == ["octave", "brightness", "pitch"]
    assert labels.vocabularies["pitch"].classes == PITCH_CLASSES
    assert labels.vocabularies["octave"].classes == tuple("01234")
    brightness = labels.vocabularies["brightness"]
    assert (brightness.low, brightness.high) == (0.1, 0.5)
    assert not brightness.is_class
    assert read(dataset) == ({}, {})


def test_labels_to_balance_need_not_be_known_to_the_model(dataset: Path) -> None:
    labels = read(dataset, conditioning={"pitch": 12}, balance=["octave"])
    assert set(labels.tasks) == {"pitch", "octave"}
    assert list(labels.vocabularies) == ["pitch"]
    store = open_store(dataset, 8000, "mix", min_length=1)
    tracks = labels.tracks(store)
    file = next(file for file in store.files if file.name == "data/deep/c.wav")
    values, known = tracks["octave"].at(torch.tensor([file.start, file.start + 3999.0]).numpy())
    assert values.tolist() == [4.0, 4.0]
    assert known.all()


def test_a_vocabulary_may_be_larger_than_the_data(dataset: Path) -> None:
    labels = read(dataset, conditioning={"octave": 7})
    assert labels.vocabularies["octave"].classes == tuple("0123456")
    assert labels.tasks["octave"].vocabulary.classes == tuple("01234")
    labels = read(dataset, conditioning={"pitch": None}, prediction={"pitch": 14})
    assert labels.vocabularies["pitch"].classes == (*PITCH_CLASSES, "12", "13")


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"prediction": {"pitch": 11}},
            r"the dataset has 12 classes of pitch \(A to G#\): .*conditioning\.pitch\.dim and "
            r"model\.prediction\.pitch\.dim must be at least 12, got 11",
        ),
        ({"conditioning": {"octave": 0}}, r"5 classes of octave \(0 to 4\).*, got 0"),
        ({"conditioning": {"octave": "many"}}, r"at least 5, got 'many'"),
        (
            {"conditioning": {"pitch": 12}, "prediction": {"pitch": 13}},
            r"model\.conditioning\.pitch\.dim and model\.prediction\.pitch\.dim must be the same, "
            "got 12 and 13",
        ),
        (
            {"balance": ["pitch", "brightness"]},
            r"data\.loading\.balance must name labels with classes, got brightness, a number",
        ),
    ],
)
def test_what_does_not_suit_the_data_is_refused(
    dataset: Path, sections: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(dataset, **sections)


@pytest.mark.parametrize("section", ["conditioning", "prediction"])
def test_a_label_that_is_not_there_is_refused_with_those_that_are(
    dataset: Path, section: str
) -> None:
    with pytest.raises(FileNotFoundError, match=r"timbre; there are .*: brightness, octave, pitch"):
        read(dataset, **{section: {"timbre": 3}})
    with pytest.raises(FileNotFoundError, match="timbre"):
        read(dataset, balance=["timbre"])


def test_problems_are_announced_with_file_and_line(
    dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = dataset / "metadata" / "octave" / "metadata.txt"
    file.write_text(file.read_text() + "data/nowhere.wav\t3\n" * 12 + "data/a.wav\thigh\n")
    caplog.set_level(logging.INFO)
    read(dataset, conditioning={"octave": None})
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 11
    assert "metadata/octave/metadata.txt:5" in warnings[0]
    assert warnings[-1].startswith("metadata/octave: 3 more lines")
    assert "vschaos check" in warnings[-1]
    assert "octave: 5 classes, 2 files labelled" in caplog.messages[-1]


@pytest.fixture
def config(dataset: Path, tmp_path: Path) -> dict[str, Any]:
    config = composed(
        "dgt_pitch_prediction",
        "name=run",
        f"rundir={tmp_path / 'runs'}",
        f"data.dataset.root={dataset}",
        "data.dataset.held_out=0.5",
        "data.loading.balance=[pitch]",
        *TINY,
    )
    config["data"]["dataset"]["metadata_callbacks"] = {"brightness": {"type": "float"}}
    config["model"]["conditioning"]["brightness"] = {"target": ["encoder"], "embedding": "none"}
    return config


def logged(folder: Path) -> dict[str, float]:
    events = EventAccumulator(str(folder / "logs")).Reload()
    return {tag: events.Scalars(tag)[-1].value for tag in events.Tags()["scalars"]}


def test_a_training_logs_what_labels_add_and_keeps_the_vocabularies(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    found = logged(folder)
    for name in ("pitch_prediction", "octave_prediction", "adversary", "leak", "log_magnitude"):
        assert f"train/{name}" in found
    assert 0.0 <= found["val/pitch_accuracy"] <= 1.0
    assert 0.0 <= found["val/octave_accuracy"] <= 1.0
    assert found["weight/leak"] > 0.0
    kept = json.loads((folder / "vocabularies.json").read_text())
    assert list(kept) == ["pitch", "octave", "brightness"]
    run = load_run(folder)
    assert run.vocabularies == run.model.vocabularies
    assert run.vocabularies["pitch"].classes == PITCH_CLASSES
    assert run.vocabularies["pitch"].unseen_names == ["B", "C#", "D", "D#", "E", "F", "F#", "G"]
    assert run.vocabularies["octave"].unseen == (0, 1, 2)
    assert run.model.conditioning_tasks == ["pitch", "octave", "brightness"]
    assert run.model.predicted_tasks == ["pitch", "octave"]
    assert run.model.labelling.to_encoder.tasks == [2]


def test_the_overview_shows_the_labels_and_how_much_of_them_is_known(
    config: dict[str, Any],
) -> None:
    data, learner = assemble(config)
    said = overview(learner.model, data)
    assert "label: pitch, known of 100 % of it, 12 classes" in said
    assert "label: octave, known of" in said
    assert "label: brightness" in said
    assert "0.1 to 0.5" in said


def test_losses_are_weighted_and_those_without_a_weight_count_once(config: dict[str, Any]) -> None:
    config["training"]["weights"] = {
        "kl": {"_target_": "vschaos.training.learner.LossWeight", "weight": 3.0},
        "leak": {"_target_": "vschaos.training.learner.LossWeight", "weight": 0.5},
    }
    folder = train({**config, "trainer": {**config["trainer"], "max_steps": 1}})
    assert folder is not None
    found = {
        tag.removeprefix("train/"): value
        for tag, value in logged(folder).items()
        if tag.startswith("train/")
    }
    total = found.pop("total")
    weighted = {**found, "kl": 3.0 * found["kl"], "leak": 0.5 * found["leak"]}
    assert total == pytest.approx(sum(weighted.values()), rel=1e-5)
    assert {"adversary", "log_magnitude", "pitch_prediction", "octave_prediction"} <= set(found)


def test_a_weight_for_a_loss_that_is_not_there_is_refused(config: dict[str, Any]) -> None:
    config["model"]["adversary_dims"] = None
    with pytest.raises(ValueError, match=r"must name losses of the model.*octave_pred.*'leak'"):
        train(config)


def test_a_label_that_conditions_the_encoder_is_not_predicted(config: dict[str, Any]) -> None:
    config["model"]["conditioning"]["pitch"]["target"] = ["encoder", "decoder"]
    with pytest.raises(ValueError, match=r"model\.prediction\.pitch is refused: pitch conditions"):
        train(config)
    assert not list(Path(config["rundir"]).glob("*/version_*"))


@pytest.mark.parametrize(
    ("file", "text", "task"),
    [
        ("octave/metadata.txt", "data/a.wav\t7\n", "octave"),
        ("pitch/classes.txt", "0\tA\n1\tA#\n3\tC\n11\tlast\n", "pitch"),
    ],
)
def test_a_training_does_not_resume_with_other_classes(
    config: dict[str, Any], dataset: Path, file: str, text: str, task: str
) -> None:
    """Else weights learnt under one meaning of a number would be read under another."""
    train(config)
    (dataset / "metadata" / file).write_text(text)
    with pytest.raises(ValueError, match=f"the classes of {task} must be those that the training"):
        train({**config, "resume": True, "trainer": {**config["trainer"], "max_steps": 9}})


def test_a_training_resumes_with_the_range_of_numbers_that_it_began_with(
    config: dict[str, Any], dataset: Path
) -> None:
    begun = train(config)
    assert begun is not None
    (dataset / "metadata" / "brightness" / "metadata.txt").write_text("data/a.wav\t0.9\n")
    seen = []
    step = Learner.training_step

    def watched(self: Learner, batch: Any, batch_index: int) -> torch.Tensor:
        seen.append(self.model.vocabularies["brightness"])
        return step(self, batch, batch_index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "training_step", watched)
        folder = train({**config, "resume": True, "trainer": {**config["trainer"], "max_steps": 9}})
    assert folder == begun
    assert set(seen) == {load_run(begun).vocabularies["brightness"]}
    assert seen[0].high == 0.5


def test_labels_of_another_channel_are_announced(
    dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (dataset / "metadata" / "pitch" / "channel.txt").write_text("mix\n")
    read(dataset, conditioning={"pitch": None})
    assert "was extracted from" not in caplog.text
    read(dataset, channel="2", conditioning={"pitch": None})
    assert "pitch was extracted from channel mix, data.dataset.channel=2 is trained" in caplog.text
    assert "extract-pitch" in caplog.text
    assert "--channel 2" in caplog.text
