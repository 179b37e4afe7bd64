"""A model file is written only if it keeps the contract."""

import copy
from pathlib import Path

import pytest
import torch

from vschaos.export import Host
from vschaos.export.script import export
from vschaos.instrument.instrument import read_instrument
from vschaos.layers import Network
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.runs import Run


def run_of(model: SpectralVAE, name: str) -> Run:
    return Run(Path(), Path(), {"name": name}, {}, {}, model)


def test_names_too_short_for_puredata_are_made_longer(model: SpectralVAE, tmp_path: Path) -> None:
    assert export(run_of(model, "my strings"), tmp_path).name == "my strings.ts"
    path = export(run_of(model, "ab"), tmp_path / "deeper")
    assert path == tmp_path / "deeper" / "ab_model.ts"
    assert Host(path, "forward").methods == ["encode", "decode", "forward"]


class Faulty(Network):
    """Scripts, and makes whatever comes after it throw: most of the features are missing."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return frames[:, :3]


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [("encoder", RuntimeError, "size of tensor"), ("decoder", ValueError, "methods fail")],
)
def test_what_breaks_the_contract_is_not_written(
    model: SpectralVAE, tmp_path: Path, part: str, error: type[Exception], message: str
) -> None:
    before = export(run_of(model, "model"), tmp_path).read_bytes()
    broken = copy.deepcopy(model)
    setattr(broken, part, Faulty())
    with pytest.raises(error, match=message):
        export(run_of(broken, "model"), tmp_path)
    written = sorted(path.name for path in tmp_path.iterdir())
    files = ["model.json", "model.maxpat", "model.pd", "model.ts"]
    assert written == [".vschaos_written", *files, "vschaos"]
    assert (tmp_path / "model.ts").read_bytes() == before


def test_the_card_is_the_model(model: SpectralVAE, tmp_path: Path) -> None:
    path = export(run_of(model, "my strings"), tmp_path)
    instrument = read_instrument(path)
    assert instrument == read_instrument(path.with_suffix(".json"))
    assert (instrument.name, instrument.sample_rate) == ("my strings", model.sample_rate)
    scripted = torch.jit.load(str(path))
    assert [method.name for method in instrument.methods] == scripted.get_methods()
    for method in instrument.methods:
        inlets, in_ratio, outlets, out_ratio = getattr(scripted, f"{method.name}_params").tolist()
        assert (len(method.inlets), len(method.outlets)) == (inlets, outlets)
        assert (method.in_ratio, method.out_ratio) == (in_ratio, out_ratio)
    assert [attribute.name for attribute in instrument.attributes] == scripted.get_attributes()
    for attribute in instrument.attributes:
        assert getattr(scripted, f"get_{attribute.name}")() == [attribute.default]
        for choice in attribute.choices:
            assert getattr(scripted, f"set_{attribute.name}")(choice) == 0
        if attribute.type == "float":
            assert getattr(scripted, f"set_{attribute.name}")(attribute.low) == 0
            assert getattr(scripted, f"set_{attribute.name}")(attribute.high) == 0
            assert getattr(scripted, f"set_{attribute.name}")(1.01 * attribute.high) != 0


def test_a_latent_ranges_over_what_was_drawn(model: SpectralVAE) -> None:
    latent = copy.deepcopy(model.latent)
    latent.steps.fill_(1000)
    latent.centre.zero_()
    latent.spread.fill_(1.0)
    latent.drawn.copy_(torch.linspace(-2, 4, latent.drawn.shape[1]))
    low, high = latent.ranges()[0]
    assert (low, high) == pytest.approx((-1.97, 3.97), abs=0.01)


class Forgetful(Network):
    """A part that depends on how many frames come at once."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return 0.0 * frames[:, :12] + frames.shape[2]


def test_what_depends_on_the_buffer_is_not_written(model: SpectralVAE, tmp_path: Path) -> None:
    broken = copy.deepcopy(model)
    broken.encoder = Forgetful()
    with pytest.raises(ValueError, match="encode depends on the buffer"):
        export(run_of(broken, "model"), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def slow(model: SpectralVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(run_of(model, "slow"), tmp_path_factory.mktemp("slow"))


@pytest.fixture(scope="module")
def quick(model: SpectralVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(run_of(model, "quick"), tmp_path_factory.mktemp("quick"), max_delay_ms=25)


@pytest.mark.parametrize("mode", ["keep_input", "scan"])
def test_a_short_delay_is_kept(
    slow: Path, quick: Path, model: SpectralVAE, music: torch.Tensor, mode: str
) -> None:
    delay = read_instrument(quick).delay
    assert delay == (2048 + 1024) // 2 - 512 < 0.03 * model.sample_rate
    played = [Host(path, "forward") for path in (slow, quick)]
    assert [host.get("latency") for host in played] == [[1536], [delay]]
    levels = []
    for host in played:
        host.set("inversion_mode", mode)
        levels.append(torch.from_numpy(host.process(music[0, :, :40960].numpy()))[0].abs())
    # the envelope of one is that of the other, as much earlier as is said
    late, early = (level.unfold(0, 256, 64).mean(dim=1) for level in levels)
    shifts = [float((early[:-16] * late[k : len(late) - 16 + k]).sum()) for k in range(16)]
    assert shifts.index(max(shifts)) == pytest.approx((1536 - delay) / 64, abs=1)


def test_a_delay_that_is_too_short_is_refused(model: SpectralVAE, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1024 samples, at most 441 were"):
        export(run_of(model, "quick"), tmp_path, max_delay_ms=10)
