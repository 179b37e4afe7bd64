"""A patch for Max fits its model, whatever the model has, and what is broken is found."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.patches.draw_maxpat import draw, text_width, wrapped
from tests.patches.families import Mixed, Notes, Parameters
from tests.patches.max_check import boxes_of, check_max, cords_of, patchers
from tests.patches.max_objects import ports, words
from vschaos.export.script import describe
from vschaos.instrument.controls import Attribute, Control, Method
from vschaos.instrument.host_rate import rate_attribute
from vschaos.instrument.instrument import Instrument
from vschaos.patches.max import write_max
from vschaos.patches.max.panels import class_names
from vschaos.patches.max.text import quoted

AUDIO = Control("audio", -1.0, 1.0, "amplitude")
PITCH = Control("pitch", 0.0, 2.0, "class", ("A", "Ré ♯", "long, odd"), unknown_below=0.0)
BRIGHTNESS = Control("brightness", 0.0, 1.0, "", unknown_below=0.0)
TEMPERATURE = Control("temperature", 0.0, 2.0, "number")
SETTINGS = [
    Attribute("inversion_mode", "str", "phases", "rtisi", choices=("rtisi", "scan")),
    Attribute("temperature", "float", "spread", 0.0, 0.0, 10.0),
    Attribute("mix", "float", "dry to wet", 1.0, 0.0, 1.0),
    Attribute("gain", "float", "level", 0.0, -100.0, 24.0, "dB"),
    Attribute("freeze", "int", "holds", 0, 0.0, 1.0),
    Attribute("voices", "int", "how many", 2, 1.0, 8.0),
    Attribute("reset", "bool", "forgets", False),
    Attribute("latency", "int", "samples", 768, is_read_only=True),
]


def instrument(
    dim: int = 3, labels: tuple[Control, ...] = (), methods: tuple[str, ...] = ("forward", "codec")
) -> Instrument:
    latents = [Control(f"latent {n + 1}", -2.5 - n / 10, 3.0, "sigma") for n in range(dim)]
    made = []
    if "codec" in methods or "encode" in methods:
        made.append(Method("encode", [AUDIO], 1, [*latents, *labels], 256))
    if "codec" in methods or "decode" in methods:
        made.append(Method("decode", [*latents, *labels], 256, [AUDIO], 1))
    if "forward" in methods:
        made.append(Method("forward", [AUDIO, *labels], 1, [AUDIO, *labels], 1))
    if "generate" in methods:
        made.append(Method("generate", [TEMPERATURE, *labels], 256, [AUDIO], 1))
    return Instrument("strings", 48000, 256, 768, made, SETTINGS)


INSTRUMENTS = {
    "plain": instrument(),
    "labels": instrument(labels=(PITCH, BRIGHTNESS)),
    "many labels": instrument(labels=tuple(PITCH._replace(name=f"label {n}") for n in range(9))),
    "1 latent": instrument(1),
    "64 latents": instrument(64, (PITCH,)),
    "forward only": instrument(labels=(PITCH,), methods=("forward",)),
    "encode only": instrument(labels=(PITCH,), methods=("encode",)),
    "decode only": instrument(labels=(PITCH,), methods=("decode",)),
    "no forward": instrument(labels=(PITCH,), methods=("codec",)),
    "generates": instrument(labels=(PITCH,), methods=("forward", "codec", "generate")),
    "buffer of one hop": replace(instrument(), hop_length=1024),
    "parameters": describe("strings", Parameters(), 48000),
    "notes": describe("strings", Notes(), 48000),
    "mixed": describe("strings", Mixed(), 48000),
    "at any rate": replace(instrument(), attributes=[*SETTINGS, rate_attribute(48000)]),
}


def place_of(box: dict[str, Any]) -> tuple[float, ...]:
    return tuple(box["presentation_rect"])


def shown(patcher: dict[str, Any]) -> list[dict[str, Any]]:
    return [box for box in boxes_of(patcher) if box.get("presentation")]


def named(text: str, first: str) -> list[list[str]]:
    """What is written in all objects whose first word is given."""
    content = json.loads(text)
    objects = [b for p in patchers(content) for b in boxes_of(p) if b["maxclass"] == "newobj"]
    return [found for b in objects if (found := words(b["text"]))[0] == first]


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_patch_fits_its_model(name: str) -> None:
    check_max(write_max(INSTRUMENTS[name]), INSTRUMENTS[name])


@pytest.mark.parametrize("name", ["my strings", "été 弦", 'a "b", c; $1', "x\\y"])
def test_any_name_is_played_by_its_whole_name(name: str) -> None:
    named_so = replace(instrument(), name=name)
    text = write_max(named_so)
    check_max(text, named_so)
    assert {found[1] for found in named(text, "nn~")} == {name}


def test_every_control_has_a_receiver_called_after_the_model() -> None:
    receivers = {
        found[1] for found in named(write_max(replace(INSTRUMENTS["labels"], name="my ex")), "r")
    }
    controls = "latent-1 encoded-3 trajectory-2 pitch brightness gain mix volume balance"
    controls += " source tone inversion_mode reset form rate forward"
    assert {f"my-ex-{control}" for control in controls.split()} <= receivers


def test_a_model_is_told_the_rate_of_max_or_max_that_of_the_model() -> None:
    follows, fixed = (write_max(INSTRUMENTS[name]) for name in ("at any rate", "plain"))
    assert "Set Max to 48000 Hz" in fixed
    assert "Set Max to" not in follows
    assert not named(fixed, "dspstate~") or "set sample_rate" not in fixed
    (title,) = (
        p
        for p in patchers(json.loads(follows))
        if ["prepend", "set", "sample_rate"] in map(text_words, boxes_of(p))
    )
    texts = {box["id"]: box.get("text", "") for box in boxes_of(title)}
    cords = {(texts[a], outlet, texts[b]) for a, outlet, b, _ in cords_of(title)}
    rate = next(text for text in texts.values() if text.startswith("dspstate~"))
    assert (rate, 1, "i") in cords
    assert ("i", 0, "prepend set sample_rate") in cords
    # to every nn~, also to one that is made anew
    assert any(a == "prepend set sample_rate" and b.endswith("-nn") for a, _, b in cords)
    assert any(a.endswith("-nn-again") and b == rate for a, _, b in cords)
    assert ("loadbang", 0, rate) in cords
    assert ["r", "strings-sample_rate"] not in named(follows, "r")


def test_what_plays_by_itself_is_off_at_first_and_is_added_to_the_rest() -> None:
    text = write_max(replace(INSTRUMENTS["generates"], name="ex"))
    assert ["r", "ex-generate-temperature"] in named(text, "r")
    there = list(patchers(json.loads(text)))
    (panel,) = (p for p in there if ["r", "ex-generate"] in map(text_words, boxes_of(p)))
    by_id = {box["id"]: box for box in boxes_of(panel)}
    (toggle,) = (box["id"] for box in boxes_of(panel) if box["maxclass"] == "toggle")
    sources = [by_id[a].get("text") for a, _, b, _ in cords_of(panel) if b == toggle]
    assert "loadmess 0" in sources
    (added,) = (p for p in there if any(b["maxclass"] == "ezdac~" for b in boxes_of(p)))
    inlets = [box for box in boxes_of(added) if box["maxclass"] == "inlet"]
    assert [inlet["comment"] for inlet in inlets] == ["forward", "decode", "generate"]


def text_words(box: dict[str, Any]) -> list[str]:
    return words(box["text"]) if box.get("text") else []


def test_a_model_without_labels_has_no_panel_for_them() -> None:
    titles = [
        box["text"]
        for p in patchers(json.loads(write_max(instrument())))
        for box in boxes_of(p)
        if box.get("fontname") == "Georgia"
    ]
    assert "FORWARD" in titles
    assert "LATENTS" in titles
    assert not {"LABELS", "PREDICTED"} & set(titles)


def test_a_label_is_unknown_until_a_class_is_chosen() -> None:
    """The menu's first item is -1 on the label's cord, the first class 0."""
    content = json.loads(write_max(INSTRUMENTS["labels"]))
    menus = [b for p in patchers(content) for b in boxes_of(p) if "Ré ♯" in b.get("items", [])]
    assert all(menu["items"][:4] == ["unknown", ",", "A", ","] for menu in menus)
    assert ["sig~", "-1"] in named(json.dumps(content), "sig~")
    assert ["-", "1"] in named(json.dumps(content), "-")


def test_classes_that_no_sound_had_say_so_in_their_menu() -> None:
    control = PITCH._replace(unseen=(1,))
    assert class_names(control) == ["A", "Ré ♯ - not in the training", "long, odd"]


def test_sound_is_off_until_it_is_switched_on() -> None:
    content = json.loads(write_max(instrument()))
    for patcher in patchers(content):
        by_id = {box["id"]: box for box in boxes_of(patcher)}
        for line in (entry["patchline"] for entry in patcher["lines"]):
            if by_id[line["destination"][0]]["maxclass"] == "ezdac~":
                source = by_id[line["source"][0]].get("text", "")
                assert source.startswith(("clip~ -1. 1.", "r "))


def test_inlets_and_outlets_lie_in_their_order() -> None:
    """Max counts them from left to right."""
    for patcher in patchers(json.loads(write_max(INSTRUMENTS["64 latents"]))):
        for kind in ("inlet", "outlet"):
            ends = [box for box in boxes_of(patcher) if box["maxclass"] == kind]
            lefts = [box["patching_rect"][0] for box in ends]
            assert lefts == sorted(set(lefts))
            assert [box["index"] for box in ends] == list(range(1, len(ends) + 1))


def test_boxes_of_the_patching_view_do_not_cover_each_other() -> None:
    for patcher in patchers(json.loads(write_max(INSTRUMENTS["labels"]))):
        places = [tuple(box["patching_rect"]) for box in boxes_of(patcher)]
        assert not [(a, b) for n, a in enumerate(places) for b in places[n + 1 :] if overlap(a, b)]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return across > 1.0 and down > 1.0


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_nothing_covers_anything_on_the_page(name: str) -> None:
    """But for a panel's paper, and what lies on the area for dropped files."""
    for patcher in patchers(json.loads(write_max(INSTRUMENTS[name]))):
        width, height = patcher["rect"][2:]
        boxes = [b for b in shown(patcher) if b["maxclass"] not in ("panel", "dropfile")]
        places = [place_of(box) for box in boxes]
        for n, a in enumerate(places):
            assert a[0] >= 0
            assert a[1] >= 0
            assert a[0] + a[2] <= width + 0.01
            assert a[1] + a[3] <= height + 0.01
            assert [b for b in places[n + 1 :] if overlap(a, b)] == []


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_texts_fit(name: str) -> None:
    for patcher in patchers(json.loads(write_max(INSTRUMENTS[name]))):
        for box in shown(patcher):
            _, _, width, height = place_of(box)
            text, size = box.get("text", ""), box.get("fontsize", 12.0)
            if box["maxclass"] == "comment":
                lines = wrapped(text, size, width)
                assert len(lines) * 1.2 * size <= height + 1.0, text
                assert max(text_width(line, size) for line in lines) <= width - 2, text
            elif box["maxclass"] == "textbutton":
                assert text_width(text, size) <= width - 6, text


