"""Patches are driven, recorded and checked."""

from pathlib import Path

import numpy as np
import pytest

from tests.patches import pure_data
from tests.patches.pure_data import complaints, play_object, play_patch, read_sound

BLOCK = 64


def test_a_sound_goes_through_an_object_unchanged(noise: np.ndarray) -> None:
    assert np.array_equal(play_object("+~ 0", noise).sound, noise)
    assert play_object("+~ 0", noise, seconds=0.01).sound.shape == (1, 441)
    assert play_object("+~ 0", noise, seconds=0.3).sound.shape == (1, 13230)


def test_many_channels_keep_their_length_and_order(noise: np.ndarray, tmp_path: Path) -> None:
    boxes = "".join(f"#X obj {90 * k} 10 inlet~;\n" for k in range(5))
    boxes += "".join(f"#X obj {90 * k} 90 outlet~;\n" for k in range(5))
    wires = "".join(f"#X connect {k} 0 {k + 5} 0;\n" for k in range(5))
    (tmp_path / "five.pd").write_text(f"#N canvas 0 0 400 300 12;\n{boxes}{wires}")
    sound = noise * np.arange(1, 6, dtype=np.float32)[:, None]
    assert np.array_equal(play_object("five", sound, outlets=5, paths=[tmp_path]).sound, sound)


def test_complaints_are_heard(noise: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "wrong.pd").write_text(
        "#N canvas 0 0 400 300 12;\n#X obj 10 10 no-such-object;\n#X obj 10 40 osc~;\n"
        "#X obj 10 80 print;\n#X obj 200 10 r wrong-frequency;\n"
        "#X connect 1 0 2 0;\n#X connect 3 0 1 5;\n#X connect 3 0 1 0;\n"
    )
    messages = [(0, "wrong-frequency 440"), (1, "wrong-frequency sharp"), (2, "nobody 3")]
    found = complaints(play_patch(tmp_path / "wrong.pd", 0.01, messages).lines)
    parts = ("couldn't create", "connection failed", "no method for 'sharp'", "nobody")
    for part in parts:
        assert any(part in line for line in found), (part, found)
    assert not complaints(["error: ", "print: 3"])
    assert not complaints(play_object("osc~ 440", seconds=0.01).lines)


def test_messages_sends_and_recordings_of_a_patch(tmp_path: Path) -> None:
    (tmp_path / "patch.pd").write_text(
        "#N canvas 0 0 400 300 12;\n#X obj 10 10 r patch-level;\n#X obj 10 40 sig~;\n"
        "#X obj 10 70 s~ patch-out;\n#X obj 90 10 r patch-record;\n#X obj 90 40 writesf~ 1;\n"
        "#X connect 0 0 1 0;\n#X connect 1 0 2 0;\n#X connect 1 0 4 0;\n#X connect 3 0 4 0;\n"
    )
    wav = tmp_path / "recording.wav"
    messages = [
        (0, f"patch-record open -wave -bytes 4 {wav}"),
        (0, "patch-level 0.25"),
        (0, "patch-record start"),
        (250, "patch-level 0.75"),
        (400, "patch-record stop"),
    ]
    played = play_patch(
        tmp_path / "patch.pd", 0.5, messages, listen_to=["patch-out"], recordings=[wav]
    )
    assert not complaints(played.lines)
    change = int(0.25 * 44100) // BLOCK * BLOCK
    assert played.sound.shape == (1, 22050)
    assert np.all(played.sound[:, :change] == 0.25)
    assert np.all(played.sound[:, change:] == 0.75)
    recorded = read_sound(wav)
    assert recorded.shape[1] == int(0.4 * 44100) // BLOCK * BLOCK
    assert np.array_equal(recorded, played.sound[:, : recorded.shape[1]])


def test_only_ci_fails_without_pure_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pure_data, "missing", lambda: "no Pd")
    monkeypatch.delenv("VSCHAOS_CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Pd"):
        pure_data.require_pure_data()
    monkeypatch.setenv("VSCHAOS_CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no Pd"):
        pure_data.require_pure_data()
