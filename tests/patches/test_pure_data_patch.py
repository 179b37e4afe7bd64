"""Generated patches for PureData, opened and played as a musician does, nn~ by a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.patches.pure_data import Played, complaints, play_patch, read_sound
from tests.patches.tones import BRIGHTNESS, HOP, LEVEL, PITCH, RATE, Tones, write_model
from vschaos.audio.files import write_audio
from vschaos.export import Host
from vschaos.export.script import describe
from vschaos.instrument.controls import Control
from vschaos.instrument.host_rate import rate_attribute
from vschaos.instrument.instrument import Instrument
from vschaos.patches import write_patches
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.notes import receivers

METHODS = ("encode", "decode", "forward")
WORDS = tuple(f"word {k}, $1; é ♯" for k in range(130))
MANY = Control("many words", 0.0, 129.0, "class", WORDS, unknown_below=0.0)
VOLUME = Control("volume", -1.0, 1.0, "number", unknown_below=-3.0)
BLOCK = 64  # samples, of Pd
LOUD = (0.0, "mine-volume 0")
SILENT_SOURCE = (0.0, "mine-source off")
Listen = Callable[[np.ndarray, int], tuple[float, float]]


def made(
    folder: Path,
    name: str = "mine",
    num_latents: int = 4,
    labels: Sequence[Control] = (PITCH,),
    methods: Sequence[str] = METHODS,
) -> tuple[Path, Instrument]:
    """A patch beside its model."""
    folder.mkdir(exist_ok=True)
    instrument = write_model(Tones(num_latents, labels, methods), folder / f"{name}.ts")
    write_patches(instrument, folder)
    return folder / f"{name}.pd", instrument


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("mine"))[0]


def play(patch: Path, seconds: float, *messages: tuple[float, str]) -> Played:
    played = play_patch(patch, seconds, [LOUD, *messages], listen_to=["mine-out"])
    assert not complaints(played.lines)
    return played


def hertz_at(listen: Listen, played: Played, first: float, last: float) -> float:
    return listen(played.sound[0, int(first * RATE) : int(last * RATE)], RATE)[0]


@pytest.mark.parametrize(
    ("name", "num_latents", "labels", "methods"),
    [
        ("plain", 8, (), METHODS),
        ("64 latents", 64, (PITCH,), METHODS),
        ("one", 1, (PITCH, BRIGHTNESS, VOLUME, MANY), METHODS),
        ("Ma pièce, $1 (♯)", 17, (PITCH,), METHODS),
        ("2024", 3, (), ("encode", "decode")),
        ("1e5", 3, (PITCH,), METHODS),
        ("encodes", 5, (PITCH,), ("encode",)),
        ("decodes", 16, (PITCH, BRIGHTNESS), ("decode",)),
        ("forwards", 4, (PITCH,), ("forward",)),
        ("generates", 4, (PITCH, BRIGHTNESS), (*METHODS, "generate")),
    ],
)
def test_whatever_the_model_its_patch_opens_and_sounds(
    tmp_path: Path,
    name: str,
    num_latents: int,
    labels: Sequence[Control],
    methods: Sequence[str],
) -> None:
    patch, instrument = made(tmp_path, name, num_latents, labels, methods)
    out = Design(instrument).receiver("out")
    played = play_patch(patch, 0.3, listen_to=[out])
    assert not complaints(played.lines)
    assert sorted(player.method for player in played.objects) == sorted(methods)
    peak = np.abs(played.sound).max()
    assert peak == 0.0 if methods == ("encode",) else 0.003 < peak < 0.1  # quiet at first


def test_every_name_the_patch_lists_is_received(tmp_path: Path) -> None:
    patch, instrument = made(tmp_path, labels=(PITCH, VOLUME))
    listed = receivers(Design(instrument))
    names = [name.split(" ")[0] for name, words in listed if "sent" not in words]
    assert {"mine-latent-1", "mine-pitch", "mine-label-volume", "mine-volume", "mine-gain",
            "mine-record", "mine-source", "mine-form", "mine-decode"} <= set(names)  # fmt: skip
    played = play_patch(patch, 0.05, [(10.0, f"{name} bang") for name in names])
    assert not [line for line in complaints(played.lines) if "no such object" in line]


def test_the_names_page_lists_the_classes_that_no_sound_had(tmp_path: Path) -> None:
    _, instrument = made(tmp_path, labels=(PITCH._replace(unseen=(1, 11)),))
    assert dict(receivers(Design(instrument)))["mine-pitch"] == (
        "-1 unknown, or 0 to 11, or the name; not in the training: A#, G#"
    )


def test_faders_move_the_sound(mine: Path, listen: Listen) -> None:
    """The first latent is octaves."""
    played = play(mine, 1.5, SILENT_SOURCE, (500, "mine-latent-1 1"), (1000, "mine-latent-1 -0.5"))
    assert hertz_at(listen, played, 0.2, 0.5) == pytest.approx(220.0, abs=0.5)
    assert hertz_at(listen, played, 0.7, 1.0) == pytest.approx(440.0, abs=0.5)
    assert hertz_at(listen, played, 1.2, 1.5) == pytest.approx(220 / 2**0.5, abs=0.5)


def test_labels_move_the_sound_by_number_and_by_name(mine: Path, listen: Listen) -> None:
    played = play(
        mine, 2.0, SILENT_SOURCE, (500, "mine-pitch 3"), (1000, "mine-pitch G#"),
        (1500, "mine-pitch -1"),
    )  # fmt: skip
    for k, semitones in enumerate((0, 3, 11, 0)):
        hertz = hertz_at(listen, played, 0.5 * k + 0.2, 0.5 * k + 0.5)
        assert hertz == pytest.approx(220 * 2 ** (semitones / 12), abs=0.5)


def test_decode_plays_what_encode_predicts_under_an_unknown_label(
    tmp_path: Path, listen: Listen
) -> None:
    instrument = write_model(Tones(predicted=7.0), tmp_path / "mine.ts")
    write_patches(instrument, tmp_path)
    played = play(tmp_path / "mine.pd", 1.0, SILENT_SOURCE, (500, "mine-pitch 0"))
    assert hertz_at(listen, played, 0.2, 0.5) == pytest.approx(220 * 2 ** (7 / 12), abs=0.5)
    assert hertz_at(listen, played, 0.7, 1.0) == pytest.approx(220.0, abs=0.5)


def test_the_sound_moves_the_latents_as_much_as_it_may(mine: Path, listen: Listen) -> None:
    """The first latent is the level of what comes in, in octaves."""
    played = play(mine, 1.0, (0, "mine-level 0"), (500, "mine-encoded-1 0"))
    assert hertz_at(listen, played, 0.2, 0.5) > 235.0
    assert hertz_at(listen, played, 0.7, 1.0) == pytest.approx(220.0, abs=0.5)


def test_a_trajectory_moves_the_sound_and_comes_back(mine: Path, listen: Listen) -> None:
    played = play(
        mine, 3.0, SILENT_SOURCE, (0, "mine-form triangle"), (0, "mine-rate 1"),
        (500, "mine-trajectory 1"), (1800, "mine-trajectory 0"),
    )  # fmt: skip
    hertz = [hertz_at(listen, played, start, start + 0.1) for start in np.arange(0.6, 1.7, 0.1)]
    assert np.ptp(hertz) > 40.0
    assert hertz_at(listen, played, 2.6, 3.0) == pytest.approx(220.0, abs=0.5)


def test_nothing_clicks_or_clips(mine: Path) -> None:
    """Everything is moved; a click bends the curve more than any tone that sounds here."""
    messages = [
        (200.0 + 90 * k, text)
        for k, text in enumerate(
            [
                "mine-latent-1 0.7", "mine-latent-1 -0.7", "mine-encoded-1 0", "mine-encoded-1 1",
                "mine-trajectory 1", "mine-form circle", "mine-draw bang", "mine-trajectory 0",
                "mine-pitch 7",
                "mine-pitch -1", "mine-volume -12", "mine-volume 0", "mine-mute 1", "mine-mute 0",
                "mine-gain 20", "mine-gain 0",
            ]
        )
    ]  # fmt: skip
    played = play(mine, 2.0, SILENT_SOURCE, *messages)
    sound = played.sound[0, RATE // 20 :].astype(np.float64)
    assert 0.2 < np.abs(sound).max() <= 0.9001
    steepest = 2 * np.pi * 220 * 2**2.7 / RATE  # radians in a sample
    bend = np.abs(np.diff(sound, 2))
    without_gain = bend[: int(1.4 * RATE)]
    assert without_gain.max() < 1.2 * LEVEL * steepest**2 + 0.02


def test_settings_reach_the_objects_that_they_concern(mine: Path) -> None:
    messages = [
        "gain -6",
        "mode double",
        "mode 2",
        "jitter 0.5",
        "voices 3",
        "mix 0.5",
        "reset bang",
    ]
    played = play(mine, 0.3, *[(50.0, f"mine-{message}") for message in messages])
    settings = {player.method: player.settings for player in played.objects}
    everywhere = [("gain", "-6.000000"), ("mode", "double"), ("mode", "half"),
                  ("voices", "3.000000"), ("mix", "0.500000"), ("reset", "1.000000")]  # fmt: skip
    assert settings["encode"] == everywhere
    shaken = [*everywhere[:3], ("jitter", "0.500000"), *everywhere[3:]]
    assert settings["decode"] == settings["forward"] == shaken
    assert not any(player.refused for player in played.objects)


def test_it_plays_by_itself_when_it_is_switched_on(tmp_path: Path, listen: Listen) -> None:
    """Beside what else plays, here nothing."""
    patch, _ = made(tmp_path, methods=("generate", "forward"))
    played = play(
        patch, 2.0, (0, "mine-source off"), (500, "mine-generate 1"),
        (1000, "mine-generate-temperature 0"), (1500, "mine-generate 0"),
    )  # fmt: skip
    assert np.abs(played.sound[0, : RATE // 2]).max() < 1e-6
    assert hertz_at(listen, played, 0.7, 1.0) == pytest.approx(440.0, abs=0.5)
    assert hertz_at(listen, played, 1.2, 1.5) == pytest.approx(220.0, abs=0.5)
    assert np.abs(played.sound[0, int(1.6 * RATE) :]).max() < 1e-6


def test_a_patch_that_is_opened_sets_nothing(mine: Path) -> None:
    played = play(mine, 0.05)
    assert [player.settings for player in played.objects] == [[], [], []]


def test_parts_are_switched_off_to_spare_the_processor(mine: Path) -> None:
    played = play(mine, 0.6, (300, "mine-decode 0"))
    assert np.abs(played.sound[0, RATE // 10 : RATE // 5]).max() > 0.1
    assert np.abs(played.sound[0, int(0.35 * RATE) :]).max() < 1e-6


def test_forward_is_what_the_host_plays(instrument: Path, tmp_path: Path) -> None:
    """A file through a spectral model, whatever the patch has between; where the file begins in
    a hop is left to Pd, in steps of its blocks."""
    (tmp_path / "mine.ts").symlink_to(instrument)
    write_patches(describe("mine", Tones(4, ()), RATE), tmp_path)
    noise = np.random.default_rng(2).uniform(-0.3, 0.3, RATE // 2).astype(np.float32)
    write_audio(tmp_path / "noise.wav", noise, RATE)
    messages = [
        (0, f"mine-file symbol {tmp_path}/noise.wav"), (0, "mine-loop 0"), (0, "mine-level 0"),
        (0, "mine-balance 0"), (100, "mine-source file"),
    ]  # fmt: skip
    played = play(tmp_path / "mine.pd", 1.0, *messages).sound[0]
    errors = []
    for lead in range(0, HOP, BLOCK):
        host = Host(instrument, "forward", 4 * HOP)
        # `match` has forgotten by then how the patch fades a source in
        expected = host.process(np.pad(noise, (lead, 4 * HOP))[None])[0, 16000:20000]
        place = int(np.argmax(np.correlate(played, expected, "valid")))
        difference = played[place : place + len(expected)] - expected
        errors.append(np.abs(difference).max() / np.abs(expected).max())
        assert np.abs(expected).max() > 0.01
    assert min(errors) < 1e-3


def test_predictions_are_sent_by_name(mine: Path, tmp_path: Path) -> None:
    """By `encode`, which here predicts the labels it takes."""
    (tmp_path / "printed.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 mine;\n#X obj 10 40 r mine-predicted-pitch;\n"
        "#X obj 10 70 print predicted;\n#X connect 1 0 2 0;\n"
    )
    played = play_patch(
        tmp_path / "printed.pd", 0.8, [(200, "mine-pitch 5"), (500, "mine-pitch -1")],
        paths=[mine.parent],
    )  # fmt: skip
    assert not complaints(played.lines)
    assert [line for line in played.lines if line.startswith("predicted")][-2:] == [
        "predicted: 5",
        "predicted: -1",
    ]


def test_the_buffer_is_set_when_it_is_opened_and_by_name(mine: Path, listen: Listen) -> None:
    """A change of pitch comes later by two buffers."""
    onsets = []
    for size in (HOP, 16 * HOP):
        played = play(
            mine, 1.0, SILENT_SOURCE, (0, f"mine-buffer {size}"), (500, "mine-latent-1 1")
        )
        crossings = np.flatnonzero(np.diff(np.signbit(played.sound[0])))
        gaps = np.diff(crossings)
        changed = crossings[1:][(gaps < 75) & (crossings[1:] > RATE // 2)]
        onsets.append(int(changed[0]))
        assert hertz_at(listen, played, 0.8, 1.0) == pytest.approx(440.0, abs=1.0)
    assert 15 * HOP < onsets[1] - onsets[0] < 48 * HOP


def test_it_records_beside_the_patch(tmp_path: Path, listen: Listen) -> None:
    patch, _ = made(tmp_path)
    messages = [SILENT_SOURCE, (200, "mine-record 1"), (700, "mine-record 0")]
    path = tmp_path / "mine-1.wav"
    played = play_patch(patch, 1.0, messages, recordings=[path], listen_to=["mine-out"])
    assert not complaints(played.lines)
    sound = read_sound(path)[0]
    assert len(sound) == pytest.approx(RATE / 2, abs=128)
    assert listen(sound, RATE)[0] == pytest.approx(220.0, abs=0.5)


def test_sound_is_off_until_it_is_switched_on(mine: Path, tmp_path: Path) -> None:
    """The patch is opened while another one plays."""
    (tmp_path / "first.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 r pd-dsp-stopped;\n#X obj 10 40 print stopped;\n"
        "#X connect 0 0 1 0;\n"
    )
    opening = [(100.0, f"pd open mine.pd {mine.parent}")]
    played = play_patch(tmp_path / "first.pd", 0.2, opening)
    assert not complaints(played.lines)
    assert "stopped: bang" in played.lines


def both(folder: Path, *patches: str) -> Path:
    """A patch with others in it, which lie in folders below."""
    boxes = "".join(f"#X obj 10 {10 + 900 * k} {patch};\n" for k, patch in enumerate(patches))
    (folder / "both.pd").write_text(f"#N canvas 0 0 400 400 10;\n{boxes}")
    return folder / "both.pd"


def test_two_patches_of_one_name_do_not_touch_each_other(tmp_path: Path, listen: Listen) -> None:
    """The clock of the second has another name, which it shares with nobody."""
    for name in ("first", "second"):
        made(tmp_path / name)
    second = tmp_path / "second" / "mine.pd"
    text = second.read_text().replace("r mine-trajectory;", "r other-trajectory;")
    second.write_text(text.replace("vschaos/output mine;", "vschaos/output other;"))
    messages = [
        LOUD, (0, "other-volume 0"), SILENT_SOURCE, (0, "mine-form triangle"), (0, "mine-rate 1"),
        (300, "mine-trajectory 1"),
    ]  # fmt: skip
    alone = play_patch(both(tmp_path, "first/mine"), 1.2, messages, listen_to=["mine-out"])
    played = play_patch(
        both(tmp_path, "first/mine", "second/mine"), 1.2, messages,
        listen_to=["mine-out", "other-out"],
    )  # fmt: skip
    assert not complaints(played.lines)
    assert np.array_equal(played.sound[0], alone.sound[0])
    other = played.sound[1]
    hertz = [listen(other[start : start + RATE // 10], RATE)[0] for start in (20000, 35000, 48000)]
    assert hertz == pytest.approx([220.0] * 3, abs=0.5)
    played = play_patch(
        both(tmp_path, "first/mine", "second/mine"), 1.2, [*messages, (300, "other-trajectory 1")],
        listen_to=["mine-out"],
    )  # fmt: skip
    assert np.array_equal(played.sound[0], alone.sound[0])  # one clock, not two


@pytest.mark.parametrize("methods", [METHODS, ("encode",), (*METHODS, "generate")])
def test_names_within_a_patch_are_its_own(tmp_path: Path, methods: tuple[str, ...]) -> None:
    """All names but those that it lists."""
    patch, instrument = made(tmp_path, methods=methods)
    words = [line.split() for line in patch.read_text().splitlines() if line.startswith("#X obj")]
    sent = [w[5].rstrip(";") for w in words if w[4] in ("s", "s~", "send", "throw~", "table")]
    listed = receivers(Design(instrument))
    public = [name.split(" ")[0].removesuffix("-1") for name, _ in listed]
    assert sent
    for name in sent:
        assert name.startswith("\\$0-") or name.removesuffix("-1") in public or "signal" in name
    scopes = {
        w[5].rstrip(";") for w in words if w[4] in ("vschaos/trajectory-clock", "vschaos/info")
    }
    assert scopes <= {"\\$0-mine"}


class AnyRate(Tones):
    """Plays at the rate that it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes = [*self.attributes, rate_attribute(RATE)]
        self.sample_rate = RATE


