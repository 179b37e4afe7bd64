"""What can be checked of a patch without Max: its structure, and its messages to nn~."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.patches.max_objects import INTERFACE, SIGNAL, Ports, ports, words
from vschaos.instrument.controls import Attribute
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import HOST_RATE, Layout, hyphened
from vschaos.patches.max.panel import AGAIN, SETTINGS
from vschaos.patches.max.player import BUFFER, LATENT_SETTINGS, settings_receivers
from vschaos.patches.max.text import own_name

PLAYERS = ("nn~", "mc.nn~", "mcs.nn~")
WIDGETS = {  # that give each type of a value, and the outlet they give it from
    "bool": {("i", 0), ("toggle", 0)},
    "int": {("i", 0), ("toggle", 0), ("number", 0)},
    "float": {("flonum", 0)},
    "str": {("umenu", 1)},
}


def check_max(text: str, instrument: Instrument) -> None:
    """Reads a `.maxpat` as Max would, and its messages to nn~ as the model would.

    Raises:
        ValueError: all faults that were found.
    """
    content, model_name = json.loads(text), instrument.name
    faults = [fault for patcher in patchers(content) for fault in structural_faults(patcher)]
    faults += _players(content, instrument, model_name)
    faults += _settings(content, instrument, model_name)
    if faults:
        raise ValueError("the patch is broken: " + "; ".join(dict.fromkeys(faults)))


def patchers(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A patcher and all that lie within it."""
    patcher = content["patcher"]
    yield patcher
    for entry in patcher["boxes"]:
        if "patcher" in entry["box"]:
            yield from patchers(entry["box"])


def boxes_of(patcher: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["box"] for entry in patcher["boxes"]]


def cords_of(patcher: dict[str, Any]) -> Iterator[tuple[str, int, str, int]]:
    for entry in patcher["lines"]:
        line = entry["patchline"]
        yield (*line["source"], *line["destination"])


def _line(box: dict[str, Any]) -> list[str]:
    """What is written in an object or a message."""
    has_text = box.get("maxclass") in ("newobj", "message")
    return words(box["text"]) if has_text and box["text"] else [""]


def structural_faults(patcher: dict[str, Any]) -> Iterator[str]:
    """Boxes without cords, cords without ends, and inlets or outlets that Max has not."""
    boxes = boxes_of(patcher)
    by_id = {box["id"]: box for box in boxes}
    if len(by_id) < len(boxes):
        yield "two boxes have the same id"
    for box in boxes:
        yield from port_faults(box)
    tied = set()
    for source, outlet, destination, inlet in cords_of(patcher):
        tied |= {source, destination}
        ends = ((source, outlet, "numoutlets"), (destination, inlet, "numinlets"))
        for id, number, count in ends:
            if id not in by_id or not 0 <= number < by_id[id][count]:
                yield f"a cord ends at {number} of {id}, of which there is none"
    for box in boxes:
        if box["id"] not in tied and box["maxclass"] not in ("comment", "panel", "bpatcher"):
            yield f"nothing is tied to {box.get('text', box['maxclass'])!r}"


def port_faults(box: dict[str, Any]) -> Iterator[str]:
    name = box.get("text", box["maxclass"])
    if len(box["outlettype"]) != box["numoutlets"]:
        yield f"{name!r} has {box['numoutlets']} outlets of {len(box['outlettype'])} types"
    try:
        known = _known(box)
    except (ValueError, KeyError, IndexError):
        yield f"{name!r} is no object that Max has"
        return
    if known and known != (box["numinlets"], tuple(box["outlettype"])):
        yield f"{name!r} should have {known}"


