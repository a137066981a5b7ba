"""What a machine file tells of its machine: where it is from, what it shows, a picture of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from entherm.errors import ParameterError, UnknownNameError
from entherm.span import Span, table_of

# As behind `entherm solve --equation`; `entherm.equation_words` has what they stand for.
EQUATION_WORDS = (
    "global",
    "unified",
    "redfield",
    "universal-lindblad",
    "local",
    "local-bare",
    "reset",
    "reset-bare",
)
ORIGINS = {
    "read": "read in the source",
    "derived": "derived for its test",
    "computed": "computed independently of entherm",
}
TIME = "time"
_REMEDIES = {
    "about": 'write [about] and below it source = "..."',
    "figure": 'write [about.figure] and below it axis = ["reservoirs.RC.temperature"], values and '
    "observe",
    "axis": 'write axis = ["reservoirs.RC.temperature"]',
    "values": "write values = { from = 0.1, to = 10.0, points = 200 }",
    "observe": 'write observe = ["concurrence A-B", "heat RC"]',
}
_QUOTES = "write it in quotes"


@dataclass(frozen=True)
class Curves:
    """A picture of a machine: observables along one axis.

    Attributes
    ----------
    axis : tuple of str
        Parameter paths that vary together; or ``time`` alone, on the way from the initial state.
    values : Span
    observe : tuple of str
        What is drawn, in words: ``"concurrence A-B"``, ``"heat RC"``.
    label : str
        What the axis is called; empty: by its first path.

    Examples
    --------
    >>> values = {"from": 0.0, "to": 1.0, "points": 2}
    >>> Curves.of({"axis": ["qubits.A"], "values": values, "observe": ["heat R"]}, "figure").axis
    ('qubits.A',)
    """

    axis: tuple[str, ...]
    values: Span
    observe: tuple[str, ...]
    label: str = ""

    @classmethod
    def of(cls, value: object, path: str) -> Curves:
        """Return the table of a file.

        Raises
        ------
        ParameterError
            For an unknown, missing or malformed key.
        """
        table = _table(value, path, [key.name for key in fields(cls)], required=3)
        axis, observe = (_listed(table[k], f"{path}.{k}", k) for k in ("axis", "observe"))
        values = Span.of(table["values"], f"{path}.values")
        return cls(axis, values, observe, _text(table.get("label", ""), f"{path}.label"))

    @property
    def in_time(self) -> bool:
        """Whether they show how the machine gets there."""
        return self.axis == (TIME,)

    def require_axis(self, known: Iterable[str], path: str = "about.figure") -> None:
        """Refuse an axis that is no parameter.

        Parameters
        ----------
        known : iterable of str
            Parameter paths of the machine.
        path : str
            Where the curves stand, for the error.

        Raises
        ------
        UnknownNameError
            For a path that is none.

        Examples
        --------
        >>> Curves(("qubits.A",), Span(0.0, 1.0, 2), ("heat R",)).require_axis(["qubits.A"])
        """
        listed = [*known]
        for index, name in enumerate(() if self.in_time else self.axis):
            if name not in listed:
                raise UnknownNameError(f"{path}.axis.{index}", name, [*listed, TIME])


@dataclass(frozen=True)
class About:
    """The table ``[about]`` of a machine file; whatever is not said is empty.

    Attributes
    ----------
    source : str
        Where the machine is from: authors, journal, year.
    shows : str
        What it shows.
    equation : str
        The master equation for it, a word of ``entherm solve --equation``.
    why : str
        Why that one.
    landmark : str
        A number or identity of the source that it gives back.
    origin : str
        Of the landmark: ``"read"`` in the source, ``"derived"``, or ``"computed"`` independently.
    initial : str
        Where to start, as behind ``entherm solve --initial``: ``"10"``, ``"01-10"``, ``"thermal"``.
        For a machine with more than one steady state, and for a picture along the time.
    figure : Curves or None
        A picture.

    Examples
    --------
    >>> About.of({"source": "Linden et al. (2010)", "sohws": "Cooling."})
    Traceback (most recent call last):
    ...
    entherm.errors.UnknownNameError: Argument 'about.sohws' must be one of source, ..., got \
'sohws': did you mean 'shows'?
    """

    source: str = ""
    shows: str = ""
    equation: str = ""
    why: str = ""
    landmark: str = ""
    origin: str = ""
    initial: str = ""
    figure: Curves | None = field(default=None)

    @classmethod
    def of(cls, value: object, path: str = "about") -> About:
        """Return the table of a file.

        Raises
        ------
        ParameterError
            For an unknown key, what is no text and should be, an equation or origin that is none,
            and what `Curves.of` refuses.
        """
        table = _table(value, path, [key.name for key in fields(cls)])
        texts = {k: _text(v, f"{path}.{k}") for k, v in table.items() if k != "figure"}
        for key, words in (("equation", EQUATION_WORDS), ("origin", ORIGINS)):
            if key in texts and texts[key] not in words:
                raise UnknownNameError(f"{path}.{key}", texts[key], words)
        figure = Curves.of(table["figure"], f"{path}.figure") if "figure" in table else None
        return cls(**texts, figure=figure)

    @property
    def texts(self) -> dict[str, str]:
        """All but the picture, by key, in order.

        Examples
        --------
        >>> [*About(origin="derived").texts]
        ['source', 'shows', 'equation', 'why', 'landmark', 'origin', 'initial']
        """
        return {key.name: getattr(self, key.name) for key in fields(self) if key.name != "figure"}


def _table(value: object, path: str, known: Iterable[str], required: int = 0) -> Mapping[str, Any]:
    return table_of(value, path, known, required, remedies=_REMEDIES)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise ParameterError(path, "be text", repr(value), _QUOTES)
    return value


def _listed(value: object, path: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ParameterError(path, "be a list with something in it", repr(value), _REMEDIES[key])
    return tuple(_text(item, f"{path}.{index}") for index, item in enumerate(value))
