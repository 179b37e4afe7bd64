"""A patch is drawn where its file says."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.patches.pure_data import require_pure_data
from tests.patches.screenshot import screenshot


@pytest.mark.slow
def test_a_coloured_rectangle_and_a_message(tmp_path: Path) -> None:
    """A green rectangle on a canvas of 300 by 200; a toggle in it is crossed by a message."""
    require_pure_data()
    if not (shutil.which("Xvfb") and shutil.which("wish")):
        pytest.skip("pictures take Xvfb (xvfb) and the window of PureData (puredata-gui)")
    (tmp_path / "green.pd").write_text(
        "#N canvas 50 50 300 200 12;\n"
        "#X obj 40 30 cnv 15 100 60 empty empty empty 20 12 0 14 #00ff00 #404040 0;\n"
        "#X obj 200 100 tgl 50 0 empty cross empty 17 7 0 10 #fcfcfc #ff0000 #000000 0 1;\n"
    )
    picture = screenshot(tmp_path / "green.pd").astype(int)
    crossed = screenshot(tmp_path / "green.pd", messages=["cross 1"]).astype(int)
    assert picture.shape == (200, 300, 3)
    green = np.argwhere((picture == [0, 255, 0]).all(axis=2))
    assert np.abs(green.min(axis=0) - [30, 40]).max() <= 2
    assert np.abs(green.max(axis=0) - [90, 140]).max() <= 2
    rows, columns = np.nonzero(np.abs(crossed - picture).sum(axis=2))
    assert len(rows) > 50
    assert rows.min() >= 100
    assert columns.min() >= 200
