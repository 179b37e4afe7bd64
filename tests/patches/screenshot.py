"""`python -m tests.patches.screenshot patch.pd out.png`: a patch as PureData draws it.

It takes PureData with its window (`puredata-gui`) and `xvfb`, besides what `pure_data` takes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from tests.patches.pure_data import environment, missing, stand_in
from tests.patches.stand_in import Server

SCREEN = "2560x1800x24"
PATIENCE_SECONDS = 30.0
SETTLING_SECONDS = 0.5
PLUGIN = Path(__file__).parent / "screenshot.tcl"
XWD_NUMBERS = 25  # in the head of a dump of a screen, big-endian


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.patches.screenshot",
        description="Draws a patch as PureData does, without menus, nn~ by our stand-in.",
    )
    parser.add_argument("patch", type=Path, help="the .pd file")
    parser.add_argument("picture", type=Path, help="the .png to write")
    parser.add_argument("--path", type=Path, nargs="*", default=[], help="folders Pd searches")
    parser.add_argument(
        "--send", nargs="*", default=[], metavar="MESSAGE", help="sent first, as 'pd dsp 1'"
    )
    options = parser.parse_args()
    lacking = missing() or ("" if shutil.which("Xvfb") else "pictures take Xvfb (xvfb)")
    if lacking:
        parser.error(lacking)
    picture = screenshot(options.patch, paths=options.path, messages=options.send)
    Image.fromarray(picture).save(options.picture)
    return 0


def screenshot(
    patch: Path, *, paths: Sequence[Path] = (), messages: Sequence[str] = ()
) -> np.ndarray:
    """The canvas of a patch, as large as its window: `[height, width, 3]`, uint8.

    Args:
        patch: a `.pd` file.
        paths: folders of abstractions and models, besides its own.
        messages: `receiver words...`, sent once it is open.
    """
    with tempfile.TemporaryDirectory() as name, Server() as server:
        folder = Path(name)
        shutil.copy(PLUGIN, folder / "screenshot-plugin.tcl")  # the name that Pd looks for
        place = folder / "place"
        with _screen(folder) as display:
            variables = {
                **environment(server),
                "DISPLAY": display,
                "HOME": name,
                "VSCHAOS_SHOT_PATCH": patch.name,
                "VSCHAOS_SHOT_PLACE": str(place),
            }
            command = ["pd", "-noaudio", "-nomidi", "-noprefs", "-nrt"]
            for path in (folder, stand_in(), patch.resolve().parent, *paths):
                command += ["-path", str(path.resolve())]
            command += ["-open", str(patch.resolve())]
            for message in messages:
                command += ["-send", message]
            with _running(command, variables):
                _wait_for(place)
                time.sleep(SETTLING_SECONDS)
                left, top, width, height = map(int, place.read_text().split())
                screen = _read_screen(folder / "Xvfb_screen0")
    return screen[top : top + height, left : left + width]


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """An invisible screen, dumped into `folder`: its name for $DISPLAY."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-fbdir", str(folder)]
    with _running([*command, "-nolisten", "tcp"], dict(os.environ), writer):
        os.close(writer)
        with os.fdopen(reader) as number:
            yield f":{number.readline().strip()}"


@contextmanager
def _running(command: list[str], variables: dict[str, str], *descriptors: int) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env=variables,
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not file.is_file():
        if time.monotonic() > deadline:
            raise RuntimeError(f"PureData drew no patch in {PATIENCE_SECONDS} s")
        time.sleep(0.05)


def _read_screen(dump: Path) -> np.ndarray:
    """`[height, width, 3]` of an X window dump with 32 bits per pixel."""
    head = np.frombuffer(dump.read_bytes()[: 4 * XWD_NUMBERS], ">u4")
    head_size, width, height, row_bytes, num_colors = head[[0, 4, 5, 12, 19]].tolist()
    pixels = np.frombuffer(dump.read_bytes(), np.uint8, offset=head_size + 12 * num_colors)
    rows = pixels[: height * row_bytes].reshape(height, row_bytes)[:, : 4 * width]
    return rows.reshape(height, width, 4)[..., 2::-1]  # from blue, green, red, nothing


if __name__ == "__main__":
    sys.exit(main())
