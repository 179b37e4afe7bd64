"""An adversary that keeps conditioning labels out of the latents."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vschaos.labels import Vocabulary
from vschaos.layers.prediction import Categorical, Normal, frozen, make_head


class Adversary(nn.Module):
    """Predicts labels from latents, which learn to be uninformative of them.

    The decoder then has to use the labels that condition it (Fader networks, Lample et al. 2017;
    here the predictions are driven to the labels' shares rather than to a wrong label).

    Args:
        in_dim: Z.
        vocabularies: of the labels that condition the decoder.
        tasks: their numbers among all labels.
        hidden_dims: widths of the hidden layers of each predictor.
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
        """Latents `[B, Z, N]`, probabilities `[B, K, N]` of L labels and `known` `[B, L, N]` ->
        `adversary`, the negative log-likelihood of the predictors, whose gradient reaches them
        alone; `leak`, their information, whose gradient reaches the latents alone; nats."""
        negative_log_likelihood, leak = latents.new_zeros(()), latents.new_zeros(())
        for task, head in zip(self.tasks, self.heads, strict=True):
            is_known = known[:, task]
            if not is_known.any():
                continue
            truths = probabilities[task].transpose(1, 2)[is_known]
            assert isinstance(head, Categorical | Normal)
            negative_log_likelihood = (
                negative_log_likelihood
                + head.negative_log_likelihood(latents.detach(), probabilities[task])[
                    is_known
                ].mean()
            )
            with frozen(head):
                leak = leak + head.information(latents, truths)[is_known].mean()
        return {"adversary": negative_log_likelihood, "leak": leak}
