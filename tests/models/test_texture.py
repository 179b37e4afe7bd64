"""Noise comes back as loud and as rough as noise, and tones stay as they are."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.tolerances import ROUNDING
from vschaos.dsp import STFT, LogMagnitude, invert
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE
from vschaos.models.spectral_vae.texture import AROUND, NoiseBands, Noisiness, Texture

RATE = 44100
FLOOR_AT = 1e-4
FLOOR = torch.tensor(FLOOR_AT)
BANDS = 12
STEADY = slice(3, -3)  # frames that lie wholly inside a sound


def noise(length: int = RATE, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(1, length, generator=torch.Generator().manual_seed(seed))


def buzz(hz: float, length: int = RATE) -> Tensor:
    """All partials below 16 kHz, 6 dB an octave softer."""
    seconds = torch.arange(length, dtype=torch.float64) / RATE
    numbers = torch.arange(1, int(16000 / hz) + 1).unsqueeze(1)
    partials = torch.sin(2 * math.pi * hz * numbers * seconds + numbers.square()) / numbers
    return 0.1 * partials.sum(dim=0, keepdim=True).float()


def mean_noisiness(sound: Tensor) -> Tensor:
    """`[K]`."""
    return Noisiness(STFT(2048, 512), BANDS)(sound, FLOOR).mean(dim=(0, 2))


def test_noise_is_noisy_in_all_bands_and_tones_in_none() -> None:
    found = mean_noisiness(noise())
    assert found.amin() > 0.8
    assert found.amax() < 1.2
    assert mean_noisiness(buzz(220.0)).amax() < 0.1
    assert mean_noisiness(buzz(55.0)).amax() < 0.6  # less than two periods in half a frame


def test_what_only_changes_its_level_is_no_noise() -> None:
    swell = torch.linspace(-6, 0, RATE).exp()
    assert mean_noisiness(buzz(330.0) * swell).amax() < 0.1
    clicks = torch.zeros(1, RATE)
    clicks[0, ::9000] = 0.9
    assert mean_noisiness(clicks).amax() < 0.01


def test_noise_below_a_tone_of_its_band_does_not_count() -> None:
    tone = buzz(220.0)
    faint = 0.1 * noise()
    assert mean_noisiness(tone + faint)[:4].amax() < 0.2
    assert mean_noisiness(tone + faint)[-1] > 0.6  # nothing else is there


def test_what_nobody_hears_is_no_noise() -> None:
    assert mean_noisiness(torch.zeros(1, RATE)).amax() == 0.0
    assert mean_noisiness(1e-5 * noise()).amax() < 0.05


def test_bands_are_shares_of_a_whole_and_interpolated() -> None:
    bands = NoiseBands(1025, BANDS)
    torch.testing.assert_close(bands.weights.sum(dim=0), torch.ones(1025))
    even = bands(torch.full([2, 3, BANDS], 0.7), 1000)
    assert even.shape == (2, 3, 1000)
    torch.testing.assert_close(even, torch.full_like(even, 0.7), atol=1e-3, rtol=0.0)
    with pytest.raises(ValueError, match="at least 2, got 1"):
        NoiseBands(1025, 1)


def scatter_db(sound: Tensor) -> float:
    levels = 20 * STFT(2048, 512)(sound).abs()[0, 20:1000, STEADY].clamp_min(1e-9).log10()
    return float(levels.std())


def level_db(sound: Tensor) -> float:
    return 10 * float(sound[:, 4096:-2048].square().mean().log10())


@pytest.mark.parametrize(
    ("inversion", "softer", "smoother"),
    [
        # in phase with itself noise keeps its level and its scatter of 5.6 dB
        ("rtisi", 0.3, 0.5),
        ("keep_input", 0.3, 0.5),
    ],
)
def test_noise_is_as_loud_and_rough_as_it_was(
    inversion: str, softer: float, smoother: float
) -> None:
    stft, sound = STFT(2048, 512), noise(2 * RATE)
    spectrum = stft(sound)
    learnt = spectrum.abs()[:, 1:-1, STEADY].log().mean().exp()
    smooth = learnt * torch.ones_like(spectrum.abs())
    found = {}
    for amount in (0.0, 1.0):
        magnitudes = textured(spectrum.abs(), smooth, amount, inversion)
        found[amount] = invert(stft, magnitudes, sound.shape[1], inversion, spectrum)
    assert level_db(found[0.0]) - level_db(sound) < -2.5  # the mean of the logarithm
    assert abs(level_db(found[1.0]) - level_db(sound)) < softer
    assert scatter_db(found[0.0]) < scatter_db(sound) - 1.5
    assert scatter_db(found[1.0]) == pytest.approx(scatter_db(sound), abs=smoother)


def textured(heard: Tensor, smooth: Tensor, amount: float, inversion: str) -> Tensor:
    texture = Texture(STFT(2048, 512), BANDS, FLOOR_AT)
    noisy = torch.ones(1, BANDS, smooth.shape[2])
    if inversion == "keep_input":
        return texture.follow(smooth, noisy, amount, heard)
    return texture(smooth, noisy, amount)


def test_what_the_decoder_tells_apart_is_not_doubled() -> None:
    heard = STFT(2048, 512)(buzz(220.0))[:, :, STEADY].abs() + 1e-3
    torch.testing.assert_close(textured(heard, heard, 1.0, "keep_input"), heard)


def test_partials_that_the_decoder_tells_apart_stay_as_they_are() -> None:
    """In a band that is half noise: a breathy voice."""
    partials = STFT(2048, 512)(buzz(220.0))[:, :300, STEADY].abs() + 1e-3
    magnitudes = torch.cat([partials, torch.full([1, 725, partials.shape[2]], 0.01)], dim=1)
    noisy = torch.full([1, BANDS, partials.shape[2]], 0.5)
    change = Texture(STFT(2048, 512), BANDS, FLOOR_AT)(magnitudes, noisy, 1.0).log()
    change = (change - magnitudes.log())[:, 1:]
    assert float(change[:, :250].abs().mean()) < 0.01
    assert float(change[:, 350:-1].std()) > 0.3


def test_a_tone_that_is_followed_leaves_little_of_its_partials() -> None:
    heard = STFT(2048, 512)(buzz(220.0))[:, :, STEADY].abs()
    smooth = torch.full_like(heard, 0.01)
    followed = textured(heard, smooth, 1.0, "keep_input")
    assert 20 * math.log10(float(followed.amax() / smooth.amax())) < 9.0
    torch.testing.assert_close(textured(0.0 * heard, smooth, 1.0, "keep_input"), smooth)


def test_tones_and_an_amount_of_0_stay_as_they_are() -> None:
    magnitudes = torch.rand(2, 1025, 5)
    texture = Texture(STFT(2048, 512), BANDS, FLOOR_AT)
    assert texture(magnitudes, torch.ones(2, BANDS, 5), 0.0) is magnitudes
    tonal = texture(magnitudes, torch.full([2, BANDS, 5], 0.09), 1.0)
    torch.testing.assert_close(tonal, magnitudes, rtol=0.0, atol=0.0)
    assert Texture(STFT(2048, 512), 0, FLOOR_AT)(magnitudes, torch.ones(2, 0, 5), 1.0) is magnitudes


def test_blocks_do_not_matter_and_voices_differ() -> None:
    texture = Texture(STFT(2048, 512), BANDS, FLOOR_AT)
    torch.manual_seed(0)
    # smooth, so that all scatter is drawn
    magnitudes = torch.linspace(1, 0.1, 1025)[:, None] * (torch.rand(2, 1, 12) + 0.1)
    noisy = torch.rand(2, BANDS, 12)
    whole = texture(magnitudes, noisy, 0.8)
    texture.reset()
    parts, start = [], 0
    for count in (1, 3, 8):
        part = slice(start, start + count)
        parts.append(texture(magnitudes[:, :, part], noisy[:, :, part], 0.8))
        start += count
    torch.testing.assert_close(torch.cat(parts, dim=2), whole, rtol=10 * ROUNDING, atol=0.0)
    one, other = (whole / magnitudes).log()
    assert abs(float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])) < 0.2


def test_it_draws_for_the_band_of_a_host() -> None:
    texture = Texture(STFT(2048, 512), BANDS, FLOOR_AT)
    texture.resize(1024, 512, 1024, 513)  # half of the rate
    smooth = torch.ones(1, 513, 200)
    drawn = 20 * texture(smooth, torch.ones(1, BANDS, 200), 1.0)[:, 1:-1].log10()
    assert float(drawn.std()) == pytest.approx(5.57, abs=0.3)
    assert float(drawn.mean()) == pytest.approx(0.0, abs=0.3)


@pytest.fixture(scope="module")
def trained() -> SpectralVAE:
    """On tones and noise, by the loss of the texture and that of the log-magnitude."""
    torch.manual_seed(0)
    model = SpectralVAE(
        {},
        sample_rate=RATE,
        transform=STFT(512, 128),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[32]),
        decoder=partial(Perceptron, hidden_dims=[32]),
        latent=GaussianLatent(dim=3),
        texture_bands=4,
    )
    sounds = torch.cat([noise(64 * 512, seed=1), *(buzz(hz, 16 * 512) for hz in NOTES)], dim=1)
    excerpts = sounds.unfold(1, 512, 512)[0]
    model.fit(unlabelled(excerpts))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        losses = model.losses(unlabelled(excerpts))
        (losses["log_magnitude"] + losses["texture"]).backward()
        optimizer.step()
    return model.eval().requires_grad_(False)


NOTES = (440.0, 660.0, 880.0, 1320.0)


def test_a_model_learns_what_is_noise(trained: SpectralVAE) -> None:
    shares = []
    for sound in (noise(8192, seed=7), buzz(880.0, 8192)):
        latents = trained.encode(sound)
        unknown = trained.labelling.unknown(latents)
        decoded = trained.decode_frames(trained.decoder, latents, [], unknown.known)
        shares.append(decoded.noisiness[0, :, STEADY].mean())
    assert shares[0] > 0.7
    assert shares[1] < 0.2


def test_its_noise_is_louder_with_texture_and_its_tones_are_the_same(trained: SpectralVAE) -> None:
    assert trained.has_texture
    trained.match = 0.0
    changes = []
    for sound in (noise(8192, seed=7), buzz(880.0, 8192)):
        outputs = []
        for trained.texture in (0.0, 1.0):
            outputs.append(trained.reconstruct(sound, inversion="rtisi"))
        torch.testing.assert_close(trained.reconstruct(sound, inversion="rtisi"), outputs[1])
        changes.append(level_db(outputs[1]) - level_db(outputs[0]))
    assert changes[0] > 1.5
    assert abs(changes[1]) < 0.3


@pytest.mark.parametrize("num_bins", [9, 40, 1025])
def test_the_mean_around_a_bin_is_that_of_its_neighbours(num_bins: int) -> None:
    torch.manual_seed(0)
    values = torch.randn(2, 3, num_bins)
    found = Texture(STFT(2048, 512), BANDS, FLOOR_AT)._mean_around(values)
    for place in (0, 5, num_bins - 1):
        places = torch.arange(place - AROUND, place + AROUND + 1).clamp(0, num_bins - 1)
        around = values[:, :, places]
        torch.testing.assert_close(found[:, :, place], around.mean(dim=2), atol=1e-5, rtol=0.0)
