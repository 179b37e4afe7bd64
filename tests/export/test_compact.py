"""A compact export is half as large and sounds the same."""

import copy
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.export.playing import sound
from vschaos.export import script_stream
from vschaos.export.compact import CompactLinear, compacted
from vschaos.models.spectral_vae import SpectralVAE


def difference_db(output: Tensor, target: Tensor) -> float:
    return 20 * math.log10(float((output - target).norm() / target.norm()) + 1e-12)


@pytest.fixture(scope="module")
def saved(trained: SpectralVAE, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compact")
    paths = {}
    for name, model in (("full", trained), ("compact", compacted(trained))):
        paths[name] = folder / f"{name}.ts"
        scripted = script_stream(model.stream().eval(), model.sample_rate)
        torch.jit.save(scripted, str(paths[name]))
    return paths


def test_a_layer_keeps_large_and_small_outputs_apart() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(256, 64, bias=False).requires_grad_(False)
    layer.weight *= torch.logspace(-6, 2, 64).unsqueeze(1)
    features = torch.randn(100, 256)
    expected = layer(features)
    compact = CompactLinear(layer)
    for output in (compact(features), torch.jit.script(compact)(features)):
        # of each output by itself: 16 bits leave -90 dB
        errors = (output - expected).norm(dim=0) / expected.norm(dim=0)
        assert float(errors.max()) < 10 ** (-85 / 20)


def test_a_layer_of_zeros_stays_one() -> None:
    layer = nn.Linear(64, 32)
    layer.weight.data.zero_()
    assert torch.equal(CompactLinear(layer)(torch.randn(3, 64)), layer.bias.expand(3, -1))


def test_the_model_itself_is_left_as_it_is(trained: SpectralVAE) -> None:
    before = copy.deepcopy(trained.state_dict())
    assert any(isinstance(module, CompactLinear) for module in compacted(trained).modules())
    assert not any(isinstance(module, CompactLinear) for module in trained.modules())
    assert all(torch.equal(value, before[name]) for name, value in trained.state_dict().items())


def test_it_is_smaller_by_half_of_its_weights(saved: dict[str, Path], trained: SpectralVAE) -> None:
    sizes = {name: path.stat().st_size for name, path in saved.items()}
    weights = sum(m.weight.numel() for m in trained.modules() if isinstance(m, nn.Linear))
    # scales and code are small beside the weights
    assert sizes["full"] - sizes["compact"] > 0.9 * 2 * weights


def test_samples_of_the_training_stay_behind(saved: dict[str, Path], trained: SpectralVAE) -> None:
    """Ranges, order and coordinates of the latents were found from them; nobody plays them."""
    assert trained.latent.drawn.shape[1] > 0
    for path in saved.values():
        buffers = dict(torch.jit.load(str(path)).named_buffers())
        assert buffers["engine.stream.path.latent.drawn"].numel() == 0
        assert torch.equal(buffers["engine.stream.path.latent.order"], trained.latent.order)


def test_it_sounds_the_same(saved: dict[str, Path]) -> None:
    models = {name: torch.jit.load(str(path)) for name, path in saved.items()}
    outputs: dict[str, list[Tensor]] = {name: [] for name in models}
    playing = sound("chord", 40)
    for name, model in models.items():
        model.get_methods()
        with torch.inference_mode():
            outputs[name] = [model.forward(playing), model.encode(playing)]
    for compact, full in zip(outputs["compact"], outputs["full"], strict=True):
        assert difference_db(compact, full) < -80.0


def test_it_computes_in_float32_from_its_first_call_on(saved: dict[str, Path]) -> None:
    model = torch.jit.load(str(saved["compact"]))
    types = {buffer.dtype for name, buffer in model.named_buffers() if name.endswith("packed")}
    assert types == {torch.int16}
    model.get_methods()
    for name, buffer in model.named_buffers():
        if name.endswith("packed"):
            assert buffer.numel() == 0
        if name.endswith(".weight"):
            assert buffer.dtype == torch.float32
