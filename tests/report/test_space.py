"""The map shows frames with their labels."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.report.conftest import HOSTILE, HOSTILE_CLASS
from vschaos.generation.material import Material
from vschaos.report import space
from vschaos.report.space import GRID, draw_map
from vschaos.runs import Run


@pytest.fixture
def drawn(labelled_content: dict[str, Any]) -> dict[str, Any]:
    return labelled_content["map"]


def test_each_frame_has_its_sound_and_its_labels(drawn: dict[str, Any]) -> None:
    assert {clip["name"] for clip in drawn["clips"]} >= {HOSTILE}
    assert sum(clip["is_held_out"] for clip in drawn["clips"]) == 5
    columns = [drawn[name] for name in ("x", "y", "clip", "seconds")]
    columns += [colouring["values"] for colouring in drawn["colourings"]]
    assert len({len(column) for column in columns}) == 1
    assert min(drawn["x"]) == 0
    assert max(drawn["x"]) == GRID
    timbre, height, folder, side = drawn["colourings"]
    assert timbre["classes"] == ["low", HOSTILE_CLASS]
    for point, clip in enumerate(drawn["clip"]):
        name = drawn["clips"][clip]["name"]
        number = 0 if name == HOSTILE else int(Path(name).stem)
        assert timbre["values"][point] == number % 2
        assert height["values"][point] == pytest.approx(0.1 * number, abs=1e-3)
        assert folder["classes"][int(folder["values"][point])] == str(Path(name).parent)
        assert side["values"][point] == drawn["clips"][clip]["is_held_out"]


def test_a_frame_is_within_the_sound_that_a_click_plays(drawn: dict[str, Any]) -> None:
    for number, clip in enumerate(drawn["clips"]):
        sound, rate = soundfile.read(io.BytesIO(base64.b64decode(clip["sound"])))
        own = [s for s, c in zip(drawn["seconds"], drawn["clip"], strict=True) if c == number]
        assert 0.0 <= min(own) < max(own) <= len(sound) / rate + 0.01


def test_the_number_of_points_is_limited(labelled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "POINTS", 50)
    few = draw_map(labelled, Material(labelled))
    assert few is not None
    assert 12 <= len(few["x"]) <= 50 + len(few["clips"])


def test_silent_frames_are_left_out(labelled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    material = Material(labelled)
    clip = material.clip(HOSTILE, 1.0, "held_out")
    assert clip is not None
    half = clip.audio.copy()
    half[len(half) // 2 :] = 0.0
    whole = space._encode(labelled, material, clip)
    cut = space._encode(labelled, material, clip._replace(audio=half))
    assert len(cut.seconds) == pytest.approx(len(whole.seconds) / 2, abs=2)
    assert cut.seconds.max() < 0.45
