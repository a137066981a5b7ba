"""Random search for machines at which a statement fails, and the most readable of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from entherm.paper.ensembles import ORACLE, RATES, Ensemble
from entherm.paper.evidence import NOISE, Case, Counterexample, Statement, measured
from entherm.parameters import Array

# Tried in this order: the first that still fails is the most readable.
DIGITS = (1, 2, 3, 4)
# So many digits are asked for where a condition ties parameters together, the rates included.
TIED = 6
# Machines that fail most, of which a readable one is made.
CANDIDATES = 300
SHOWN = "C = {C:.6g}, without R_C {bare:.6g}, Q_C = {Q_C:.4g}"


def as_drawn(ensemble: Ensemble) -> Ensemble:
    """Return the machines as they are."""
    return ensemble


def search(
    name: str,
    ensemble: Ensemble,
    statement: Statement,
    *,
    stated: bool = False,
    tolerance: float = NOISE,
    digits: Sequence[int] = DIGITS,
    example: Ensemble | None = None,
    at: Callable[[Ensemble], Ensemble] = as_drawn,
    shown: str = SHOWN,
) -> Case:
    """Test a statement on every machine of an ensemble; simplify a counterexample if there is one.

    Parameters
    ----------
    name : str
        The conditions, as the note names them.
    ensemble : Ensemble
        Machines that meet them.
    statement : callable
        Margin of each machine.
    stated : bool
        Whether the paper states it here.
    tolerance : float
        Level of rounding errors in the margin.
    digits : sequence of int
        Numbers of significant digits to try for the counterexample.
    example : Ensemble, optional
        One machine to be shown as the counterexample if it fails.
    at : callable, optional
        Sets what the case fixes, as T_C = T; applied after rounding, so that it stays exact.
    shown : str
        Format of what a counterexample shows, with the names C, bare, Q_C, margin and off, which is
        −margin.

    Examples
    --------
    >>> pair = Ensemble.of(epsilon_A=20, epsilon_B=20, Omega=10, T_A=5, T_B=5, T_C=[1.0, 7.0])
    >>> case = search("Fig. 2", pair, lambda e: e.gain, stated=True)
    >>> case.violations, case.counterexample.parameters.T_C
    (1, 7.0)
    """
    margins = np.broadcast_to(statement(at(ensemble)), ensemble.shape).ravel()
    case = measured(name, margins, stated=stated, tolerance=tolerance)
    if not case.violations:
        return case
    order = np.argsort(margins)[: min(case.violations, CANDIDATES)]
    flat = ensemble.take(np.unravel_index(order, ensemble.shape))
    tried = (*([example] if example else []), *simplified(flat, digits), flat)
    failing = (_failing(at(one), statement, tolerance, shown) for one in tried)
    found = next(filter(None, failing), None)
    return replace(case, counterexample=found)


def simplified(ensemble: Ensemble, digits: Sequence[int]) -> list[Ensemble]:
    """Return the machines with few significant digits, the simplest first.

    Rates that differ between the machines are also tried at 1, unless unequal common couplings or
    a tie between parameters is the condition of the case.

    Examples
    --------
    >>> drawn = Ensemble.of(
    ...     epsilon_A=20.4, epsilon_B=20.4, Omega=9.87, T_A=5, T_B=5, T_C=0, Gamma_A=[1.23, 0.5]
    ... )
    >>> [one.points[0].Gamma_A for one in simplified(drawn, [2])]
    [1.0, 1.2]
    """
    drawn = [bool(np.any(np.diff(getattr(ensemble, k).ravel()))) for k in RATES]
    equal = bool(np.all(ensemble.Gamma_CA == ensemble.Gamma_CB))
    found = []
    for count in digits:
        rounded = ensemble.each(partial(significant, digits=count))
        if any(drawn) and equal and count < TIED:
            found.append(rounded.with_(**dict.fromkeys(RATES, 1.0)))
        found.append(rounded)
    return found


def significant(values: Array, digits: int) -> Array:
    """Round to a number of significant digits.

    Examples
    --------
    >>> significant(np.array([0.01234, -87.6, 0.0]), 2).tolist()
    [0.012, -88.0, 0.0]
    """
    rounded = [float(f"{v:.{digits}g}") for v in values.ravel()]
    return np.reshape(rounded, values.shape)


def _failing(
    candidates: Ensemble, statement: Statement, tolerance: float, shown: str
) -> Counterexample | None:
    """The candidate that fails most, checked again by the oracle."""
    margins = np.broadcast_to(statement(candidates), candidates.shape)
    if not np.any(margins < -tolerance):
        return None
    one = candidates.take(np.unravel_index(np.nanargmin(margins), candidates.shape)).by(ORACLE)
    margin = float(statement(one))
    if not margin < -tolerance:
        return None
    C, bare, Q_C = (float(x) for x in (one.concurrence, one.bare_concurrence, one.solved.Q_C))
    text = shown.format(C=C, bare=bare, Q_C=Q_C, margin=margin, off=-margin)
    return Counterexample(one.points[0], C, bare, Q_C, margin, text)
