"""What the commands print on stdout: JSON that every parser reads, and tables as plain text.

JSON knows no infinity. Here ±∞ is the text ``"inf"`` or ``"-inf"``, which `float` reads in most
languages, and a number that is not defined is ``null``.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import EnthermError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from entherm.parameters import Array
    from entherm.units import Scale


class OutputError(EnthermError):
    """Something cannot be written where it was asked for."""


def jsonable(value: object) -> Any:
    """Return `value` in the types of JSON: ±∞ as text, NaN as None.

    Examples
    --------
    >>> jsonable({"sigma": np.inf, "T": np.array([1.0, np.nan])})
    {'sigma': 'inf', 'T': [1.0, None]}
    """
    if isinstance(value, np.generic | np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, float):
        return value + 0.0  # no minus before a zero
    return str(value) if isinstance(value, Path) else value


def shown(scale: Scale, value: ArrayLike) -> Array:
    """Return internal `value` in a file's unit, to the 15 digits that survive the conversion.

    Examples
    --------
    >>> from entherm import Units
    >>> scale = Units("cyclic").temperature
    >>> float(shown(scale, scale.parse("30 mK", "T")))
    30.0
    """
    converted = scale.show(value)
    if not scale.unit:
        return converted
    return np.array([float(f"{x:.15g}") for x in converted.ravel()]).reshape(converted.shape)


def print_json(value: object) -> None:
    """Print `value` as one JSON object."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(jsonable(value), indent=2, ensure_ascii=not unicode, allow_nan=False)
    print_text(text + "\n")


def print_tables(*parts: RenderableType) -> None:
    """Print rich renderables, as wide as the terminal; 80 columns without one."""
    from rich.console import Console

    page = StringIO()
    console = Console(file=page, force_terminal=sys.stdout.isatty(), highlight=False)
    for part in parts:
        console.print(part)
    # Cells are padded to the width of their column: invisible, but not in a diff.
    print_text("\n".join(line.rstrip() for line in page.getvalue().split("\n")))


def print_text(text: str) -> None:
    """Write `text` to stdout now.

    Raises
    ------
    OutputError
        If stdout takes no more, as on a full disk. A reader who left (``| head``) is no error: the
        process ends quietly, with the code that the shell gives to SIGPIPE.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        raise SystemExit(141) from None
    except OSError as error:
        _abandon_stdout()
        raise OutputError(f"The result cannot be printed ({error.strerror}).") from None


def _abandon_stdout() -> None:
    # Python flushes stdout once more at its end, and would complain about it then.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
