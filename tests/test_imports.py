"""Rooms of the package import only what docs/architecture.md allows, and none names a family."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import vschaos

PACKAGE = Path(vschaos.__file__).parent
REPOSITORY = PACKAGE.parent
FOUNDATIONS = {"batch", "files", "folders", "labels", "locks", "outputs", "parallel"}
FOUNDATIONS |= {"counter_random", "progress", "targets", "voices"}
COMMANDS = {"cli"}  # of the programs in a room
ROOMS: dict[str, set[str]] = {  # beside the foundations; from left to right of the page
    "audio": set(),
    "layers": set(),
    "dsp": set(),
    "instrument": set(),
    "losses": {"layers"},
    "latents": {"layers", "losses"},
    "models": {"dsp", "instrument", "latents", "layers", "losses"},
    "data": {"audio", "dsp"} | COMMANDS,
    "pictures": {"audio", "dsp"},
    "trajectories": {"instrument"},
    "configs": set(),
    "runs": {"configs", "data", "instrument", "latents", "models", "trajectories"} | COMMANDS,
    "generation": {"audio", "data", "dsp", "instrument", "latents", "models", "pictures"}
    | {"runs", "trajectories"},
    "prior": {"audio", "data", "generation", "latents", "models", "runs"} | COMMANDS,
    "evaluation": {"audio", "data", "dsp", "generation", "instrument", "latents", "losses"}
    | {"models", "pictures", "runs", "trajectories"},
    "report": {"audio", "configs", "data", "evaluation", "generation", "instrument", "latents"}
    | {"models", "pictures", "runs", "trajectories"}
    | COMMANDS,
    "matching": {"audio", "data", "dsp", "evaluation", "instrument", "models", "pictures"}
    | {"report"},
    "training": {"configs", "data", "evaluation", "instrument", "latents", "models", "pictures"}
    | {"report", "runs", "trajectories"},
    "patches": {"instrument"} | COMMANDS,
    "export": {"audio", "instrument", "models", "patches", "runs"} | COMMANDS,
    "demo": {"audio"},
    "plugin": {"audio", "data", "dsp", "instrument", "losses"} | COMMANDS,
}
# imported back: what a program or a method of `Run` calls
LATE = {
    "runs/run.py": {"evaluation", "export", "generation"},
    "models/preset/model.py": {"plugin"},  # which hosts what it sets
}
DOORS = {"api", "cli", "evaluate", "synth"}  # may import every room
LIBRARIES_OF_ONE_ROOM = {
    "pytorch_lightning": {"data/datamodule.py", "data/loading.py", "training"},
    "hydra": {"configs", "training", "cli"},
    "omegaconf": {"configs", "training", "cli", "api.py", "report/settings.py"},
    "soundfile": {"audio", "report/media.py"},
    "soxr": {"audio"},
    "matplotlib": {"pictures"},
    "tensorboard": {"report/curves.py"},
    "torchcrepe": {"data/pitch/networks.py"},
    "swift_f0": {"data/pitch/networks.py"},
    "cmaes": {"matching/search.py"},
    "dawdreamer": {"plugin/process.py"},  # GPL: in processes of its own
}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem[0] != "_"
)
SHARED_BY_FAMILIES = {"pitched", "matching"}
FAMILIES = sorted(
    path.name
    for path in (PACKAGE / "models").iterdir()
    if (path / "__init__.py").is_file() and path.name not in SHARED_BY_FAMILIES
)
# families that are called by a word of the field: how they are named where the family is meant
NAMES = {
    "wavetable": r"models[./]wavetable|--config-name wavetable|model: wavetable",
    "synth": r"models[./]synth\b|--config-name synth\b|model: synth\b",
    "preset": r"models[./]preset\b|--config-name preset|model: preset\b",
}
NAMES_A_FAMILY = [  # to be emptied: where a family may still be named, its own files apart
    r"configs/(dgt_\w+|ddsp|wavetable|synth|preset_amsynth)\.yaml",  # recipes
    r"benchmarks/(latents|training_profile|ddsp|playing)\.py",
    r"cli/(demo|synth|presets)\.py",  # how to go on; a voice that needs no training
    r"benchmarks/(synth|preset|matching)\.py",
    r"patches/(example_model/examples\.py|pd_ddsp_example\.pd)",  # an example by its recipe
]


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


def room_of(path: Path) -> tuple[str, str]:
    """The room of a file, and its place in the package."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py"), relative.as_posix()


def test_rooms_form_no_cycle() -> None:
    TopologicalSorter(ROOMS).prepare()


def test_a_room_imports_only_rooms_before_it() -> None:
    wrong = {}
    for path in FILES:
        room, place = room_of(path)
        if room in DOORS:
            continue
        allowed = {room, "__version__"} | FOUNDATIONS
        if room not in FOUNDATIONS:
            assert room in ROOMS, f"{place} is in no room: add it to ROOMS and to the page"
            allowed |= ROOMS[room]
        others = {name.split(".")[1] for name in imported(path) if name.startswith("vschaos.")}
        if path.stem == "__main__":  # a program
            others -= DOORS
        others -= LATE.get(place, set())
        if others - allowed:
            wrong[place] = others - allowed
    assert not wrong


def test_libraries_stay_in_their_rooms() -> None:
    strayed = {}
    for path in FILES:
        _, place = room_of(path)
        libraries = {name.split(".")[0] for name in imported(path)} & set(LIBRARIES_OF_ONE_ROOM)
        for library in libraries:
            if not any(place.startswith(home) for home in LIBRARIES_OF_ONE_ROOM[library]):
                strayed[place] = library
    assert not strayed


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_imports_no_other(family: str) -> None:
    for path in (PACKAGE / "models" / family).rglob("*.py"):
        others = {n.split(".")[2] for n in imported(path) if n.startswith("vschaos.models.")}
        assert others <= {family, "base", "capabilities"} | SHARED_BY_FAMILIES, path


def test_what_families_share_imports_none() -> None:
    for shared in SHARED_BY_FAMILIES:
        for path in (PACKAGE / "models" / shared).rglob("*.py"):
            others = {n.split(".")[2] for n in imported(path) if n.startswith("vschaos.models.")}
            assert others <= SHARED_BY_FAMILIES | {"base", "capabilities"}, path


@pytest.mark.parametrize("family", FAMILIES)
def test_only_its_own_files_name_a_family(family: str) -> None:
    own = (f"models/{family}/", f"model/{family}.yaml", f"model/{family}/")
    name = re.compile(NAMES.get(family, family.replace("_", "[ _]?")), re.IGNORECASE)
    places = [
        path
        for folder in ("vschaos", "configs", "benchmarks", "patches")
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in {".py", ".pyi", ".yaml", ".js", ".html", ".pd"}
    ]
    naming = [
        place
        for path in (*places, *REPOSITORY.glob("*.py"), REPOSITORY / "pyproject.toml")
        if name.search(path.read_text(encoding="utf-8"))
        and not any(part in (place := path.relative_to(REPOSITORY).as_posix()) for part in own)
        and not any(re.search(f"{allowed}$", place) for allowed in NAMES_A_FAMILY)
    ]
    assert not naming
