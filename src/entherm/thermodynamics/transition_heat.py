r"""Heat of one reservoir, transition by transition.

A reservoir that drives i → j at the rate w↓ and j → i at w↑ gives, through this transition,

    Q_ij = (ω_ij − μ) (p_j w↑ − p_i w↓),        ω_ij = E_i − E_j,

and Q is the sum. Where levels i, i' coincide, i → j and i' → j interfere: the flow through them
has the terms Re(a_ij ρ_ii' a*_i'j) beside |a_ij|² p_i, and each transition is given its own share,
the terms that begin with its amplitude. The levels themselves, and with them the shares, are then
a matter of choice; the sum over all transitions of one frequency is not (`TransitionHeat.grouped`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.clusters import fixed_over
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.frame import Frame, frame_of
from entherm.jumps import Drive, Transition, drives, weighed
from entherm.operators import adjoint
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.solution import Solution, require_solved
from entherm.thermodynamics.laws import require_judgeable


@dataclass(frozen=True, eq=False)
class TransitionHeat:
    """Heat that a reservoir gives, transition by transition.

    Attributes
    ----------
    reservoir : str
    transitions : tuple of (int, int)
        (i, j), static labels of the equation's reference levels (bare ones of `Local`); 0 is λ₁.
        A quantum goes into the reservoir on i → j; of a Hermitian coupling, where E_i > E_j.
    frequencies : ndarray, shape (..., t)
        E_i − E_j, of either sign.
    quanta : ndarray, shape (..., t)
        Transitions j → i less transitions i → j, per time.
    heat : ndarray, shape (..., t)
        ``(frequencies − μ) * quanta``; > 0 leaves the reservoir. Summed over the last axis it is
        ``state.heat_currents[reservoir]``.
    directed : bool
        Whether i → j always gives a quantum; not so of a Hermitian coupling, where ω < 0 takes one.
    tolerance : ndarray, shape (...)
        Frequencies nearer than this are one.
    """

    reservoir: str
    transitions: tuple[Transition, ...]
    frequencies: Array
    quanta: Array
    heat: Array
    directed: bool
    tolerance: Array

    @property
    def labels(self) -> tuple[str, ...]:
        """e.g. ``λ1→λ2``."""
        return tuple(f"λ{i + 1}→λ{j + 1}" for i, j in self.transitions)

    @property
    def grouped(self) -> Array:
        """Heat of all transitions of the same frequency, given to each; shape (..., t).

        Other than `heat`, no choice of levels that coincide enters.
        """
        omega = self.frequencies if self.directed else np.abs(self.frequencies)
        own, other = omega[..., :, None], omega[..., None, :]
        same = np.abs(own - other) <= self.tolerance[..., None, None]
        return np.asarray((same * self.heat[..., None, :]).sum(-1))

    def __repr__(self) -> str:
        return f"TransitionHeat({self.reservoir}: {', '.join(self.labels)})"


def heat_by_transition(state: Solution, reservoir: str) -> TransitionHeat:
    r"""Return the heat that a reservoir gives through each transition.

    .. math:: Q_{ij} = (\omega_{ij} - \mu)(p_j w_{j \to i} - p_i w_{i \to j})

    Parameters
    ----------
    state : SteadyState or Evolution
        Under an equation whose jumps have one energy each: `Global`, `Unified`,
        ``Local(heat="bare")``.
    reservoir : str
        A thermal reservoir.

    Returns
    -------
    TransitionHeat
        Over the state's shape, the transitions last; NaN where there is no state.

    Raises
    ------
    UnknownNameError
        For a reservoir that is not there.
    ParameterError
        For an equation whose jumps have no one energy, for a reservoir that resets, for more than
        128 levels, for what is no solved machine.

    References
    ----------
    [Man] Eq. (18), written by the golden rule.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 6.0, T_A=4.0, T_B=4.0, T_C=1.0))
    >>> Q = heat_by_transition(s, "RC")
    >>> Q.labels, Q.frequencies
    (('λ1→λ2', 'λ2→λ4'), array([14., 26.]))
    >>> bool(np.isclose(Q.heat.sum(-1), s.heat_currents["RC"]))
    True
    """
    require_solved(state)
    machine = state.machine
    bath = machine.reservoir(reservoir)
    if not isinstance(bath, Reservoir):
        rule = "be thermal, with transitions between levels of the machine"
        remedy = (
            "a reset connects levels of its subsystem whatever the others do: read heat_currents"
        )
        raise ParameterError("reservoir", rule, f"'{reservoir}', which resets", remedy)
    rule_of_state = fixed_over(machine, state.equation)
    frame = frame_of(machine, _one_energy(rule_of_state))
    require_judgeable(machine)
    drive = drives(machine, frame.levels).by_name[reservoir]
    listed = tuple(drive.strengths)
    energies = frame.levels.energies
    omega = [np.asarray(energies[i] - energies[j]) for i, j in listed]
    flows = _Flows(state, frame, drive)
    quanta = [flows.given(t, w) for t, w in zip(listed, omega, strict=True)]
    heat = [(w - bath.chemical_potential) * n for w, n in zip(omega, quanta, strict=True)]
    shape = state.shape
    return TransitionHeat(
        reservoir,
        listed,
        _stacked(omega, shape),
        _stacked(quanta, shape),
        _stacked(heat, shape),
        not drive.hermitian,
        np.broadcast_to(frame.levels.tolerance, shape),
    )


class _Flows:
    """What a drive moves between the reference levels of a state."""

    def __init__(self, state: Solution, frame: Frame, drive: Drive) -> None:
        self._drive = drive
        levels = frame.levels
        self._partners: dict[int, list[tuple[int, NDArray[np.bool_]]]] = {}
        for a, b in levels.coherences:
            here = levels.degenerate(a, b)
            if np.any(here):
                self._partners.setdefault(a, []).append((b, here))
                self._partners.setdefault(b, []).append((a, here))
        self._rho: NDArray[Any] = np.empty(0)
        if self._partners or not frame.diagonal:
            vectors = levels.matrix
            self._rho = adjoint(vectors) @ state.density_matrix @ vectors
        # By level they keep their relative precision, however small they are.
        self._populations: Array = state.level_populations
        if not frame.diagonal:
            self._populations = np.diagonal(self._rho, axis1=-2, axis2=-1).real

    def given(self, t: Transition, omega: Array) -> Array:
        """Flow j → i less flow i → j."""
        i, j = t
        there, back = self._drive.spectrum(omega)
        return np.asarray(
            weighed(self._weight(j, i, back=True), back)
            - weighed(self._weight(i, j, back=False), there)
        )

    def _weight(self, source: int, to: int, *, back: bool) -> Array:
        """Σ_m of |a|² p, and of the interference with what starts from a coinciding level."""
        total: Array = np.asarray(0.0)
        for mode in self._drive.modes:

            def element(level: int, mode: Any = mode) -> Any:
                if back and not self._drive.hermitian:
                    return np.conj(mode.get((to, level), 0.0))
                return mode.get((level, to), 0.0)

            own = element(source)
            total = total + np.abs(own) ** 2 * self._populations[..., source]
            for other, here in self._partners.get(source, ()):
                rho = np.where(here, self._rho[..., source, other], 0.0)
                total = total + np.real(own * rho * np.conj(element(other)))
        return np.asarray(total)


def _one_energy(equation: Equation) -> Equation:
    """Refuse an equation that gives no jump a definite energy."""
    path, listed = "equation", "Global(), Unified() or Local(heat='bare')"
    if equation.interference != "equal":
        rule = f"be {listed}, whose jumps have one energy each"
        remedy = "it lets transitions of different frequency interfere, and their heat is not a sum"
        raise ParameterError(path, rule, f"{equation.name}()", remedy)
    if equation.name == "Reset":
        remedy = "a collision connects bare levels whatever the frequency: read heat_currents"
        raise ParameterError(path, f"be {listed}", "Reset()", remedy)
    if equation.reference == "bare" and equation.heat != "bare":
        rule = "count the energy that a jump carries"
        remedy = "a jump between bare levels changes H_S by no definite amount: Local(heat='bare')"
        raise ParameterError(path, rule, "Local(heat='total')", remedy)
    return equation


def _stacked(values: Iterable[Array], shape: tuple[int, ...]) -> Array:
    columns = [np.broadcast_to(v, shape) for v in values]
    return np.stack(columns, -1) if columns else np.empty((*shape, 0))
