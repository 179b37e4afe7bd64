"""Which labels a network is told and which ones it hears, in the order of the settings."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.layers import Labelling

IN_DIM = 6
VOCABULARIES = {
    "loudness": Vocabulary(low=-60.0, high=0.0, mean=-20.0, deviation=10.0),
    "octave": Vocabulary(("2", "3", "4")),
    "pitch": Vocabulary(tuple("ABCDE")),
}
PITCH = {"pitch": {"target": ["decoder"], "embedding": "OneHot"}}
HEAD = {"type": "MLPEncoder", "args": {"nlayers": 1, "hidden_dims": 8}}
COMBINATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "told": (PITCH, {}),
    "told by a name": ({"pitch": {"target": "encoder"}}, {}),
    "heard": ({}, {"octave": HEAD, "loudness": HEAD}),
    "told and heard": (PITCH, {"pitch": HEAD}),
    "everything": (
        {
            "pitch": {"target": ["decoder", "encoder"], "embedding": "Embedding", "width": 3},
            "loudness": {"target": ["decoder"], "embedding": "none"},
        },
        {"octave": {}, "loudness": {"args": {"hidden_dims": [4, 4], "dropout": 0.1}}},
    ),
}


def made(conditioning: dict[str, Any], prediction: dict[str, Any]) -> Labelling:
    torch.manual_seed(0)
    return Labelling(VOCABULARIES, conditioning, prediction, IN_DIM).eval()


def some(labelling: Labelling, num_frames: int = 7) -> tuple[Tensor, Labels]:
    """Frames and labels, some of which are known."""
    torch.manual_seed(1)
    frames = torch.randn(2, IN_DIM, num_frames)
    shape = (2, len(labelling.tasks), num_frames)
    return frames, Labels(torch.randint(0, 3, shape).float(), torch.rand(shape) > 0.5)


class Whole(torch.nn.Module):
    """All that a stream asks of it."""

    def __init__(self, labelling: Labelling) -> None:
        super().__init__()
        self.labelling = labelling

    def forward(self, frames: Tensor, labels: Labels) -> list[Tensor]:
        probabilities, known = self.labelling.infer_labels(frames, labels)
        nothing = self.labelling.unknown(frames)
        return [
            self.labelling.to_encoder(frames, probabilities, known),
            self.labelling.to_decoder(frames, probabilities, known),
            self.labelling.to_decoder(frames, self.labelling.probabilities(nothing), nothing.known),
            self.labelling.predicted(frames),
        ]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_scripted_it_does_the_same(name: str) -> None:
    labelling = made(*COMBINATIONS[name])
    frames, labels = some(labelling)
    expected = Whole(labelling)(frames, labels)
    scripted = torch.jit.script(Whole(labelling))(frames, labels)
    encoder, decoder = labelling.to_encoder.num_features, labelling.to_decoder.num_features
    rows = [IN_DIM + encoder, IN_DIM + decoder, IN_DIM + decoder, len(labelling.predicted_tasks)]
    for values, other, count in zip(expected, scripted, rows, strict=True):
        assert values.shape == (2, count, 7)
        assert torch.allclose(values, other, atol=1e-6)


def test_the_order_is_that_of_the_settings() -> None:
    labelling = made(
        {"pitch": {"target": ["decoder"]}, "octave": {"target": ["encoder", "decoder"]}},
        {"loudness": {}, "pitch": {}},
    )
    assert labelling.tasks == ["pitch", "octave", "loudness"]
    assert labelling.conditioning_tasks == [0, 1]
    assert labelling.predicted_tasks == [2, 0]
    assert labelling.to_encoder.tasks == [1]
    assert labelling.to_decoder.tasks == [0, 1]
    labels = Labels(torch.tensor([[[4.0], [1.0], [0.0]]]), torch.ones(1, 3, 1).bool())
    frames = torch.zeros(1, 1, 1)
    told = labelling.to_decoder(frames, labelling.probabilities(labels), labels.known)
    assert told.flatten().tolist() == [0, *(0, 0, 0, 0, 1), *(0, 1, 0)]


def test_what_is_heard_goes_out_by_its_own_row_and_unit() -> None:
    labelling = made({}, {"pitch": HEAD, "loudness": HEAD, "octave": HEAD})
    frames, _ = some(labelling, 200)
    pitch, loudness, octave = labelling.predicted(frames).unbind(dim=1)
    for classes, head in ((pitch, 0), (octave, 2)):
        assert torch.equal(classes, labelling.predictors[head](frames).argmax(dim=1).float())
    assert len(pitch.unique()) > 2
    expected = -20.0 + 10.0 * labelling.predictors[1](frames)[:, 0]
    assert torch.allclose(loudness, expected.clamp(-60.0, 0.0))


def test_what_is_not_said_is_believed_as_heard_where_there_is_a_head() -> None:
    conditioning = {"pitch": {"target": ["decoder"]}, "octave": {"target": ["decoder"]}}
    labelling = made(conditioning, {"pitch": HEAD})
    frames, labels = some(labelling)
    probabilities, known = labelling.infer_labels(frames, labels)
    stated, heard = labelling.probabilities(labels), labelling.predictors[0](frames)
    said = labels.known[:, :1].expand_as(heard)
    assert torch.equal(probabilities[0][said], stated[0][said])
    assert torch.equal(probabilities[0][~said], heard[~said])
    assert known[:, 0].all()
    assert torch.equal(known[:, 1], labels.known[:, 1])
    assert torch.equal(probabilities[1], stated[1])


def test_a_stop_gradient_lies_on_both_sides_of_the_heads() -> None:
    labelling = made({**PITCH, "octave": {"target": ["decoder"]}}, {"pitch": HEAD, "octave": HEAD})
    frames, labels = some(labelling)
    frames.requires_grad_()
    probabilities, known = labelling.infer_labels(frames, labels)
    # what is told reaches the learnt vectors for the unknown at most, never heads nor frames
    latents = torch.randn(2, 4, 7, requires_grad=True)
    labelling.to_decoder(latents, probabilities, known).square().sum().backward()
    assert latents.grad is not None
    assert frames.grad is None
    assert all(parameter.grad is None for parameter in labelling.predictors.parameters())
    sum(labelling.negative_log_likelihood(frames, labels).values(), torch.zeros(())).backward()
    assert frames.grad is None
    for parameter in labelling.predictors.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


def test_surprise_is_the_mean_over_what_is_known() -> None:
    labelling = made(PITCH, {"pitch": HEAD, "loudness": HEAD})
    frames, labels = some(labelling)
    negative_log_likelihood = labelling.negative_log_likelihood(frames, labels)
    assert list(negative_log_likelihood) == ["pitch_prediction", "loudness_prediction"]
    classes = labels.values[:, 0].long()
    log_heard = labelling.predictors[0](frames).log()
    expected = -log_heard.gather(1, classes.unsqueeze(1))[:, 0][labels.known[:, 0]].mean()
    assert negative_log_likelihood["pitch_prediction"].item() == pytest.approx(
        expected.item(), rel=1e-5
    )
    nothing = Labels(labels.values, torch.zeros_like(labels.known))
    assert all(
        loss.item() == 0.0 for loss in labelling.negative_log_likelihood(frames, nothing).values()
    )


def test_accuracy_is_judged_where_the_label_is_known() -> None:
    labelling = made(PITCH, {"loudness": HEAD, "pitch": HEAD})
    frames, _ = some(labelling, 50)
    heard = labelling.predicted(frames)
    values = torch.stack([heard[:, 1], heard[:, 0] + 3.0], dim=1)  # by task: pitch, loudness
    known = torch.ones(2, 2, 50, dtype=torch.bool)
    values[0, 0, :25] = (values[0, 0, :25] + 1) % 5
    judged = labelling.accuracy(frames, Labels(values, known))
    assert set(judged) == {"pitch_accuracy", "loudness_error"}
    assert judged["pitch_accuracy"].item() == pytest.approx(0.75)
    assert judged["loudness_error"].item() == pytest.approx(3.0, abs=1e-4)
    known[0, 0, :25], known[:, 1] = False, False
    judged = labelling.accuracy(frames, Labels(values, known))
    assert {name: value.item() for name, value in judged.items()} == {"pitch_accuracy": 1.0}


def test_the_settings_of_a_head_are_taken() -> None:
    def widths(**args: Any) -> list[int]:
        head = made({}, {"pitch": {"args": args}}).predictors[0]
        return [m.out_features for m in head.modules() if isinstance(m, torch.nn.Linear)]

    assert widths() == [200, 200, 5]
    assert widths(nlayers=3, hidden_dims=9, target_dist="Categorical") == [9, 9, 9, 5]
    assert widths(hidden_dims=[7, 8, 9, 10]) == [7, 8, 9, 10, 5]
    head = made({}, {"pitch": {"args": {"dropout": 0.3}}})
    assert [m.p for m in head.modules() if isinstance(m, torch.nn.Dropout)] == [0.3, 0.3]


@pytest.mark.parametrize(
    ("conditioning", "prediction", "message"),
    [
        (
            {"pitch": {"target": ["encoder", "decoder"]}},
            {"pitch": HEAD},
            r"model\.prediction\.pitch is refused: pitch conditions the encoder.*before it can be "
            r"predicted; set model\.conditioning\.pitch\.target=\[decoder\]",
        ),
        ({"pitch": {"target": "encoder"}}, {"pitch": {}}, "conditions the encoder"),
        (
            {"pitch": {"target": ["decodr"]}},
            {},
            r"pitch\.target must name encoder and/or decoder, got \['decodr'\]",
        ),
        ({"pitch": {"target": []}}, {}, r"pitch\.target must name"),
        ({"pitch": {}}, {}, r"pitch\.target must name .* got None"),
        (
            {"pitch": {"target": ["decoder"], "embedding": "none"}},
            {},
            r"model\.conditioning\.pitch\.embedding must be OneHot or Embedding for labels that "
            "are classes, got 'none'",
        ),
        (
            {"pitch": {"target": ["decoder"], "embedding": "onehot"}},
            {},
            r"pitch\.embedding must be .* got 'onehot'",
        ),
        (
            {"loudness": {"target": ["decoder"]}},
            {},
            r"loudness\.embedding must be none for labels that are numbers, got 'OneHot'",
        ),
        (
            {},
            {"pitch": {"type": "RNN"}},
            r"model\.prediction\.pitch\.type must be MLPEncoder, got 'RNN'",
        ),
        (
            {},
            {"pitch": {"args": {"target_dist": "Normal"}}},
            r"model\.prediction\.pitch\.args\.target_dist must be Categorical for labels that are "
            "classes, got 'Normal'",
        ),
        (
            {},
            {"loudness": {"args": {"target_dist": "Categorical"}}},
            r"target_dist must be Normal for labels that are numbers",
        ),
        (
            {},
            {"pitch": {"args": {"depth": 3}}},
            r"model\.prediction\.pitch\.args may hold nlayers, hidden_dims, dropout and "
            r"target_dist, got depth",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_setting_and_the_reason(
    conditioning: dict[str, Any], prediction: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        made(conditioning, prediction)


@pytest.mark.parametrize("name", ["none", "None", None])
def test_a_number_takes_no_embedding(name: str | None) -> None:
    labelling = made({"loudness": {"target": ["encoder"], "embedding": name}}, {})
    assert labelling.to_encoder.num_features == 2
