"""Reduced states of any subsystems of a solved machine, and the Hamiltonian that is theirs alone.

Both are written in the bare basis of the subsystems that are named, in the order in which they are
named, each with its highest level first.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import MANY_LEVELS
from entherm.checks import require_distinct
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.operators import embedded
from entherm.solution import Solution, require_solved

Matrix = NDArray[Any]


def reduced_state(state: Solution, *names: str) -> Matrix:
    r"""Return the density matrix of some subsystems, the others being traced out.

    .. math:: \rho_S = \mathrm{Tr}_{\bar S}\, \rho

    Of a few subsystems of a machine above 32 levels it is read element by element off the state
    by sectors, and no matrix of the whole machine is made.

    Parameters
    ----------
    state : SteadyState or Evolution
    *names : str
        Subsystems, in the order of the tensor product that is wanted.

    Returns
    -------
    ndarray of complex, shape (..., m, m)
        Over the state's shape; NaN where there is no state.

    Raises
    ------
    ParameterError
        For no name, or the same one twice; for what is no solved machine.
    UnknownNameError
        For a name that is no subsystem; says which there are.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=5.0))
    >>> reduced_state(s, "B").diagonal().real.round(4)
    array([0.0608, 0.9392])
    """
    require_solved(state)
    sites = sites_of(state.machine, names)
    dimensions = state.machine.dimensions
    whole, size = prod(dimensions), prod(dimensions[k] for k in sites)
    # Each element takes a pass over the state, and the whole matrix no more than some `whole`.
    if whole > MANY_LEVELS and size**2 <= whole:
        return _element_by_element(state, names, size)
    rho = np.asarray(state.density_matrix, complex)
    return partial_trace(rho, dimensions, sites)


def partial_trace(rho: Matrix, dimensions: tuple[int, ...], sites: tuple[int, ...]) -> Matrix:
    """Return what is left of density matrices (..., d, d) on `sites`, in the order of `sites`.

    Parameters
    ----------
    rho : ndarray, shape (..., d, d)
    dimensions : tuple of int
        Of all subsystems.
    sites : tuple of int
        Positions of those that are kept.

    Returns
    -------
    ndarray, shape (..., m, m)

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[np.ix_([1, 2], [1, 2])] = 0.5
    >>> partial_trace(bell, (2, 2), (0,))
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    count = len(dimensions)
    split = rho.reshape(*rho.shape[:-2], *dimensions, *dimensions)
    columns = [count + k if k in sites else k for k in range(count)]
    kept = [*sites, *(count + k for k in sites)]
    found = np.einsum(split, [..., *range(count), *columns], [..., *kept])
    size = prod(dimensions[k] for k in sites)
    return np.asarray(found.reshape(*rho.shape[:-2], size, size))


def subsystem_hamiltonian(machine: Machine, *names: str) -> Matrix:
    """Return the Hamiltonian of some subsystems: their levels, and what acts among them alone.

    An interaction with a subsystem that is not named is left out.

    Parameters
    ----------
    machine : Machine
    *names : str
        Subsystems, in the order of the tensor product that is wanted.

    Returns
    -------
    ndarray, shape (..., m, m)
        Over the axes of these parameters alone.

    Raises
    ------
    ParameterError, UnknownNameError
        As `reduced_state`.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 18.0, 10.0)
    >>> subsystem_hamiltonian(m, "B")
    array([[18.,  0.],
           [ 0.,  0.]])
    """
    sites = sites_of(machine, names)
    dimensions = tuple(machine.dimensions[k] for k in sites)
    total: Matrix = np.zeros((prod(dimensions),) * 2)
    for term in machine.terms:
        if set(term.sites) <= set(sites):
            own = tuple(sites.index(k) for k in term.sites)
            whole = embedded(dimensions, own, term.operator)
            total = total + np.asarray(term.strength)[..., None, None] * whole
    return total


def sites_of(machine: Machine, names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the positions of subsystems that are named, each once and at least one.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> sites_of(two_qubit_machine(1.0, 1.0, 0.5), ("B", "A"))
    (1, 0)
    """
    if not names:
        remedy = f"name some of {', '.join(machine.names)}"
        raise ParameterError("subsystems", "name at least one", "none", remedy)
    sites = tuple(machine.site(name) for name in names)
    require_distinct("subsystems", names)
    return sites


def _element_by_element(state: Solution, names: tuple[str, ...], size: int) -> Matrix:
    """⟨a|ρ|b⟩ = Tr(ρ |b⟩⟨a|), by the way on which a state of many levels is read."""
    rho = np.empty((*state.shape, size, size), complex)
    for a in range(size):
        for b in range(a, size):
            unit = np.zeros((size, size))
            unit[b, a] = 1.0
            rho[..., a, b] = state.expectation(unit, *names)
            rho[..., b, a] = np.conj(rho[..., a, b])
    return rho
