"""A host that runs a `.ts` block by block exactly as nn~ does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

TYPES = {0: bool, 1: int, 2: float, 3: str}


class Host:
    """One nn~ object: a model, one of its methods, and a buffer.

    As nn~ does, it takes the last sample of each window where a method's inlets are slower than
    sound, holds values where its outlets are, raises the buffer to the highest ratio of any method
    (else up to a power of two), runs methods in inference mode but settings outside of it, and
    repeats the last block when a method fails (`failures` counts and names them).

    Args:
        model: a `.ts` file, or a module scripted or loaded.
        method: to run; `forward` if not given, or the first where there is none.
        buffer_size: samples per call; 0 for the smallest that the model supports.

    Raises:
        ValueError: not a model for nn~, or without that method.
    """

    def __init__(
        self,
        model: Path | torch.jit.ScriptModule,
        method: str | None = None,
        buffer_size: int = 0,
    ) -> None:
        self.model = _load(model) if isinstance(model, Path) else model
        self.methods: list[str] = self.model.get_methods()
        self.attributes: list[str] = self.model.get_attributes()
        if method is None:
            method = "forward" if "forward" in self.methods else self.methods[0]
        if method not in self.methods:
            raise ValueError(f"method must be one of {', '.join(self.methods)}; got {method!r}")
        self.method = method
        self.inlets, self.in_ratio, self.outlets, self.out_ratio = self._params(method)
        self.buffer_size = self._legal_buffer(buffer_size)
        self.failures: list[str] = []
        self._last: dict[int, Tensor] = {}

    def process(self, sound: np.ndarray) -> np.ndarray:
        """A whole sound, block by block.

        Args:
            sound: `[inlets, T]` at audio rate; zeros are added up to whole buffers.

        Returns:
            `[outlets, T]` at audio rate.
        """
        length = sound.shape[1]
        size = self.buffer_size
        padded = np.pad(sound, ((0, 0), (0, -length % size))).astype(np.float32)
        blocks = [
            self.perform(torch.from_numpy(padded[None, :, start : start + size]))
            for start in range(0, length, size)
        ]
        if not blocks:
            return np.zeros((self.outlets, 0), dtype=np.float32)
        return torch.cat(blocks, dim=2)[0, :, :length].numpy()

    def perform(self, block: Tensor) -> Tensor:
        """One call: `[B, inlets, T]` -> `[B, outlets, T]`, both at audio rate."""
        batch, _, length = block.shape
        windows = block.reshape(batch, self.inlets, -1, self.in_ratio)
        with torch.inference_mode():
            try:
                values = getattr(self.model, self.method)(windows[..., -1].clone())
                expected = batch * self.outlets * length // self.out_ratio
                if values.numel() != expected or values.dtype != torch.float32:
                    raise RuntimeError(
                        f"expected {expected} float32 values, "
                        f"got {values.numel()} of {values.dtype}"
                    )
                held = values.reshape(-1).repeat_interleave(self.out_ratio)
                output = held.reshape(batch, self.outlets, length)
            except RuntimeError as error:
                self.failures.append(str(error).strip().splitlines()[-1])
                output = self._last.get(
                    batch * length, block.new_zeros(batch, self.outlets, length)
                )
            self._last[batch * length] = output
        return output

    def set(self, name: str, *values: str | float | bool) -> None:
        """Sets an attribute, from text too, as Max and PureData send it.

        Raises:
            ValueError: no such attribute, not as many or not such values, or refused by the model.
        """
        if name not in self.attributes:
            raise ValueError(f"attribute must be one of {', '.join(self.attributes)}; got {name!r}")
        kinds = self._params(name)
        if len(values) != len(kinds):
            raise ValueError(f"{name} takes {len(kinds)} values, got {len(values)}")
        try:
            typed = [_as_type(kind, value) for kind, value in zip(kinds, values, strict=True)]
        except ValueError as error:
            raise ValueError(f"{name} cannot be set to {' '.join(map(str, values))}") from error
        if getattr(self.model, f"set_{name}")(*typed) != 0:
            raise ValueError(f"{name} does not take {' '.join(map(str, values))}")

    def get(self, name: str) -> list[Any]:
        """The values of an attribute."""
        if name not in self.attributes:
            raise ValueError(f"attribute must be one of {', '.join(self.attributes)}; got {name!r}")
        return list(getattr(self.model, f"get_{name}")())

    def labels(self) -> tuple[list[str], list[str]]:
        """Names of the inlets and of the outlets; numbers where they have none."""
        inlets = [f"inlet {k + 1}" for k in range(self.inlets)]
        outlets = [f"outlet {k + 1}" for k in range(self.outlets)]
        return (
            list(getattr(self.model, f"{self.method}_input_labels", inlets)),
            list(getattr(self.model, f"{self.method}_output_labels", outlets)),
        )

    def _params(self, name: str) -> list[int]:
        return getattr(self.model, f"{name}_params").tolist()

    def _legal_buffer(self, asked: int) -> int:
        ratios = [ratio for name in self.methods for ratio in self._params(name)[1::2]]
        highest = max(ratios)
        if asked == 0 and "min_buffer_size" in self.attributes:
            asked = self.get("min_buffer_size")[0]
        return highest if asked <= highest else 1 << (asked - 1).bit_length()


def parse_settings(settings: Sequence[str]) -> list[tuple[str, list[str]]]:
    """`name=value` -> name and values; several values are separated by commas."""
    parsed = []
    for setting in settings:
        name, equals, values = setting.partition("=")
        if not equals:
            raise ValueError(f"a setting must read name=value, got {setting!r}")
        parsed.append((name, values.split(",")))
    return parsed


def _load(path: Path) -> torch.jit.ScriptModule:
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        model = torch.jit.load(str(path), map_location="cpu")
        model.get_methods()
        model.get_attributes()
    except (RuntimeError, AttributeError) as error:
        raise ValueError(f"{path} is not a model for nn~: {error}") from error
    return model.eval()


def _as_type(kind: int, value: str | float | bool) -> str | float | bool:
    if kind not in TYPES:
        raise ValueError(f"attributes of nn~'s type {kind} cannot be set here")
    if kind == 0 and isinstance(value, str):
        return value not in ("0", "false")
    if kind == 1 and isinstance(value, str):
        return int(float(value))
    return TYPES[kind](value)
