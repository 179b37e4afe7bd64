"""`[nn~]` in a subpatcher of its own, where it can be made anew with another buffer."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.max.design import own_name
from vschaos.patches.max.objects import SIGNAL, Ports, quoted
from vschaos.patches.max.patcher import Box, Patcher

SETTINGS = "nn"  # receiver of what every nn~ is told
LATENT_SETTINGS = "nn-latents"  # of what acts on latents: not for encode before decode
ACTS_ON_LATENTS = ("freeze", "smoothing", "jitter")  # twice in a chain would be too much
BUFFER = "nn-buffer"  # of a new size for all
AGAIN = "nn-again"  # bangs out all settings once more


def is_label(control: Control) -> bool:
    """It may be unknown: something told or heard, not sound or latents."""
    return control.unknown_below is not None


def labels(controls: list[Control]) -> list[Control]:
    return [control for control in controls if is_label(control)]


def latents(controls: list[Control]) -> list[Control]:
    return [c for c in controls if not is_label(c) and c.unit != "amplitude"]


def told(instrument: Instrument) -> list[Control]:
    """Labels that some method is told, each once."""
    found = {c.name: c for method in instrument.methods for c in labels(method.inlets)}
    return list(found.values())


def receiver_of(order: str) -> str:
    """Where `set name` is sent."""
    return LATENT_SETTINGS if order.split()[1] in ACTS_ON_LATENTS else SETTINGS


def heard_settings(instrument: Instrument, method: str) -> list[str]:
    """Receivers that a method's nn~ listens to.

    What comes from `encode` is held, smoothed and shaken in `decode`, with what hands add to it.
    """
    is_first = method == "encode" and instrument.method("decode") is not None
    return [SETTINGS] if is_first else [SETTINGS, LATENT_SETTINGS]


def player(instrument: Instrument, model_name: str, method: Method, prefix: str) -> Patcher:
    """`[nn~ model method buffer]`, between an inlet and an outlet for each of its channels.

    Messages to nn~ come by its receivers: Max can set nothing but settings of a living nn~, and so
    another buffer takes another nn~.
    """
    patch = Patcher()
    inlets = [
        patch.inlet(control.name, SIGNAL, varname=f"in-{n}")
        for n, control in enumerate(method.inlets)
    ]
    model = nn(patch, model_name, method, instrument.buffer_size)
    outlets = [
        patch.outlet(control.name, SIGNAL, varname=f"out-{n}")
        for n, control in enumerate(method.outlets)
    ]
    for n, inlet in enumerate(inlets):
        patch.connect(inlet, model, 0, n)
    for n, outlet in enumerate(outlets):
        patch.connect(model, outlet, n, 0)
    for n, name in enumerate(heard_settings(instrument, method.name)):
        told = patch.object(f"r {quoted(own_name(prefix, name))}", varname=f"settings-{n}")
        patch.connect(told, model)
    buffer = patch.object(f"r {quoted(own_name(prefix, BUFFER))}")
    patch.chain(
        buffer, patch.message(_script(instrument, model_name, method)), patch.object("thispatcher")
    )
    return patch


def nn(patch: Patcher, model_name: str, method: Method, buffer_size: int) -> Box:
    known = Ports(len(method.inlets), (SIGNAL,) * len(method.outlets))
    text = f"nn~ {quoted(model_name)} {method.name} {buffer_size}"
    return patch.object(text, known, varname="model")


def _script(instrument: Instrument, model_name: str, method: Method) -> str:
    steps = ["delete model"]
    steps += [f"newdefault model 60 140 nn~ {quoted(model_name)} {method.name} $1"]
    steps += [f"connect in-{n} 0 model {n}" for n in range(len(method.inlets))]
    steps += [f"connect model {n} out-{n} 0" for n in range(len(method.outlets))]
    settings = heard_settings(instrument, method.name)
    steps += [f"connect settings-{n} 0 model 0" for n in range(len(settings))]
    return ", ".join(f"script {step}" for step in steps)
