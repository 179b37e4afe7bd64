"""The example of the page on features is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "add_a_feature.md"


def test_the_example_of_the_page_works(tone: Callable[..., np.ndarray]) -> None:
    (example, _) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "brightness"}
    exec(example, names)
    brightness = names["Brightness"](44100, 256)
    sound = np.concatenate([tone(1000.0, 44100, 0.2), np.zeros(4096, np.float32)])
    values = brightness(sound)
    assert values[0, 15] == pytest.approx(1000, rel=0.01)
    assert values[0, -1] == 0
