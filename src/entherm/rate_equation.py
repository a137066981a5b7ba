r"""The golden rule: rates between levels, and the one coherence that Eq. (21) may drive.

Under the global equation populations meet no coherence but those inside a degenerate level and
those that dephasing mixes. Where there is at most one such pair, everything is a rate equation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from entherm.bohr import Levels
from entherm.equations import Equation, Global
from entherm.jumps import (
    Drive,
    Drives,
    Rates,
    Transition,
    bohr_frequency,
    drives,
    sum_or_dark,
    weighed,
)
from entherm.machine import Machine
from entherm.operators import embedded, named_operator
from entherm.parameters import Array, as_array, present, stands_in

# Frequencies that are worth an array of their own.
SEVERAL = 16

Flows = dict[Transition, tuple[Array, Array]]


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
    drives : dict of str to Drive
        What each reservoir does.
    frequencies : dict of (int, int) to ndarray
        Bohr frequency of each transition (i, j).
    flows : dict of str to dict of (int, int) to (ndarray, ndarray)
        For each reservoir and transition (i, j), the rates i → j and j → i, on that reservoir's
        own axes. NaN where they have no meaning.
    direct : dict of (int, int) to ndarray
        Rates of secularised dephasing.
    pair : tuple of (int, int), or None
        The levels whose coherence Eq. (21) drives.
    pair_dephasing : PairDephasing or None
        Its coefficients.
    """

    levels: Levels
    drives: dict[str, Drive]
    frequencies: Rates
    flows: dict[str, Flows]
    direct: Rates
    pair: Transition | None
    pair_dephasing: PairDephasing | None

    @cached_property
    def rates(self) -> dict[str, Rates]:
        """For each reservoir, the rate i → j keyed (i, j)."""
        return {name: edges(flows) for name, flows in self.flows.items()}

    @property
    def strengths(self) -> dict[str, Rates]:
        """Γ |V|² of each reservoir on each transition (i, j)."""
        return {name: drive.strengths for name, drive in self.drives.items()}


def rate_equation(machine: Machine, levels: Levels, equation: Equation) -> RateEquation:
    r"""Golden-rule rates of every reservoir, each on its own axes.

    .. math:: w_{i \to j} = 2 \Gamma |V_{ij}|^2 (\bar n(\omega_{ij}) + 1), \quad
        w_{j \to i} = 2 \Gamma |V_{ij}|^2 \bar n(\omega_{ij})

    Valid where no levels of one class coincide and at most one coherence is dephased; the plan
    checks both before it takes this way.

    References
    ----------
    [Man] Eqs. (9), (10), (12), (13), (14) on populations.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0)
    >>> rates = rate_equation(m, diagonalise(m), Global()).rates["RA"]
    >>> round(float(rates[2, 3]), 12), float(rates[3, 2])
    (1.0, 0.0)
    """
    driven = drives(machine, levels)
    flows = golden_rule(driven)
    direct: Rates = {}
    pair, coefficients = None, None
    if isinstance(equation, Global) and equation.dephasing == "secular":
        direct = _secular_rates(machine, levels)
    elif pairs := dephased_pairs(machine, levels):
        pair, coefficients = pairs[0], _pair(machine, levels, pairs[0])
    return RateEquation(
        levels, driven.by_name, driven.frequencies, flows, direct, pair, coefficients
    )


def golden_rule(driven: Drives) -> dict[str, Flows]:
    """Return the rates i → j and j → i of each transition (i, j) of each reservoir.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0)
    >>> sorted(golden_rule(drives(m, diagonalise(m)))["RA"])
    [(0, 1), (0, 2), (1, 3), (2, 3)]
    """
    found: dict[str, Flows] = {}
    for name, drive in driven.by_name.items():
        omegas = {t: bohr_frequency(driven.frequencies, t) for t in drive.strengths}
        spectra = _spectra(drive, omegas.values())
        flows: Flows = {}
        for t, strength in drive.strengths.items():
            there, back = spectra[id(omegas[t])]
            flows[t] = weighed(strength, there), weighed(strength, back)
        found[name] = flows
    return found


