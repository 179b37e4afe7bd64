"""The check of a patch for Max finds what was broken by hand."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.patches.max_check import boxes_of, check_max, patchers
from tests.patches.test_max import INSTRUMENTS
from vschaos.patches.max import write_max

INSTRUMENT = INSTRUMENTS["labels"]
GOOD = write_max(INSTRUMENT)
Content = dict[str, Any]


def first(content: Content, **wanted: Any) -> tuple[Content, Content]:
    """The first box with such attributes, and the patcher around it."""
    for patcher in patchers(content):
        for box in boxes_of(patcher):
            if all(str(box.get(key, "")).startswith(str(w)) for key, w in wanted.items()):
                return box, patcher
    raise AssertionError(wanted)


def drop_a_box(content: Content) -> None:
    box, patcher = first(content, text="mtof")
    patcher["boxes"] = [entry for entry in patcher["boxes"] if entry["box"] is not box]


def drop_a_cord(content: Content) -> None:
    box, patcher = first(content, varname="settings-0")
    patcher["lines"] = [
        line for line in patcher["lines"] if line["patchline"]["source"][0] != box["id"]
    ]


def lead_a_cord_nowhere(content: Content) -> None:
    first(content, text="clip~")[1]["lines"][0]["patchline"]["source"][1] = 7


def swap_an_outlet(content: Content) -> None:
    menu, patcher = first(content, maxclass="umenu", items="['rtisi'")
    for line in (entry["patchline"] for entry in patcher["lines"]):
        if line["source"][0] == menu["id"]:
            line["source"][1] = 0


def lose_an_outlet_type(content: Content) -> None:
    first(content, text="nn~ strings decode")[0]["outlettype"].pop()


def repeat_an_id(content: Content) -> None:
    boxes = boxes_of(content["patcher"])
    boxes[1]["id"] = boxes[0]["id"]


def change(key: str, value: Any, **wanted: Any) -> Callable[[Content], None]:
    def breaks(content: Content) -> None:
        first(content, **wanted)[0][key] = value

    breaks.__name__ = f"{key} {value}"
    return breaks


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (drop_a_box, "a cord ends at"),
        (lead_a_cord_nowhere, "a cord ends at 7"),
        (drop_a_cord, "does not receive its settings"),
        (swap_an_outlet, "inversion_mode is a str"),
        (lose_an_outlet_type, "1 outlets of 0 types"),
        (repeat_an_id, "same id"),
        (change("numinlets", 7, text="nn~ strings decode"), "inlets and outlets"),
        (change("text", "nn~ strings decoed 1024", text="nn~ strings decode"), "plays no method"),
        (change("text", "nn~ string decode 1024", text="nn~ strings decode"), "plays no method"),
        (change("text", "nn~ strings decode 1000", text="nn~ strings decode"), "power of two"),
        (change("text", "nn~ strings decode 128", text="nn~ strings decode"), "power of two"),
        (change("text", "prepend set gian", text="prepend set gain"), "no setting of the model"),
        (change("text", "prepend set latency", text="prepend set gain"), "no setting"),
        (change("text", "prepend set gain 1", text="prepend set gain"), "needs one value"),
        (change("text", "prepend set freeze", text="prepend set gain"), "freeze is a int"),
        (change("text", "set reset", text="set reset 1"), "no setting|one value"),
        (change("text", "prepend enabel", text="prepend enable"), "no message of nn~"),
        (change("text", "cyclone~ 0.", text="cycle~"), "no object that Max has"),
        (change("text", "r #0-strings-nn-bufer", text="r #0-strings-nn-buffer"), "a new buffer"),
        (change("maximum", 25.0, maxclass="flonum", maximum=24), "gain goes from"),
        (change("items", ["scan", ",", "rtisi"], items="['rtisi'"), "inversion_mode is one of"),
        (change("varname", "in-9", varname="in-0"), "a script ties in-0"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_broken_is_found(breaks: Callable[[Content], None], message: str) -> None:
    content = json.loads(GOOD)
    breaks(content)
    with pytest.raises(ValueError, match=message):
        check_max(json.dumps(content), INSTRUMENT)


def test_another_models_patch_is_refused() -> None:
    with pytest.raises(ValueError, match="inlets and outlets"):
        check_max(GOOD, INSTRUMENTS["plain"])
