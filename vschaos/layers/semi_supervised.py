"""The semi-supervised loss: predictors learn from the decoder where a label is unknown."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vschaos.layers.labelling import Labelling

MAX_FRAMES = 16  # of a batch; each is decoded with every candidate
INDEPENDENT_FEATURES = 8.0  # that the errors of all features of a frame count as
Decode = Callable[
    [Tensor, list[Tensor], Tensor], Tensor
]  # latents, label probabilities, known -> frames


def semi_supervised(
    labelling: Labelling,
    frames: Tensor,
    latents: Tensor,
    probabilities: list[Tensor],
    known: Tensor,
    decode: Decode,
) -> dict[str, Tensor]:
    """The unlabelled bound of Kingma et al. 2014 (eq. 7), without a gradient to the decoder.

    The divergence of a predictor's q(y|x) from p(y|x, z), which is proportional to the likelihood
    of the frame when the decoder is conditioned on y.

    Args:
        frames, latents: `[B, F, N]`, `[B, Z, N]`.
        probabilities, known: of all labels, `[B, K, N]` each and `[B, L, N]`.
        decode: latents conditioned on labels -> frames.

    Returns:
        by `<task>_semi_supervised`, for each predicted label that conditions the decoder, the mean
        over some frames whose label is unknown, in nats.
    """
    losses = {}
    rows = [_flat(part) for part in probabilities]
    for task in labelling.semi_supervised:
        name = f"{labelling.tasks[task]}_semi_supervised"
        picked = (~known[:, task]).flatten().nonzero()[:MAX_FRAMES, 0]
        if not len(picked):
            losses[name] = frames.new_zeros(())
            continue
        head, inputs = labelling.head(task), _flat(frames)[picked].detach()
        fits = _fits(
            inputs,
            _flat(latents)[picked],
            [row[picked] for row in rows],
            task,
            head.baselines().to(frames),
            decode,
        )
        log_predicted, log_likely = head.log_shares(inputs)[:, :, 0], torch.log_softmax(fits, dim=1)
        losses[name] = (log_predicted.exp() * (log_predicted - log_likely)).sum(dim=1).mean()
    return losses


@torch.no_grad()
def _fits(
    frames: Tensor,
    latents: Tensor,
    probabilities: list[Tensor],
    task: int,
    baselines: Tensor,
    decode: Decode,
) -> Tensor:
    """How well each of K candidates `[K, W]` explains each of M frames, in nats `[M, K]`."""
    count = len(baselines)
    tried = [belief.repeat_interleave(count, dim=0) for belief in probabilities]
    tried[task] = baselines.repeat(len(frames), 1).unsqueeze(2)
    known = torch.ones(len(tried[task]), len(tried), 1, dtype=torch.bool, device=frames.device)
    decoded = decode(latents.repeat_interleave(count, dim=0), tried, known)
    errors = (decoded - frames.repeat_interleave(count, dim=0)).square().mean(dim=(1, 2))
    errors = errors.reshape(-1, count)
    # the variance that makes the best candidates likeliest; features are far from independent
    variance = errors.amin(dim=1).mean() + 1e-6
    return -0.5 * INDEPENDENT_FEATURES * errors / variance


def _flat(values: Tensor) -> Tensor:
    """`[B, C, N]` -> `[B N, C, 1]`."""
    return values.transpose(1, 2).reshape(-1, values.shape[1], 1)
