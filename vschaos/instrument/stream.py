"""The base class of all streams: models set up to be played block by block."""

import inspect

import torch
from torch import nn

from vschaos.instrument.controls import Attribute, Method


class Stream(nn.Module):
    """A model set up to be played block by block; scriptable.

    Each of `methods` is a method `[B, inlets, T / in_ratio] -> [B, outlets, T / out_ratio]` of any
    name. It may be called with any whole number of hops T and any B, and its output does not depend
    on how a sound is cut into blocks. Voices (rows) that stay when B changes keep their state. The
    value of each of `attributes` is an attribute of the stream of the same name, or, if it is a
    number, an entry of its dictionary `settings`.

    Args:
        methods, attributes: in the order of the instrument.
        hop_length: samples; every call brings a multiple of it.
        delay: latency in samples, from sound at the input to sound at the output; 0 for a stream
            without one of the two.
    """

    def __init_subclass__(cls) -> None:
        # TorchScript finds interfaces only in the annotations of the class itself
        cls.__annotations__ = {
            name: annotation
            for ancestor in reversed(cls.__mro__[: cls.__mro__.index(Stream)])
            for name, annotation in inspect.get_annotations(ancestor).items()
        }

    def __init__(
        self, methods: list[Method], attributes: list[Attribute], hop_length: int, delay: int
    ) -> None:
        super().__init__()
        self.methods = methods
        self.attributes = attributes
        self.hop_length = hop_length
        self.delay = delay

    def reset(self) -> None:
        """Clears all state at once; clicks if something sounds."""
        raise NotImplementedError

    def restart(self) -> None:
        """Clears all state without a click: present sounds decay by themselves."""
        self.reset()

    def get_delay(self) -> int:
        """Latency in samples under the present settings."""
        return self.delay


def script(stream: Stream) -> torch.jit.ScriptModule:
    """Scripts a stream with its methods, which need no `torch.jit.export`."""
    calls = [method.name for method in stream.methods]
    calls += [attribute.on_change for attribute in stream.attributes if attribute.on_change]
    for name in (*calls, "reset", "restart", "get_delay"):
        method = getattr(type(stream), name, None)
        if not callable(method):
            raise ValueError(f"{type(stream).__name__} must have a method {name!r}, got none")
        torch.jit.export(method)
    settings = getattr(stream, "settings", {})
    for attribute in stream.attributes:
        if not hasattr(stream, attribute.name) and attribute.name not in settings:
            raise ValueError(
                f"{type(stream).__name__} must hold the value of {attribute.name!r} in an "
                "attribute of that name, got none"
            )
    return torch.jit.script(stream)
