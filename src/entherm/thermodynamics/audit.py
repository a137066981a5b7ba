"""Which equation breaks which law on a machine, by how much, where, and why.

| law | residual | scale |
| --- | --- | --- |
| first law | energy that is missing in Σ Q + Σ μJ + dephasing + work | one-way heat flows G |
| second law | −σ where it is negative | Σ G/T |
| zeroth law | largest current with all temperatures equal | G there |
| Gibbs state | trace distance of the state there from that of H_S | 1 |
| detailed balance | what one reservoir does to the Gibbs state of its own temperature | its rates |
| positivity | size of the most negative eigenvalue of ρ | 1 |

A law is *kept* where its residual is at most 1e-6, far above rounding (1e-13) and far below what is
worth a measurement, and *broken* beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from entherm.checks import require_kind
from entherm.comparison import compare
from entherm.comparison_entry import Entry, plain
from entherm.equations import EQUATIONS, Equation, Local, Reset, chosen_equations
from entherm.machine import Machine, require_machine
from entherm.parameters import Array
from entherm.thermodynamics.audit_reasons import reason_for
from entherm.thermodynamics.laws import (
    detailed_balance_residuals,
    distance_from_gibbs,
    first_law_residual,
    require_judgeable,
)
from entherm.validity import ranged
from entherm.validity_case import Case, tabulated
from entherm.validity_rules import LAW_THRESHOLD
from entherm.validity_state import equilibrium_leak, negativity_of_state, second_law_violation

LAWS = (
    "first law",
    "second law",
    "zeroth law",
    "Gibbs state",
    "detailed balance",
    "positivity",
)


@dataclass(frozen=True, eq=False)
class Finding:
    """One law under one equation.

    Attributes
    ----------
    law, equation : str
    residual : ndarray
        Of the machine's shape; NaN where there is no state.
    worst : float
        Its largest value; NaN where there is none.
    at : dict of str to float
        What varies along the sweep, where it is largest.
    source : str
        The reservoir to blame, where there is one.
    verdict : str
        ``"kept"``, ``"broken"`` or ``"undefined"``.
    why : str
        The reason, of a law that is broken.
    """

    law: str
    equation: str
    residual: Array
    worst: float
    at: Mapping[str, float]
    source: str
    verdict: str
    why: str

    def __str__(self) -> str:
        told = f"{self.law} {self.verdict} under {self.extent}"
        return f"{told}: {self.why}." if self.why else f"{told}."

    @property
    def extent(self) -> str:
        """The equation, by how much, at which point, and by which reservoir."""
        place = ", ".join(f"{path} = {value:.4g}" for path, value in self.at.items())
        told = [f"{self.equation} ({self.worst:.3g}"]
        told += [f"at {place}"] if place else []
        told += [f"by {self.source}"] if self.source else []
        return " ".join(told) + ")"

    def as_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON: ±∞ as text, what is undefined as None."""
        return {
            "law": self.law,
            "equation": self.equation,
            "residual": plain(self.residual.tolist()),
            "worst": plain(self.worst),
            "at": dict(self.at),
            "source": self.source,
            "verdict": self.verdict,
            "why": self.why,
        }


