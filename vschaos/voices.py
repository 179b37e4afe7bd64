"""State of a stream with a row for each voice of a batch, as voices come and go between calls.

Voices that stay keep their rows, new ones begin afresh, and those that leave take nothing with them
but their own.
"""

import torch
from torch import Tensor


def with_rows(state: Tensor, rows: int, fill: float = 0.0) -> Tensor:
    """State `[B, ...]` for a batch of `rows`; new rows are `fill`.

    State is assigned anew and never changed in place: nn~ runs methods in inference mode and
    settings outside of it, where a tensor of the former must not be written to.
    """
    if state.shape[0] >= rows:
        return state[:rows]
    new = [rows - state.shape[0]] + list(state.shape[1:])  # noqa: RUF005  TorchScript unpacks none
    return torch.cat([state, state.new_full(new, fill)])


def with_new_rows(state: Tensor, beginning: Tensor) -> Tensor:
    """State of any number of rows for a batch whose new voices begin as `beginning`, `[B, ...]`."""
    staying = state[: beginning.shape[0]]
    return torch.cat([staying, beginning[staying.shape[0] :]])
