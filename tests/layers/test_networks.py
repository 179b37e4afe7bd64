"""Networks hear the past and never the future, in one piece as in many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch

from vschaos.layers import (
    CausalConvolution,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    Network,
    Perceptron,
    Recurrence,
    Remembering,
)
from vschaos.layers.streaming import for_few_frames, in_groups

F, Z = 65, 6
CONVOLUTIONS = {"channels": [4, 6], "strides": [4, 2], "hidden_dims": [16]}
GRU = partial(Recurrence, width=10, num_layers=2, context=5)
CAUSAL = partial(CausalConvolution, width=8, dilations=[1, 2])
NETWORKS: dict[str, Callable[[], Network]] = {
    "perceptron": lambda: Perceptron(F, Z, [16]),
    "perceptron and lines": lambda: Perceptron(F, Z, [16], has_linear_path=True),
    "encoder": lambda: ConvolutionalEncoder(F, Z, **CONVOLUTIONS),  # type: ignore[arg-type]
    "decoder": lambda: ConvolutionalDecoder(F, Z, **CONVOLUTIONS),  # type: ignore[arg-type]
    "linear gates": lambda: ConvolutionalEncoder(F, Z, [4, 4], [2, 8], [], 5, (1, 2), "linear"),
    "no blocks": lambda: ConvolutionalDecoder(F, Z, [4], [4], [], dilations=[]),
    "gru": lambda: Remembering(F, Z, [16, 12], GRU, dropout=0.2),
    "causal": lambda: Remembering(F, Z, [16, 12], CAUSAL),
}
WITH_MEMORY = ("gru", "causal")


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(0)
    return NETWORKS[request.param]().eval()


@pytest.fixture(params=WITH_MEMORY)
def remembering(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(0)
    return NETWORKS[request.param]().eval()


def test_frames_come_out_as_they_went_in(network: Network) -> None:
    for batch, num_frames in ((1, 1), (3, 1), (2, 20)):
        assert network(torch.randn(batch, F, num_frames)).shape == (batch, Z, num_frames)


def test_the_gradient_reaches_every_parameter(network: Network) -> None:
    network.train()(torch.randn(4, F, 9)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_it_never_hears_the_future(network: Network) -> None:
    frames = torch.randn(2, F, 12, requires_grad=True)
    output = network(frames)
    for n in (0, 5, 11):
        (gradient,) = torch.autograd.grad(output[:, :, n].square().sum(), frames, retain_graph=True)
        heard = gradient.abs().sum(dim=(0, 1)) > 0
        assert not heard[n + 1 :].any()
        assert heard[n]
        assert bool(heard[:n].any()) == (network.memory_size > 0 and n > 0)


def test_a_convolution_hears_as_far_as_its_context() -> None:
    network = NETWORKS["causal"]()
    frames = torch.randn(1, F, 20, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(frames)[:, :, -1].square().sum(), frames)
    heard = (gradient.abs().sum(dim=(0, 1)) > 0).nonzero()
    assert 19 - int(heard[0]) == network.context == 6


def test_pieces_are_as_good_as_the_whole(network: Network) -> None:
    frames = torch.randn(2, F, 20)
    memory = torch.zeros(2, network.memory_size)
    outputs = []
    for piece in frames.split([1, 7, 1, 3, 8], dim=2):
        output, memory = network.continued(piece, memory)
        outputs.append(output)
    assert torch.allclose(torch.cat(outputs, dim=2), network(frames), atol=1e-5)


def test_a_memory_matters_and_is_as_large_as_it_says(remembering: Network) -> None:
    frame = torch.randn(2, F, 1)
    empty = torch.zeros(2, remembering.memory_size)
    first, kept = remembering.continued(frame, empty)
    assert kept.shape == empty.shape
    assert not torch.allclose(remembering.continued(frame, kept)[0], first, atol=1e-3)


def test_it_scripts(network: Network) -> None:
    scripted = torch.jit.script(network)
    frames = torch.randn(2, F, 5)
    assert torch.allclose(scripted(frames), network(frames), atol=1e-6)


def test_neighbouring_bins_go_the_same_way_through_a_convolution() -> None:
    torch.manual_seed(0)
    encoder = ConvolutionalEncoder(160, Z, [4, 6], [4, 2], [])
    low, high = torch.zeros(2, 160)
    low[64], high[72] = 1.0, 1.0  # as many bins apart as positions are wide
    features = encoder.stages(torch.stack([low, high]).unsqueeze(1))
    assert torch.allclose(features[0, :, 6:12], features[1, :, 7:13], atol=1e-6)
    assert not torch.allclose(features[0, :, 6:12], features[1, :, 6:12], atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"strides": [4]}, "as many numbers"),
        ({"strides": [4, 3]}, "strides even"),
        ({"channels": [], "strides": []}, "one at least"),
        ({"kernel_size": 4}, "kernel_size must be odd"),
        ({"gate": "relu"}, "gate one of tanh, linear"),
    ],
)
@pytest.mark.parametrize("kind", [ConvolutionalEncoder, ConvolutionalDecoder])
def test_convolutions_that_cannot_be_are_refused(
    kind: type[Network], settings: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        kind(F, Z, **{**CONVOLUTIONS, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{"kernel_size": 1}, {"dilations": []}, {"dilations": [0]}, {"gate": "relu"}]
)
def test_memories_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    memory = partial(CausalConvolution, **{"width": 4, "dilations": [1], **settings})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="memory must have"):
        Remembering(F, Z, [8], memory)
    with pytest.raises(ValueError, match="hidden_dims must name"):
        Remembering(F, Z, [], GRU)


def test_groups_are_whole_and_repeat_the_last_frame() -> None:
    frames = torch.arange(5.0).expand(2, 3, 5)
    groups = in_groups(frames, 4)
    assert [part.shape[2] for part in groups] == [4, 4]
    assert torch.cat(groups, dim=2)[0, 0].tolist() == [0, 1, 2, 3, 4, 4, 4, 4]


@torch.no_grad()
def test_weights_for_few_frames_keep_their_values() -> None:
    network = Perceptron(9, 4, hidden_dims=[8])
    frames = torch.randn(2, 9, 3)
    expected = network(frames)
    found = for_few_frames(network)(frames)
    assert float((found - expected).abs().max()) < 1e-6  # the same sums in another order
    rows = network.layers[0].weight
    assert rows.shape == (8, 9)
    assert rows.stride() == (16, 1)
