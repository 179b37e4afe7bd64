"""The abstractions for PureData, each played by messages and sounds."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.patches.pure_data import Played, complaints, play_object, play_patch, read_sound
from vschaos.patches.pure_data.abstractions import HERE, shown_size
from vschaos.patches.pure_data.canvas import PARTS
from vschaos.patches.writing import write_abstractions

RATE = 44100
BLOCK = 64
FORMS = (
    "sin", "square", "triangle", "saw", "line", "random", "ellipse", "circle", "helix",
    "interpolation",
)  # fmt: skip
REPOSITORY = Path(__file__).parents[2]
ABSTRACTIONS = sorted(p.stem for p in HERE.glob("*.pd") if not p.stem.endswith("-help"))
SHIPPED = REPOSITORY / "externals" / "vschaos"
Play = Callable[..., Played]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patches")
    write_abstractions(folder / "vschaos")
    return folder


@pytest.fixture
def play(folder: Path) -> Play:
    def made(text: str, sound: np.ndarray | None = None, **options: object) -> Played:
        played = play_object(f"vschaos/{text}", sound, paths=[folder], **options)
        assert not complaints(played.lines)
        return played

    return made


def printed_by(played: Played, outlet: int = 1) -> list[str]:
    lines = [line.split(": ", 1) for line in played.lines if line.startswith(f"outlet-{outlet}: ")]
    return [line[1] for line in lines]


def timed(messages: Sequence[str]) -> list[tuple[float, str]]:
    return [(10.0 * (k + 1), message) for k, message in enumerate(messages)]


def test_the_copy_for_users_and_what_an_export_brings_are_those_of_the_package(
    folder: Path,
) -> None:
    """`python -m vschaos.patches --abstractions externals/vschaos` copies them."""
    own = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.pd")}
    for copy in (SHIPPED, folder / "vschaos"):
        assert {p.name: p.read_text(encoding="utf-8") for p in copy.glob("*.pd")} == own


def test_a_wheel_has_them_all() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    package = "vschaos.patches.pure_data"
    patterns = project["tool"]["setuptools"]["package-data"][package]
    found = {path for pattern in patterns for path in HERE.parent.glob(pattern)}
    assert found == {*HERE.glob("*.pd"), *PARTS.iterdir()}


def test_sizes_are_read_from_the_files() -> None:
    assert shown_size("keys") == (530, 41)
    with pytest.raises(ValueError, match=r"trajectory\.pd must show a part of itself"):
        shown_size("trajectory")


@pytest.mark.parametrize("name", ABSTRACTIONS)
def test_each_has_a_help_that_opens(name: str) -> None:
    """From the folder it lies in, without a path to its parent."""
    played = play_patch(SHIPPED / f"{name}-help.pd", 0.01)
    assert not complaints(played.lines)


def test_a_number_keeps_to_its_range_and_steps(play: Play) -> None:
    played = play(
        "number mine-voices voices 1 8 2 - 1",
        printed=[1],
        outlets=0,
        seconds=0.1,
        messages=timed(["mine-voices 3.4", "mine-voices 99", "inlet-1 -5"]),
    )
    assert printed_by(played) == ["3", "8", "1"]


def test_a_number_of_a_logarithmic_slider_is_the_same(play: Play) -> None:
    played = play(
        "number mine-cutoff cutoff 20 18000 420 Hz 0 1",
        printed=[1],
        outlets=0,
        seconds=0.1,
        messages=timed(["mine-cutoff 600", "mine-cutoff 5", "inlet-1 99999"]),
    )
    assert printed_by(played) == ["600", "20", "18000"]


def test_a_toggle_and_a_button(play: Play) -> None:
    messages = timed(["mine 1", "mine 0", "inlet-1 5"])
    played = play("toggle mine title 0", printed=[1], outlets=0, seconds=0.1, messages=messages)
    assert printed_by(played) == ["1", "0", "1"]
    messages = timed(["mine bang", "inlet-1 1"])
    played = play("button mine title", printed=[1], outlets=0, seconds=0.1, messages=messages)
    assert printed_by(played) == ["bang", "bang"]


@pytest.mark.parametrize("kind", ["menu", "keys"])
def test_words_are_chosen_by_number_and_by_name(play: Play, kind: str) -> None:
    messages = ["mine 3", "mine symbol C#", "mine -1", "mine 99", "mine nonsense", "mine Ré\\ é"]
    played = play(
        f"{kind} mine pitch -1 -1 ? A A# Ré\\\\\\ é C C#",
        printed=[1, 2],
        outlets=0,
        seconds=0.1,
        messages=timed(messages),
    )
    assert printed_by(played, 1) == ["3", "4", "-1", "4", "2"]
    words = ["symbol C", "symbol C#", "symbol ?", "symbol C#", r"symbol Ré\ é"]  # as Pd prints it
    assert printed_by(played, 2) == words


def test_numbers_are_words_too(play: Play) -> None:
    messages = timed(["inlet-1 2", "inlet-1 symbol 7b"])
    played = play(
        "menu m octave 0 0 3 4 7b", printed=[1], outlets=0, seconds=0.1, messages=messages
    )
    assert printed_by(played) == ["2"]


def test_a_number_that_may_be_unknown(play: Play) -> None:
    messages = timed(["mine 0.3", "mine -1", "mine 0.5", "mine 7"])
    played = play("optional-number mine x 0 1 -2", printed=[1], outlets=0, seconds=0.1,
                  messages=messages)  # fmt: skip
    assert printed_by(played) == ["0.3", "-2", "0.5", "1"]


def test_a_latent_is_encoded_by_hand_and_by_a_trajectory(play: Play) -> None:
    sound = np.stack([np.full(RATE // 4, 0.5), np.full(RATE // 4, 0.25)])
    messages = [(50, "mine-latent-2 1"), (100, "mine-encoded-2 0"), (150, "mine-trajectory-2 0.5")]
    played = play("latent 2 -3 3 mine", sound, messages=messages)
    signal = played.sound[0]
    at = [int(ms * RATE / 1000) for ms in (48, 98, 148, 240)]
    assert np.allclose(signal[at], [0.75, 1.75, 1.25, 1.125], atol=1e-4)
    assert np.abs(np.diff(signal[2500:])).max() < 0.002  # it glides


def test_a_control_moves_from_its_default(play: Play) -> None:
    """A pitch that is encoded as 57, with the hand at its default of 60, an octave above it, and
    alone."""
    sound = np.stack([np.full(RATE // 4, 57.0), np.zeros(RATE // 4)])
    messages = [(60, "mine-latent-pitch 72"), (150, "mine-encoded-pitch 0")]
    signal = play("latent pitch 24 96 mine 60", sound, messages=messages).sound[0]
    at = [int(ms * RATE / 1000) for ms in (58, 148, 240)]
    assert signal[at] == pytest.approx([57.0, 69.0, 72.0], abs=1e-3)


def test_a_gate_is_opened_by_hand_by_what_is_encoded_and_by_a_trajectory(play: Play) -> None:
    sound = np.zeros((2, RATE // 2))
    sound[0, : RATE // 10] = 1.0
    sound[1, RATE // 5 : 3 * RATE // 10] = 1.0
    messages = [(350, "mine-latent-1 1"), (450, "mine-latent-1 0")]
    signal = play("gate 1 mine", sound, messages=messages).sound[0]
    at = [int(ms * RATE / 1000) for ms in (50, 150, 250, 320, 400, 480)]
    assert signal[at].tolist() == [1, 0, 1, 0, 1, 0]


def test_a_keyboard_plays_the_key_that_is_pressed_last(play: Play) -> None:
    keys = ("60 100", "64 90", "60 0", "64 0")
    messages = timed([f"#notein {key} 1" for key in keys])
    played = play("keyboard", printed=[1, 2], outlets=0, seconds=0.1, messages=messages)
    assert printed_by(played, 1) == ["60", "64"]
    assert printed_by(played, 2) == ["1", "0", "1", "0"]


def test_a_prediction_is_shown_by_name(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "predicted.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 inlet~;\n"
        "#X obj 10 40 vschaos/predicted mine-predicted pitch A B;\n#X obj 10 70 r mine-predicted;\n"
        "#X obj 10 90 outlet;\n#X connect 0 0 1 0;\n#X connect 2 0 3 0;\n"
    )
    played = play_object(
        "predicted", np.ones(RATE // 4), outlets=0, printed=[1], paths=[folder, tmp_path]
    )
    assert not complaints(played.lines)
    assert printed_by(played) == ["0", "1"]


def test_the_output_is_quiet_at_first_never_too_loud_and_mute(play: Play) -> None:
    seconds = np.arange(RATE) / RATE
    sound = 3.0 * np.sin(2 * np.pi * 441 * seconds)
    messages = [(250, "mine-volume 0"), (500, "mine-volume -6"), (750, "mine-mute 1")]
    played = play("output mine", sound, outlets=0, messages=messages, listen_to=["mine-out"])
    peaks = [np.abs(part[5000:11000]).max() for part in np.split(played.sound[0], 4)]
    assert peaks[0] == pytest.approx(0.9 * 10 ** (-24 / 20), rel=0.02)
    assert peaks[1] == pytest.approx(0.9, rel=0.02)
    assert peaks[2] == pytest.approx(0.9 * 10 ** (-6 / 20), rel=0.02)
    assert peaks[3] == 0.0
    assert np.abs(played.sound).max() <= 0.9001


def test_soft_sound_passes_the_limiter_as_it_is(play: Play) -> None:
    sound = 0.5 * np.sin(np.arange(RATE // 2) / 10)
    played = play("output mine", sound, outlets=0, messages=[(0, "mine-volume 0")],
                  listen_to=["mine-out"])  # fmt: skip
    start = RATE // 10
    late = played.sound[0, start + BLOCK :]  # from [send~] to [receive~]
    assert np.abs(late - sound[start:-BLOCK]).max() < 1e-4


def test_recordings_never_overwrite_each_other(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine-1.wav").write_bytes(b"older")
    (tmp_path / "patch.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 osc~ 441;\n#X obj 10 40 *~ 0.5;\n"
        "#X obj 10 70 vschaos/output mine;\n#X connect 0 0 1 0;\n#X connect 1 0 2 0;\n"
    )
    messages = [(100, "mine-record 1"), (400, "mine-record 0")]
    path = tmp_path / "mine-2.wav"
    played = play_patch(
        tmp_path / "patch.pd", 0.6, messages, recordings=[path], listen_to=["mine-out"],
        paths=[folder],
    )  # fmt: skip
    assert not complaints(played.lines)
    assert (tmp_path / "mine-1.wav").read_bytes() == b"older"
    recorded = read_sound(path)[0]
    assert len(recorded) == pytest.approx(0.3 * RATE, abs=128)
    assert np.abs(recorded).max() == pytest.approx(0.5, rel=0.01)  # before the volume


@pytest.mark.parametrize("kind", ["tone", "noise", "file", "off", "microphone"])
def test_sources(play: Play, listen: Callable[..., tuple[float, float]], kind: str,
                 tone: Callable[..., np.ndarray], tmp_path: Path) -> None:  # fmt: skip
    from vschaos.audio.files import write_audio

    write_audio(tmp_path / "a.wav", tone(330.0, RATE, 0.2, 0.5), RATE)
    messages = [
        (0, "mine-level 0"), (0, f"mine-file symbol {tmp_path}/a.wav"), (0, f"mine-source {kind}"),
        (0, "mine-tone 69"),
    ]  # fmt: skip
    played = play("source mine", seconds=0.6, messages=messages)
    sound = played.sound[0, RATE // 10 :]
    if kind in ("off", "microphone"):  # there is none in a test
        assert np.abs(sound).max() < 1e-4
    elif kind == "noise":
        assert 0.3 < sound.std() < 0.7
    else:
        hertz, decibels = listen(sound, RATE)
        assert hertz == pytest.approx(440.0 if kind == "tone" else 330.0, rel=0.01)
        assert -20 < decibels <= 0
        assert np.abs(sound).max() < 1.0


def test_the_tone_is_rich_and_as_loud_as_what_is_learnt(play: Play) -> None:
    """A saw: its tenth partial lies 20 dB below its first, and a little more."""
    sound = play("source mine", seconds=1.2, messages=[(0, "mine-tone 57")]).sound[0, RATE // 5 :]
    power = np.abs(np.fft.rfft(sound[:RATE])) ** 2
    first, tenth = power[220], power[2195:2206].max()  # in bins of a hertz
    assert -26 < 10 * np.log10(tenth / first) < -18
    assert -19 < 20 * np.log10(sound.std()) < -15


@pytest.mark.parametrize("size", [64, 256, 2048])
def test_a_block_is_measured(folder: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "blocked.pd").write_text(
        f"#N canvas 0 0 400 400 10;\n#X obj 10 10 vschaos/block;\n#X obj 10 40 print block;\n"
        f"#X obj 10 70 block~ {size};\n#X obj 200 10 r change;\n#X msg 200 40 set 512;\n"
        "#X connect 0 0 1 0;\n#X connect 3 0 4 0;\n#X connect 4 0 2 0;\n"
    )
    messages = [(300, "pd dsp 0"), (500, "pd dsp 1"), (700, "change bang")]
    played = play_patch(tmp_path / "blocked.pd", 1.0, messages, paths=[folder])
    assert not complaints(played.lines)
    found = [line for line in played.lines if line.startswith("block: ")]
    assert found == [f"block: {size}"] * 2 + ["block: 512"]


def trajectories(folder: Path, tmp_path: Path, form: str, count: int, seconds: float) -> np.ndarray:
    """`[count, T]`, moving from the beginning."""
    objects = "".join(
        f"#X obj 10 {40 * k} vschaos/trajectory {k + 1} {count} mine;\n"
        f"#X obj 200 {40 * k} s~ mine-signal-{k + 1};\n"
        for k in range(count)
    )
    wires = "".join(f"#X connect {2 * k + 1} 0 {2 * k + 2} 0;\n" for k in range(count))
    (tmp_path / "trajectories.pd").write_text(
        f"#N canvas 0 0 400 400 10;\n#X obj 10 10 vschaos/trajectory-clock mine;\n{objects}{wires}"
    )
    messages = [(0, f"mine-form {form}"), (0, "mine-rate 2"), (0, "mine-trajectory 1")]
    names = [f"mine-signal-{k + 1}" for k in range(count)]
    played = play_patch(
        tmp_path / "trajectories.pd", seconds, messages, listen_to=names, paths=[folder]
    )
    assert not complaints(played.lines)
    return played.sound


@pytest.mark.parametrize("form", FORMS)
def test_trajectories_of_all_forms_move_within_the_prior(
    folder: Path, tmp_path: Path, form: str
) -> None:
    signals = trajectories(folder, tmp_path, form, 3, 2.0)[:, RATE // 10 :]
    assert (signals.std(axis=1) > 0.05).all()
    assert np.abs(signals).max() < 6.0
    assert not np.array_equal(signals[0], signals[1])


def test_a_circle_is_round(folder: Path, tmp_path: Path) -> None:
    signals = trajectories(folder, tmp_path, "circle", 4, 1.5)[:, RATE // 5 :]
    radius = np.sqrt((signals**2).sum(axis=0))
    assert radius.mean() == pytest.approx(1.6, rel=0.02)  # 0.8 in each of 4 dimensions
    assert radius.std() < 0.02


def test_a_line_is_straight(folder: Path, tmp_path: Path) -> None:
    """Half a second from point to point."""
    signals = trajectories(folder, tmp_path, "line", 2, 1.4)
    way = signals[:, int(0.55 * RATE) : int(0.95 * RATE)]
    straight = np.linspace(way[:, 0], way[:, -1], way.shape[1], axis=1)
    assert np.abs(way - straight).max() < 0.03 * np.ptp(straight, axis=1).max()
    assert np.ptp(straight, axis=1).max() > 0.1


def test_interpolation_goes_from_point_to_point_and_rests_there(
    folder: Path, tmp_path: Path
) -> None:
    signals = trajectories(folder, tmp_path, "interpolation", 2, 2.4)
    speed = np.abs(np.diff(signals[:, ::441], axis=1)).max(axis=0)
    turns = [speed[round(50 * turn) - 1 : round(50 * turn) + 3].min() for turn in (1, 2, 3, 4)]
    assert max(turns) < 0.1 * speed.max()


def test_a_trajectory_ends_at_rest_without_a_jump(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rest.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 vschaos/trajectory-clock mine;\n"
        "#X obj 10 40 vschaos/trajectory 1 1 mine;\n#X obj 10 70 s~ mine-signal;\n"
        "#X connect 1 0 2 0;\n"
    )
    messages = [(0, "mine-trajectory 1"), (500, "mine-trajectory 0")]
    played = play_patch(tmp_path / "rest.pd", 1.0, messages, listen_to=["mine-signal"],
                        paths=[folder])  # fmt: skip
    signal = played.sound[0]
    assert np.abs(signal[: RATE // 2]).max() > 0.1
    assert np.abs(signal[int(0.9 * RATE) :]).max() < 1e-6
    assert np.abs(np.diff(signal[RATE // 20 :])).max() < 0.01
