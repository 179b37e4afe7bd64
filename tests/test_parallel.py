"""Work on all cores: every item once, and what others do is waited for at the end."""

from __future__ import annotations

import pytest

from vschaos.parallel import IsInterrupted, StoppedError, on_all_cores, share_work


def test_what_another_process_does_is_waited_for_at_the_end() -> None:
    asked: list[tuple[int, bool]] = []

    def double(item: int, is_interrupted: IsInterrupted, waits: bool) -> int | None:
        asked.append((item, waits))
        return None if item % 2 and not waits else 2 * item

    found = list(share_work(on_all_cores, double, range(6)))
    assert sorted(found) == [(item, 2 * item) for item in range(6)]
    assert {item for item, _ in found[:3]} == {0, 2, 4}
    assert sorted(item for item, waits in asked if waits) == [1, 3, 5]


def test_an_error_stops_the_others() -> None:
    def work(item: int, is_interrupted: IsInterrupted) -> int:
        if item == 0:
            raise ValueError("of one")
        while not is_interrupted():
            pass
        raise StoppedError

    with pytest.raises(ValueError, match="of one"):
        list(on_all_cores(work, range(3)))
