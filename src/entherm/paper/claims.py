"""Every claim of the paper that is tested, in the paper's order."""

from __future__ import annotations

from entherm.paper import (
    claims_circuit,
    claims_equilibrium,
    claims_general,
    claims_gradient,
    claims_model,
    claims_state,
    claims_temperatures,
)
from entherm.paper.evidence import Claim, Finding

CLAIMS: tuple[Claim, ...] = (
    *claims_model.CLAIMS,
    *claims_state.CLAIMS,
    *claims_equilibrium.CLAIMS,
    *claims_temperatures.CLAIMS,
    *claims_gradient.CLAIMS,
    *claims_general.CLAIMS,
    *claims_circuit.CLAIMS,
)

__all__ = ["CLAIMS", "Claim", "Finding", "evaluate_all"]


def evaluate_all() -> tuple[Finding, ...]:
    """Evaluate every claim.

    Returns
    -------
    tuple of Finding
        In the order of `CLAIMS`; the same numbers in every run.

    Examples
    --------
    >>> len(CLAIMS) >= 40
    True
    """
    return tuple(claim.evaluate() for claim in CLAIMS)
