"""`[nn~]` in a subpatcher of its own, where it can be made anew with another buffer."""

from __future__ import annotations

from vschaos.instrument.controls import Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import ACTS_ON_LATENTS
from vschaos.patches.max.design import own_name, prefix_of
from vschaos.patches.max.objects import SIGNAL, Ports, quoted
from vschaos.patches.max.patcher import Box, Patcher

SETTINGS = "nn"  # receiver of messages to every nn~
LATENT_SETTINGS = "nn-latents"  # of those that act on latents: not for encode before decode
BUFFER = "nn-buffer"  # of a new size for all
AGAIN = "nn-again"  # bangs out all settings once more


def receiver_of(order: str) -> str:
    """Where `set name` is sent."""
    return LATENT_SETTINGS if order.split()[1] in ACTS_ON_LATENTS else SETTINGS


def settings_receivers(instrument: Instrument, method: str) -> list[str]:
    """Receivers of a method's nn~.

    The latents of `encode` are held, smoothed and shaken in `decode`, with what hands add to it.
    """
    is_first = method == "encode" and instrument.method("decode") is not None
    return [SETTINGS] if is_first else [SETTINGS, LATENT_SETTINGS]


def player(instrument: Instrument, method: Method) -> Patcher:
    """`[nn~ model method buffer]`, between an inlet and an outlet for each of its channels.

    Messages to nn~ come by its receivers: Max can set nothing but settings of a living nn~, and so
    another buffer takes another nn~.
    """
    patch = Patcher()
    inlets = [
        patch.inlet(control.name, SIGNAL, varname=f"in-{n}")
        for n, control in enumerate(method.inlets)
    ]
    model = _nn(patch, instrument, method)
    outlets = [
        patch.outlet(control.name, SIGNAL, varname=f"out-{n}")
        for n, control in enumerate(method.outlets)
    ]
    for n, inlet in enumerate(inlets):
        patch.connect(inlet, model, 0, n)
    for n, outlet in enumerate(outlets):
        patch.connect(model, outlet, n, 0)
    prefix = prefix_of(instrument.name)
    for n, name in enumerate(settings_receivers(instrument, method.name)):
        settings = patch.object(f"r {quoted(own_name(prefix, name))}", varname=f"settings-{n}")
        patch.connect(settings, model)
    buffer = patch.object(f"r {quoted(own_name(prefix, BUFFER))}")
    patch.chain(buffer, patch.message(_script(instrument, method)), patch.object("thispatcher"))
    return patch


def _nn(patch: Patcher, instrument: Instrument, method: Method) -> Box:
    known = Ports(len(method.inlets), (SIGNAL,) * len(method.outlets))
    text = f"nn~ {quoted(instrument.name)} {method.name} {instrument.buffer_size}"
    return patch.object(text, known, varname="model")


def _script(instrument: Instrument, method: Method) -> str:
    steps = ["delete model"]
    steps += [f"newdefault model 60 140 nn~ {quoted(instrument.name)} {method.name} $1"]
    steps += [f"connect in-{n} 0 model {n}" for n in range(len(method.inlets))]
    steps += [f"connect model {n} out-{n} 0" for n in range(len(method.outlets))]
    settings = settings_receivers(instrument, method.name)
    steps += [f"connect settings-{n} 0 model 0" for n in range(len(settings))]
    return ", ".join(f"script {step}" for step in steps)
