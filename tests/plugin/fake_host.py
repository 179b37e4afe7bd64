"""A host process without a plug-in: a sine that leaves a phase behind, and can be made to fail.

The position of its parameter `trap` says how, in steps of a fifth.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence

import numpy as np

from vschaos.plugin.process import serve

NAMES = ["Level", "Shape", "Trap", "Echo"]
FINE, CRASH, HANG, PRINT, NOT_FINITE, EXIT = range(6)


class FakeEngine:
    def load(self, path: str, sample_rate: int) -> Sequence[str]:
        if path.endswith("broken.so"):
            raise ValueError("it is broken")
        self.sample_rate = sample_rate
        self.is_forgetful = path.endswith("forgetful.so")
        self.values = [0.5, 0.0, 0.0, 0.0]
        self.phase = 0.1  # goes on from sound to sound, as in a plug-in
        self.tail = 0.0  # so does what rings on
        return NAMES

    def set(self, positions: dict[int, float]) -> None:
        for index, position in positions.items():
            self.values[index] = position

    def positions(self) -> Sequence[float]:
        return list(self.values)

    def text(self, index: int) -> str:
        position = self.values[index]
        steps = ["sine", "square", "cube"]
        return steps[int(2 * position + 0.5)] if index == 1 else f"{position:.6f}"

    def render(self, note: int, velocity: int, held_seconds: float, seconds: float) -> np.ndarray:
        level, shape, trap, echo = self.values
        if velocity:
            _fall_into(round(5 * trap))
        times = np.arange(round(seconds * self.sample_rate)) / self.sample_rate
        sine = np.sin(2 * np.pi * (440 * 2 ** ((note - 69) / 12) * times + self.phase))
        sound = level * velocity / 127 * np.sign(sine) * np.abs(sine) ** (1 + round(2 * shape))
        sound = sound + self.tail
        self.phase = (self.phase + 0.37) % 1
        self.tail = 0.3 * echo * (velocity > 0)
        if round(5 * trap) == NOT_FINITE and velocity:
            sound[3] = np.nan
        return np.stack([sound, sound]).astype(np.float32)

    def state(self) -> bytes:
        return np.array(self.values, dtype="<f4").tobytes()

    def load_state(self, content: bytes) -> None:
        is_file = content.startswith(b"CcnK")  # an .fxp ends with the values
        if len(content) != 16 and not is_file:
            raise ValueError("that is no state of mine")
        if not self.is_forgetful:
            self.values = np.frombuffer(content[-16:], dtype=">f4" if is_file else "<f4").tolist()


def _fall_into(trap: int) -> None:
    if trap == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
    if trap == HANG:
        time.sleep(60)
    if trap == PRINT:
        print("to whom it may concern", flush=True)  # noqa: T201
        os.write(1, b"x" * 300_000 + b"\n")  # more than a pipe holds
    if trap == EXIT:
        sys.stderr.write("no display\n")
        sys.stderr.flush()
        os._exit(3)


if __name__ == "__main__":
    serve(FakeEngine())
