"""The layout of an instrument for PureData: the names that its controls listen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vschaos.patches.layout import Layout, hyphened, short_name
from vschaos.patches.pure_data.text import literal

if TYPE_CHECKING:
    from vschaos.instrument.controls import Control

LARGEST_BUFFER = 16384  # samples


class Design(Layout):
    """An instrument as it is laid out in PureData."""

    @property
    def prefix(self) -> str:
        """The beginning of all receivers; never a number, that Pd would write in its own way."""
        name = hyphened(self.instrument.name)
        return f"model-{name}" if _is_number(name) else name

    @property
    def own(self) -> str:
        """The beginning of receivers of this patch alone: another of the same name may be open."""
        return f"$0-{self.prefix}"

    @property
    def model(self) -> str:
        """The `.ts` in a box; a name that reads as a number needs its ending to be a word."""
        name = self.instrument.name
        return literal(f"{name}.ts" if _is_number(name) else name)

    @property
    def buffers(self) -> list[int]:
        """Sizes to choose from, samples."""
        sizes = [self.instrument.hop_length]
        while sizes[-1] < max(LARGEST_BUFFER, self.instrument.buffer_size):
            sizes.append(2 * sizes[-1])
        return sizes

    def receiver(self, control: str) -> str:
        """The receiver of a control: `NAME-latent-1`, `NAME-volume`."""
        return f"{self.prefix}-{hyphened(control)}"

    def fader_name(self, fader: Control) -> str:
        """`1` of `latent 1`, in one word."""
        return hyphened(short_name(fader))


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
