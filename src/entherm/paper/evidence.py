"""What a claim is, what counts as evidence for or against it, and how a verdict follows from it.

A statement is a margin: a number for each machine, positive where the statement holds, negative
where it fails, NaN where it says nothing (no entanglement to compare). No verdict is written by
hand; `verdict` is the one rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from entherm.paper import equations as eq
from entherm.paper.ensembles import PARAMETERS, RATES, Ensemble
from entherm.parameters import Array

CONFIRMED = "confirmed"
CONDITIONAL = "confirmed under conditions"
REFUTED = "refuted"

# A concurrence is a difference of numbers below 1 with a few rounding errors of 1e-16 each, and ΔC
# is a difference of two; a sign below this level is not a fact.
NOISE = 1e-14
# A heat current is a difference of one-way flows of up to about 1e4 (ω n̄ Γ), so 1e-16 of that.
HEAT_NOISE = 1e-12

Statement = Callable[[Ensemble], Array]

# How the paper writes the parameters.
SYMBOLS = {
    "epsilon_A": "ε_A",
    "epsilon_B": "ε_B",
    "Omega": "Ω",
    "Gamma_A": "Γ_A",
    "Gamma_B": "Γ_B",
    "Gamma_CA": "Γ_C^(A)",
    "Gamma_CB": "Γ_C^(B)",
    "gamma": "γ",
}


def typographic(text: str) -> str:
    """Write the minus of every number, exponents included, as a minus sign.

    Examples
    --------
    >>> typographic("Ω = -10, off by 2e-05")
    'Ω = −10, off by 2e−05'
    """
    return re.sub(r"(?:(?<=\de)|(?<!\w))-(?=\d)", "−", text)


class VacuousEvidenceError(ValueError):
    """A search in which the statement was never put to the test."""


@dataclass(frozen=True)
class Counterexample:
    """One machine at which a statement fails, by the independent oracle.

    Attributes
    ----------
    parameters : Parameters
        The machine.
    concurrence, bare_concurrence, heat_C : float
        With R_C, without it, and the heat current out of it; from `entherm.paper.closed_form`.
    margin : float
        The statement's margin, from the oracle.
    shown : str
        What fails there, in numbers.
    """

    parameters: eq.Parameters
    concurrence: float
    bare_concurrence: float
    heat_C: float
    margin: float
    shown: str

    def __str__(self) -> str:
        p = {name: getattr(self.parameters, name) for name in PARAMETERS}
        rates = {p[name] for name in RATES}
        named = [k for k in PARAMETERS if k not in (*RATES, "gamma")]
        named += RATES if len(rates) > 1 else ()
        shown = [f"{SYMBOLS.get(k, k)} = {p[k]:.8g}" for k in named]
        shown += [f"all Γ = {rates.pop():.8g}"] if len(rates) == 1 else []
        shown += [f"γ = {p['gamma']:.8g}"] if p["gamma"] else []
        return typographic(f"{', '.join(shown)}: {self.shown}")


@dataclass(frozen=True)
class Case:
    """A statement tested under one set of conditions.

    Attributes
    ----------
    name : str
        The conditions.
    stated : bool
        Whether the paper makes the statement under these conditions; others test its reach.
    samples, decided, violations : int
        Machines tried; those where the statement says something that exceeds the tolerance; and
        those of them where it fails.
    worst : float
        Smallest margin.
    tolerance : float
        Margins below it in size are rounding errors and decide nothing.
    counterexample : Counterexample or None
        The most readable failure found.
    detail : str
        A failure that is not one machine of the paper, in words.
    """

    name: str
    stated: bool
    samples: int
    decided: int
    violations: int
    worst: float
    tolerance: float = 0.0
    counterexample: Counterexample | None = None
    detail: str = ""

    def __str__(self) -> str:
        shown = self.counterexample or self.detail
        example = f", e.g. {shown}" if self.violations and shown else ""
        return typographic(f"{self.name}: {self.violations} of {self.decided} fail{example}")


@dataclass(frozen=True)
class Evidence:
    """Numbers measured, the cases tested, and what should be said beside them."""

    ours: str
    cases: tuple[Case, ...]
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim with what was found; the row of the report."""

    id: str
    figure: str
    statement: str
    paper: str
    ours: str
    verdict: str
    note: str
    evidence: tuple[Case, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the seven texts, and the evidence case by case."""
        plain = asdict(self)
        cases = [asdict(case) for case in self.evidence]
        # JSON has no NaN: a case that decides nothing has no smallest margin.
        plain["evidence"] = [
            case | {"worst": None if np.isnan(case["worst"]) else case["worst"]} for case in cases
        ]
        return plain


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, in our words, and how it is tested.

    Attributes
    ----------
    id : str
        Short name.
    figure : str
        Where the paper says it.
    statement, paper : str
        The statement, and the value or sign that the paper gives.
    gather : callable
        Returns the `Evidence`.
    """

    id: str
    figure: str
    statement: str
    paper: str
    gather: Callable[[], Evidence]

    def evaluate(self) -> Finding:
        """Test the claim.

        Raises
        ------
        VacuousEvidenceError
            If the claim was never put to the test where the paper makes it.
        """
        found = self.gather()
        reached = verdict(found.cases)
        note = " ".join(filter(None, [note_on(found.cases), typographic(found.remark)]))
        return Finding(
            self.id,
            self.figure,
            self.statement,
            self.paper,
            typographic(found.ours),
            reached,
            note,
            found.cases,
        )


def verdict(cases: Sequence[Case]) -> str:
    """Return the verdict that the evidence allows.

    Refuted if it fails in a case that the paper states; confirmed if it fails nowhere; confirmed
    under conditions if it fails only beyond what the paper states.

    Parameters
    ----------
    cases : sequence of Case
        At least one of them stated by the paper.

    Raises
    ------
    VacuousEvidenceError
        If a stated case, or every case, has no machine at which the statement says anything.

    Examples
    --------
    >>> holds = Case("Fig. 2", True, samples=9, decided=9, violations=0, worst=0.1)
    >>> fails = Case("detuned", False, samples=9, decided=9, violations=2, worst=-0.1)
    >>> verdict([holds]), verdict([holds, fails])
    ('confirmed', 'confirmed under conditions')
    """
    stated = [case for case in cases if case.stated]
    if not stated:
        raise VacuousEvidenceError("no case is the one that the paper states")
    for case in stated:
        if case.decided == 0:
            raise VacuousEvidenceError(f"the case '{case.name}' decides nothing")
    if any(case.violations for case in stated):
        return REFUTED
    return CONDITIONAL if any(case.violations for case in cases) else CONFIRMED


def note_on(cases: Sequence[Case]) -> str:
    """Name the cases in which a statement holds and fails, with samples and a counterexample.

    Examples
    --------
    >>> note_on([Case("Fig. 2", True, samples=9, decided=8, violations=0, worst=0.1)])
    'Holds: Fig. 2 (8 of 9 tests decide).'
    """
    clean = [c for c in cases if c.decided and not c.violations]
    broken = [c for c in cases if c.violations]
    parts = []
    if clean:
        held = "; ".join(f"{c.name} ({c.decided} of {c.samples} tests decide)" for c in clean)
        parts.append(f"Holds: {held}.")
    if broken:
        parts.append(f"Fails: {'; '.join(map(str, broken))}.")
    return " ".join(parts)


def measured(
    name: str,
    margins: object,
    *,
    stated: bool = False,
    tolerance: float = 0.0,
    samples: int | None = None,
    detail: str = "",
) -> Case:
    """Return the case of margins that were measured one by one.

    Examples
    --------
    >>> measured("two roots", [0.3, -0.1], stated=True).violations
    1
    """
    values = np.ravel(np.asarray(margins, float))
    decided = ~np.isnan(values) & (np.abs(values) > tolerance)
    failing = int(np.count_nonzero(values[decided] < 0.0))
    worst = float(np.nanmin(values)) if np.any(~np.isnan(values)) else np.nan
    count = int(decided.sum())
    return Case(
        name, stated, samples or values.size, count, failing, worst, tolerance, None, detail
    )
