"""The example of the page on features is one."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "add_a_feature.md"


def test_the_example_of_the_page_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone: Callable[..., np.ndarray]
) -> None:
    (example, _) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "example_of_a_feature.py").write_text(example)
    monkeypatch.syspath_prepend(tmp_path)
    brightness = importlib.import_module("example_of_a_feature").Brightness(44100, 256)
    sound = np.concatenate([tone(1000.0, 44100, 0.2), np.zeros(4096, np.float32)])
    values = brightness(sound)
    assert values[0, 15] == pytest.approx(1000, rel=0.01)
    assert values[0, -1] == 0
