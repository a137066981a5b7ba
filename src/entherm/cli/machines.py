"""The zoo on the command line: a list of machines, and everything about one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from entherm import EnthermError, ParameterError, UnknownNameError, zoo
from entherm.cli.output import OutputError
from entherm.cli.solution import Solution
from entherm.cli.solution_tables import solution_tables
from entherm.cli.solving import located, solve
from entherm.cli.tables import spaced, table
from entherm.plotting import save
from entherm.zoo.picture import picture

PICTURES = (".png", ".svg", ".pdf")
MOST_AUTHORS = 2
_TOLD = ("source", "shows", "equation", "why", "landmark", "origin")
_ORIGINS = {
    "read": "read in the source",
    "derived": "derived for its test",
    "computed": "computed independently of entherm",
}


@dataclass(frozen=True)
class Listing:
    """All machines of the zoo."""

    entries: tuple[zoo.Entry, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the list as `entherm machines --json` prints it."""
        return {"machines": [_described(found) for found in self.entries]}

    def tables(self) -> RenderableType:
        """Return the list for people."""
        made = table("", "name", "machine", "equation", "source", words=_COLUMNS)
        made.title = None
        made.columns[0].no_wrap = made.columns[2].no_wrap = True
        for found in self.entries:
            about = found.about
            made.add_row(found.name, found.title, about.equation, _short(about.source))
        count = len(self.entries)
        told = f"{count} machine{'s' * (count != 1)}; entherm machines NAME tells about one."
        return spaced([made, Text(told, "dim")])


@dataclass(frozen=True, eq=False)
class Shown:
    """One machine of the zoo, solved with its equation."""

    entry: zoo.Entry
    solution: Solution

    def as_dict(self) -> dict[str, object]:
        """Return the machine as `entherm machines NAME --json` prints it."""
        return _described(self.entry) | {"solution": self.solution.as_dict()}

    def tables(self) -> RenderableType:
        """Return everything about the machine for people."""
        found = self.entry
        # Its title stands above all of it already.
        untitled = replace(self.solution.source, name="")
        options = f" --initial {found.about.initial}" if found.about.initial else ""
        told = (
            f"entherm machines {found.name} --write FILE copies the file, --draw FILE.png draws "
            f"it; then: entherm solve FILE --equation {found.about.equation}{options}"
        )
        return spaced(
            [
                Text(found.title, "bold"),
                _story(found),
                solution_tables(replace(self.solution, source=untitled)),
                Text(told, "dim"),
            ]
        )


_COLUMNS = ("name", "machine", "equation", "source")


def listed() -> Listing:
    """Return all machines of the zoo.

    Examples
    --------
    >>> listed().as_dict()["machines"][0]["name"] == zoo.names()[0]
    True
    """
    return Listing(tuple(zoo.entry(name) for name in zoo.names()))


def shown(name: str) -> Shown:
    """Return a machine of the zoo, solved with its equation.

    Parameters
    ----------
    name : str

    Raises
    ------
    UnknownNameError
        For a name that is none.

    Examples
    --------
    >>> round(shown("man_2019").as_dict()["solution"]["concurrence"]["A-B"], 4)
    0.0993
    """
    found = _entry(name)
    solution = solve(str(found.path), found.about.initial or None, found.about.equation)
    return Shown(found, solution)


def delivered(name: str | None, file: str | None, drawing: str | None) -> Mapping[str, str]:
    """Copy the file of a machine, draw it, or both.

    Parameters
    ----------
    name : str or None
    file, drawing : str or None
        Where to.

    Returns
    -------
    mapping of str to str
        ``written`` and ``drawn``, as far as asked for.

    Raises
    ------
    ParameterError
        Without a name, for a file that is there already, and a picture of another kind.
    OutputError
        If a file cannot be written.
    """
    if name is None:
        remedy = "write e.g. entherm machines man_2019 --write machine.toml"
        raise ParameterError("NAME", "be given with --write and --draw", "nothing", remedy)
    found = _entry(name)
    if file is not None and Path(file).exists():
        raise ParameterError("--write", "name a new file", repr(file), "it is there already")
    if drawing is not None and Path(drawing).suffix.lower() not in PICTURES:
        remedy = f"write --draw {name}.png"
        raise ParameterError("--draw", f"end in {', '.join(PICTURES)}", repr(drawing), remedy)
    if file is not None:
        try:
            Path(file).write_text(found.text, encoding="utf-8")
        except OSError as error:
            raise _unwritten(file, error) from None
    if drawing is not None:
        _draw(found, drawing)
    told = {"written": file, "drawn": drawing}
    return {key: path for key, path in told.items() if path is not None}


def _draw(found: zoo.Entry, path: str) -> None:
    try:
        made = picture(found.source)
    except EnthermError as error:
        raise located(found.source, error) from error
    try:
        save(made, path)
    except OSError as error:
        raise _unwritten(path, error) from None


def _unwritten(path: str, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written ({error.strerror}): check the path.")


def _entry(name: str) -> zoo.Entry:
    if name not in zoo.names():
        raise UnknownNameError("NAME", name, zoo.names())
    return zoo.entry(name)


def _described(found: zoo.Entry) -> dict[str, object]:
    texts = found.about.texts
    return {"name": found.name, "title": found.title, **{key: texts[key] for key in _TOLD}}


def _story(found: zoo.Entry) -> Table:
    about = found.about
    lines = {
        "source": about.source,
        "shows": about.shows,
        "equation": f"{about.equation}: {about.why}",
        "landmark": f"{about.landmark} ({_ORIGINS.get(about.origin, about.origin)})",
    }
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True, style="bold")
    made.add_column(overflow="fold")
    for key, line in lines.items():
        made.add_row(key, line)
    return made


def _short(source: str) -> str:
    """Names of the authors, and the year, of a source in full.

    Examples
    --------
    >>> _short("N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. Lett. 105, 130401 (2010)")
    'Linden et al. (2010)'
    """
    authors: list[str] = []
    for part in source.split(", "):
        found = re.fullmatch(r"(?:\w\.[- ]?)+(\w\D+)", part)
        if found is None:  # a title or a journal begins with no initials
            break
        authors.append(found[1])
    years = re.findall(r"\((\d{4})\)", source)
    if not authors or not years:
        return source
    names = f"{authors[0]} et al." if len(authors) > MOST_AUTHORS else ", ".join(authors)
    return f"{names} ({years[-1]})"
