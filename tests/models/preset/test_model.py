"""A network for a plug-in knows its knobs, hears what can be heard, and finds what made a sound."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.plugin.faking import PROGRAM, YAML, fake_description, render_fake
from vschaos.batch import Batch
from vschaos.data.loading import Loading
from vschaos.data.presets import Presets
from vschaos.data.sounds import Dataset
from vschaos.labels import Labels, Vocabulary
from vschaos.models.preset import Preset
from vschaos.plugin.synthesiser import PluginSynthesiser

SMALL = {"sample_rate": 8000, "seconds": 0.1, "channels": 8, "hidden_dim": 16}
COUNT = 96
DRAWN = {
    "level": Vocabulary((), 0.1, 0.9),
    "shape": Vocabulary(("sine", "square", "cube")),
    "trap": Vocabulary((), 0.2, 0.2),
    "echo": Vocabulary((), 0.6, 0.6),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The yaml of the fake, and sounds of it."""
    folder = tmp_path_factory.mktemp("fake")
    description = fake_description(folder)
    (folder / "fake.yaml").write_text(YAML.format(path=description.find()))
    render_fake(folder / "renders", COUNT, description)
    return folder


def network(folder: Path, vocabularies: dict[str, Vocabulary] | None = None) -> Preset:
    torch.manual_seed(0)
    return Preset(vocabularies or DRAWN, str(folder / "fake.yaml"), **SMALL)  # type: ignore[arg-type]


def batch_of(**targets: float) -> Batch:
    values = torch.zeros(1, 0, 1)
    named = {name: torch.tensor([value]) for name, value in targets.items()}
    return Batch(torch.zeros(1, 800), Labels(values, values > 0), targets=named)


def test_knobs_are_those_that_were_drawn(folder: Path) -> None:
    model = network(folder)
    assert [(knob.name, knob.kind) for knob in model.knobs] == [
        ("level", "continuous"),
        ("shape", "stepped"),
    ]
    assert model.knobs[1].classes == ("sine", "square", "cube")
    synthesiser = model.synthesiser()
    assert [knob.name for knob in synthesiser.parameters] == ["level", "shape"]
    np.testing.assert_allclose(synthesiser.base(), [0.5, 0.0])


def test_what_was_not_drawn_is_written_as_it_was_rendered(folder: Path, tmp_path: Path) -> None:
    model = network(folder)
    synthesiser = model.synthesiser()
    path = tmp_path / "found.fxp"
    synthesiser.write(np.array([0.25, 0.5]), path, "found")
    stored = np.frombuffer(path.read_bytes()[-16:], ">f4")
    # a fifth is a step of the trap; rounding of float32
    np.testing.assert_allclose(stored, [0.25, 0.5, 0.2, 0.6], atol=1e-6)


def test_targets_become_positions(folder: Path) -> None:
    heard = network(folder).heard(
        batch_of(level=0.3, shape=2.0, note=60.0, velocity=127.0, held_seconds=0.05)
    )
    torch.testing.assert_close(heard.positions, torch.tensor([[0.3, 1.0]]))
    assert heard.audible.tolist() == [[True, True]]
    assert (heard.pitch.item(), heard.velocity.item()) == (60.0, 1.0)
    assert heard.held_seconds.item() == pytest.approx(0.05)


def test_nothing_is_learnt_of_what_is_not_heard(tmp_path: Path) -> None:
    """The gradient of a shape whose level is nothing is nothing."""
    text = YAML.replace("{{called: Shape,", "{{heard_if: [{{level: [0.1, 1]}}], called: Shape,")
    (tmp_path / "fake.yaml").write_text(text.format(path=tmp_path / "fake.so"))
    model = network(tmp_path).eval()
    last = model.network.members[0].last
    for level, is_learnt in ((0.0, False), (0.5, True)):
        batch = batch_of(level=level, shape=1.0, note=60.0, velocity=127.0, held_seconds=0.05)
        model.losses(batch)["switches"].backward()
        of_steps = last.weight.grad[-3:]
        assert bool(of_steps.abs().sum() > 0) == is_learnt
        last.weight.grad = None


def test_it_learns_to_set_the_plugin(folder: Path) -> None:
    """Shapes are told from few sounds; a level that is told by nothing else is not."""
    data = Presets(0, Dataset(str(folder / "renders"), held_out=0.25), Loading(16, 3, 0))
    model = network(folder, data.read_vocabularies({}))
    data.open(model)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for number in range(80):
        loss = model.losses(data.training[number])["switches"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    right = [float(model.metrics(sound)["steps_right"]) for sound in data.validation]
    # of three shapes, 24 sounds; by chance 8 are right, and 20 once in ten million. 70 steps are
    # enough for all of them by three seeds
    assert np.mean(right) >= 100 * 20 / 24
    sound = data.validation[0]
    proposed = model.propose(sound.audio, sound.targets["note"], 3)
    assert proposed.shape == (1, 3, 2)
    assert bool(((proposed >= 0) & (proposed <= 1)).all())


def test_what_it_proposes_is_played_by_the_plugin(folder: Path) -> None:
    model = network(folder)
    description = model.description
    synthesiser = PluginSynthesiser(description, ["level", "shape"], model.base, program=PROGRAM)
    positions = model.propose(torch.zeros(2, 800), torch.tensor([60.0, 61.0]))[:, 0]
    try:
        sounds = synthesiser.render(positions.numpy(), np.array([60.0, 61.0]), np.ones(2), 0.1, 0.1)
    finally:
        synthesiser.close()
    assert sounds.shape == (2, 800)
    assert np.isfinite(sounds).all()


@pytest.mark.parametrize(
    ("vocabularies", "told"),
    [
        ({}, r"needs sounds with its settings \(data=presets\)"),
        ({**DRAWN, "cutoff": Vocabulary()}, "as it is described now; they have a parameter cutoff"),
        ({"level": DRAWN["level"]}, "as it is described now; they lack shape"),
        (dict(reversed(DRAWN.items())), "they lack its order"),
        ({**DRAWN, "shape": Vocabulary(("sine", "box"))}, r"of another version, render them again"),
        ({**DRAWN, "level": Vocabulary(("low", "high"))}, r"\(none\), got low, high"),
        (
            {name: Vocabulary((), 0.5, 0.5) for name in DRAWN},
            "must differ in a parameter, got one setting of all",
        ),
    ],
)
def test_sounds_of_another_plugin_are_refused(
    folder: Path, vocabularies: dict[str, Vocabulary], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Preset(vocabularies, str(folder / "fake.yaml"), **SMALL)  # type: ignore[arg-type]


def test_sounds_without_settings_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"got none of .*shape, velocity"):
        network(folder).heard(batch_of(level=0.5, note=60.0))


def test_the_rate_is_that_of_the_plugin(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"that of the plug-in's description, 8000, got 44100"):
        Preset(DRAWN, str(folder / "fake.yaml"))


def test_a_description_within_a_run_hosts_nothing(folder: Path, tmp_path: Path) -> None:
    """A run of a stranger would say which code is loaded."""
    run = tmp_path / "version_0"
    (run / "own").mkdir(parents=True)
    for name in ("config.yaml", "vocabularies.json"):
        (run / name).touch()
    (run / "own" / "fake.yaml").write_bytes((folder / "fake.yaml").read_bytes())
    model = Preset(DRAWN, str(run / "own" / "fake.yaml"), **SMALL)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must not lie in a run"):
        model.synthesiser()
