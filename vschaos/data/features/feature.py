"""The contract of a feature: waveform `[T]` -> `[C, N]`, with a name, a version and an identity."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from vschaos.audio.files import Waveform


class FeatureError(ValueError):
    """A feature that did not return what its contract promises; names the feature and the file."""


@dataclass(frozen=True)
class Feature(ABC):
    """A function of a waveform, computed once per file and cached.

    Frame n describes the neighbourhood of sample `n * hop_length`; each feature documents which.
    A subclass is a frozen dataclass, whose fields are its arguments: plain numbers, strings,
    booleans or None, since they are part of the identity. It sets `name`, `version`, `channels` and
    `outside`, and defines `__call__`. Raise `version` whenever results change: cached ones of
    another version are not used.

    Args:
        sample_rate: of the model, in Hz.
        hop_length: samples from frame to frame.

    Attributes:
        name: in batches, configurations and messages.
        version: of the function, from 1 on.
        channels: names of the C channels.
        outside: value per channel before the first frame of a sound and after its last.
        unchanged_by: augmentations (`gain`, `varispeed`, ...) that leave the feature true, so that
            a training may use them beside it.
    """

    sample_rate: int
    hop_length: int

    name: ClassVar[str]
    version: ClassVar[int]
    unchanged_by: ClassVar[tuple[str, ...]] = ("polarity",)

    def __post_init__(self) -> None:
        for argument in ("sample_rate", "hop_length"):
            self.check_whole(argument, lowest=1)
        if not self.channels or len(set(self.channels)) < len(self.channels):
            raise ValueError(f"channels of {self.name} must be distinct, got {self.channels}")
        if len(self.outside) != len(self.channels) or not np.isfinite(self.outside).all():
            raise ValueError(
                f"outside of {self.name} must be one finite value per channel "
                f"({', '.join(self.channels)}), got {self.outside}"
            )

    @property
    @abstractmethod
    def channels(self) -> tuple[str, ...]: ...

    @property
    @abstractmethod
    def outside(self) -> tuple[float, ...]: ...

    @abstractmethod
    def __call__(self, waveform: Waveform) -> np.ndarray:
        """`[T] -> [C, N]`, `N = ceil(T / hop_length)`; finite.

        The waveform is float32, read-only and memory-mapped: hours of it should be taken in blocks.
        """

    def check_sounds(  # noqa: B027
        self, values: Mapping[str, np.ndarray], waveform_of: Callable[[str], Waveform]
    ) -> None:
        """Called before a training with the values `[N, C]` of each sound, by its name, and what
        gives the waveform `[T]` to a name: warns of sounds that are probably not meant to be
        trained with; most features have nothing to say.

        Raises:
            ValueError: a training with these sounds would be of no use.
        """

    def num_frames(self, length: int) -> int:
        """Frames of a sound of `length` samples: `ceil(length / hop_length)`."""
        return -(-length // self.hop_length)

    @property
    def arguments(self) -> Mapping[str, Any]:
        """All that decides the result, by name."""
        return asdict(self)

    @property
    def identity(self) -> str:
        """SHA-256 of name, version and arguments: cached results are valid for this one only.

        Raises:
            ValueError: an argument is not plain.
        """
        try:
            plain = json.dumps([self.name, self.version, self.arguments], sort_keys=True)
        except TypeError as error:
            raise ValueError(
                f"arguments of {self.name} must be plain numbers, strings, booleans or None, "
                f"got {dict(self.arguments)}"
            ) from error
        return hashlib.sha256(plain.encode()).hexdigest()

    def check_whole(self, argument: str, lowest: int, highest: int | None = None) -> None:
        """
        Raises:
            ValueError: the argument is no whole number from `lowest` to `highest`.
        """
        value = getattr(self, argument)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or value < lowest or (highest is not None and value > highest):
            range_text = f"from {lowest} on" if highest is None else f"from {lowest} to {highest}"
            raise ValueError(
                f"{argument} of {self.name} must be a whole number {range_text}, got {value!r}"
            )


def compute(feature: Feature, waveform: Waveform, file_name: str) -> np.ndarray:
    """Values of a file, checked: `[T] -> [C, N]`, float32.

    Raises:
        FeatureError: the function fails, or its result has another shape or is not finite.
    """
    try:
        values = np.asarray(feature(waveform), dtype=np.float32)
    except Exception as error:  # code of any kind: the file's name helps, whatever happened
        raise FeatureError(
            f"feature {feature.name} of {file_name} failed: {type(error).__name__}: {error}"
        ) from error
    expected = len(feature.channels), feature.num_frames(len(waveform))
    if values.shape != expected:
        raise FeatureError(
            f"feature {feature.name} of {file_name} must have shape {list(expected)} "
            f"(channels, frames), got {list(values.shape)}"
        )
    is_finite = np.isfinite(values)
    if not is_finite.all():
        channel, frame = np.argwhere(~is_finite)[0]
        raise FeatureError(
            f"feature {feature.name} of {file_name} must be finite, got "
            f"{values[channel, frame]} for {feature.channels[channel]} in frame {frame}"
        )
    return values