def _known(box: dict[str, Any]) -> Ports | None:
    if "patcher" in box:
        inner = boxes_of(box["patcher"])
        inlets = [inlet for inlet in inner if inlet["maxclass"] == "inlet"]
        outlets = [outlet for outlet in inner if outlet["maxclass"] == "outlet"]
        if len(outlets) != box["numoutlets"]:
            return Ports(len(inlets), ("",) * len(outlets))
        return Ports(len(inlets), tuple(box["outlettype"]))
    if box["maxclass"] == "newobj":
        return ports(box["text"])
    if box["maxclass"] == "inlet":
        return Ports(0, tuple(box["outlettype"][:1]))
    return INTERFACE[box["maxclass"]]


def _players(content: dict[str, Any], instrument: Instrument, model_name: str) -> list[str]:
    """Faults of the objects that play the model, those that a script makes included."""
    faults, found = [], 0
    prefix = hyphened(model_name)
    for patcher in patchers(content):
        for box in boxes_of(patcher):
            if _line(box)[0] in PLAYERS:
                found += 1
                faults += _player(box, instrument, model_name)
                for name in settings_receivers(instrument, _line(box)[2]):
                    if not _receives(patcher, box, own_name(prefix, name)):
                        faults.append(f"{box['text']!r} does not receive its settings")
            elif _line(box)[0] == "script":
                faults += _script(box["text"], patcher)
                if not _receives(patcher, box, own_name(prefix, BUFFER)):
                    faults.append("a script does not receive a new buffer")
    return faults if found else [*faults, "nothing plays the model"]


def _receives(patcher: dict[str, Any], box: dict[str, Any], receiver: str) -> bool:
    """What comes to a receiver comes to the box, by its left inlet."""
    boxes = {other["id"]: other for other in boxes_of(patcher)}
    return any(
        (destination, inlet) == (box["id"], 0) and _line(boxes.get(source, {})) == ["r", receiver]
        for source, _, destination, inlet in cords_of(patcher)
    )


def _player(box: dict[str, Any], instrument: Instrument, model_name: str) -> list[str]:
    kind, name, method_name, *numbers = [w for w in words(box["text"]) if w[0] != "@"]
    method = instrument.method(method_name)
    if name != model_name or method is None:
        return [f"{box['text']!r} plays no method of {model_name}"]
    faults = _buffer(numbers[1] if kind == "mcs.nn~" else numbers[0], instrument)
    channels = (1, 1) if kind == "mcs.nn~" else (len(method.inlets), len(method.outlets))
    if channels != (box["numinlets"], box["numoutlets"]):
        faults.append(f"{box['text']!r} should have {channels} inlets and outlets")
    return faults


def _buffer(size: str, instrument: Instrument) -> list[str]:
    """A power of two, and no smaller than the slowest of any method's rates."""
    smallest = max(max(m.in_ratio, m.out_ratio) for m in instrument.methods)
    number = int(size) if size.isdecimal() else 0
    if number < smallest or number & (number - 1):
        return [f"a buffer of {size} is not a power of two from {smallest} up"]
    return []


def _script(text: str, patcher: dict[str, Any]) -> list[str]:
    """Faults of a message that makes nn~ anew: the same object must be tied as before."""
    names = {box["varname"]: box for box in boxes_of(patcher) if "varname" in box}
    steps = [words(step)[1:] for step in re.split(r", (?=script )", text)]
    faults, tied = [], set()
    for verb, *arguments in steps:
        if verb == "newdefault":
            name, _, _, *made = arguments
            if name not in names or _line(names[name])[:-1] != made[:-1] or made[-1] != "$1":
                faults.append(f"a script makes another object: {' '.join(made)!r}")
        elif verb == "connect":
            source, outlet, destination, inlet = arguments
            ends = ((source, outlet, "numoutlets"), (destination, inlet, "numinlets"))
            for name, number, count in ends:
                if name not in names or int(number) >= names[name][count]:
                    faults.append(f"a script ties {name} {number}, which is not there")
            tied.add((source, int(outlet), destination, int(inlet)))
    by_id = {box["id"]: name for name, box in names.items()}
    cords = {
        (by_id[source], outlet, by_id[destination], inlet)
        for source, outlet, destination, inlet in cords_of(patcher)
        if source in by_id and destination in by_id
    }
    return faults if tied == cords else [*faults, "a script ties nn~ otherwise than it was"]


