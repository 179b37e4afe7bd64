"""Rows of state are those of the voices that stay."""

import torch

from vschaos.voices import with_new_rows, with_rows


def test_rows_are_added_at_the_end_and_dropped_from_there() -> None:
    state = torch.ones(2, 3)
    assert with_rows(state, 1).tolist() == [[1.0] * 3]
    assert with_rows(state, 4).tolist() == [[1.0] * 3] * 2 + [[0.0] * 3] * 2
    assert with_rows(state[:0], 2, 0.5).tolist() == [[0.5] * 3] * 2
    assert torch.jit.script(with_rows)(state, 3).shape == (3, 3)


def test_new_rows_begin_as_given() -> None:
    state, beginning = torch.ones(2, 1), torch.tensor([[5.0], [6.0], [7.0]])
    assert with_new_rows(state, beginning).tolist() == [[1.0], [1.0], [7.0]]
    assert with_new_rows(state, beginning[:1]).tolist() == [[1.0]]
    assert with_new_rows(state[:0], beginning).tolist() == beginning.tolist()
