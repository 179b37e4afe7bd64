"""The host in Python does to a model what nn~ does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vschaos.cli.play import main
from vschaos.export.host import Host, parse_settings


class Toy(nn.Module):
    """Methods and settings that show what a host does with them."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("forward_params", torch.tensor([1, 1, 1, 1]))
        self.register_buffer("slow_params", torch.tensor([2, 4, 3, 8]))
        self.register_buffer("fails_params", torch.tensor([1, 1, 1, 1]))
        self.register_buffer("gain_params", torch.tensor([2]))
        self.register_buffer("flag_params", torch.tensor([0]))
        self.forward_input_labels = ["audio"]
        self.forward_output_labels = ["audio"]
        self.gain = 1.0
        self.flag = False
        self.calls = 0

    @torch.jit.export
    def get_methods(self) -> list[str]:
        return ["forward", "slow", "fails"]

    @torch.jit.export
    def get_attributes(self) -> list[str]:
        return ["gain", "flag"]

    @torch.jit.export
    def set_gain(self, gain: float) -> int:
        self.gain = gain
        return 0 if gain >= 0 else -1

    @torch.jit.export
    def get_gain(self) -> list[float]:
        return [self.gain]

    @torch.jit.export
    def set_flag(self, flag: bool) -> int:
        self.flag = flag
        return 0

    @torch.jit.export
    def get_flag(self) -> list[bool]:
        return [self.flag]

    @torch.jit.export
    def slow(self, x: Tensor) -> Tensor:
        """`[B, 2, T / 4] -> [B, 3, T / 8]`: sum of both inlets, every other value."""
        return x.sum(dim=1, keepdim=True)[:, :, ::2].repeat_interleave(3, dim=1)

    @torch.jit.export
    def fails(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x if self.calls < 3 else x[:, :, 1:]

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * x


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy model.ts"
    torch.jit.script(Toy()).save(str(path))
    return path


def test_slow_inlets_take_the_last_sample_and_slow_outlets_are_held(toy: Path) -> None:
    host = Host(toy, "slow")
    ramp = np.arange(16, dtype=np.float32)
    output = host.process(np.stack([ramp, 0 * ramp]))
    assert output.shape == (3, 16)
    assert output[0].tolist() == [3.0] * 8 + [11.0] * 8
    assert not host.failures


@pytest.mark.parametrize(("asked", "given"), [(0, 8), (5, 8), (8, 8), (9, 16), (100, 128)])
def test_the_buffer_is_raised_to_a_legal_one(toy: Path, asked: int, given: int) -> None:
    assert Host(toy, "forward", asked).buffer_size == given


def test_a_sound_keeps_its_length(toy: Path) -> None:
    sound = np.random.default_rng(0).normal(size=(1, 100)).astype(np.float32)
    assert np.array_equal(Host(toy, "forward", 64).process(sound), sound)
    assert Host(toy, "forward").process(sound[:, :0]).shape == (1, 0)


def test_a_block_that_fails_repeats_the_last(toy: Path) -> None:
    host = Host(toy, "fails")
    output = host.process(np.arange(32, dtype=np.float32)[None])
    assert output[0].tolist() == [*range(16), *range(8, 16), *range(8, 16)]
    assert len(host.failures) == 2


def test_settings_come_as_text_too(toy: Path) -> None:
    host = Host(toy, "forward")
    host.set("gain", "0.5")
    assert host.get("gain") == [0.5]
    host.set("flag", "1")
    assert host.get("flag") == [True]
    host.set("flag", "false")
    assert host.get("flag") == [False]
    for name, values in [("gain", ("loud",)), ("gain", ("-1",)), ("gain", ("1", "2")), ("no", ())]:
        with pytest.raises(ValueError, match=name):
            host.set(name, *values)


def test_what_is_no_model_is_refused(tmp_path: Path, toy: Path) -> None:
    with pytest.raises(ValueError, match="method must be one of forward, slow, fails"):
        Host(toy, "sing")
    with pytest.raises(FileNotFoundError):
        Host(tmp_path / "none.ts", "forward")
    (tmp_path / "text.ts").write_text("no model")
    with pytest.raises(ValueError, match="not a model"):
        Host(tmp_path / "text.ts", "forward")
    torch.jit.script(nn.Linear(1, 1)).save(str(tmp_path / "linear.ts"))
    with pytest.raises(ValueError, match="not a model"):
        Host(tmp_path / "linear.ts", "forward")


def test_parse_settings() -> None:
    assert parse_settings(["a=1", "b=x,y"]) == [("a", ["1"]), ("b", ["x", "y"])]
    with pytest.raises(ValueError, match="name=value"):
        parse_settings(["a"])


def test_the_command_plays_a_file(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vschaos.audio.files import read_channels, write_audio

    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 1000).astype(np.float32)
    write_audio(tmp_path / "in.wav", sound, 44100)
    arguments = ["play", str(toy), str(tmp_path / "in.wav"), str(tmp_path / "out.wav")]
    monkeypatch.setattr("sys.argv", [*arguments, "--set", "gain=0.5", "--buffer", "64"])
    assert main() == 0
    assert np.allclose(read_channels(tmp_path / "out.wav")[0], 0.5 * sound)
    monkeypatch.setattr("sys.argv", [*arguments, "--method", "slow"])
    assert main() == 1


def test_a_recording_is_not_played_onto_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sound, link = tmp_path / "x.wav", tmp_path / "link.wav"
    sound.write_bytes(b"a recording")
    link.symlink_to(sound)
    (tmp_path / "model.ts").write_bytes(b"a model")
    for output in (sound, link, tmp_path / "model.ts"):
        monkeypatch.setattr(
            "sys.argv", ["play", str(tmp_path / "model.ts"), str(sound), str(output)]
        )
        assert main() == 1
        assert "expects another file than the input" in capsys.readouterr().err
    assert sound.read_bytes() == b"a recording"