def _spectra(drive: Drive, omegas: Iterable[Array]) -> dict[int, tuple[Array, Array]]:
    """Spectrum at each frequency, by its identity: equal frequencies share one array.

    Numbers of a single point are looked up all at once.
    """
    different = {id(omega): omega for omega in omegas}
    parts = (*different.values(), *drive.bath.parameters.values())
    if len(different) < SEVERAL or any(stands_in(x) or x.ndim for x in parts):
        return {key: drive.spectrum(omega) for key, omega in different.items()}
    there, back = drive.spectrum(np.array(list(different.values())))
    return {key: (there[k, ...], back[k, ...]) for k, key in enumerate(different)}


def edges(flows: Flows) -> Rates:
    """Return rates i → j keyed (i, j), i ≠ j.

    Examples
    --------
    >>> {t: float(r) for t, r in edges({(0, 1): (np.asarray(3.0), np.asarray(1.0))}).items()}
    {(0, 1): 3.0, (1, 0): 1.0}
    """
    found: Rates = {}
    for (i, j), pair in flows.items():
        if i == j:
            continue
        for edge, rate in zip(((i, j), (j, i)), pair, strict=True):
            found[edge] = as_array(found[edge] + rate) if edge in found else rate
    return found


def dephasing_elements(machine: Machine, levels: Levels, name: str) -> Rates:
    """⟨j|z|i⟩ of one subsystem's dephasing operator, σ_z of a qubit, keyed (i, j).

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> round(float(dephasing_elements(m, diagonalise(m), "A")[1, 2]), 12)
    -1.0
    """
    diagonal = np.diag(dephasing_operator(machine, name))
    found: Rates = {}
    for block in levels.blocks:
        weights = diagonal[np.array(block.members)]
        for r, i in enumerate(block.levels):
            for c, j in enumerate(block.levels):
                terms = block.vectors[..., :, c].conj() * block.vectors[..., :, r] * weights
                total, size = terms.sum(-1), np.abs(terms).sum(-1)
                found[i, j] = sum_or_dark([total], [size])
    return found


def dephasing_operator(machine: Machine, name: str) -> Array:
    """Return z = 2 n − (d − 1) of one subsystem, embedded (Eq. (21) of [Man]).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> np.diag(dephasing_operator(two_qubit_machine(1.0, 1.0, 0.5), "B"))
    array([ 1., -1.,  1., -1.])
    """
    site = machine.site(name)
    local = named_operator("z", machine.subsystems[site].lowering, f"dephasing.{name}")
    return embedded(machine.dimensions, (site,), local)


def dephased_pairs(machine: Machine, levels: Levels) -> list[Transition]:
    """Pairs of levels that the dephasing mixes somewhere.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, gamma=0.1)
    >>> dephased_pairs(m, diagonalise(m))
    [(1, 2)]
    """
    active = [name for name, d in machine.dephasing.items() if present(d.rate)]
    elements = [dephasing_elements(machine, levels, name) for name in active]
    return [
        (a, b)
        for a, b in levels.coherences
        if any(present(found.get((a, b), 0.0)) for found in elements)
    ]


def _secular_rates(machine: Machine, levels: Levels) -> Rates:
    found: Rates = {}
    elements = {name: dephasing_elements(machine, levels, name) for name in machine.dephasing}
    for a, b in dephased_pairs(machine, levels):
        rate = sum(
            d.rate * np.abs(elements[name][a, b]) ** 2 for name, d in machine.dephasing.items()
        )
        found[a, b] = found[b, a] = as_array(rate)
    return found


def _pair(machine: Machine, levels: Levels, pair: Transition) -> PairDephasing:
    a, b = pair
    rate, beside, along = [], [], []
    for name, dephasing in machine.dephasing.items():
        z = dephasing_elements(machine, levels, name)
        rate.append(2.0 * dephasing.rate)
        beside.append(z[a, b])
        # [σ_z, ·] sees half the difference of the diagonal elements.
        along.append(0.5 * (z[a, a] - z[b, b]))
    count = range(len(rate))
    squares = [
        rate[k] * rate[m] * (beside[k] * along[m] - beside[m] * along[k]) ** 2
        for k in count
        for m in count
        if k < m
    ]
    return PairDephasing(
        zz=as_array(sum(rate[k] * beside[k] ** 2 for k in count)),
        xx=as_array(sum(rate[k] * along[k] ** 2 for k in count)),
        zx=as_array(sum(rate[k] * beside[k] * along[k] for k in count)),
        determinant=as_array(sum(squares, start=as_array(0.0))),
        splitting=levels.energies[a] - levels.energies[b],
    )
