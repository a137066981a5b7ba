r"""A steady state and its derivatives by temperatures and chemical potentials.

With ∂𝓛 the derivative of the generator (`entherm.response.generator_slopes`),

.. math:: \mathcal{L}\,\partial\rho = -(\partial\mathcal{L})\,\rho, \quad
    \mathrm{Tr}\,\partial\rho = 0

is solved with the most populated level held, whose equation the others imply, and what is then
missing from the trace is taken off along ρ. So ∂p is known to 1e-10 of p/T in the stiffest machines
tried, even where p is 1e-100. Currents are differences of what flows both ways, and as precise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.clusters import fixed_over
from entherm.coherent import currents
from entherm.equations import Equation
from entherm.fluctuations.tilted import NOTHING
from entherm.liouvillian import Generator, generator, runs
from entherm.machine import Machine
from entherm.many.memory import bytes_written, coupled_elements
from entherm.many.sector_memory import require_room
from entherm.observables import CoherencePart
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.reservoirs import Reservoir
from entherm.response.generator_slopes import Control, generator_derivatives, require_differentiable
from entherm.steady_state import SteadyState, steady_state

Matrix = NDArray[Any]
OnInvalid = Literal["raise", "nan"]


@dataclass(frozen=True, eq=False)
class Linearised:
    """A run of points: a state between reference levels, and what controls do to it.

    Attributes
    ----------
    whole : Generator
    slopes : tuple of Generator
        ∂𝓛 by each control.
    controls : tuple of Control
    rho : ndarray of complex, shape (..., m)
        Elements of ρ.
    change : ndarray of complex, shape (k, ..., m)
        Of ∂ρ by each control.
    """

    whole: Generator
    slopes: tuple[Generator, ...]
    controls: tuple[Control, ...]
    rho: Matrix
    change: Matrix

    @cached_property
    def currents(self) -> Array:
        """Q of each reservoir, shape (..., reservoirs)."""
        found = currents(self.whole, self.rho)
        return np.stack([found[bath.name] for bath in self.whole.frame.machine.reservoirs], -1)

    @cached_property
    def heat(self) -> Array:
        """∂Q of each reservoir by each control, shape (..., reservoirs, k)."""
        baths = self.whole.frame.machine.reservoirs
        return np.stack([np.stack([*self._heat_of(bath)], -1) for bath in baths], -2)

    @cached_property
    def resolved_heat(self) -> Array:
        """`heat`, and 0 where it is rounding of the terms that it is a sum of."""
        baths = self.whole.frame.machine.reservoirs
        gross = np.stack([np.stack([*self._gross_of(bath.name)], -1) for bath in baths], -2)
        return np.where(np.abs(self.heat) <= NOTHING * gross, 0.0, self.heat)

    def _gross_of(self, name: str) -> Iterator[Array]:
        """∂J_E of one reservoir by each control, every element of ρ counted without its sign."""
        for control, slope, change in zip(self.controls, self.slopes, self.change, strict=True):
            own = _sizes(slope, name, self.rho) if control.reservoir == name else 0.0
            yield as_array(_sizes(self.whole, name, change) + own)

    def quanta(self, name: str) -> Array:
        """∂J_N of one reservoir by each control, shape (..., k)."""
        through = self.whole.quanta_current(name, self.change)
        own = [
            slope.quanta_current(name, self.rho) if control.reservoir == name else 0.0
            for control, slope in zip(self.controls, self.slopes, strict=True)
        ]
        return np.stack([t + o for t, o in zip(through, own, strict=True)], -1)

    def _heat_of(self, bath: Any) -> Iterator[Array]:
        """∂(J_E − μ J_N) = ∂J_E − μ ∂J_N − J_N ∂μ of one reservoir, by each control."""
        through = self.whole.energy_current(bath.name, self.change)
        carried = isinstance(bath, Reservoir) and bath.has_chemical_potential
        given = self.quanta(bath.name) if carried else None
        for k, (control, slope) in enumerate(zip(self.controls, self.slopes, strict=True)):
            own = control.reservoir == bath.name
            found = through[k] + (slope.energy_current(bath.name, self.rho) if own else 0.0)
            if given is not None:
                found = found - bath.chemical_potential * given[..., k]
                if own and control.quantity == "chemical_potential":
                    found = found - self.whole.quanta_current(bath.name, self.rho)
            yield as_array(found)

    def between_levels(self, values: Matrix) -> Matrix:
        """Return elements (..., m) as matrices (..., n, n) between reference levels."""
        count = len(self.whole.frame.levels)
        a, b = np.array(self.whole.elements).T
        found = np.zeros((*values.shape[:-1], count, count), complex)
        found[..., a, b] = values
        return found

    def matrices(self, values: Matrix) -> Matrix:
        """Return elements (..., m) as matrices (..., n, n) in the bare basis."""
        vectors = self.whole.frame.levels.matrix
        return as_array(vectors @ self.between_levels(values) @ adjoint(vectors))


def linearised(
    machine: Machine,
    equation: Equation,
    controls: Sequence[Control],
    on_invalid: OnInvalid = "raise",
) -> Iterator[Linearised]:
    """Yield the points of a machine, flat and run by run, with the derivatives of their states.

    Points without a steady state are NaN.

    Raises
    ------
    ParameterError
        For an explicit Lamb shift, or a generator that does not fit into memory.
    NonUniqueSteadyStateError, InvalidMachineError
        As `steady_state`.

    Examples
    --------
    >>> from entherm import Global, Machine, Qubit, Reservoir
    >>> m = Machine([Qubit("A", 3.0)], [], [Reservoir("R", 2.0, {"A": 1.0})])
    >>> (found,) = linearised(m, Global(), [Control("R", "temperature")])
    >>> expected = 0.75 * np.exp(1.5) / (np.exp(1.5) + 1.0) ** 2
    >>> bool(np.allclose(found.change[0], [expected, -expected]))
    True
    """
    require_differentiable(equation)
    rule = fixed_over(machine, equation)
    elements = coupled_elements(machine)
    require_room(
        bytes_written(machine),
        f"the derivative of a generator over {elements} elements of rho under {rule.name}()",
        "take fewer or smaller subsystems",
    )
    state = steady_state(machine, rule, on_invalid=on_invalid)
    known = _between_levels(state)
    start = 0
    for part in runs(machine, elements):
        count = prod(part.shape)
        rho = known[start : start + count].reshape(*part.shape, *known.shape[1:])
        start += count
        yield _linearised_run(part, rule, tuple(controls), rho)


def by_points(machine: Machine, values: Sequence[Array]) -> Array:
    """Join what was found run by run, and give it the machine's shape in front.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> by_points(two_qubit_machine(20.0, 20.0, [[1.0], [2.0]]), [np.zeros((2, 3))]).shape
    (2, 1, 3)
    """
    if not machine.shape:
        return values[0]
    joined = np.concatenate(values)
    return joined.reshape(*machine.shape, *joined.shape[1:])


def _sizes(part: Generator, name: str, values: Matrix) -> Array:
    """Σ_x |what element x alone makes of the energy current|."""
    count = values.shape[-1]
    unit = np.eye(count, dtype=complex)
    alone = unit.reshape(count, *[1] * (values.ndim - 1), count) * values
    return as_array(np.abs(part.energy_current(name, alone)).sum(0))


def _linearised_run(
    machine: Machine, equation: Equation, controls: tuple[Control, ...], rho: Matrix
) -> Linearised:
    whole = generator(machine, equation)
    frame = whole.frame
    if not frame.diagonal:
        turn = adjoint(frame.levels.matrix) @ diagonalise(machine).matrix
        rho = turn @ rho @ adjoint(turn)
    a, b = np.array(whole.elements).T
    elements = rho[..., a, b]
    slopes = tuple(generator_derivatives(whole, controls))
    sources = [
        (slope.part(control.reservoir) @ elements[..., None])[..., 0]
        for control, slope in zip(controls, slopes, strict=True)
    ]
    source = np.stack(np.broadcast_arrays(*sources))
    return Linearised(whole, slopes, controls, elements, _solved(whole, elements, source))


def _between_levels(state: SteadyState) -> Matrix:
    """ρ between levels of H_S, shape (points, n, n)."""
    populations = np.asarray(state.level_populations)
    count = populations.shape[-1]
    rho = np.zeros((*state.shape, count, count), complex)
    rho[..., range(count), range(count)] = populations
    pairs = diagonalise(state.machine).coherences
    values = state.observe(*(CoherencePart(*pair, part) for pair in pairs for part in (0, 1)))
    for (a, b), re, im in zip(pairs, values[::2], values[1::2], strict=True):
        both = np.asarray(re + 1j * im)
        rho[..., a, b], rho[..., b, a] = both, both.conj()
    return rho.reshape(-1, count, count)


def _solved(whole: Generator, rho: Matrix, source: Matrix) -> Matrix:
    """Elements of ∂ρ, shape (k, ..., m): the solution of 𝓛 ∂ρ = −source that has no trace."""
    a, b = np.array(whole.elements).T
    diagonal = np.flatnonzero(a == b)
    known = as_array(np.isfinite(source).all((0, -1)) & np.isfinite(rho).all(-1))
    total = np.broadcast_to(whole.total, (*rho.shape, rho.shape[-1]))
    populations = np.where(known[..., None], np.abs(rho[..., diagonal]), 0.0)
    # Populations come first among the elements.
    fixed = np.arange(len(a)) == np.argmax(populations, -1)[..., None]
    unit = np.eye(len(a))
    systems = np.where(fixed[..., None] | ~known[..., None, None], unit, total)
    none = (fixed | ~known[..., None])[..., None]
    change = _solutions(systems, np.where(none, 0.0, -np.moveaxis(source, 0, -1)))
    change = change - rho[..., None] * change[..., diagonal, :].sum(-2, keepdims=True)
    return np.moveaxis(np.where(known[..., None, None], change, np.nan), -1, 0)


def _solutions(systems: Matrix, right: Matrix) -> Matrix:
    """Solve a batch; NaN where a system is singular."""
    try:
        return as_array(np.linalg.solve(systems, right))
    except np.linalg.LinAlgError:
        if systems.ndim == 2:
            return np.full(right.shape, np.nan)
    return np.stack([_solutions(a, b) for a, b in zip(systems, right, strict=True)])
