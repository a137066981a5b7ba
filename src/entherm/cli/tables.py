"""How the tables of every command look, and how numbers are spelled in them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def table(title: str, *columns: str, words: Collection[str] = ()) -> Table:
    """Return an empty table.

    Parameters
    ----------
    title : str
        Above it.
    *columns : str
        Their headings.
    words : collection of str
        Columns that hold words, flush left; the others hold numbers, flush right.
    """
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        caption_style="",
        box=box.SIMPLE_HEAD,
        show_edge=False,
    )
    for column in columns:
        side = "left" if column in words else "right"
        made.add_column(column, justify=side, overflow="fold")  # type: ignore[arg-type]
    return made


def number(value: object) -> str:
    """Spell a number with six significant digits.

    Examples
    --------
    >>> number(0.1234567), number(float("inf")), number(float("nan"))
    ('0.123457', '∞', 'not defined')
    """
    x = float(str(value)) + 0.0  # no minus before a zero
    return "not defined" if math.isnan(x) else f"{x:.6g}".replace("inf", "∞")


def with_unit(noun: str, unit: str) -> str:
    """Return a heading with its unit, if it has one.

    Examples
    --------
    >>> with_unit("temperature", "mK"), with_unit("rate", "")
    ('temperature (mK)', 'rate')
    """
    return f"{noun} ({unit.replace('us', 'µs')})" if unit else noun


def verdict(passed: bool, words: tuple[str, str]) -> Text:
    """Return the first of `words` in green if passed, else the second in yellow."""
    return Text(words[0], "green") if passed else Text(words[1], "bold yellow")


def spaced(parts: Iterable[RenderableType]) -> Group:
    """Return renderables with an empty line between them."""
    lines: list[RenderableType] = []
    for part in parts:
        lines += [*([Text("")] if lines else []), part]
    return Group(*lines)
