"""The stand-in for nn~ does in PureData what the real one does."""

from pathlib import Path

import numpy as np
import pytest

from tests.patches.pure_data import complaints, play_object
from vschaos.export import Host

BLOCK = 64


def late(sound: np.ndarray, delay: int) -> np.ndarray:
    return np.pad(sound, ((0, 0), (delay, 0)))[:, : sound.shape[1]]


def block_of(milliseconds: float) -> int:
    """The first sample of the block that holds a moment."""
    return int(44.1 * milliseconds) // BLOCK * BLOCK


@pytest.mark.parametrize(("asked", "buffers"), [(0, 1), (300, 2)])
def test_forward_is_what_the_host_plays(
    instrument: Path, noise: np.ndarray, asked: int, buffers: int
) -> None:
    """Late by a buffer, two where a thread would compute, less a block of Pd."""
    messages = [(0, f"inlet-1 bufsize {asked}")]
    played = play_object(f"nn~ {instrument} forward", noise, messages=messages)
    host = Host(instrument, "forward", asked)
    expected = late(host.process(noise), buffers * host.buffer_size - BLOCK)
    assert not complaints(played.lines)
    assert np.abs(expected).max() > 0.01
    assert np.abs(played.sound - expected).max() < 1e-6


def test_encode_into_decode(instrument: Path, noise: np.ndarray, tmp_path: Path) -> None:
    """Latents go from one object to another as signals; the model is found beside the patch."""
    (tmp_path / "instrument.ts").symlink_to(instrument)
    wires = "".join(f"#X connect 1 {k} 2 {k};\n" for k in range(4))
    (tmp_path / "round.pd").write_text(
        "#N canvas 0 0 400 300 12;\n#X obj 10 10 inlet~;\n"
        "#X obj 10 40 nn~ instrument encode 0;\n#X obj 10 70 nn~ instrument.ts decode 0;\n"
        f"#X obj 10 100 outlet~;\n#X connect 0 0 1 0;\n{wires}#X connect 2 0 3 0;\n"
    )
    played = play_object("round", noise, paths=[tmp_path])
    encode, decode = Host(instrument, "encode"), Host(instrument, "decode")
    delay = encode.buffer_size - BLOCK
    latents = late(encode.process(noise), delay)
    expected = late(decode.process(latents), delay)
    assert not complaints(played.lines)
    assert [each.method for each in played.objects] == ["encode", "decode"]
    assert np.abs(expected).max() > 0.001
    assert np.abs(played.sound - expected).max() < 1e-6


def test_slow_inlets_and_outlets(toy: Path) -> None:
    """The last sample of each four goes in, each value is held for eight."""
    sound = np.random.default_rng(0).normal(size=(2, 1000)).astype(np.float32)
    messages = [(0, "inlet-1 bufsize 0"), (0, "inlet-1 bufsize 128")]
    played = play_object(f"nn~ {toy} slow", sound, outlets=3, messages=messages)
    expected = late(Host(toy, "slow").process(sound), 128 - BLOCK)
    assert np.abs(played.sound - expected).max() < 1e-6
    held = played.sound[:, 64:960].reshape(3, -1, 8)
    assert np.array_equal(held, np.broadcast_to(held[..., :1], held.shape))


def test_settings_are_obeyed_from_the_moment_they_come(toy: Path, noise: np.ndarray) -> None:
    messages = [(0, "inlet-1 bufsize 0"), (0, "inlet-1 bufsize 64"), (100, "inlet-1 set gain 0.5")]
    messages += [(150, "inlet-1 set flag true")]
    played = play_object(f"nn~ {toy} forward", noise, messages=messages)
    change = block_of(100)
    assert not complaints(played.lines)
    assert played.objects[0].settings == [("gain", "0.500000"), ("flag", "true")]
    assert played.objects[0].host.get("gain") == [0.5]
    assert np.array_equal(played.sound[:, :change], noise[:, :change])
    assert np.array_equal(played.sound[:, change:], noise[:, change:] / 2)


