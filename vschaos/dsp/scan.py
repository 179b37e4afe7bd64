"""Affine recurrences, computed in chunks: the core of filters, envelopes and glides."""

import torch
from torch import Tensor

CHUNK = 32  # samples; blocks are multiples of it


def affine_scan(matrices: Tensor, offsets: Tensor, state: Tensor, chunk: int = CHUNK) -> Tensor:
    """The states of `s[n] = M[n] s[n - 1] + b[n]`.

    Two levels (Blelloch 1990): within all chunks at once, maps are composed step by step; then the
    states at the ends of the chunks follow one from the other. Chunks lie in the same places
    however a sound is cut into blocks of whole chunks, so that the result does not depend on it.

    Args:
        matrices: M, `[B, T, D, D]`, T a multiple of `chunk`.
        offsets: b, `[B, T, D]`.
        state: before the first sample, `[B, D]`.
        chunk: samples of a step of the upper level.

    Returns:
        `[B, T, D]`.

    Raises:
        ValueError: T is no whole number of chunks.

    Example:
        >>> decay = torch.full([1, 32, 1, 1], 0.5)
        >>> affine_scan(decay, torch.zeros(1, 32, 1), torch.ones(1, 1))[0, :3, 0].tolist()
        [0.5, 0.25, 0.125]
    """
    batch, length, dim = offsets.shape
    if length % chunk:
        raise ValueError(f"the length must be a multiple of {chunk} samples, got {length}")
    rows = batch * (length // chunk)
    steps = matrices.reshape(rows, chunk, dim, dim)
    # a map is its matrix, and its offset as one more column
    shifts = torch.nn.functional.pad(offsets.reshape(rows, chunk, dim, 1), [dim, 0])
    composed = torch.cat([steps[:, 0], shifts[:, 0, :, dim:]], 2)
    maps = [composed]
    for matrix, shift in zip(steps.unbind(1)[1:], shifts.unbind(1)[1:]):  # noqa: B905  TorchScript
        composed = torch.baddbmm(shift, matrix, composed)
        maps.append(composed)
    whole = composed.reshape(batch, -1, dim, dim + 1)
    before = [state.unsqueeze(2)]
    ends = zip(whole[:, :-1, :, :dim].unbind(1), whole[:, :-1, :, dim:].unbind(1))  # noqa: B905
    for matrix, shift in ends:
        before.append(torch.baddbmm(shift, matrix, before[-1]))
    entering = torch.stack(before, 1).reshape(rows, 1, dim, 1)
    every = torch.stack(maps, 1)
    states = every[:, :, :, :dim] @ entering + every[:, :, :, dim:]
    return states.reshape(batch, length, dim)


def decay_scan(factors: Tensor, offsets: Tensor, state: Tensor, chunk: int = CHUNK) -> Tensor:
    """As `affine_scan` for numbers: the `s[n] = a[n] s[n - 1] + b[n]` of many rows.

    Args:
        factors, offsets: a and b, `[R, T]`, T a multiple of `chunk`.
        state: before the first sample, `[R]`.
        chunk: see there.

    Returns:
        `[R, T]`.

    Raises:
        ValueError: T is no whole number of chunks.
    """
    rows, length = offsets.shape
    if length % chunk:
        raise ValueError(f"the length must be a multiple of {chunk} samples, got {length}")
    # [chunk, 2, R, chunks]: factor and offset of a map share each step
    steps = factors.reshape(rows, -1, chunk).permute(2, 0, 1).unsqueeze(1).contiguous()
    shifts = offsets.reshape(rows, -1, chunk).permute(2, 0, 1)
    shifts = torch.stack([torch.zeros_like(shifts), shifts], 1)
    composed = torch.cat([steps[0], shifts[0, 1:]], 0)
    maps = [composed]
    for factor, shift in zip(steps.unbind(0)[1:], shifts.unbind(0)[1:]):  # noqa: B905  TorchScript
        composed = torch.addcmul(shift, factor, composed)
        maps.append(composed)
    before = [state]
    for factor, shift in zip(composed[0, :, :-1].unbind(1), composed[1, :, :-1].unbind(1)):  # noqa: B905
        before.append(torch.addcmul(shift, factor, before[-1]))
    every = torch.stack(maps, 3)  # [2, R, chunks, chunk]
    states = torch.addcmul(every[1], every[0], torch.stack(before, 1).unsqueeze(2))
    return states.reshape(rows, length)
