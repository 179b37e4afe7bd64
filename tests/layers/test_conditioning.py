"""What a player says of a label reaches a network as meant, and so does that nothing is said."""

from __future__ import annotations

import math

import pytest
import torch

from vschaos.labels import Vocabulary
from vschaos.layers.conditioning import (
    ClassCode,
    Conditioning,
    Embedding,
    NumberCode,
    OneHot,
    Plain,
    code,
)

LOUDNESS = Vocabulary(low=-60.0, high=-6.0, mean=-20.0, deviation=10.0)


def test_a_vocabulary_says_its_code() -> None:
    assert isinstance(code(Vocabulary(("a", "b", "c"))), ClassCode)
    assert code(Vocabulary(("a", "b", "c"))).width == 3
    assert isinstance(code(LOUDNESS), NumberCode)
    assert code(LOUDNESS).width == 1


def test_classes_are_rounded_and_held_within_those_there_are() -> None:
    said = [0.0, 1.4, 1.6, 11.0, 12.0, 1e9, -3.0, -0.4, math.inf, -math.inf, math.nan, 1e38]
    meant = [0, 1, 2, 11, 11, 11, 0, 0, 11, 0, 0, 11]
    belief = ClassCode(12)(torch.tensor([said, said]))
    assert belief.shape == (2, 12, len(said))
    assert belief.dtype == torch.float32
    assert torch.equal(belief.sum(dim=1), torch.ones(2, len(said)))
    assert ClassCode(12).value(belief).tolist() == [meant, meant]


def test_the_likeliest_class_is_heard() -> None:
    belief = torch.tensor([[[0.2, 0.1], [0.5, 0.1], [0.3, 0.8]]])
    assert ClassCode(3).value(belief).tolist() == [[1.0, 2.0]]


def test_numbers_go_by_deviations_from_their_mean_within_their_range() -> None:
    coded = code(LOUDNESS)
    said = torch.tensor([[-20.0, -10.0, -60.0, 1e9, -1e9, math.nan, math.inf]])
    assert coded(said).shape == (1, 1, 7)
    deviations = [0.0, 1.0, -4.0, 1.4, -4.0, 0.0, 1.4]
    assert coded(said).flatten().tolist() == pytest.approx(deviations)
    meant = [-20.0, -10.0, -60.0, -6.0, -60.0, -20.0, -6.0]
    assert coded.value(coded(said))[0].tolist() == pytest.approx(meant)
    assert coded.value(torch.full((1, 1, 1), 9.0)).item() == -6.0


@pytest.mark.parametrize(
    ("embedding", "num_classes", "num_features"),
    [(OneHot(4), 4, 4), (Embedding(4, width=3), 4, 3), (Embedding(1), 1, 16), (Plain(), 1, 2)],
)
def test_features_are_as_many_as_promised_and_differ_where_nothing_is_known(
    embedding: OneHot | Embedding | Plain, num_classes: int, num_features: int
) -> None:
    belief = torch.softmax(torch.randn(2, num_classes, 5), dim=1)
    known = torch.tensor([[True, True, False, False, True], [False] * 5])
    features = embedding(belief, known)
    assert embedding.num_features == num_features
    assert features.shape == (2, num_features, 5)
    unknown = features.transpose(1, 2)[~known]
    assert torch.allclose(unknown, unknown[:1].expand_as(unknown))  # whatever was said there
    assert (features.transpose(1, 2)[known] != unknown[0]).any(dim=1).all()
    anything = torch.where(known.unsqueeze(1), belief, torch.full_like(belief, 77.0))
    assert torch.equal(embedding(anything, known), features)
    assert torch.allclose(torch.jit.script(embedding)(belief, known), features)


def test_a_known_class_is_its_own_vector_and_a_belief_mixes_them() -> None:
    known = torch.ones(1, 3, dtype=torch.bool)
    belief = torch.tensor([[[1.0, 0.0, 0.25], [0.0, 1.0, 0.75]]])
    embedding = Embedding(2, width=5)
    first, second, mixed = embedding(belief, known)[0].T
    assert torch.equal(first, embedding.table[:, 0])
    assert torch.equal(second, embedding.table[:, 1])
    assert torch.allclose(mixed, 0.25 * first + 0.75 * second)
    assert torch.equal(OneHot(2)(belief, known), belief)


@pytest.mark.parametrize("embedding", [OneHot(3), Embedding(3)])
def test_what_stands_for_the_unknown_is_learnt(embedding: OneHot | Embedding) -> None:
    known = torch.tensor([[True, False]])
    features = embedding(torch.eye(3)[None, :, :2], known)
    (gradient,) = torch.autograd.grad(features.square().sum(), embedding.unknown)
    assert gradient.abs().sum() > 0


def test_a_plain_number_says_beside_it_if_it_is_unknown() -> None:
    belief, known = torch.tensor([[[1.5, -2.0]]]), torch.tensor([[True, False]])
    assert Plain()(belief, known).tolist() == [[[1.5, 0.0], [0.0, 1.0]]]


def test_all_features_follow_the_frames_in_the_order_given() -> None:
    """The labels told may be in another order than the tasks, and some may be left out."""
    conditioning = Conditioning([Plain(2), OneHot(3, 0)])
    frames = torch.randn(2, 4, 5)
    probabilities = [
        torch.eye(3)[None, :, [2]].expand(2, 3, 5),
        torch.zeros(2, 7, 5),
        torch.ones(2, 1, 5),
    ]
    known = torch.ones(2, 3, 5, dtype=torch.bool)
    known[1, 0], known[:, 1] = False, False
    told = conditioning(frames, probabilities, known)
    assert conditioning.tasks == [2, 0]
    assert told.shape == (2, 4 + conditioning.num_features, 5)
    assert torch.equal(told[:, :4], frames)
    assert told[0, 4:, 0].tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]
    assert told[1, 4:, 0].tolist() == pytest.approx([1.0, 0.0, 1 / 3, 1 / 3, 1 / 3])
    assert torch.allclose(torch.jit.script(conditioning)(frames, probabilities, known), told)


def test_nothing_told_leaves_the_frames_as_they_are() -> None:
    frames = torch.randn(2, 4, 5)
    known = torch.zeros(2, 0, 5, dtype=torch.bool)
    for conditioning in (Conditioning([]), torch.jit.script(Conditioning([]))):
        assert torch.equal(conditioning(frames, [], known), frames)
