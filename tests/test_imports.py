"""The rooms of the package know only what they may, and never each other."""

import ast
from functools import cache
from pathlib import Path

import vschaos

PACKAGE = Path(vschaos.__file__).parent
# without an opinion about sound
FOUNDATIONS = {"files", "folders", "labels", "lazy", "outputs", "progress", "targets", "voices"}
ROOMS: dict[str, set[str]] = {
    "files": set(),
    "folders": set(),
    "labels": set(),
    "lazy": set(),
    "outputs": {"files"},
    "targets": set(),
    "voices": set(),
    "wav": set(),
    "command": set(),
    "progress": set(),
    "generate_options": set(),
    "containers": FOUNDATIONS,
    "decoding": {"containers"} | FOUNDATIONS,
    "channels": FOUNDATIONS,
    "audio": {"channels", "decoding", "wav"} | FOUNDATIONS,
    "layers": FOUNDATIONS,
    "transforms": FOUNDATIONS,
    "trajectories": set(),
    "pictures": {"audio", "transforms"} | FOUNDATIONS,
    "losses": {"layers"} | FOUNDATIONS,
    "data": {"audio", "channels", "command"} | FOUNDATIONS,
    "models": {"layers", "losses", "transforms"} | FOUNDATIONS,
    "runs": {"layers", "models", "command"} | FOUNDATIONS,
    "prior": {"audio", "command", "generation", "layers", "models", "runs"} | FOUNDATIONS,
    "training": {"data", "evaluation", "models", "runs", "trajectories", "pictures", "report"}
    | FOUNDATIONS,
    "generation": {"audio", "data", "models", "pictures", "runs", "trajectories"} | FOUNDATIONS,
    "evaluation": {"audio", "data", "generation", "losses", "models", "pictures", "runs"}
    | {"trajectories", "transforms"}
    | FOUNDATIONS,
    "evaluate": {"command", "evaluation", "runs"} | FOUNDATIONS,
    "report": {"audio", "command", "data", "evaluation", "generation", "models", "runs"}
    | {"trajectories"}
    | FOUNDATIONS,
    "patches": {"models", "command"} | FOUNDATIONS,
    "export": {"audio", "transforms", "models", "runs", "command", "patches"} | FOUNDATIONS,
    "demo": {"audio", "command", "patches"} | FOUNDATIONS,
}
LIBRARIES_OF_ONE_ROOM = {
    "pytorch_lightning": {"data/datamodule.py", "training"},
    "hydra": {"training"},
    "omegaconf": {"training"},
    "soundfile": {"audio.py", "decoding.py", "report/media.py"},
    "soxr": {"audio.py"},
    "matplotlib": {"pictures"},
    "tensorboard": {"report/curves.py"},
    "torchcrepe": {"data/pitch_networks.py"},
    "swift_f0": {"data/pitch_networks.py"},
}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem[0] != "_"
)


@cache
def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert all(alias.name != "*" for alias in node.names), f"{path}: star import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def names_in(path: Path) -> tuple[str, str]:
    """The room that a file belongs to, and its place in the package."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py"), relative.as_posix()


def test_arrows_never_turn_back() -> None:
    turned = {}
    for path in FILES:
        room, place = names_in(path)
        others = {name.split(".")[1] for name in imported(path) if name.startswith("vschaos.")}
        if wrong := others - {room, "__version__"} - ROOMS[room]:
            turned[place] = wrong
    assert not turned


def test_libraries_stay_in_their_rooms() -> None:
    strayed = {}
    for path in FILES:
        _, place = names_in(path)
        libraries = {name.split(".")[0] for name in imported(path)} & set(LIBRARIES_OF_ONE_ROOM)
        for library in libraries:
            if not any(place.startswith(home) for home in LIBRARIES_OF_ONE_ROOM[library]):
                strayed[place] = library
    assert not strayed


def test_families_do_not_know_each_other() -> None:
    families = [path.name for path in (PACKAGE / "models").iterdir() if path.is_dir()]
    for family in families:
        for path in (PACKAGE / "models" / family).rglob("*.py"):
            others = {n.split(".")[2] for n in imported(path) if n.startswith("vschaos.models.")}
            assert others <= {family, "base"}
