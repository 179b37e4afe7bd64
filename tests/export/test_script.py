"""A model file is written only if it keeps the contract."""

import copy
from pathlib import Path

import pytest
import torch

from vschaos.export import Host
from vschaos.export.script import export
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.runs import Run


def run_of(model: SpectralVAE, name: str) -> Run:
    return Run(Path(), Path(), {"name": name}, {}, {}, model)


def test_names_too_short_for_puredata_are_made_longer(model: SpectralVAE, tmp_path: Path) -> None:
    assert export(run_of(model, "my strings"), tmp_path).name == "my strings.ts"
    path = export(run_of(model, "ab"), tmp_path / "deeper")
    assert path == tmp_path / "deeper" / "ab_model.ts"
    assert Host(path, "forward").methods == ["encode", "decode", "forward"]


class Faulty(torch.nn.Module):
    """Scripts, and makes whatever comes after it throw: most of the features are missing."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return frames[:, :3]


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_what_breaks_the_contract_is_not_written(
    model: SpectralVAE, tmp_path: Path, part: str
) -> None:
    before = export(run_of(model, "model"), tmp_path).read_bytes()
    broken = copy.deepcopy(model)
    setattr(broken, part, Faulty())
    with pytest.raises(ValueError, match="methods fail"):
        export(run_of(broken, "model"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.ts"]
    assert (tmp_path / "model.ts").read_bytes() == before
