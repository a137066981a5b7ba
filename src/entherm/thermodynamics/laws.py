"""What the laws leave to be desired: residuals of one equation on one machine.

Each is scaled so that rounding leaves some 1e-14 of it. The second law, positivity and currents at
equilibrium are figures of validity already (`entherm.validity_state`); these are the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.clusters import fixed_over
from entherm.errors import ParameterError
from entherm.liouvillian import generator, population_elements, runs
from entherm.machine import Machine
from entherm.observables import Quanta
from entherm.occupation import gibbs
from entherm.operators import adjoint, bare_states
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.solution import Solution
from entherm.validity import LARGEST_JUDGED
from entherm.validity_case import Case
from entherm.validity_state import at_equilibrium

Matrix = NDArray[Any]


def require_judgeable(machine: Machine) -> None:
    """Refuse a machine whose pairs of levels would take hours to go through.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_judgeable(two_qubit_machine(1.0, 1.0, 0.5))
    """
    levels = len(machine.classes)
    if levels > LARGEST_JUDGED:
        rule = f"have at most {LARGEST_JUDGED} levels to be judged by the laws"
        remedy = "judge fewer subsystems with the same gaps and rates"
        raise ParameterError("machine", rule, str(levels), remedy)


def first_law_residual(case: Case, state: Solution) -> Array:
    r"""Return what is missing in the balance of energy, over all one-way heat flows.

    .. math:: \Big| \sum_\nu (Q_\nu + \mu_\nu J_\nu) + Q_\mathrm{dephasing} + W \Big| \Big/ G

    Parameters
    ----------
    case : Case
    state : SteadyState
        Of the same machine and equation.

    Examples
    --------
    >>> from entherm import Global, steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=5.0, T_C=1.0))
    >>> bool(first_law_residual(Case(s.machine, Global(), s), s) < 1e-14)
    True
    """
    total = np.zeros(state.shape)
    for current in state.heat_currents.values():
        total = total + current
    for bath in state.machine.reservoirs:
        if isinstance(bath, Reservoir) and bath.has_chemical_potential:
            total = total + bath.chemical_potential * state.observe(Quanta(bath.name))[0]
    gross = np.asarray(sum(case.gross.values()))
    return _ratio(np.abs(total), gross)


def distance_from_gibbs(case: Case) -> Array:
    r"""Return the trace distance of the state at equal temperatures from exp(−(H_S − μN)/T)/Z.

    .. math:: \tfrac12 \| \rho - \tau \|_1

    Parameters
    ----------
    case : Case
        Of any temperatures: `entherm.validity_state.at_equilibrium` makes them equal.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=5.0, T_C=1.0)
    >>> bool(distance_from_gibbs(Case(m, Global())) < 1e-14)
    True
    """
    even = at_equilibrium(case.machine)
    bath = even.reservoirs[0]
    mu = bath.chemical_potential if isinstance(bath, Reservoir) else np.asarray(0.0)
    assert bath.temperature is not None  # all have the same
    apart = Case(even, case.equation).state.density_matrix - grand_canonical(
        even, bath.temperature, mu
    )
    known = np.isfinite(apart).all((-1, -2))
    sizes = np.abs(np.linalg.eigvalsh(np.where(known[..., None, None], apart, 0.0))).sum(-1)
    found = np.where(known, 0.5 * sizes, np.nan)
    return np.broadcast_to(found, case.machine.shape)


def detailed_balance_residuals(case: Case) -> dict[str, Array]:
    r"""Return what each reservoir alone does to the Gibbs state of H_S at its own temperature.

    .. math:: \max_p \Big| \sum_q D_{pq} \tau_q \Big| \Big/ \max_{pq} |D_{pq}|

    over the elements of ρ; 0 where the rates between the levels of H_S obey detailed balance.
    Left out are reservoirs without a temperature, and those with a chemical potential where H_S
    does not conserve what they exchange: there is no such Gibbs state.

    Parameters
    ----------
    case : Case

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=5.0, T_C=1.0)
    >>> found = detailed_balance_residuals(Case(m, Global()))
    >>> sorted(found), bool(max(found.values()) < 1e-14)
    (['RA', 'RB', 'RC'], True)
    """
    machine, rule = case.machine, fixed_over(case.machine, case.equation)
    judged = [b.name for b in machine.reservoirs if b.temperature is not None and _fits(machine, b)]
    parts: dict[str, list[Array]] = {name: [] for name in judged}
    for run in runs(machine, len(population_elements(case.frame.levels))):
        whole = generator(run, rule)
        vectors = whole.frame.levels.matrix
        a, b = np.array(whole.elements).T
        for name in judged:
            bath = run.reservoir(name)
            assert bath.temperature is not None  # it has one in the whole machine
            mu = bath.chemical_potential if isinstance(bath, Reservoir) else np.asarray(0.0)
            tau = adjoint(vectors) @ grand_canonical(run, bath.temperature, mu) @ vectors
            values, part = tau[..., a, b], whole.part(name)
            change = np.abs(np.einsum("...pq,...q->...p", part, values)).max(-1)
            # Not its flows in τ: at low temperature these are below the rounding of τ.
            scale = np.abs(part).max((-1, -2))
            parts[name].append(np.broadcast_to(_ratio(change, scale), run.shape))
    return {
        name: np.concatenate([x.ravel() for x in found]).reshape(machine.shape)
        for name, found in parts.items()
    }


def grand_canonical(machine: Machine, temperature: Array, mu: Array) -> Matrix:
    """Return exp(−(H_S − μN)/T)/Z in the bare basis, N the number of excitations.

    Examples
    --------
    >>> from entherm import Machine, Qubit
    >>> m = Machine([Qubit("A", 1.0)])
    >>> grand_canonical(m, np.asarray(0.5), np.asarray(1.0)).diagonal()
    array([0.5, 0.5])
    """
    number = np.diag(_numbers(machine).astype(float))
    shifted = machine.hamiltonian - np.asarray(mu)[..., None, None] * number
    levels, vectors = np.linalg.eigh(shifted)
    weights = gibbs(tuple(np.moveaxis(levels, -1, 0)), np.asarray(temperature))
    stacked = np.stack(np.broadcast_arrays(*weights), -1)
    return np.asarray((vectors * stacked[..., None, :]) @ adjoint(vectors))


def _fits(machine: Machine, bath: Any) -> bool:
    number = _numbers(machine)
    conserved = not np.any(machine.hamiltonian[..., number[:, None] != number])
    return conserved or not (isinstance(bath, Reservoir) and bath.has_chemical_potential)


def _numbers(machine: Machine) -> NDArray[np.intp]:
    return np.array([sum(state) for state in bare_states(machine.dimensions)])


def _ratio(size: Array, scale: Array) -> Array:
    """Size over scale, 0 where both vanish."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(size == 0.0, 0.0 * scale, size / scale))
