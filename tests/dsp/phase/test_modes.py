"""Phases by the name of the way to them."""

import pytest
import torch

from tests.dsp.phase.sounds import convergence_db, in_blocks, sounds
from tests.tolerances import SAME_ENERGY
from vschaos.dsp import (
    INVERSIONS,
    RTISI,
    STFT,
    StreamingPhase,
    invert,
    refined_scan,
)


def test_what_costs_more_comes_nearer() -> None:
    audio = sounds()["noise"].unsqueeze(0)
    stft = STFT(1024, 256)
    spectrum, length = stft(audio), audio.shape[1]
    found_db = {
        name: convergence_db(
            stft, invert(stft, spectrum.abs(), length, name, spectrum), spectrum.abs()
        )
        for name in INVERSIONS
    }
    order = ["keep_input", "griffin_lim", "rtisi", "scan", "random"]
    assert sorted(found_db, key=lambda name: found_db[name]) == order
    assert found_db["keep_input"] < -90


def test_a_cut_synthesis_costs_whole_sounds_nothing() -> None:
    audio = sounds()["decay"].unsqueeze(0)
    whole, cut = STFT(2048, 256), STFT(2048, 256, synthesis_length=512)
    magnitudes, length = whole(audio).abs(), audio.shape[1]
    found, expected = (invert(stft, magnitudes, length) for stft in (cut, whole))
    assert (found - expected).norm() < SAME_ENERGY * expected.norm()


def test_unknown_names_and_a_missing_input_are_refused() -> None:
    stft = STFT(1024, 256)
    magnitudes = torch.zeros(1, 513, stft.num_frames(1000))
    with pytest.raises(ValueError, match="got 'pghi'"):
        invert(stft, magnitudes, 1000, "pghi")
    with pytest.raises(ValueError, match="input"):
        invert(stft, magnitudes, 1000, "keep_input")


def test_a_stream_finds_them_as_its_parts_do() -> None:
    magnitudes = STFT(1024, 256)(sounds()["decay"].unsqueeze(0)).abs()
    phase = torch.jit.script(StreamingPhase(1024, 256))
    expected = {
        "rtisi": RTISI(1024, 256)(magnitudes),
        "scan": refined_scan(1024, 256)(magnitudes),
    }
    for name, spectra in expected.items():
        found = torch.cat(list(in_blocks(lambda m: phase(m, name), magnitudes, [1, 4])), dim=2)  # noqa: B023
        assert torch.equal(found, spectra)
        phase.reset()
    assert torch.allclose(phase(magnitudes, "random").abs(), magnitudes, atol=1e-6)
    late = StreamingPhase(1024, 256)
    assert [late.delay(name) for name in ("rtisi", "scan", "random")] == [1, 0, 0]


def test_a_way_goes_on_from_what_sounds_whoever_found_it() -> None:
    stft = STFT(1024, 256)
    spectrum = stft(sounds()["tones"].unsqueeze(0))[:, :, 10:50]
    for name in ("rtisi", "scan"):
        phase = StreamingPhase(1024, 256)
        phase.hear(spectrum[:, :, :20])
        found = phase(spectrum[:, :, 20:].abs(), name)
        late = phase.delay(name)
        # what looks ahead takes the first frame twice
        expected = spectrum[:, :, 20:].abs()
        assert torch.allclose(found[:, :, late:].abs(), expected[:, :, : 20 - late], atol=1e-5)
        joined = stft.synthesise(torch.cat([spectrum[:, :, :20], found], dim=2))[0]
        level = joined[1024:-1024].unfold(0, 1024, 256).square().mean(dim=1)
        assert 10 * torch.log10(level.min() / level.max()) > -3.0


@pytest.mark.parametrize("heard", [1, 2, 3, 7])
def test_however_little_was_heard_a_way_goes_on(heard: int) -> None:
    magnitudes = STFT(1024, 256)(sounds()["decay"].unsqueeze(0)).abs()
    phase = torch.jit.script(StreamingPhase(1024, 256))
    phase(magnitudes[:, :, :heard], "random")
    for name in ("rtisi", "scan", "random", "rtisi"):
        spectra = phase(magnitudes[:, :, 10:11].repeat(2, 1, 1), name)  # and another row
        assert torch.isfinite(torch.view_as_real(spectra)).all()
        assert torch.allclose(spectra[:1].abs(), magnitudes[:, :, 10:11], atol=1e-5)
