import sys
from collections.abc import Callable

import numpy as np
import pytest

from vschaos.data.pitch import tracking as tracking
from vschaos.data.pitch.extraction import Voicing, find_notes
from vschaos.data.pitch.networks import (
    Crepe,
    decode_salience,
    lift_subharmonics,
    make_tracker,
)
from vschaos.data.pitch.notes import PITCH_CLASSES, pitch_and_octave
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker, track

Tone = Callable[..., np.ndarray]
NOTES = {"B3": 246.94, "C4": 261.63, "A4": 440.0, "A#4": 466.16, "G#5": 830.61}


def frames_of(tracker: Tracker, *blocks: np.ndarray) -> Frames:
    parts = zip(*track(tracker, blocks), strict=True)
    return Frames(*(np.concatenate(values) for values in parts))


def notes_found(tracker: Tracker, sound: np.ndarray) -> set[str]:
    """The notes of all frames but those at the edges."""
    voicing = Voicing(tracker.threshold, *tracker.range_hz)
    pitch, octave = pitch_and_octave(find_notes(frames_of(tracker, sound), voicing)[5:-5])
    return {f"{PITCH_CLASSES[p]}{o}" for p, o in zip(pitch, octave, strict=True)}


@pytest.fixture(scope="module")
def tiny() -> Tracker:
    return make_tracker("tiny")


@pytest.mark.parametrize("name", NOTES)
def test_tiny_hears_notes(tiny: Tracker, tone: Tone, name: str) -> None:
    assert notes_found(tiny, tone(NOTES[name], SAMPLE_RATE)) == {name}


def test_full_hears_notes_also_at_the_end_of_its_range(tone: Tone) -> None:
    full = make_tracker("full", hop_length=320)
    assert notes_found(full, tone(261.63, SAMPLE_RATE, 0.3)) == {"C4"}
    assert notes_found(full, tone(1975.53, SAMPLE_RATE, 0.3)) == {
        "B6"
    }  # the network says E5, and is sure


@pytest.mark.parametrize("name", NOTES)
def test_swift_hears_notes(tone: Tone, name: str) -> None:
    pytest.importorskip("swift_f0")
    harmonics = [tone(number * NOTES[name], SAMPLE_RATE) / number for number in range(1, 6)]
    assert notes_found(make_tracker("swift"), np.sum(harmonics, axis=0) / 3) == {name}


def test_chance_has_no_part(tone: Tone) -> None:
    """torchcrepe's own decoders draw noise from NumPy's global generator."""
    sound = tone(300.0, SAMPLE_RATE)
    results = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        results.append([values.tobytes() for values in Crepe("tiny", 160, 64)(sound)])
    assert results[0] == results[1]


@pytest.mark.parametrize("model", ["tiny", "swift"])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    if model == "swift":
        pytest.importorskip("swift_f0")
    random = np.random.default_rng(0)
    seconds = np.arange(3 * SAMPLE_RATE + 77) / SAMPLE_RATE
    turns = np.cumsum(200.0 + 100.0 * seconds) / SAMPLE_RATE
    sound = (0.5 * np.sin(2 * np.pi * turns)).astype(np.float32)
    sound += 0.05 * random.standard_normal(len(sound), dtype=np.float32)
    tracker = make_tracker(model)
    whole = frames_of(tracker, sound)
    assert len(whole.pitch_hz) == len(sound) // tracker.hop_length
    monkeypatch.setattr(tracking, "FRAMES_AT_ONCE", 30)
    pieces = frames_of(tracker, *np.split(sound, [100, 20_000, 20_001]))
    # 0.2 cents, and what the batch's size does to float32
    assert np.abs(1200 * np.log2(pieces.pitch_hz / whole.pitch_hz)).max() < 0.2
    assert pieces.confidence == pytest.approx(whole.confidence, abs=1e-3)
    assert pieces.level_db == pytest.approx(whole.level_db, abs=1e-3)


@pytest.mark.parametrize("length", [1, 159, 160, 1023])
def test_a_short_sound_has_a_frame(tiny: Tracker, length: int) -> None:
    frames = frames_of(tiny, np.full(length, 0.1, np.float32))
    assert len(frames.pitch_hz) == max(1, length // 160)
    assert all(np.isfinite(values).all() for values in frames)


def test_no_sound_has_none(tiny: Tracker) -> None:
    assert not list(track(tiny, []))
    assert not list(track(tiny, [np.zeros(0, np.float32)]))


@pytest.mark.parametrize("edge", [0, 359])
def test_salience_at_the_edge_of_the_range(edge: int) -> None:
    salience = np.zeros((1, 360), np.float32)
    salience[0, edge] = 0.9
    pitch_hz, confidence = decode_salience(salience)
    assert pitch_hz[0] == pytest.approx({0: 31.70, 359: 2005.5}[edge], rel=1e-3)
    assert confidence[0] == pytest.approx(0.9)


def test_only_subharmonics_are_lifted(tone: Tone) -> None:
    high = tone(1975.53, SAMPLE_RATE)
    claimed = np.full(50, 1975.53 / 3)
    assert lift_subharmonics(high, claimed, 160)[5:-5] == pytest.approx(1975.53)
    weak = np.sum([tone(number * 330.0, SAMPLE_RATE) / number for number in range(2, 9)], axis=0)
    claimed = np.full(50, 330.0)
    assert lift_subharmonics(weak.astype(np.float32), claimed, 160) == pytest.approx(330.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("large",), "full, tiny, swift"),
        (("swift", 160), "--hop_length.*256"),
        (("tiny", 15), "--hop_length"),
        (("full", 1601), "16 to 1600"),
    ],
)
def test_what_no_tracker_can_do(arguments: tuple[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_tracker(*arguments)


def test_swift_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    with pytest.raises(ValueError, match="pip install 'swift-f0"):
        make_tracker("swift")
