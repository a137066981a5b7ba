"""The zoo on the command line: a list of machines, and everything about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from entherm import EnthermError, ParameterError, zoo
from entherm.about import ORIGINS
from entherm.cli.output import OutputError
from entherm.cli.solution import Solution
from entherm.cli.solution_tables import solution_tables
from entherm.cli.solving import located, solve
from entherm.cli.tables import spaced, table
from entherm.plotting import save
from entherm.zoo.picture import picture

PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Listing:
    """All machines of the zoo."""

    entries: tuple[zoo.Entry, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the list as `entherm machines --json` prints it."""
        return {"machines": [_described(found) for found in self.entries]}

    def tables(self) -> RenderableType:
        """Return the list for people."""
        made = table("", *_COLUMNS, words=_COLUMNS)
        made.title = None
        made.columns[0].no_wrap = made.columns[1].no_wrap = True
        for found in self.entries:
            made.add_row(found.name, found.about.equation, found.title)
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
        told = (
            f"entherm machines {found.name} --write FILE copies the file, --draw FILE.png draws "
            "it; then: entherm solve FILE"
        )
        return spaced(
            [
                Text(found.title, "bold"),
                _story(found),
                solution_tables(replace(self.solution, source=untitled)),
                Text(told, "dim"),
            ]
        )


_COLUMNS = ("name", "equation", "machine")


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
    ParameterError
        For a name that is none.

    Examples
    --------
    >>> round(shown("man_2019").as_dict()["solution"]["concurrence"]["A-B"], 4)
    0.0993
    """
    found = _entry(name)
    solution = solve(str(found.path))
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
    names = zoo.names()
    if name not in names:
        # All of them would be half a screen: those that begin like it, or else the nearest.
        near = [known for known in names if name and known.startswith(name.lower())]
        near = near or get_close_matches(name.lower(), names, n=3, cutoff=0.5)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        remedy = f"{meant}entherm machines lists all {len(names)}"
        raise ParameterError("NAME", "be a machine of the zoo", repr(name), remedy)
    return zoo.entry(name)


def _described(found: zoo.Entry) -> dict[str, object]:
    texts = found.about.texts
    initial = texts.pop("initial") or None
    return {"name": found.name, "title": found.title, **texts, "initial": initial}


def _story(found: zoo.Entry) -> Table:
    about = found.about
    lines = {
        "source": about.source,
        "shows": about.shows,
        "equation": f"{about.equation}: {about.why}",
        "landmark": f"{about.landmark} ({ORIGINS[about.origin]})",
    }
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True, style="bold")
    made.add_column(overflow="fold")
    for key, line in lines.items():
        made.add_row(key, line)
    return made
