"""The patch that drives another one: sends messages in time, plays sounds into it and records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

BLOCK = 64


class Driver:
    """A patch under construction.

    Args:
        length: samples to play and to record.
        sample_rate: Hz.
        messages: when, in milliseconds, and what, `receiver words...`.
    """

    def __init__(
        self, length: int, sample_rate: int, messages: Sequence[tuple[float, str]] = ()
    ) -> None:
        self.length = length
        self.sample_rate = sample_rate
        self.messages = messages
        self.sound = np.zeros((0, 0))
        self.boxes: list[str] = []
        self.lines: list[str] = []
        self.recorded = 0

    def play(self, text: str, sound: np.ndarray, outlets: int, printed: Sequence[int] = ()) -> None:
        """An object, its inlets fed with the channels of a sound, its outlets recorded."""
        played = self._box("obj", text)
        self.sound = sound
        for channel in range(len(sound)):
            self._box("obj", f"table driver-in-{channel}")
            player = self._box("obj", f"tabplay~ driver-in-{channel}")
            self._line(self._box("obj", "r driver-start"), 0, player, 0)
            self._line(player, 0, played, channel)
        for outlet in range(outlets):
            self._record(played, outlet)
        for number in printed:
            self._line(played, number - 1, self._box("obj", f"print outlet-{number}"), 0)
        names = " ".join(message for _, message in self.messages)
        for number in sorted(set(re.findall(r"\binlet-(\d+)", names))):
            self._line(self._box("obj", f"r inlet-{number}"), 0, played, int(number) - 1)

    def listen(self, names: Sequence[str]) -> None:
        """Records sounds that are sent by name."""
        for name in names:
            self._record(self._box("obj", f"receive~ {name}"), 0)

    def write(self, folder: Path, quits: bool) -> None:
        """`driver.pd` and what it plays; at its end it writes `end.txt`, and Pd quits or not."""
        self._box("obj", "r driver-start")  # where nothing is played or recorded, too
        messages = [text for moment, text in self.messages if moment <= 0]
        if len(self.sound):
            _write_sound(folder / "in.wav", self.sound, self.sample_rate)
            tables = " ".join(f"driver-in-{channel}" for channel in range(len(self.sound)))
            self._soundfiler(f"read -resize in.wav {tables}", "driver-open")
            messages.insert(0, "driver-open bang")
        self._sequence(0, [*messages, "driver-start bang", "pd dsp 1"])
        for moment, text in sorted(self.messages, key=lambda message: message[0]):
            if moment > 0:
                self._sequence(moment, [text])
        self._end(quits)
        boxes = "".join(f"#X {box};\n" for box in self.boxes)
        lines = "".join(f"#X connect {line};\n" for line in self.lines)
        (folder / "driver.pd").write_text(f"#N canvas 0 0 600 600 12;\n{boxes}{lines}")

    def read(self, folder: Path) -> np.ndarray:
        """`[C, T]`: what was recorded."""
        if not self.recorded:
            return np.zeros((0, self.length), np.float32)
        return read_sound(folder / "out.wav")[:, : self.length]

    def is_own(self, line: str) -> bool:
        """Whether this patch, not the one it drives, had the line printed."""
        return line.startswith("out.wav: biggest amplitude")

    def _end(self, quits: bool) -> None:
        tables = " ".join(f"driver-out-{channel}" for channel in range(self.recorded))
        self._soundfiler(f"write -wave -bytes 4 out.wav {tables}", "driver-save")
        end = self._box("obj", "textfile")
        self._line(self._box("obj", "r driver-end"), 0, end, 0)
        last = ["driver-save bang"] if self.recorded else []
        last += ["driver-end add end", "driver-end write end.txt"]
        blocks = -(-self.length // BLOCK) + 1
        self._sequence(blocks * BLOCK * 1000 / self.sample_rate, last + ["pd quit"] * quits)

    def _record(self, source: int, outlet: int) -> None:
        name = f"driver-out-{self.recorded}"
        self._box("obj", f"table {name} {self.length}")
        recorder = self._box("obj", f"tabwrite~ {name}")
        self._line(self._box("obj", "r driver-start"), 0, recorder, 0)
        self._line(source, outlet, recorder, 0)
        self.recorded += 1

    def _soundfiler(self, message: str, receiver: str) -> None:
        text = self._box("msg", message)
        self._line(self._box("obj", f"r {receiver}"), 0, text, 0)
        self._line(text, 0, self._box("obj", "soundfiler"), 0)

    def _sequence(self, milliseconds: float, messages: Sequence[str]) -> None:
        start = self._box("obj", "loadbang")
        delay = self._box("obj", f"delay {milliseconds:.9g}")  # of 0 too: all patches are open then
        text = "".join(f" \\; {_escaped(message)}" for message in messages)
        self._line(start, 0, delay, 0)
        self._line(delay, 0, self._box("msg", text.strip()), 0)

    def _box(self, kind: str, text: str) -> int:
        self.boxes.append(f"{kind} 10 {10 + 20 * len(self.boxes)} {text}")
        return len(self.boxes) - 1

    def _line(self, source: int, outlet: int, target: int, inlet: int) -> None:
        self.lines.append(f"{source} {outlet} {target} {inlet}")


def _escaped(message: str) -> str:
    """As a message box is written in a file."""
    return re.sub(r"([;$])", r"\\\1", message).replace(",", r" \,")


def read_sound(path: Path) -> np.ndarray:
    """`[C, T]`."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def _write_sound(path: Path, sound: np.ndarray, sample_rate: int) -> None:
    soundfile.write(path, sound.T.astype(np.float32), sample_rate, subtype="FLOAT")
