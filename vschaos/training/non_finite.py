"""The non-finite guard: skips steps whose loss or gradient is not finite, and finds spikes."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

LOSSES_KEPT = 500  # healthy ones, for the usual range
MEASURED_EVERY = 50  # healthy steps; before, the first loss gives the range
SMALLEST_SCALE = 1.0  # of the first loss, which may be near 0 by chance
FAR = 5.0  # times the median, and the spread, above the median
LEFT_OUT_IN_A_ROW = 10  # steps after which leaving out does not help
FAR_IN_A_ROW = 100  # steps after which it is no spike
UNSOUND_IN_A_ROW = 10  # steps after which weights are not worth keeping
logger = logging.getLogger(__name__)


@dataclass
class NonFiniteGuard:
    """Checks each step of a training; saved in its checkpoints.

    Attributes:
        left_out: steps that were not finite, of all.
        went_back: times that the training went back to earlier weights.
        left_out_in_a_row, far_in_a_row: steps, up to the last one.
        healthy: steps that were neither.
        losses: of the last of these.
        far: the loss above which one is far from them.
        fault: what the last step that was not healthy had.
    """

    left_out: int = 0
    went_back: int = 0
    left_out_in_a_row: int = 0
    far_in_a_row: int = 0
    healthy: int = 0
    losses: list[float] = field(default_factory=list)
    far: float = math.inf
    fault: str = ""

    def passes(self, step: int, loss: float, norm: float, parts: Mapping[str, Any]) -> bool:
        """Whether a step may be taken.

        Args:
            step: its number.
            loss: the weighted sum.
            norm: of its gradient.
            parts: of the loss, numbers or scalar tensors, for the message.
        """
        if math.isfinite(loss) and math.isfinite(norm):
            self.left_out_in_a_row = 0
            self._compare(loss)
            return True
        what = f"the gradient became {norm}" if math.isfinite(loss) else f"the loss became {loss}"
        self.fault = f"{what} ({', '.join(f'{k} {float(v):.3g}' for k, v in parts.items())})"
        self.left_out += 1
        self.left_out_in_a_row += 1
        if self.left_out == 1:
            logger.warning(
                "step %d: %s; it is left out, the weights stay as they were. More such steps are "
                "counted, and reported at the end",
                step,
                self.fault,
            )
        return False

    @property
    def is_sound(self) -> bool:
        """Whether the present weights may be saved."""
        return self.far_in_a_row < UNSOUND_IN_A_ROW

    @property
    def failure(self) -> str | None:
        """The reason why the training cannot continue, if there is one."""
        if self.left_out_in_a_row >= LEFT_OUT_IN_A_ROW:
            return f"{self.fault}, {self.left_out_in_a_row} steps in a row"
        if self.far_in_a_row >= FAR_IN_A_ROW:
            return f"{self.fault}, for {self.far_in_a_row} steps"
        return None

    def go_back(self) -> None:
        """Restarts the counts after a return to earlier weights."""
        self.went_back += 1
        self.left_out_in_a_row = self.far_in_a_row = 0

    def state_dict(self) -> dict[str, Any]:
        return asdict(self)

    def _compare(self, loss: float) -> None:
        if loss > self.far:
            self.far_in_a_row += 1
            self.fault = f"the loss is {loss:.3g}, after {np.median(self.losses):.3g}"
            return
        self.far_in_a_row = 0
        self.healthy += 1
        self.losses = [*self.losses[1 - LOSSES_KEPT :], loss]
        if self.healthy == 1:
            self.far = loss + FAR * max(abs(loss), SMALLEST_SCALE)
        if self.healthy % MEASURED_EVERY == 0:
            low, median, high = np.percentile(self.losses, (25, 50, 75)).tolist()
            self.far = median + FAR * (abs(median) + high - low)
