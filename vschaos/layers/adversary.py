"""What keeps labels out of a latent space, so that those who are told them have to obey."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vschaos.labels import Vocabulary
from vschaos.layers.prediction import Categorical, Normal, frozen, make_head


class Adversary(nn.Module):
    """Heads that try to tell labels from latents, and how much they can.

    The latents are to carry nothing of what the decoder is told anyway (Fader networks, Lample et
    al. 2017; here the heads are brought to hear the labels' shares rather than a wrong label).

    Args:
        in_dim: Z.
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
        self, latents: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> dict[str, Tensor]:
        """Latents `[B, Z, N]`, a belief `[B, K, N]` for each of L labels and what is known of them
        `[B, L, N]` -> `adversary`, the heads' surprise, that they learn from and the latents do
        not; `leak`, what the heads hear, that the latents learn from and they do not; nats."""
        negative_log_likelihood, leak = latents.new_zeros(()), latents.new_zeros(())
        for task, head in zip(self.tasks, self.heads, strict=True):
            heard = known[:, task]
            if not heard.any():
                continue
            truths = probabilities[task].transpose(1, 2)[heard]
            assert isinstance(head, Categorical | Normal)
            negative_log_likelihood = (
                negative_log_likelihood
                + head.negative_log_likelihood(latents.detach(), probabilities[task])[heard].mean()
            )
            with frozen(head):
                leak = leak + head.information(latents, truths)[heard].mean()
        return {"adversary": negative_log_likelihood, "leak": leak}
