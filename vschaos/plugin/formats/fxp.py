"""Preset files of VST2 (`.fxp`): positions of all parameters, for any plug-in of that kind.

Big-endian: `CcnK`, size of what follows, `FxCk`, version 1, the plug-in's four characters, its
version, number of parameters, a name of 28 bytes, and a float32 for each parameter (VST 2.4,
vstfxstore.h).
The parameters are all of the plug-in, in its order: the description must list them so.
"""

from __future__ import annotations

import struct

import numpy as np

from vschaos.plugin.description import Description
from vschaos.plugin.formats.preset import Preset

HEADER = struct.Struct(">4si4si4sii28s")
NAME_BYTES = 27  # and a zero


class FxpParameters:
    """Presets as any host of VST2 writes them."""

    ending = ".fxp"

    def write(self, preset: Preset, description: Description) -> bytes:
        positions = np.array(
            [
                parameter.position_of(parameter.value_at(float(position)))
                for parameter, position in zip(
                    description.parameters, preset.positions, strict=True
                )
            ],
            dtype=">f4",
        )
        name = preset.name.encode()[:NAME_BYTES].decode(errors="ignore").encode()
        identity = _identity(description)
        size = HEADER.size - 8 + positions.nbytes
        header = (b"CcnK", size, b"FxCk", 1, identity, 1, len(positions), name)
        return HEADER.pack(*header) + positions.tobytes()

    def read(self, content: bytes, description: Description, place: str) -> list[Preset]:
        count = len(description.parameters)
        if len(content) != HEADER.size + 4 * count:
            raise ValueError(
                f"{place}: expected an .fxp with {count} parameters, {HEADER.size + 4 * count} "
                f"bytes, got {len(content)}"
            )
        mark, _, kind, _, identity, _, stored, name = HEADER.unpack_from(content)
        if (mark, kind, stored) != (b"CcnK", b"FxCk", count):
            raise ValueError(f"{place}: expected an .fxp of parameters, got another kind of file")
        if identity != _identity(description):
            raise ValueError(
                f"{place}: expected a preset of {description.name} ({description.identity}), got "
                f"one of {identity.decode('latin-1')!r}"
            )
        positions = np.frombuffer(content, dtype=">f4", offset=HEADER.size).astype(np.float64)
        if not ((positions >= 0) & (positions <= 1)).all():  # NaN is not
            raise ValueError(f"{place}: expected positions from 0 to 1, got others")
        return [Preset(name.split(b"\0")[0].decode("utf-8", "replace"), positions)]

    def as_state(self, content: bytes, description: Description) -> bytes:
        return content


def _identity(description: Description) -> bytes:
    if not description.identity:
        raise ValueError(
            f"preset: {{identity: ...}} of the description of {description.name} must say its four "
            "characters, which an .fxp needs"
        )
    return description.identity.encode("ascii")
