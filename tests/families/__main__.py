"""`python -m tests.families COMMAND ...`: `vschaos COMMAND ...` that knows the families of the tests.

Run in a folder with their `configs/`. `--die-at=STEP` kills the process after a step, as kill -9 does.
"""

import os
import signal
import sys

from tests.families import allow_families
from vschaos.cli.main import main


def die_at(step: int) -> None:
    from vschaos.training.learner import Learner

    def end(self: Learner, *_: object) -> None:
        if self.global_step == step:
            os.kill(os.getpid(), signal.SIGKILL)

    Learner.on_train_batch_end = end  # type: ignore[method-assign]


if __name__ == "__main__":
    allow_families()
    if sys.argv[-1].startswith("--die-at="):
        die_at(int(sys.argv.pop().partition("=")[2]))
    raise SystemExit(main(sys.argv[1:]))
