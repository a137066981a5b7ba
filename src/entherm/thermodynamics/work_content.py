"""Ergotropy and free energy of any subsystems of a solved machine.

The Hamiltonian is that of the subsystems that are named: their levels, and the interactions among
them alone (`entherm.reduced.subsystem_hamiltonian`). Where none is named it is the whole machine.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from entherm.parameters import Array
from entherm.reduced import reduced_state, subsystem_hamiltonian
from entherm.solution import Solution, require_solved
from entherm.thermodynamics.free_energy import (
    Matrix,
    coherent_ergotropy_of,
    ergotropy_of,
    excess_free_energy_of,
    free_energy_of,
)


def ergotropy(state: Solution, *names: str) -> Array:
    r"""Return the largest mean work that a unitary on some subsystems takes out of them.

    .. math:: \mathcal{W} = \mathrm{Tr}\, \rho_S H_S - \min_U \mathrm{Tr}\, U \rho_S U^\dagger H_S

    Parameters
    ----------
    state : SteadyState or Evolution
    *names : str
        Subsystems; left out, all.

    Returns
    -------
    ndarray, shape (...)
        In units of energy; >= 0.

    Raises
    ------
    UnknownNameError
        For a name that is no subsystem.

    References
    ----------
    A. E. Allahverdyan, R. Balian, T. M. Nieuwenhuizen, EPL 67, 565 (2004).

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 19.0, 0.01, T_A=9.0, T_B=2.0).without("RC"))
    >>> bool(ergotropy(s, "A") == 0.0), bool(ergotropy(s, "A", "B") > 0.0)
    (True, True)
    """
    return ergotropy_of(*_both(state, names))


def coherent_ergotropy(state: Solution, *names: str) -> Array:
    """Return the part of `ergotropy` that is owed to coherence between different energies.

    Parameters
    ----------
    state : SteadyState or Evolution
    *names : str
        As in `ergotropy`.

    References
    ----------
    G. Francica et al., Phys. Rev. Lett. 125, 180603 (2020).

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0))
    >>> float(coherent_ergotropy(s, "A"))
    0.0
    """
    return coherent_ergotropy_of(*_both(state, names))


def free_energy(state: Solution, *names: str, temperature: ArrayLike) -> Array:
    r"""Return the non-equilibrium free energy of some subsystems, Tr ρH − T S(ρ).

    Parameters
    ----------
    state : SteadyState or Evolution
    *names : str
        As in `ergotropy`.
    temperature : array_like
        T >= 0; broadcasts with the state's shape.

    References
    ----------
    M. Esposito, C. Van den Broeck, EPL 95, 40004 (2011).

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0, T_B=0.0, T_C=0.0))
    >>> float(free_energy(s, "A", "B", temperature=1.0))
    0.0
    """
    return _at(free_energy_of, state, names, temperature)


def excess_free_energy(state: Solution, *names: str, temperature: ArrayLike) -> Array:
    r"""Return the free energy of some subsystems above that of equilibrium, T D(ρ‖τ).

    Parameters
    ----------
    state : SteadyState or Evolution
    *names : str
        As in `ergotropy`.
    temperature : array_like
        T >= 0; broadcasts with the state's shape.

    References
    ----------
    M. Esposito, C. Van den Broeck, EPL 95, 40004 (2011).

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=5.0))
    >>> float(excess_free_energy(s, temperature=5.0).round(12))
    0.0
    """
    return _at(excess_free_energy_of, state, names, temperature)


def _both(state: Solution, names: tuple[str, ...]) -> tuple[Matrix, Matrix]:
    require_solved(state)
    own = names or state.machine.names
    return reduced_state(state, *own), subsystem_hamiltonian(state.machine, *own)


def _at(
    measure: Callable[[ArrayLike, ArrayLike, ArrayLike], Array],
    state: Solution,
    names: tuple[str, ...],
    temperature: ArrayLike,
) -> Array:
    rho, hamiltonian = _both(state, names)
    return measure(rho, hamiltonian, temperature)
