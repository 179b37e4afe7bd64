"""What makes a decoder obey: heads that hear if what it was told is in what it made."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vschaos.labels import Vocabulary
from vschaos.layers.prediction import Categorical, Normal, frozen, make_head
from vschaos.layers.self_teaching import Decode


class Critic(nn.Module):
    """Heads that learn on true frames to hear labels, and judge decoded ones told other labels.

    In training a decoder is only ever told labels that fit the latents, and may go by either. Here
    it is told those of other frames, and learns to make them heard (the auxiliary classifier of
    Odena et al. 2017, on labels that are swapped). The latents learn nothing of it.

    Args:
        in_dim: F, features of a frame.
        vocabularies: of the labels told to the decoder.
        tasks: their numbers among all labels.
        hidden_dims: widths of the hidden layers of each head.
    """

    def __init__(
        self,
        in_dim: int,
        vocabularies: Sequence[Vocabulary],
        tasks: Sequence[int],
        hidden_dims: Sequence[int],
    ) -> None:
        super().__init__()
        self.tasks = list(tasks)
        self.heads = nn.ModuleList(
            [make_head(in_dim, vocabulary, list(hidden_dims)) for vocabulary in vocabularies]
        )

    def losses(
        self,
        frames: Tensor,
        latents: Tensor,
        beliefs: list[Tensor],
        known: Tensor,
        decode: Decode,
    ) -> dict[str, Tensor]:
        """
        Args:
            frames, latents: true ones, `[B, F, N]`, and theirs, `[B, Z, N]`.
            beliefs, known: their labels, `[B, K, N]` each and `[B, L, N]`.
            decode: frames from latents that are told labels.

        Returns:
            `critic`, the heads' surprise at true frames, and `disobedience`, at decoded ones, of
            frames in which the true label can be heard; nats.
        """
        order = torch.randperm(len(frames), device=frames.device)
        told, told_known = [belief[order] for belief in beliefs], known[order]
        decoded = decode(latents.detach(), told, told_known)
        surprise, disobedience = frames.new_zeros(()), frames.new_zeros(())
        for task, head in zip(self.tasks, self.heads, strict=True):
            assert isinstance(head, Categorical | Normal)
            here, both = known[:, task], known[:, task] & told_known[:, task]
            nats = head.surprise(frames, beliefs[task])
            surprise = surprise + (nats * here).sum() / here.sum().clamp_min(1)
            # of silence nothing is heard, and nothing is asked
            audible = torch.exp(-nats.detach()).clamp_max(1.0) * both
            with frozen(head):
                missed = head.surprise(decoded, told[task])
            disobedience = disobedience + (missed * audible).sum() / both.sum().clamp_min(1)
        return {"critic": surprise, "disobedience": disobedience}
