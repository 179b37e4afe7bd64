"""A model set up to be played block by block."""

import torch
from torch import nn

from vschaos.instrument.controls import Attribute, Method


class Stream(nn.Module):
    """A model set up to be played block by block; scriptable.

    Each of `methods` is a method `[B, inlets, T / in_ratio] -> [B, outlets, T / out_ratio]`. It may
    be called with any whole number of hops T and any B, and its output does not depend on how a
    sound is cut into blocks. Voices (rows) that stay when B changes keep their state. The value of
    each of `attributes` lies in an attribute of the stream of the same name.

    Args:
        methods, attributes: what can be called and set, in the order of the instrument.
        hop_length: samples; every call brings a multiple of it.
        delay: samples by which the output of `forward`, or of the method that takes sound and
            gives sound, lies behind its input.
    """

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

    @torch.jit.export
    def restart(self) -> None:
        """Clears all state without a click: what sounds dies away by itself."""
        self.reset()

    def get_delay(self) -> int:
        """The delay in samples under the present settings."""
        raise NotImplementedError
