"""Settings of a plug-in come with the whole sounds that they made, and stay on one side."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.plugin.faking import fake_description, render_fake
from tests.training.stub import Level
from vschaos.audio.files import write_audio
from vschaos.batch import Batch
from vschaos.data.loading import Loading
from vschaos.data.presets import Presets
from vschaos.data.sounds import Dataset
from vschaos.plugin.rendering import Job

RATE, COUNT = 8000, 24
ONE_STEP = 1 / 32768  # of 16 bits


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("fake")
    return render_fake(folder / "renders", COUNT, fake_description(folder))


@pytest.fixture
def copy(job: Job, tmp_path: Path) -> Path:
    """Of the dataset, to be spoilt."""
    return Path(shutil.copytree(job.root, tmp_path / "größer als 1"))


def presets(root: Path, seed: int = 0, **settings: float) -> Presets:
    dataset = Dataset(str(root), held_out=settings.pop("held_out", 0.25))
    data = Presets(seed, dataset, Loading(8, 3, 0), **settings)  # type: ignore[arg-type]
    data.read_vocabularies({})
    return data


def opened(root: Path, **settings: float) -> Presets:
    data = presets(root, **settings)
    model = Level({}, RATE, 16, "level")
    model.excerpt_length = round(0.1 * RATE)
    data.open(model)
    return data


def test_each_sound_is_whole_and_has_the_settings_it_was_rendered_with(job: Job) -> None:
    data = opened(job.root)
    batch = data.training[0]
    assert batch.audio.shape == (8, 800)
    assert batch.targets.keys() == {"level", "shape", "note", "velocity", "held_seconds"}
    assert batch.labels.values.shape[1] == 0
    levels, velocities = batch.targets["level"], batch.targets["velocity"] / 127
    # the peak of a tone that the fake plays at that level, between two samples
    peaks = batch.audio.abs().amax(1)
    torch.testing.assert_close(peaks, levels * velocities, rtol=0.05, atol=ONE_STEP)
    assert set(batch.targets["shape"].tolist()) <= {0.0, 1.0, 2.0}
    assert set(batch.targets["note"].tolist()) <= {60.0, 72.0}
    sound = data.validation[0]
    assert sound.audio.shape == (1, 800)
    assert float(sound.audio.abs().max()) == pytest.approx(
        float(sound.targets["level"] * sound.targets["velocity"] / 127), rel=0.05
    )


def test_vocabularies_are_those_of_all_parameters(job: Job) -> None:
    vocabularies = opened(job.root).vocabularies
    assert list(vocabularies) == ["level", "shape", "trap", "echo"]
    assert vocabularies["shape"].classes == ("sine", "square", "cube")
    assert 0 <= vocabularies["level"].low < vocabularies["level"].high <= 1
    # what was not drawn is told by where it stood
    assert {(vocabularies[name].low, vocabularies[name].high) for name in ("trap", "echo")} == {
        (0.0, 0.0)
    }


def test_batches_depend_on_seed_and_number_alone(job: Job) -> None:
    one, again, other = opened(job.root), opened(job.root), opened(job.root, seed=1)
    assert torch.equal(one.training[5].audio, again.training[5].audio)
    assert torch.equal(one.training[5].targets["level"], again.training[5].targets["level"])
    assert not torch.equal(one.training[5].audio, other.training[5].audio)


class Hearer(Level):
    """Sees a number of each sound, once."""

    def prepare(self, batch: Batch) -> Batch:
        self.batches.append(batch)
        return batch._replace(features={"peak": batch.audio.abs().amax(1)[:, None, None]})


def test_what_a_model_sees_of_a_sound_is_found_once(job: Job) -> None:
    data = presets(job.root)
    model = Hearer({}, RATE, 16, "level")
    model.excerpt_length = round(0.1 * RATE)
    data.open(model)
    batches = data.training.together(range(12))
    assert sum(len(batch.audio) for batch in model.batches) <= COUNT
    for batch in (*batches, data.training[3]):
        peaks = batch.audio.abs().amax(1)
        # 11 bits of 16 are those of the number
        torch.testing.assert_close(batch.features["peak"].flatten(), peaks, rtol=2**-10, atol=0)


def test_no_sound_is_on_both_sides_or_cut(job: Job) -> None:
    data = opened(job.root)
    split = data.split_to_json()
    assert not set(split["train"]) & set(split["held_out"])
    assert len(split["train"]) + len(split["held_out"]) == COUNT
    assert len(split["held_out"]) == COUNT // 4
    assert not split.get("parts")
    levels = {float(data.validation[n].targets["level"]) for n in range(len(data.validation))}
    trained = {level for n in range(9) for level in data.training[n].targets["level"].tolist()}
    assert not levels & trained


def test_as_many_sounds_as_asked_for_are_validated_with(job: Job) -> None:
    assert len(opened(job.root, validation_sounds=2).validation) == 2


def test_a_trial_batch_has_targets(job: Job) -> None:
    data = presets(job.root)
    batch = data.trial_batch(Level({}, RATE, 16, "level"))
    assert {len(values) for values in batch.targets.values()} == {len(batch.audio)}


def test_sounds_without_a_label_and_silent_ones_are_left_out(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    labels = copy / "metadata" / "shape" / "metadata.txt"
    lines = labels.read_text().splitlines(keepends=True)
    labels.write_text("".join(lines[1:]).replace("\t2", "\tnan", 1))
    levels = copy / "metadata" / "level" / "metadata.txt"
    first, second, *others = levels.read_text().splitlines(keepends=True)
    changed = second.split("\t")[0] + "\t1.5\n"  # no position of a knob
    levels.write_text("".join([first, changed, *others]))
    silent = sorted(copy.glob("data/*/*.flac"))[-1]
    silent.unlink()
    write_audio(silent.with_suffix(".wav"), np.zeros(800, np.float32), RATE)
    with caplog.at_level(logging.WARNING):
        data = opened(copy)
    split = data.split_to_json()
    assert lines[0].split("\t")[0] not in split["train"] + split["held_out"]
    assert len(split["train"]) + len(split["held_out"]) == COUNT - 4
    assert "3 sounds lack a label and are left out" in caplog.text
    assert "it is silent" in caplog.text


def test_a_sound_that_lost_its_label_is_not_resumed_with(copy: Path) -> None:
    begun = opened(copy).split_to_json()
    labels = copy / "metadata" / "shape" / "metadata.txt"
    lines = labels.read_text().splitlines(keepends=True)
    labels.write_text("".join(line for line in lines if begun["train"][0] not in line))
    data = presets(copy)
    model = Level({}, RATE, 16, "level")
    model.excerpt_length = round(0.1 * RATE)
    data.open(model, {"parts": {}, **begun})  # as a run is read
    assert len(data.training[0].audio) == 8
    names = {file.name for file in data.training.recordings.files}  # type: ignore[attr-defined]
    assert names == set(begun["train"][1:])


def test_a_render_that_stopped_says_how_to_go_on(copy: Path) -> None:
    shutil.rmtree(copy / "metadata" / "level")
    with pytest.raises(FileNotFoundError, match=r"no labels of level .* goes on where it stopped"):
        presets(copy)


def test_a_folder_that_is_no_render_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"vschaos plugin render leaves, with render\.json"):
        presets(dataset)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        presets(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: "[]",
        lambda spec: "{",
        lambda spec: json.dumps({**spec, "free": ["other"]}),
        lambda spec: json.dumps({**spec, "free": []}),
        lambda spec: json.dumps({**spec, "base": {"level": 0.5}}),
        lambda spec: json.dumps({name: spec[name] for name in spec if name != "held_seconds"}),
    ],
)
def test_a_spoilt_render_is_refused_in_a_sentence(copy: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    path = copy / "render.json"
    path.write_text(spoil(json.loads(path.read_text())))
    with pytest.raises(ValueError, match="must be as vschaos plugin render leaves them"):
        presets(copy)


def test_another_plug_in_is_not_resumed_with(job: Job, tmp_path: Path) -> None:
    before = presets(job.root).labels.vocabularies
    description = fake_description(tmp_path, "[sine, square, cube]", "[sine, box, cube]")
    other = render_fake(tmp_path / "other", 4, description)
    data = Presets(0, Dataset(str(other.root)), Loading(8, 3, 0))
    with pytest.raises(ValueError, match="classes of shape must be those that the training began"):
        data.read_vocabularies({}, before)


def test_settings_that_make_no_sense_are_refused(job: Job) -> None:
    dataset = Dataset(str(job.root))
    with pytest.raises(ValueError, match=r"data\.validation_sounds must be at least 1, got 0"):
        Presets(0, dataset, Loading(8, 3, 0), validation_sounds=0)
    with pytest.raises(ValueError, match=r"data\.loading\.balance must be null"):
        Presets(0, dataset, Loading(8, 3, 0, "shape"))
    with pytest.raises(ValueError, match="must be empty for settings of a plug-in"):
        Presets(0, dataset, Loading(8, 3, 0)).read_vocabularies({"shape": None})
