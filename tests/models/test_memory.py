"""Models that hear frames in the light of those before learn from excerpts of several frames."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from vschaos.batch import Batch
from vschaos.dsp import STFT, LogMagnitude
from vschaos.labels import Labels, Vocabulary
from vschaos.layers import CausalConvolution, Recurrence, Remembering
from vschaos.losses import Distance
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE

CAUSAL = partial(CausalConvolution, width=8, dilations=[1, 2])
GRU = partial(Recurrence, width=8, context=4)
PITCH = Vocabulary(("low", "high"))
LABELS: dict[str, Any] = {
    "conditioning": {"pitch": {"target": ["decoder"]}},
    "prediction": {"pitch": {"args": {"nlayers": 1, "hidden_dims": 8}}},
    "adversary_dims": [8],
    "label_dropout": 0.2,
}


def make(memory: Any = CAUSAL, **settings: Any) -> SpectralVAE:
    torch.manual_seed(0)
    network = partial(Remembering, hidden_dims=[16], memory=memory)
    return SpectralVAE(
        {"pitch": PITCH},
        sample_rate=8000,
        transform=STFT(256, 64),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=network,
        decoder=network,
        latent=GaussianLatent(dim=3),
        **settings,
    )


def batch(model: SpectralVAE, size: int = 6) -> tuple[Tensor, Labels]:
    shape = (size, len(model.vocabularies), len(model.excerpt_centres))
    values = torch.randint(2, shape).float()
    return 0.1 * torch.randn(size, model.excerpt_length), Labels(values, torch.rand(shape) < 0.5)


class Recorder(Distance):
    """Takes note of the frames that it is asked to judge."""

    def __init__(self) -> None:
        super().__init__()
        self.judged = 0

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        assert output.shape == target.shape
        self.judged = output.shape[2]
        return (output - target).square().mean()


def test_excerpts_are_as_long_as_the_networks_look_back_and_more() -> None:
    model = make(excerpt_frames=5)
    assert model.context == 12  # 6 of the encoder, 6 of the decoder
    assert len(model.excerpt_centres) == 17
    assert model.excerpt_length == 256 + 16 * 64
    assert model.transform.analyse(torch.zeros(1, model.excerpt_length)).shape[2] == 17
    middles = torch.tensor(model.excerpt_centres)
    assert (middles.diff() == 64).all()
    assert int(middles[0]) == 128


@pytest.mark.parametrize("memory", [CAUSAL, GRU])
@pytest.mark.parametrize("labels", [{}, LABELS])
def test_every_loss_is_finite_and_every_parameter_learns(
    memory: Any, labels: dict[str, Any]
) -> None:
    for burn_in in (0, 4):
        model = make(memory, excerpt_frames=3, burn_in=burn_in, **labels)
        audio, given = batch(model)
        model.fit(unlabelled(audio))
        losses = model.losses(Batch(audio, given))
        sum(losses.values(), torch.zeros(())).backward()
        assert all(torch.isfinite(loss.detach()) for loss in losses.values())
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert float(parameter.grad.abs().sum()) > 0, name


@pytest.mark.parametrize("burn_in", [0, 7])
def test_no_loss_is_taken_of_the_frames_that_warm_a_memory(burn_in: int) -> None:
    recorder = Recorder()
    model = make(excerpt_frames=5, burn_in=burn_in, reconstruction={"log_magnitude": recorder})
    audio, given = batch(model)
    model.fit(unlabelled(audio))
    assert "log_magnitude" in model.losses(Batch(audio, given))
    assert recorder.judged == 17 - burn_in


@pytest.mark.parametrize("memory", [CAUSAL, GRU])
def test_what_sounds_later_changes_no_frame_before(memory: Any) -> None:
    model = make(memory).eval()
    audio = 0.1 * torch.randn(1, 40 * 64)
    model.fit(unlabelled(audio))
    changed = audio.clone()
    changed[:, 20 * 64 :] = 0.3 * torch.randn(1, 20 * 64)
    with torch.no_grad():
        before, after = model.encode(audio), model.encode(changed)
        assert torch.allclose(before[:, :, :20], after[:, :, :20], atol=1e-6)
        assert not torch.allclose(before[:, :, 20:], after[:, :, 20:], atol=1e-3)
        mixed = torch.cat([before[:, :, :20], after[:, :, 20:]], dim=2)
        one, other = model.decode_magnitudes(before), model.decode_magnitudes(mixed)
    assert torch.allclose(one[:, :, :20], other[:, :, :20], atol=1e-6)


def test_a_silence_that_lasts_is_where_the_gate_expects_it() -> None:
    model = make().eval()
    model.fit(unlabelled(0.1 * torch.randn(4, 2048)))
    with torch.no_grad():
        latents = model.encode(torch.zeros(1, 60 * 64))
        settled = latents[:, :, 40:50]
        gate = model.silence()
    assert torch.allclose(gate.silent, settled[0, :, -1:], atol=1e-4)
    assert float(gate(settled).max()) == 0.0
