"""What this torch exports plays in the torches that releases of nn~ bring."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tolerances import INAUDIBLE

# those of nn~ 1.6 and 1.5, by the newest Python they were built for
TORCHES = {"2.5.1": (3, 12), "2.0.1": (3, 11)}
PLAY = """
import sys, torch
torch.set_num_threads(1)
model = torch.jit.load(sys.argv[1])
assert model.get_methods() == ["encode", "decode", "forward"]
inputs, outputs = torch.load(sys.argv[2], weights_only=True), {}
with torch.inference_mode():
    for method, values in inputs.items():
        outputs[method] = getattr(model, method)(values)
torch.save(outputs, sys.argv[3])
print(torch.__version__)
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None, reason="an environment is made with uv")
@pytest.mark.parametrize("torch_version", TORCHES)
def test_an_export_plays_in_the_torch_of_nn_tilde(
    scripted: torch.jit.ScriptModule, music: Tensor, tmp_path: Path, torch_version: str
) -> None:
    if sys.version_info[:2] > TORCHES[torch_version]:
        pytest.skip(f"torch {torch_version} was not built for this Python")
    python = tmp_path / "old" / "bin" / "python"
    subprocess.run(["uv", "venv", "--python", sys.executable, tmp_path / "old"], check=True)
    packages = [f"torch=={torch_version}", "numpy<2"]
    subprocess.run(["uv", "pip", "install", "--python", python, *packages], check=True)

    torch.jit.save(scripted, str(tmp_path / "model.ts"))
    sound = music[:, :, : 64 * 512]
    with torch.inference_mode():
        latents = scripted.encode(sound)
        inputs = {"encode": sound, "decode": latents, "forward": sound}
        scripted.engine.stream.reset()
        expected = {name: getattr(scripted, name)(values) for name, values in inputs.items()}
    torch.save(inputs, tmp_path / "in.pt")
    command = [python, "-c", PLAY, tmp_path / "model.ts", tmp_path / "in.pt", tmp_path / "out.pt"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith(torch_version)
    outputs = torch.load(tmp_path / "out.pt", weights_only=True)
    for method in ("encode", "forward"):
        assert torch.allclose(outputs[method], expected[method], atol=INAUDIBLE)
    # another torch rounds otherwise, and what seeks a phase does not forget it: levels are compared
    ratio = outputs["decode"].norm() / expected["decode"].norm()
    assert float(ratio) == pytest.approx(1.0, abs=0.05)
