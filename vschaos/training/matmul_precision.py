"""How precisely matrices are multiplied while a model learns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

PRECISIONS = ("highest", "high", "medium")


@contextmanager
def multiplying(precision: str) -> Iterator[None]:
    """Within it, matrices of 32-bit floats are multiplied as precisely as that says.

    What `medium` does is torch's to choose. On processors without instructions for bfloat16
    matrices it takes oneDNN's kernels, of full precision and twice as fast as MKL's on AMD; on
    others and on GPUs factors are rounded (to bfloat16, to TF32), and sums are not.

    Args:
        precision: `highest`, `high` or `medium`.

    Raises:
        ValueError: it is none of them.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"training.matmul_precision must be {', '.join(PRECISIONS)}, got {precision!r}"
        )
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
