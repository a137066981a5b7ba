"""Negativity across a cut, of subsystems of any dimension."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from entherm.checks import items_of, require_distinct, require_name
from entherm.errors import ParameterError
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.reduced_observables import JointObservable
from entherm.resources.partial_transpose import negative_part


@dataclass(frozen=True)
class NegativityAcross(JointObservable):
    """Negativity between two groups of subsystems, the others being traced out."""

    first: tuple[str, ...]
    second: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Those of both groups."""
        return (*self.first, *self.second)

    def element(self, bra: tuple[int, ...], ket: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the one that the partial transpose puts there."""
        cut = len(self.first)
        return ket[:cut] + bra[cut:], bra[:cut] + ket[cut:]

    def of_matrix(self, rho: Array) -> Array:
        """Return minus the negative part of the partial transpose."""
        return negative_part(rho)

    @property
    def label(self) -> str:
        """e.g. ``negativity A|BC``."""
        return f"negativity {_spelled(self.first)}|{_spelled(self.second)}"


def negativity_across(first: Iterable[str], second: Iterable[str]) -> Observable:
    """Observable: negativity between two groups of subsystems, the others being traced out.

    See `entherm.resources.partial_transpose.negativity_of_cut`; `logarithmic_negativity` makes the
    other measure of it.

    Parameters
    ----------
    first, second : iterable of str
        Subsystems of any dimension.

    Raises
    ------
    ParameterError
        For an empty group, and for a subsystem that stands twice.

    Examples
    --------
    >>> negativity_across(["A"], ["B", "C"]).label
    'negativity A|BC'
    """
    groups = []
    for path, names in (("first", first), ("second", second)):
        group = items_of(names, path, "give a list of names, e.g. ['A']")
        if not group:
            remedy = "name at least one subsystem on either side"
            raise ParameterError(path, "leave subsystems on both sides", "nothing", remedy)
        for name in group:
            require_name(name, path)
        groups.append(group)
    require_distinct("cut", [*groups[0], *groups[1]])
    return NegativityAcross(*groups)


def _spelled(names: tuple[str, ...]) -> str:
    return ("" if max(map(len, names)) == 1 else " ").join(names)