def test_a_picture_of_every_widget_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "strings.maxpat"
    path.write_text(write_max(INSTRUMENTS["labels"]), encoding="utf-8")
    draw(path, tmp_path / "strings.png")
    assert (tmp_path / "strings.png").stat().st_size > 10_000


def test_ports_are_those_of_max() -> None:
    """As they stand in files that Max wrote."""
    assert ports("selector~ 4 1") == (5, ("signal",))
    assert ports("t b f") == (1, ("bang", "float"))
    assert ports("sfplay~ 2") == (2, ("signal", "signal", "bang"))
    assert ports("sel 0 1") == (3, ("bang", "bang", ""))
    assert ports("* 0.01") == (2, ("float",))
    with pytest.raises(ValueError, match="selectr~"):
        ports("selectr~ 4")


def test_a_name_in_quotes_is_one_word() -> None:
    for name in ("plain", "my strings", 'a "b"', "x\\y z", ""):
        assert words(f"nn~ {quoted(name)} forward") == ["nn~", name, "forward"]


def text_of(box: dict[str, Any]) -> str:
    return str(box.get("text", ""))


@pytest.mark.parametrize(("label", "played"), [(-1.0, 7.0), (0.0, 0.0), (3.0, 3.0)])
def test_decode_plays_what_encode_predicts_under_an_unknown_label(
    label: float, played: float
) -> None:
    page = json.loads(write_max(instrument(labels=(PITCH,))))
    patcher = next(p for p in patchers(page) if "p decode" in map(text_of, boxes_of(p)))
    boxes = {box["id"]: box for box in boxes_of(patcher)}

    def value(box: dict[str, Any]) -> float:
        """What comes out of a box while the label and its prediction (7) stand still."""
        if box.get("comment") == "pitch":
            return label
        if text_of(box) == "p encode":
            return 7.0
        left, right = (inlet_value(box["id"], inlet) for inlet in (0, 1))
        operator, *arguments = box["text"].split()
        right = float(arguments[0]) if arguments else right
        return {"+~": left + right, "-~": left - right, "*~": left * right, ">~": left > right}[
            operator
        ]

    def inlet_value(identity: str, inlet: int) -> float:
        cords = [cord for cord in cords_of(patcher) if cord[2:] == (identity, inlet)]
        return sum(value(boxes[source]) for source, *_ in cords)

    decode = next(box for box in boxes.values() if text_of(box) == "p decode")
    assert inlet_value(decode["id"], 3) == played
