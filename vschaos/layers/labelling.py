"""Labels of a model: conditioning of its networks, and prediction."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vschaos.labels import Labels, Vocabulary
from vschaos.layers.conditioning import ClassCode, Conditioning, Embedding, OneHot, Plain, code
from vschaos.layers.prediction import Categorical, NoPredictor, Normal, make_head

TARGETS = ("encoder", "decoder")
EMBEDDINGS = ("OneHot", "Embedding", "none")
DISTRIBUTIONS = ("Categorical", "Normal")
Settings = Mapping[str, Mapping[str, Any]]
Embedder = OneHot | Embedding | Plain


class Labelling(nn.Module):
    """The labels of a model: L tasks, of which some condition it and some are predicted.

    Args:
        vocabularies: of each task that the two others name.
        conditioning: by task, `target` (encoder and/or decoder), `embedding` (OneHot, Embedding or
            none), `width` of an Embedding.
        prediction: by task, `type` and `args` of the head.
        in_dim: features of the frames that the predictors get.

    Attributes:
        tasks: names, those that condition first, in the order of the two.
        conditioning_tasks: numbers of the tasks that condition the encoder or the decoder.
        predicted_tasks: numbers of the tasks that are predicted, in the order of `prediction`.
        semi_supervised: those of them that condition the decoder.
    """

    conditioning_tasks: list[int]
    predicted_tasks: list[int]
    semi_supervised: list[int]
    has_predictor: Tensor

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        conditioning: Settings,
        prediction: Settings,
        in_dim: int,
    ) -> None:
        super().__init__()
        self.tasks = list({**conditioning, **prediction})
        _check_targets(conditioning, prediction)
        known = [vocabularies[task] for task in self.tasks]
        self.codes = nn.ModuleList([code(vocabulary) for vocabulary in known])
        embeddings = {
            task: _embedding(task, entry, vocabularies[task], self.tasks.index(task))
            for task, entry in conditioning.items()
        }
        self.to_encoder = Conditioning(_with_target("encoder", conditioning, embeddings))
        self.to_decoder = Conditioning(_with_target("decoder", conditioning, embeddings))
        self.conditioning_tasks = [self.tasks.index(task) for task in conditioning]
        self.predicted_tasks = [self.tasks.index(task) for task in prediction]
        self.semi_supervised = [
            task for task in self.predicted_tasks if task in self.to_decoder.tasks
        ]
        self.register_buffer(
            "has_predictor",
            torch.tensor([task in prediction for task in self.tasks]).bool().unsqueeze(1),
            persistent=False,
        )
        self.predictors = nn.ModuleList(
            [
                _predictor(task, prediction[task], vocabulary, in_dim)
                if task in prediction
                else NoPredictor()
                for task, vocabulary in zip(self.tasks, known, strict=True)
            ]
        )

    def probabilities(self, labels: Labels) -> list[Tensor]:
        """Labels `[B, L, N]` -> probabilities `[B, K, N]` for each task."""
        probabilities = torch.jit.annotate(list[Tensor], [])
        for index, coded in enumerate(self.codes):
            probabilities.append(coded(labels.values[:, index]))
        return probabilities

    def infer_labels(self, frames: Tensor, labels: Labels) -> tuple[list[Tensor], Tensor]:
        """Labels `[B, L, N]`, predicted from frames `[B, F, N]` where they are unknown ->
        probabilities for each task, and where there are any, `[B, L, N]`."""
        probabilities = self.probabilities(labels)
        for index, predictor in enumerate(self.predictors):
            predicted = predictor(frames.detach()).detach()  # a stop-gradient on both sides
            if predicted.shape[1] > 0:
                known = labels.known[:, index].unsqueeze(1)
                probabilities[index] = torch.where(known, probabilities[index], predicted)
        return probabilities, torch.logical_or(labels.known, self.has_predictor)

    def predicted(self, frames: Tensor) -> Tensor:
        """Frames `[B, F, N]` -> predictions, class numbers or numbers `[B, P, N]`."""
        if len(self.predicted_tasks) == 0:
            return frames[:, :0]
        probabilities = torch.jit.annotate(list[Tensor], [])
        for predictor in self.predictors:
            probabilities.append(predictor(frames))
        values = torch.jit.annotate(list[Tensor], [])
        for index, coded in enumerate(self.codes):
            has_one = probabilities[index].shape[1] > 0
            values.append(coded.value(probabilities[index]) if has_one else frames[:, 0])  # type: ignore[operator]
        return torch.stack([values[index] for index in self.predicted_tasks], dim=1)

    def unknown(self, frames: Tensor) -> Labels:
        """Unknown labels `[B, L, N]` for frames `[B, F, N]`."""
        values = frames.new_zeros(frames.shape[0], len(self.codes), frames.shape[2])
        return Labels(values, values > 0)

    @torch.jit.unused
    def random_labels(self, frames: Tensor) -> Labels:
        """Known labels `[B, L, N]` for frames `[B, F, N]`, uniformly sampled with a fixed seed."""
        generator = torch.Generator().manual_seed(0)
        shape = (frames.shape[0], len(self.codes), frames.shape[2])
        values = torch.rand(shape, generator=generator).to(frames)
        for index, coded in enumerate(self.codes):
            values[:, index] = coded.spread(values[:, index])  # type: ignore[operator]
        return Labels(values, torch.ones_like(values, dtype=torch.bool))

    @torch.jit.unused
    def head(self, task: int) -> Categorical | Normal:
        """The predictor of a task."""
        head = self.predictors[task]
        assert isinstance(head, Categorical | Normal)
        return head

    @torch.jit.unused
    def negative_log_likelihood(self, frames: Tensor, labels: Labels) -> dict[str, Tensor]:
        """By `<task>_prediction`, the mean negative log-likelihood of each predictor over the
        frames `[B, F, N]` whose label is known, in nats."""
        probabilities = self.probabilities(labels)
        losses = {}
        for task in self.predicted_tasks:
            known = labels.known[:, task]
            nats = self.head(task).negative_log_likelihood(frames.detach(), probabilities[task])
            mean = (nats * known).sum() / known.sum().clamp_min(1)
            losses[f"{self.tasks[task]}_prediction"] = mean
        return losses

    @torch.jit.unused
    def accuracy(self, frames: Tensor, labels: Labels) -> dict[str, Tensor]:
        """By `<task>_accuracy`, the share of the frames `[B, F, N]` whose class is predicted
        correctly; by `<task>_error`, for numbers, the mean absolute error; of known labels."""
        predicted = self.predicted(frames)
        scores = {}
        for row, task in enumerate(self.predicted_tasks):
            known, values = labels.known[:, task], labels.values[:, task]
            if not known.any():
                continue
            name = self.tasks[task]
            if isinstance(self.codes[task], ClassCode):
                scores[f"{name}_accuracy"] = (predicted[:, row] == values)[known].float().mean()
            else:
                scores[f"{name}_error"] = (predicted[:, row] - values)[known].abs().mean()
        return scores


def _check_targets(conditioning: Settings, prediction: Settings) -> None:
    for task, entry in conditioning.items():
        targets = entry.get("target")
        targets = [targets] if isinstance(targets, str) else targets
        if not targets or not set(targets) <= set(TARGETS):
            raise ValueError(
                f"model.conditioning.{task}.target must name encoder and/or decoder, "
                f"got {entry.get('target')!r}"
            )
        if task in prediction and "encoder" in targets:
            raise ValueError(
                f"model.prediction.{task} is refused: {task} conditions the encoder, that is "
                f"before it can be predicted; set model.conditioning.{task}.target=[decoder]"
            )


def _with_target(
    target: str, conditioning: Settings, embeddings: Mapping[str, Embedder]
) -> list[Embedder]:
    return [embeddings[task] for task, entry in conditioning.items() if target in entry["target"]]


def _embedding(task: str, entry: Mapping[str, Any], vocabulary: Vocabulary, index: int) -> Embedder:
    name = str(entry.get("embedding", "OneHot"))
    name = "none" if name in ("None", "none") else name
    if name not in EMBEDDINGS or (name != "none") != vocabulary.is_class:
        expected = "OneHot or Embedding" if vocabulary.is_class else "none"
        kind = "classes" if vocabulary.is_class else "numbers"
        raise ValueError(
            f"model.conditioning.{task}.embedding must be {expected} for labels that are {kind}, "
            f"got {name!r}"
        )
    if name == "none":
        return Plain(index)
    if name == "OneHot":
        return OneHot(len(vocabulary.classes), index)
    return Embedding(len(vocabulary.classes), index, int(entry.get("width", 16)))


def _predictor(
    task: str, entry: Mapping[str, Any], vocabulary: Vocabulary, in_dim: int
) -> nn.Module:
    where = f"model.prediction.{task}"
    if entry.get("type", "MLPEncoder") != "MLPEncoder":
        raise ValueError(f"{where}.type must be MLPEncoder, got {entry['type']!r}")
    args = dict(entry.get("args") or {})
    distribution = args.pop("target_dist", "Categorical" if vocabulary.is_class else "Normal")
    if distribution not in DISTRIBUTIONS or (distribution == "Categorical") != vocabulary.is_class:
        expected = "Categorical" if vocabulary.is_class else "Normal"
        kind = "classes" if vocabulary.is_class else "numbers"
        raise ValueError(
            f"{where}.args.target_dist must be {expected} for labels that are {kind}, "
            f"got {distribution!r}"
        )
    nlayers, hidden = int(args.pop("nlayers", 2)), args.pop("hidden_dims", 200)
    dropout = float(args.pop("dropout", 0.0))
    if args:
        raise ValueError(
            f"{where}.args may hold nlayers, hidden_dims, dropout and target_dist, "
            f"got {', '.join(args)}"
        )
    hidden_dims = [int(hidden)] * nlayers if isinstance(hidden, int) else [int(h) for h in hidden]
    return make_head(in_dim, vocabulary, hidden_dims, dropout)