@dataclass(frozen=True, eq=False)
class Audit:
    """The laws under each equation; printed, it is a table with the reasons below.

    Attributes
    ----------
    machine : Machine
    rows : tuple of Finding
        By equation, then in the order of `LAWS`.
    refused : dict of str to str
        Equations without a result, with the reason.
    """

    machine: Machine
    rows: tuple[Finding, ...]
    refused: Mapping[str, str]

    @cached_property
    def broken(self) -> tuple[Finding, ...]:
        """Those that are broken."""
        return tuple(row for row in self.rows if row.verdict == "broken")

    @property
    def equations(self) -> tuple[str, ...]:
        """Those with a result."""
        return tuple(dict.fromkeys(row.equation for row in self.rows))

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        table: list[tuple[str, ...]] = [("equation", *LAWS)]
        for name in self.equations:
            own = [row for row in self.rows if row.equation == name]
            table.append((name, *(_cell(row) for row in own)))
        lines = [tabulated(table)] if self.rows else []
        lines += ["! is broken, - is undefined here."] if self.rows else []
        for law, why in sorted(
            dict.fromkeys((row.law, row.why) for row in self.broken),
            key=lambda told: LAWS.index(told[0]),
        ):
            under = [row.extent for row in self.broken if (row.law, row.why) == (law, why)]
            lines.append(f"{law} broken under {', '.join(under)}: {why}.")
        lines += [f"{name} has no result: {why}" for name, why in self.refused.items()]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON."""
        return {
            "machine": self.machine.hash,
            "shape": list(self.machine.shape),
            "limit": LAW_THRESHOLD,
            "rows": [row.as_dict() for row in self.rows],
            "refused": dict(self.refused),
        }


def audit(machine: Machine, equations: Iterable[Equation] | None = None) -> Audit:
    """Say which equation breaks which law on a machine, by how much, where, and why.

    Parameters
    ----------
    machine : Machine
        With one reservoir or more, and at most 128 levels.
    equations : iterable of Equation, optional
        Each counts once. Left out, all six with their defaults, and `Local` and `Reset` with heat
        counted by bare energies.

    Returns
    -------
    Audit

    Raises
    ------
    ParameterError
        For no equation, for a machine without reservoirs or with more than 128 levels.

    References
    ----------
    A. Levy, R. Kosloff, EPL 107, 20004 (2014); H. Spohn, J. Math. Phys. 19, 1227 (1978).

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(10.0, 2.0, 0.5, T_A=5.0, T_B=3.0, Gamma_A=0.05, Gamma_B=0.05)
    >>> found = audit(m.without("RC"), [Global(), Local(), Local(heat="bare")])
    >>> [(row.equation, row.law) for row in found.broken if row.law == "second law"]
    [('Local', 'second law')]
    """
    require_machine(machine)
    rule, remedy = "have a reservoir", "without one there is nothing to audit"
    require_kind(machine.reservoirs or None, tuple, "machine", rule, remedy)
    require_judgeable(machine)
    rules = _rules(equations)
    rows: list[Finding] = []
    refused: dict[str, str] = {}
    for own in rules:
        found = compare(machine, [own])
        if own.name in found.entries:
            rows += _findings(machine, own, found.entries[own.name])
        else:
            refused[_label(own)] = found.refused[own.name]
    return Audit(machine, tuple(rows), refused)


def _rules(equations: Iterable[Equation] | None) -> list[Equation]:
    if equations is None:
        bare = {Local: (Local(heat="bare"),), Reset: (Reset(heat="bare"),)}
        return [rule for kind in EQUATIONS for rule in (kind(), *bare.get(kind, ()))]
    return chosen_equations(equations)


def _findings(machine: Machine, equation: Equation, entry: Entry) -> list[Finding]:
    case = Case(machine, equation, entry.state)
    balance = detailed_balance_residuals(case)
    residuals = {
        "first law": first_law_residual(case, entry.state),
        "second law": second_law_violation(case),
        "zeroth law": equilibrium_leak(case),
        "Gibbs state": distance_from_gibbs(case),
        "detailed balance": _largest(machine, balance),
        "positivity": negativity_of_state(case),
    }
    found = []
    for law, residual in residuals.items():
        worst, place = _worst(residual)
        source = ""
        if law == "detailed balance" and worst > LAW_THRESHOLD:
            source = max(balance, key=lambda name: float(np.nan_to_num(balance[name][place])))
        found.append(_finding(machine, equation, law, residual, source))
    return found


def _finding(
    machine: Machine, equation: Equation, law: str, residual: Array, source: str
) -> Finding:
    worst, place = _worst(residual)
    broken = worst > LAW_THRESHOLD
    verdict = "undefined" if np.isnan(worst) else "broken" if broken else "kept"
    values = np.broadcast_to(residual, machine.shape).copy()
    values.setflags(write=False)
    at = {
        path: float(np.broadcast_to(value, machine.shape)[place])
        for path, value in machine.parameters.items()
        if value.size > 1
    }
    why = reason_for(law, equation) if broken else ""
    known = {} if verdict == "undefined" else at
    return Finding(law, _label(equation), values, worst, known, source, verdict, why)


def _worst(residual: Array) -> tuple[float, tuple[int, ...]]:
    if np.all(np.isnan(residual)):
        return np.nan, (0,) * residual.ndim
    place = np.unravel_index(int(np.nanargmax(residual)), residual.shape)
    return float(residual[place]), tuple(map(int, place))


def _largest(machine: Machine, values: Mapping[str, Array]) -> Array:
    if not values:
        return np.full(machine.shape, np.nan)
    return np.asarray(np.max([*values.values()], axis=0))


def _label(equation: Equation) -> str:
    """The name, and what differs from its defaults.

    Examples
    --------
    >>> _label(Local(heat="bare"))
    "Local(heat='bare')"
    """
    given = [
        f"{field.name}={value!r}"
        for field in fields(equation)  # type: ignore[arg-type]
        if (value := getattr(equation, field.name)) != field.default
        and field.default is not MISSING
    ]
    return f"{equation.name}({', '.join(given)})" if given else equation.name


def _cell(row: Finding) -> str:
    mark = {"kept": "", "broken": " !", "undefined": ""}[row.verdict]
    return "-" if row.verdict == "undefined" else f"{ranged(np.asarray(row.worst))}{mark}"
