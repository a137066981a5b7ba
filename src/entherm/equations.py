r"""Master equations: which pairs of transitions interfere, and the generator that follows.

Every equation here has one form. A reservoir drives transitions t = (i → j) with amplitudes
a_t = ⟨j|V|i⟩, and

.. math:: \mathcal{L}[\rho] = \sum_{t, t'} 2 a_t a_{t'} (\bar n + 1) S_{tt'}
    \left( |j\rangle\langle i| \rho |i'\rangle\langle j'|
    - \tfrac12 \{ |i'\rangle\langle j'|j\rangle\langle i|, \rho \} \right)

and the same upwards with n̄. The equation is the rule S: `Global` keeps the pairs of equal Bohr
frequency and nothing else (Eq. (8) of [Man]).

What this room hands on is a `RateEquation` where populations meet no coherence but those of a
single pair, which is nearly always, and a `generator` matrix over chosen matrix elements of ρ
where coherences inside a degenerate level belong to the problem.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from entherm.bohr import Levels, transition_frequencies
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.operators import lowering
from entherm.parameters import Array
from entherm.reservoirs import Reservoir

Transition = tuple[int, int]
Rates = dict[Transition, Array]

# A coupling amplitude is a sum over subsystems; below this fraction of the sum of magnitudes it is
# rounding error, and the transition is dark, as it is below the error of numerical eigenvectors.
# Rates are never thresholded: n̄ = 1e-300 is real.
DARK_TOLERANCE = 1e-13


@dataclass(frozen=True)
class Global:
    """The global secular equation: transitions interfere where their Bohr frequencies are equal.

    Valid where every gap between different Bohr frequencies is large against the widths.

    Parameters
    ----------
    dephasing : {"as_written", "secular"}
        Eq. (21) as printed does not commute with H_S and mixes λ₂, λ₃ through their coherence;
        ``"secular"`` applies the same rule to it as to the reservoirs.

    References
    ----------
    [Man] Eqs. (7), (8), (9), (10), (12), (13), (14), (21).

    Examples
    --------
    >>> Global().dephasing
    'as_written'
    """

    dephasing: Literal["as_written", "secular"] = "as_written"

    def __post_init__(self) -> None:
        if self.dephasing not in ("as_written", "secular"):
            rule = "be 'as_written' or 'secular'"
            raise ParameterError("dephasing", rule, repr(self.dephasing), "choose one")


@dataclass(frozen=True, eq=False)
class PairDephasing:
    r"""Eq. (21) on one pair of levels, ready for its coherence to be eliminated.

    With the Bloch vector (x, y, z) of the pair, z = p_a − p_b and ρ_ab = (x − i y)/2, dephasing
    along v_k (σ_z of qubit k in the pair: z_k on the diagonal, o_k beside it) gives
    ż = −A_zz z + A_zx x, ẋ = −A_xx x + A_zx z, ẏ = −(A_zz + A_xx) y.

    Attributes
    ----------
    zz, xx, zx : ndarray
        Σ 2γ_k o_k², Σ 2γ_k z_k², Σ 2γ_k o_k z_k.
    determinant : ndarray
        A_zz A_xx − A_zx² as a sum of squares, Σ_{k<l} 4 γ_k γ_l (o_k z_l − o_l z_k)².
    splitting : ndarray
        δ = E_a − E_b.
    """

    zz: Array
    xx: Array
    zx: Array
    determinant: Array
    splitting: Array


@dataclass(frozen=True, eq=False)
class RateEquation:
    """Populations of levels, the flows between them by reservoir, and at most one dephased pair.

    Attributes
    ----------
    levels : Levels
        Their energies and vectors.
    frequencies : dict of (int, int) to ndarray
        Bohr frequency of each transition (upper, lower).
    strengths : dict of str to dict of (int, int) to ndarray
        Γ |V|² of each reservoir on each transition (upper, lower); transitions that are dark
        everywhere are left out.
    rates : dict of str to dict of (int, int) to ndarray
        For each reservoir, the rate i → j keyed (i, j), on that reservoir's own axes. NaN where
        the frequency is not positive.
    direct : dict of (int, int) to ndarray
        Rates of secularised dephasing.
    pair : tuple of (int, int), or None
        The levels whose coherence Eq. (21) drives.
    pair_dephasing : PairDephasing or None
        Its coefficients.
    """

    levels: Levels
    frequencies: Rates
    strengths: dict[str, Rates]
    rates: dict[str, Rates]
    direct: Rates
    pair: Transition | None
    pair_dephasing: PairDephasing | None


def jump_matrices(bath: Reservoir, machine: Machine, levels: Levels) -> list[Rates]:
    """Amplitude of each transition (upper, lower) under each jump operator of `bath` (Eq. (7)).

    Parameters
    ----------
    bath : Reservoir
        One of the machine's.
    machine, levels : Machine, Levels
        Where it acts.

    Returns
    -------
    list of dict of (int, int) to ndarray
        One mapping per jump operator; transitions that are dark everywhere are left out.

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> sorted(jump_matrices(m.reservoir("RC"), m, diagonalise(m))[0])
    [(0, 1), (1, 3)]
    """
    lowered = {name: _lowered(machine, levels, name) for name in bath.couplings}
    found: list[Rates] = []
    for mode in bath.jump_modes():
        amplitudes: Rates = {}
        reach = sum(map(np.abs, mode.values()))
        for i, j in levels.neighbours:
            terms = [g * lowered[name][0][..., j, i] for name, g in mode.items()]
            sizes = [np.abs(g) * lowered[name][1][..., j, i] for name, g in mode.items()]
            unresolved = (levels.errors[i] + levels.errors[j]) * reach
            amplitude = _sum_or_dark(terms, sizes, unresolved)
            if np.any(amplitude != 0.0):
                amplitudes[i, j] = amplitude
        found.append(amplitudes)
    return found


def _lowered(machine: Machine, levels: Levels, name: str) -> tuple[Array, Array]:
    """⟨j|σ₋|i⟩ at [..., j, i], and the sum of the magnitudes of its terms."""
    operator = lowering(machine.dimensions, machine.site(name))
    vectors, sizes = levels.matrix, np.abs(levels.matrix)
    return (
        np.swapaxes(vectors, -1, -2) @ operator @ vectors,
        np.swapaxes(sizes, -1, -2) @ operator @ sizes,
    )


def _sum_or_dark(
    terms: Iterable[Array], sizes: Iterable[Array], unresolved: Array | float = 0.0
) -> Array:
    total, scale = np.asarray(sum(terms)), np.asarray(sum(sizes))
    rounding = DARK_TOLERANCE * scale + unresolved
    return np.asarray(np.where(np.abs(total) <= rounding, 0.0, total))


def rate_equation(machine: Machine, levels: Levels, equation: Global) -> RateEquation:
    r"""Golden-rule rates of every reservoir, each on its own axes.

    .. math:: w_{i \to j} = 2 \Gamma |V_{ij}|^2 (\bar n(\omega_{ij}) + 1), \quad
        w_{j \to i} = 2 \Gamma |V_{ij}|^2 \bar n(\omega_{ij})

    Valid where no same-sector levels coincide and at most one coherence is dephased; the plan
    checks both before it takes this way.

    References
    ----------
    [Man] Eqs. (9), (10), (12), (13), (14) on populations.

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0)
    >>> rates = rate_equation(m, diagonalise(m), Global()).rates["RA"]
    >>> round(float(rates[2, 3]), 12), float(rates[3, 2])
    (1.0, 0.0)
    """
    strengths = {bath.name: _strengths(bath, machine, levels) for bath in machine.reservoirs}
    transitions = tuple(sorted({t for strength in strengths.values() for t in strength}))
    frequencies = transition_frequencies(levels, transitions)
    rates: dict[str, Rates] = {}
    for bath in machine.reservoirs:
        flows: Rates = {}
        factors: dict[int, tuple[Array, Array]] = {}
        for (i, j), strength in strengths[bath.name].items():
            omega = frequencies[i, j]
            if id(omega) not in factors:
                usable = np.where(omega <= 0.0, 1.0, omega)
                factors[id(omega)] = bath.emission(usable), bath.absorption(usable)
            weight = resonant(strength, omega)
            flows[i, j], flows[j, i] = (np.asarray(weight * f) for f in factors[id(omega)])
        rates[bath.name] = flows
    direct: Rates = {}
    pair, coefficients = None, None
    if equation.dephasing == "secular":
        direct = _secular_rates(machine, levels)
    elif pairs := dephased_pairs(machine, levels):
        pair, coefficients = pairs[0], _pair(machine, levels, pairs[0])
    return RateEquation(levels, frequencies, strengths, rates, direct, pair, coefficients)


def resonant(coupling: Array, omega: Array) -> Array:
    """Return `coupling`, NaN where it is not zero and the frequency is not positive.

    Under the rotating-wave coupling of Eq. (4) such a transition has no resonant mode.

    Examples
    --------
    >>> resonant(np.array([1.0, 1.0, 0.0]), np.array([2.0, -2.0, -2.0]))
    array([ 1., nan,  0.])
    """
    meaningless = (omega <= 0.0) & (coupling != 0.0)
    return np.where(meaningless, np.nan, coupling) if np.any(meaningless) else coupling


def _strengths(bath: Reservoir, machine: Machine, levels: Levels) -> Rates:
    found: Rates = {}
    for amplitudes in jump_matrices(bath, machine, levels):
        for t, amplitude in amplitudes.items():
            found[t] = np.asarray(found.get(t, 0.0) + amplitude**2)
    return found


def dephasing_element(machine: Machine, levels: Levels, qubit: str, a: int, b: int) -> Array:
    """⟨a|σ_z|b⟩ of one qubit between two levels of one sector.

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> round(float(dephasing_element(m, diagonalise(m), "A", 1, 2)), 12)
    -1.0
    """
    site = machine.site(qubit)
    terms = [
        (2.0 * state[site] - 1.0) * levels.vectors[k, a] * levels.vectors[k, b]
        for k, state in enumerate(levels.states)
        if (k, a) in levels.vectors and (k, b) in levels.vectors
    ]
    return _sum_or_dark(terms, map(np.abs, terms)) if terms else np.asarray(0.0)


def dephased_pairs(machine: Machine, levels: Levels) -> list[Transition]:
    """Pairs of levels that the dephasing mixes somewhere.

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, gamma=0.1)
    >>> dephased_pairs(m, diagonalise(m))
    [(1, 2)]
    """
    return [
        (a, b)
        for a, b in levels.coherences
        if any(
            np.any(d.rate > 0.0) and np.any(dephasing_element(machine, levels, name, a, b) != 0.0)
            for name, d in machine.dephasing.items()
        )
    ]


def _secular_rates(machine: Machine, levels: Levels) -> Rates:
    found: Rates = {}
    for a, b in dephased_pairs(machine, levels):
        rate = sum(
            d.rate * dephasing_element(machine, levels, name, a, b) ** 2
            for name, d in machine.dephasing.items()
        )
        found[a, b] = found[b, a] = np.asarray(rate)
    return found


def _pair(machine: Machine, levels: Levels, pair: Transition) -> PairDephasing:
    a, b = pair
    rate, beside, along = [], [], []
    for name, dephasing in machine.dephasing.items():
        rate.append(2.0 * dephasing.rate)
        beside.append(dephasing_element(machine, levels, name, a, b))
        # [σ_z, ·] sees half the difference of the diagonal elements.
        along.append(
            0.5
            * (
                dephasing_element(machine, levels, name, a, a)
                - dephasing_element(machine, levels, name, b, b)
            )
        )
    count = range(len(rate))
    squares = [
        rate[k] * rate[m] * (beside[k] * along[m] - beside[m] * along[k]) ** 2
        for k in count
        for m in count
        if k < m
    ]
    return PairDephasing(
        zz=np.asarray(sum(rate[k] * beside[k] ** 2 for k in count)),
        xx=np.asarray(sum(rate[k] * along[k] ** 2 for k in count)),
        zx=np.asarray(sum(rate[k] * beside[k] * along[k] for k in count)),
        determinant=np.asarray(sum(squares, start=np.asarray(0.0))),
        splitting=levels.energies[a] - levels.energies[b],
    )
