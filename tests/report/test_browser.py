"""The page in a real browser: playback, pointing, and harmless names."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.chromium import Page, open_page
from tests.report.conftest import HOSTILE, HOSTILE_CLASS
from vschaos.report.page import render

pytestmark = pytest.mark.slow

FIRST = "document.querySelector('#listen .player')"
ALERTED = "window.alerted = []; window.alert = (text) => window.alerted.push(text)"


@pytest.fixture
def opened(page: Path) -> Iterator[Page]:
    with open_page(page) as browser:
        browser.evaluate(ALERTED)
        yield browser
        assert browser.complaints == []
        assert browser.evaluate("window.alerted") == []


def centre(page: Page, selector: str) -> tuple[float, float]:
    """Of an element, in pixels, when it has been scrolled to."""
    page.evaluate(
        f"document.querySelector({selector!r})"
        ".scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    box = page.evaluate(
        f"(({{x, y, width, height}}) => [x, y, width, height])"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def test_all_is_there(opened: Page) -> None:
    sections = opened.evaluate("[...document.querySelectorAll('section')].map((one) => one.id)")
    assert sections == [
        *("listen", "own", "sweeps", "map", "curves", "predictions", "dataset", "settings", "play")
    ]
    assert opened.evaluate("document.querySelectorAll('#listen .player').length") == 10
    assert opened.evaluate("document.querySelectorAll('#predictions table').length") == 2
    sizes = opened.evaluate("[...document.images].map((one) => one.naturalWidth)")
    assert len(sizes) == 17
    assert min(sizes) > 0


def test_a_report_of_metrics_alone_can_be_opened(
    player_content: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(render(player_content), encoding="utf-8")
    with open_page(tmp_path / "page.html") as browser:
        sections = browser.evaluate("[...document.querySelectorAll('section')].map((s) => s.id)")
        assert sections == ["metrics", "curves", "dataset", "settings", "play"]
        assert "peak" in browser.evaluate("document.querySelector('#metrics').innerText")
        assert browser.complaints == []


def test_textures_are_shown_in_pairs(content: dict[str, Any], tmp_path: Path) -> None:
    listening = content["listening"]
    shown = {**listening, "textures": listening["reconstructions"][:2]}
    (tmp_path / "page.html").write_text(render({**content, "listening": shown}), encoding="utf-8")
    with open_page(tmp_path / "page.html") as browser:
        sections = browser.evaluate("[...document.querySelectorAll('section')].map((s) => s.id)")
        assert sections[:3] == ["listen", "textures", "own"]
        assert browser.evaluate("document.querySelectorAll('#textures .pair').length") == 2
        assert browser.evaluate("document.querySelectorAll('#textures .player').length") == 4
        assert browser.complaints == []


def test_names_are_shown_as_they_are(opened: Page) -> None:
    text = opened.evaluate("document.body.innerText")
    assert HOSTILE_CLASS in text
    assert opened.evaluate("document.querySelectorAll('script').length") == 2
    assert opened.evaluate("document.querySelectorAll('img:not(.scope img)').length") == 0


def test_names_are_harmless_without_the_policy_as_well(page: Path, tmp_path: Path) -> None:
    """The policy is a second lock: the first one must hold by itself."""
    text = page.read_text(encoding="utf-8")
    start = text.index('<meta http-equiv="Content-Security-Policy"')
    bare = tmp_path / "bare.html"
    hook = f"<script>{ALERTED}</script>"
    bare.write_text(text[:start] + hook + text[text.index("\n", start) :], encoding="utf-8")
    with open_page(bare) as browser:
        time.sleep(0.3)  # a picture that cannot be loaded calls what it may call
        assert HOSTILE in browser.evaluate("content.map.clips.map((clip) => clip.name)")
        assert browser.evaluate("window.alerted") == []
        assert browser.evaluate("document.querySelectorAll('script').length") == 3
        assert browser.complaints == []


def test_a_player_plays_and_only_one_at_a_time(opened: Page) -> None:
    opened.click(*centre(opened, "#listen .player .play"))
    opened.wait_for(f"{FIRST}.querySelector('audio').readyState >= 2")
    duration = opened.evaluate(f"{FIRST}.querySelector('audio').duration")
    assert duration == pytest.approx(0.8, abs=0.15)  # an mp3 is padded to whole frames
    opened.wait_for(f"{FIRST}.querySelector('audio').currentTime > 0.05")
    assert opened.evaluate(f"{FIRST}.querySelector('.play').getAttribute('aria-pressed')") == "true"
    opened.evaluate("document.querySelectorAll('#own .play')[0].click()")
    opened.wait_for("document.querySelector('#own audio').currentTime > 0.05")
    assert opened.evaluate(f"{FIRST}.querySelector('audio').paused")


def test_every_sound_can_be_played(opened: Page) -> None:
    opened.evaluate(
        "window.players = [...document.querySelectorAll('.player')];"
        "window.playing = Promise.all(window.players.map(async (one) => {"
        "  const audio = one.querySelector('audio');"
        "  one.querySelector('.play').click(); await new Promise((done) => {"
        "    if (audio.readyState >= 2) done(); audio.addEventListener('loadeddata', done);"
        "  }); return audio.error === null && audio.duration > 0.5; }))"
    )
    playable = opened.evaluate("window.playing")
    assert len(playable) == 17
    assert all(playable)


def test_a_player_is_controlled_by_the_keyboard(opened: Page) -> None:
    opened.evaluate("document.querySelector('#own .scope input').focus()")
    opened.press("End")
    opened.press("Home")
    opened.press("PageUp")
    audio = "document.querySelector('#own audio')"
    opened.wait_for(f"{audio}.currentTime > 0.2")
    assert not opened.evaluate(f"{audio}.paused")
    opened.press("Enter")
    opened.wait_for(f"{audio}.paused")


def test_the_map_answers_a_click(opened: Page) -> None:
    opened.evaluate(
        "window.started = []; const start = AudioBufferSourceNode.prototype.start;"
        "AudioBufferSourceNode.prototype.start = function (...given) {"
        "  window.started.push([...given, this.buffer.duration]);"
        "  return start.apply(this, given); }"
    )
    centre(opened, "#space canvas")
    point = opened.evaluate(  # the place of a point of the hostile sound
        "(() => { const box = document.querySelector('#space canvas').getBoundingClientRect();"
        f" const clip = content.map.clips.findIndex((one) => one.name === {HOSTILE!r});"
        " const point = content.map.clip.indexOf(clip);"
        " return [box.x + 14 + content.map.x[point] / 4095 * (box.width - 28),"
        "  box.bottom - 14 - content.map.y[point] / 4095 * (box.height - 28)]; })()"
    )
    opened.click(*point)
    played = opened.wait_for("document.querySelector('.now').dataset.played")
    assert played in opened.evaluate("document.querySelector('.now').innerText")
    ((when, start, length, whole),) = opened.evaluate("window.started")
    assert when >= 0
    assert 0 <= start < whole
    assert 0.2 < length <= 0.5
    assert opened.evaluate("grains.context.state") == "running"

    opened.evaluate("document.querySelector('#reach').value = 'clip'")
    opened.press("Enter")
    _, start, length, whole = opened.wait_for("window.started[1]")
    assert (start, length) == (0, pytest.approx(whole))
    opened.evaluate("document.querySelector('#space canvas').focus()")
    before = opened.evaluate("document.querySelector('.now').innerText")
    opened.press("ArrowDown")
    opened.wait_for("window.started[2]")
    assert opened.evaluate("document.querySelector('.now').innerText") != before


def test_the_map_takes_other_colours(opened: Page) -> None:
    picture = "document.querySelector('#space canvas').toDataURL()"
    by_class = opened.evaluate(picture)
    assert HOSTILE_CLASS in opened.evaluate("document.querySelector('.legend').innerText")
    opened.evaluate(
        "(() => { const colours = document.querySelector('#colours'); colours.value = 1;"
        " colours.dispatchEvent(new Event('change')); })()"
    )
    assert opened.evaluate(picture) != by_class
    assert opened.evaluate("document.querySelector('.scale') !== null")


def test_curves_show_values_at_the_pointer(opened: Page) -> None:
    readings = "[...document.querySelectorAll('.curve output')].map((one) => one.textContent)"
    resting = opened.evaluate(readings)
    assert resting
    opened.move(*centre(opened, ".curve svg"))
    pointed = opened.evaluate(readings)
    assert all(" at " in text for text in pointed)
    opened.move(2, 2)
    assert opened.evaluate(readings) == resting


def test_the_page_fits_the_width_of_a_phone(opened: Page) -> None:
    opened.resize(360, 740)
    time.sleep(0.2)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    small = opened.evaluate(
        "[...document.querySelectorAll('.play')].map((one) => one.getBoundingClientRect().width)"
    )
    assert min(small) >= 40  # a finger's width
