"""A stream with a prior plays by itself: for ever, the same for a seed, never too loud."""

import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from tests.tolerances import INAUDIBLE
from vschaos.export import script_stream
from vschaos.models.spectral_vae import GeneratingStream, SpectralVAE
from vschaos.runs import make_prior

HOP = 512


@pytest.fixture(scope="module")
def generating(model: SpectralVAE, music: Tensor) -> torch.jit.ScriptModule:
    """With a prior that jumps about among the latents of a sound, in fewer frames than not."""
    torch.manual_seed(0)
    latents = model.encode(music[0])
    prior = make_prior(model, width=16, num_ways=4, num_places=4).eval().requires_grad_(False)
    prior.low.copy_(latents.amin(dim=(0, 2)))
    prior.high.copy_(latents.amax(dim=(0, 2)))
    prior.starts.copy_(latents[0, :, : len(prior.starts)].T)
    prior.loudest.fill_(float(model.decode_magnitudes(latents).norm(dim=1).max()))
    stream = model.stream(prior=prior).eval()
    assert isinstance(stream, GeneratingStream)
    return script_stream(stream, model.sample_rate)


def played(model: torch.jit.ScriptModule, sizes: list[int], rows: int = 1) -> Tensor:
    with torch.inference_mode():
        parts = [model.generate(torch.ones(rows, 1, size)) for size in sizes]
    return torch.cat(parts, dim=2)


def begun(model: torch.jit.ScriptModule, seed: int) -> torch.jit.ScriptModule:
    model.set_seed(seed)
    model.engine.stream.reset()
    return model


def test_a_seed_gives_the_same_sound_whatever_the_blocks(
    generating: torch.jit.ScriptModule,
) -> None:
    whole = played(begun(generating, 3), [64])
    assert whole.shape == (1, 1, 64 * HOP)
    assert whole.abs().max() > 1e-3
    torch.manual_seed(5)
    in_blocks = played(begun(generating, 3), [1, 2, 4, 16, 41])
    torch.testing.assert_close(in_blocks, whole, atol=INAUDIBLE, rtol=0.0)
    assert not torch.allclose(played(begun(generating, 4), [64]), whole, atol=1e-3)
    assert generating.get_seed() == [4]
    assert generating.set_seed(-1) != 0


def test_voices_go_ways_of_their_own(generating: torch.jit.ScriptModule) -> None:
    first, second = played(begun(generating, 3), [32], rows=2)
    assert not torch.allclose(first, second, atol=1e-3)


def test_it_goes_on_without_stopping_or_growing_too_loud(
    generating: torch.jit.ScriptModule, model: SpectralVAE, music: Tensor
) -> None:
    """Levels of windows of 8 hops; the loudest frame has half a decibel of room for phases that
    fit together better than those that were learnt."""
    sound = played(begun(generating, 1), [16] * 40)[0, 0]
    assert torch.isfinite(sound).all()
    levels = sound.unfold(0, 8 * HOP, 8 * HOP).square().mean(dim=1).sqrt()
    loudest = model.reconstruct(music[0])[0].unfold(0, 8 * HOP, 4 * HOP).square().mean(1).sqrt()
    assert float(levels.max()) < 1.06 * float(loudest.max())
    assert float(levels[len(levels) // 2 :].std()) > 0.0


def test_nothing_of_it_is_nonsense(generating: torch.jit.ScriptModule) -> None:
    begun(generating, 2)
    with torch.inference_mode():
        for value in (float("nan"), float("inf"), -5.0, 1e30, 0.0):
            sound = generating.generate(torch.full([1, 1, 4], value))
            assert torch.isfinite(sound).all()
            assert sound.abs().max() < 4.0


def test_settings_act_on_it(generating: torch.jit.ScriptModule) -> None:
    sound = played(begun(generating, 3), [32])
    generating.set_gain(-20.0)
    softer = played(begun(generating, 3), [32])
    generating.set_gain(0.0)
    torch.testing.assert_close(softer, 0.1 * sound, atol=1e-6, rtol=1e-4)
    played(begun(generating, 3), [16])
    generating.set_freeze(1)
    held = played(generating, [48])[0, 0, 16 * HOP :]
    levels = held.unfold(0, 2 * HOP, 2 * HOP).square().mean(dim=1).sqrt()
    generating.set_freeze(0)
    assert float(levels.std() / levels.mean()) < 0.2


def test_it_does_not_click_at_a_reset(generating: torch.jit.ScriptModule) -> None:
    begun(generating, 3)
    before = played(generating, [32])
    generating.set_reset(True)
    sound = torch.cat([before, played(generating, [32])], dim=2)[0, 0]
    assert not set(clicking_hops(sound.numpy(), HOP)) & {31, 32, 33}
