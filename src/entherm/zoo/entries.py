"""The machine files beside this module: which there are, and what each says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from entherm.about import About
from entherm.equation_words import equation_named
from entherm.equations import Equation
from entherm.errors import UnknownNameError
from entherm.machine import Machine
from entherm.machine_file import MachineFile, reads

_SUFFIX = ".toml"


@dataclass(frozen=True, eq=False)
class Entry:
    """A machine of the zoo.

    Attributes
    ----------
    name : str
        As in ``entherm machines NAME``.
    source : MachineFile
        What its file says.
    text : str
        The file itself.

    Examples
    --------
    >>> found = entry("man_2019")
    >>> found.title
    'Two qubits, each with a reservoir of its own, and a common one'
    >>> found.about.origin, found.equation.name
    ('derived', 'Global')
    """

    name: str
    source: MachineFile
    text: str

    @property
    def title(self) -> str:
        """The machine in a few words."""
        return self.source.name

    @property
    def about(self) -> About:
        """Where it is from, what it shows, its landmark and its picture."""
        return self.source.about

    @property
    def equation(self) -> Equation:
        """The master equation that it is told with."""
        return equation_named(self.about.equation, "about.equation")

    @property
    def machine(self) -> Machine:
        """The machine, in internal units."""
        return self.source.machine

    @property
    def path(self) -> Path:
        """Where the file is installed."""
        return Path(self.source.file)


@cache
def names() -> tuple[str, ...]:
    """Return the names of all machines of the zoo, in alphabetical order.

    Examples
    --------
    >>> "man_2019" in names()
    True
    """
    found = (file.name for file in files(__package__ or "").iterdir())
    return tuple(sorted(n.removesuffix(_SUFFIX) for n in found if n.endswith(_SUFFIX)))


@cache
def entry(name: str) -> Entry:
    """Return everything about a machine of the zoo.

    Parameters
    ----------
    name : str

    Raises
    ------
    UnknownNameError
        For a name that is none; suggests the nearest.

    Examples
    --------
    >>> entry("mann_2019")
    Traceback (most recent call last):
    ...
    entherm.errors.UnknownNameError: Argument 'name' must be one of ..., got 'mann_2019': did you \
mean 'man_2019'?
    """
    if name not in names():
        raise UnknownNameError("name", name, names())
    file = files(__package__ or "").joinpath(name + _SUFFIX)
    text = file.read_text(encoding="utf-8")
    return Entry(name, reads(text, str(file)), text)


def machine(name: str) -> Machine:
    """Return a machine of the zoo.

    Parameters
    ----------
    name : str

    Raises
    ------
    UnknownNameError
        As `entry`.

    Examples
    --------
    >>> machine("man_2019").names
    ('A', 'B')
    """
    return entry(name).machine
