"""Panels of controls, and how they are laid out on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas

COLUMNS = 3
COLUMN_WIDTH, GUTTER, MARGIN = 312, 12, 12  # pixels
PAGE = COLUMNS * COLUMN_WIDTH + (COLUMNS - 1) * GUTTER  # within its margins
PAGE_WIDTH = 2 * MARGIN + PAGE
PADDING = 12
TITLE_HEIGHT = 30
ROW = 24  # pixels from control to control
BELOW = 60  # from what is seen to the machinery
MACHINERY = 400  # height of it
PANEL_AT = (20, 20)  # where it begins in its own window


@dataclass(frozen=True)
class Panel:
    """A framed part of the page: a subpatch, of which the upper part is seen from outside.

    Args:
        title: written in it, and the name of the subpatch.
        columns: of the page that it takes, 1 to 3.
        height: pixels of its content.
        fill: puts its content, `fill(canvas, x, y)`, and its machinery above and below.
        above: pixels that the machinery takes above.
    """

    title: str
    columns: int
    height: int
    fill: Callable[[Canvas, int, int], None]
    above: int = 0

    @property
    def outer_height(self) -> int:
        return TITLE_HEIGHT + self.height + PADDING

    def draw(self, width: int, height: int) -> Canvas:
        """The subpatch, so large on the page."""
        x, y = PANEL_AT[0], PANEL_AT[1] + self.above
        canvas = Canvas(max(width + 2 * x, 760), y + height + MACHINERY)
        widgets.plate(
            canvas, x, y, width, height, text=self.title.upper(), size=widgets.SMALL,
            colour=widgets.ACCENT,
        )  # fmt: skip
        self.fill(canvas, x + PADDING, y + TITLE_HEIGHT)
        canvas.show_on_parent(x, y, width, height)
        return canvas


def page_height(y: int, panels: Sequence[Panel]) -> int:
    """Of a page whose panels begin at y."""
    return y + sum(_height(row) + GUTTER for row in _rows(panels))


def free_columns(panels: Sequence[Panel]) -> int:
    """Left in the last row of panels."""
    return COLUMNS - sum(panel.columns for panel in _rows(panels)[-1])


def place_panels(page: Canvas, y: int, panels: Sequence[Panel]) -> None:
    """Puts panels in rows, each row as high as its highest and as wide as the page."""
    for row in _rows(panels):
        x = MARGIN
        height = _height(row)
        for panel in row:
            width = panel.columns * (COLUMN_WIDTH + GUTTER) - GUTTER
            if panel is row[-1]:
                width = PAGE_WIDTH - MARGIN - x
            page.subpatch(x, y, panel.title, panel.draw(width, height))
            x += width + GUTTER
        y += height + GUTTER


def _height(row: list[Panel]) -> int:
    return max(panel.outer_height for panel in row)


def _rows(panels: Sequence[Panel]) -> list[list[Panel]]:
    rows: list[list[Panel]] = []
    for panel in panels:
        if rows and sum(p.columns for p in rows[-1]) + panel.columns <= COLUMNS:
            rows[-1].append(panel)
        else:
            rows.append([panel])
    return rows