@pytest.mark.parametrize("rate", [RATE, 48000])
def test_a_model_is_told_the_rate_of_pd(tmp_path: Path, rate: int) -> None:
    write_patches(write_model(AnyRate(), tmp_path / "mine.ts"), tmp_path)
    played = play_patch(tmp_path / "mine.pd", 0.2, listen_to=["mine-out"], sample_rate=rate)
    assert not complaints(played.lines)
    assert len(played.objects) == len(METHODS)
    for each in played.objects:
        assert each.host.get("sample_rate") == [rate]


def test_a_model_of_one_rate_is_told_none(tmp_path: Path) -> None:
    patch, _ = made(tmp_path)
    played = play_patch(patch, 0.2, listen_to=["mine-out"], sample_rate=48000)
    assert not complaints(played.lines)
    assert "sample_rate" not in {name for each in played.objects for name, *_ in each.settings}
    assert "Pd must run at 44100 Hz" in patch.read_text()


BLOCKED = """#N canvas 0 0 400 400 10;
#X obj 10 10 block~ 2048;
#X obj 10 40 vschaos/block;
#X msg 10 70 bufsize \\$1;
#X obj 10 100 nn~ mine decode 1024;
#X obj 10 130 outlet~;
#X connect 2 0 3 0;
#X connect 3 0 4 0;
"""
OUTER = """#N canvas 0 0 400 400 10;
#X obj 10 10 blocked;
#X obj 10 40 s~ outer-out;
#X connect 0 0 1 0;
"""