def test_what_is_wrong_is_said(toy: Path, noise: np.ndarray) -> None:
    words = ["set gian 1", "set gain loud", "set gain -1", "set gain 1 2", "set gain"]
    words += ["get gain", "load x", "method slow"]
    messages = [(0, f"inlet-1 {each}") for each in words]
    played = play_object(f"nn~ {toy} forward 0", noise, messages=messages)
    found = complaints(played.lines)
    expected = ["gian", "loud", "-1.0", "got 2", "at least 2", "'get'", "loading", "method change"]
    assert len(found) == len(expected)
    for line, part in zip(found, expected, strict=True):
        assert part in line
    assert [" ".join(("set", *each)) for each in played.objects[0].refused] == [
        "set gian 1.000000",
        "set gain loud",
        "set gain -1.000000",
        "set gain 1.000000 2.000000",
    ]


def test_a_method_that_fails_says_so_and_repeats_its_last_block(
    toy: Path, noise: np.ndarray
) -> None:
    messages = [(0, "inlet-1 bufsize 0"), (0, "inlet-1 bufsize 64")]
    played = play_object(f"nn~ {toy} fails", noise[:, :640], messages=messages)
    assert "expected 64 float32 values, got 63" in complaints(played.lines)[0]
    assert np.array_equal(played.sound[:, :128], noise[:, :128])
    assert np.array_equal(played.sound[:, 128:192], noise[:, 64:128])


def test_no_such_model(noise: np.ndarray, tmp_path: Path) -> None:
    played = play_object("nn~ nowhere forward", noise)
    assert "could not find file 'nowhere.ts'" in complaints(played.lines)[0]
    (tmp_path / "text.ts").write_text("no model")
    played = play_object("nn~ text forward", noise, paths=[tmp_path])
    assert "is not a model" in complaints(played.lines)[0]
    assert not played.objects
    assert not played.sound.any()


def test_no_such_method_becomes_forward(toy: Path, noise: np.ndarray) -> None:
    played = play_object(f"nn~ {toy} sing", noise)
    assert "method sing not found" in complaints(played.lines)[0]
    assert played.objects[0].method == "forward"


def test_a_bang_tells_all(toy: Path) -> None:
    messages = [(0, "inlet-1 bufsize 1000"), (0, "inlet-1 bang")]
    played = play_object(f"nn~ {toy} slow", seconds=0.01, messages=messages, printed=[4])
    printed = [line.removeprefix("outlet-4: ") for line in played.lines if "outlet-4" in line]
    assert printed == [
        "loaded 1",
        "enabled 1",
        "gpu 0",
        f"model {toy}",
        "methods forward slow fails",
        "method slow",
        "attributes gain flag",
        "bufsize 1024",
        "dim 2 3",
        "ratio 4 8",
    ]


def test_disabled_it_is_silent_and_takes_no_sound(toy: Path, noise: np.ndarray) -> None:
    messages = [(0, "inlet-1 bufsize 0"), (0, "inlet-1 bufsize 128"), (100, "inlet-1 enable 1")]
    played = play_object(f"nn~ -d {toy} forward", noise, messages=messages)
    start = block_of(100)
    assert not played.sound[:, :start].any()
    assert np.array_equal(played.sound[:, start:], late(noise[:, start:], 128 - BLOCK))


def test_reload_forgets_settings(toy: Path, noise: np.ndarray) -> None:
    messages = [(0, "inlet-1 set gain 0.5"), (50, "inlet-1 reload")]
    played = play_object(f"nn~ {toy} forward", noise, messages=messages)
    assert played.objects[0].host.get("gain") == [1.0]


def test_the_buffer_among_the_arguments(toy: Path, noise: np.ndarray) -> None:
    """With one inlet and one outlet it does not resize what is before and after the model."""
    played = play_object(f"nn~ {toy} forward 64", noise)
    assert np.array_equal(played.sound, late(noise, 4096))
    played = play_object(f"nn~ {toy} forward 8192", noise)
    assert "send bufsize" in complaints(played.lines)[0]
    played = play_object(f"nn~ {toy} slow 64", np.tile(noise, (2, 1)), outlets=3)
    assert np.array_equal(played.sound[:, :64], np.zeros((3, 64)))
    assert played.sound[:, 64:128].any()