def _settings(content: dict[str, Any], instrument: Instrument, model_name: str) -> list[str]:
    """Faults of the messages that go to nn~, and of settings that no message sets."""
    prefix = hyphened(model_name)
    layout = Layout(instrument)
    # the rate of the host is set as well, by the page itself
    set_here = [*layout.attributes, *(a for a in instrument.settings() if a.name == HOST_RATE)]
    attributes = {attribute.name: attribute for attribute in set_here}
    faults: list[str] = []
    set_names: set[str] = set()
    ways = {own_name(prefix, SETTINGS), own_name(prefix, LATENT_SETTINGS)}
    for patcher in patchers(content):
        boxes = {box["id"]: box for box in boxes_of(patcher)}
        cords = list(cords_of(patcher))
        for source, outlet, destination, _ in cords:
            end, message = boxes.get(destination, {}), boxes.get(source, {})
            if _line(end)[0] == "s" and _line(end)[1] in ways:
                widgets = [(boxes.get(a, {}), o) for a, o, b, _ in cords if b == source]
                faults += _message(message, widgets, attributes, set_names)
            elif _is_player(end) and _is_unknown_message(message, outlet):
                faults.append(f"{message.get('text')!r} is no message of nn~")
    faults += [
        f"nothing sets {name}"
        for name, a in attributes.items()
        if not (name in set_names or a.sets)
    ]
    if not _is_paired(content, own_name(prefix, AGAIN)):
        faults.append(f"{own_name(prefix, AGAIN)} is sent or received alone")
    return faults


def _is_player(box: dict[str, Any]) -> bool:
    """A subpatcher around nn~, whose left inlet takes its messages."""
    inner = boxes_of(box["patcher"]) if _line(box)[0] == "p" else []
    return any(_line(other)[0] in PLAYERS for other in inner)


def _is_unknown_message(box: dict[str, Any], outlet: int) -> bool:
    is_sound = SIGNAL in box.get("outlettype", [])[outlet : outlet + 1]
    return not is_sound and _line(box) != ["prepend", "enable"]


def _is_paired(content: dict[str, Any], name: str) -> bool:
    found = [_line(box) for p in patchers(content) for box in boxes_of(p)]
    return ["s", name] not in found or ["r", name] in found


def _message(
    message: dict[str, Any],
    widgets: list[tuple[dict[str, Any], int]],
    attributes: dict[str, Attribute],
    set_names: set[str],
) -> list[str]:
    line = _line(message)
    order = line[1:] if line[0] == "prepend" else line
    if len(order) < 2 or order[0] != "set" or order[1] not in attributes:
        return [f"{message.get('text')!r} is no setting of the model"]
    attribute = attributes[order[1]]
    set_names.add(attribute.name)
    if line[0] == "set":
        return [] if len(order) == 3 else [f"{message['text']!r} needs one value"]
    if len(order) != 2 or not widgets:
        return [f"{message['text']!r} needs one value"]
    faults = []
    for widget, outlet in widgets:
        kind = widget["maxclass"]
        kind = words(widget["text"])[0] if kind == "newobj" else kind
        if (kind, outlet) not in WIDGETS[attribute.type]:
            faults.append(f"{attribute.name} is a {attribute.type}, which {kind} does not give")
        faults += _range(widget, attribute)
    return faults


def _range(widget: dict[str, Any], attribute: Attribute) -> list[str]:
    if "minimum" in widget and (widget["minimum"], widget["maximum"]) != (
        attribute.low,
        attribute.high,
    ):
        return [f"{attribute.name} goes from {attribute.low} to {attribute.high}"]
    items = [item for item in widget.get("items", []) if item != ","]
    if items and items != list(attribute.choices):
        return [f"{attribute.name} is one of {', '.join(attribute.choices)}"]
    return []