def test_a_block_larger_than_the_buffer_loses_nothing(tmp_path: Path, listen: Listen) -> None:
    """nn~ drops what its buffer, here of 1024 samples, cannot hold, unless it is sent the block's
    size."""
    made(tmp_path)
    (tmp_path / "outer.pd").write_text(OUTER)
    levels = []
    for cord in ("", "#X connect 1 0 2 0;\n"):
        (tmp_path / "blocked.pd").write_text(BLOCKED + cord)
        played = play_patch(tmp_path / "outer.pd", 1.0, listen_to=["outer-out"])
        assert not complaints(played.lines)
        sound = played.sound[0, RATE // 2 :]
        levels.append(20 * np.log10(2**0.5 * sound.std() / LEVEL))
    assert levels[0] == pytest.approx(-3.0, abs=0.3)
    assert levels[1] == pytest.approx(0.0, abs=0.1)
    assert listen(sound, RATE)[0] == pytest.approx(220.0, abs=0.5)


def test_the_buffer_is_never_smaller_than_a_block(tmp_path: Path) -> None:
    """In a block that is not Pd's own the parts of a patch receive nothing of each other, which Pd
    says; no sample is dropped before nn~ all the same."""
    made(tmp_path)
    (tmp_path / "outer.pd").write_text(
        "#N canvas 0 0 400 400 10;\n#X obj 10 10 mine;\n#X obj 10 900 block~ 2048;\n"
    )
    played = play_patch(tmp_path / "outer.pd", 1.0, [(100, "mine-buffer 256")])
    assert any("vector size mismatch" in line for line in played.lines)
    assert min(player.num_samples for player in played.objects) > 0.9 * RATE
