"""`[nn~]` in a subpatcher of its own, where it can be made anew with another buffer."""

from __future__ import annotations

from vschaos.instrument.controls import Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import ACTS_ON_LATENTS, hyphened
from vschaos.patches.max.panel import SETTINGS
from vschaos.patches.max.patcher import SIGNAL, Patcher, ports
from vschaos.patches.max.text import own_name, quoted

LATENT_SETTINGS = "nn-latents"  # of those that act on latents: not for encode before decode
BUFFER = "nn-buffer"  # of a new size for all


def receiver_of(attribute: str) -> str:
    """Where `set attribute value` is sent."""
    return LATENT_SETTINGS if attribute in ACTS_ON_LATENTS else SETTINGS


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
    named = f"nn~ {quoted(instrument.name)} {method.name}"
    inlets = [
        patch.inlet(control.name, SIGNAL, varname=f"in-{n}")
        for n, control in enumerate(method.inlets)
    ]
    model = patch.object(
        f"{named} {instrument.buffer_size}",
        varname="model",
        **ports(len(inlets), [SIGNAL] * len(method.outlets)),
    )
    for n, inlet in enumerate(inlets):
        patch.connect(inlet, model, 0, n)
    for n, control in enumerate(method.outlets):
        patch.outlet(control.name, model, n, varname=f"out-{n}")
    prefix = hyphened(instrument.name)
    receivers = settings_receivers(instrument, method.name)
    for n, name in enumerate(receivers):
        text = f"r {quoted(own_name(prefix, name))}"
        patch.connect(patch.object(text, varname=f"settings-{n}"), model)
    steps = [
        "delete model",
        f"newdefault model 60 140 {named} $1",
        *(f"connect in-{n} 0 model {n}" for n in range(len(inlets))),
        *(f"connect model {n} out-{n} 0" for n in range(len(method.outlets))),
        *(f"connect settings-{n} 0 model 0" for n in range(len(receivers))),
    ]
    rebuild = patch.message(", ".join(f"script {step}" for step in steps))
    buffer = patch.object(f"r {quoted(own_name(prefix, BUFFER))}")
    patch.chain(buffer, rebuild, patch.object("thispatcher"))
    return patch
