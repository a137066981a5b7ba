r"""Work that a state holds: ergotropy, and free energy above that of equilibrium.

Ergotropy is what a cyclic unitary can take out of a state, free energy what contact with a
reservoir adds to it. Pure functions of ρ and H; `entherm.thermodynamics.work_content` reads them
off a state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.errors import ParameterError
from entherm.operators import adjoint
from entherm.parameters import Array, parameter, require

Matrix = NDArray[Any]

# Levels nearer than this fraction of ‖H‖ are one: coherence between them is worth no energy.
COINCIDING = 1e-9

# What a state may miss of Hermitian, by a rounding of its elements.
HERMITIAN = 1e-9


def ergotropy_of(rho: ArrayLike, hamiltonian: ArrayLike) -> Array:
    r"""Return the largest mean work that a unitary takes out of a state.

    .. math:: \mathcal{W} = \mathrm{Tr}\, \rho H - \sum_k r_k^{\downarrow} \epsilon_k^{\uparrow}

    with the eigenvalues r of ρ in decreasing and ε of H in increasing order; 0 if and only if ρ is
    passive.

    Parameters
    ----------
    rho : array_like, shape (..., n, n)
    hamiltonian : array_like, shape (..., n, n)

    Returns
    -------
    ndarray, shape (...)
        >= 0, as rounding of ‖H‖ below it is cut; NaN where `rho` is.

    Raises
    ------
    ParameterError
        For matrices that are not square, not Hermitian, or of different sizes.

    References
    ----------
    A. E. Allahverdyan, R. Balian, T. M. Nieuwenhuizen, EPL 67, 565 (2004).

    Examples
    --------
    >>> H = np.diag([3.0, 0.0])
    >>> float(ergotropy_of(np.diag([0.75, 0.25]), H)), float(ergotropy_of(np.diag([0.25, 0.75]), H))
    (1.5, 0.0)
    """
    state, energy, known = _prepared(rho, hamiltonian)
    populations = np.linalg.eigvalsh(state)[..., ::-1]
    levels = np.linalg.eigvalsh(energy)
    mean = np.einsum("...ab,...ba->...", state, energy).real
    found = np.maximum(mean - (populations * levels).sum(-1), 0.0)
    return np.asarray(np.where(known, found, np.nan))[()]


def coherent_ergotropy_of(rho: ArrayLike, hamiltonian: ArrayLike) -> Array:
    r"""Return the part of the ergotropy that is owed to coherence between different energies.

    .. math:: \mathcal{W}_c = \mathcal{W}(\rho) - \mathcal{W}(\Delta\rho)

    with Δ the dephasing between levels of different energy.

    Parameters
    ----------
    rho, hamiltonian : array_like
        As in `ergotropy_of`.

    Returns
    -------
    ndarray, shape (...)
        >= 0, as rounding of ‖H‖ below it is cut.

    References
    ----------
    G. Francica et al., Phys. Rev. Lett. 125, 180603 (2020).

    Examples
    --------
    >>> plus = np.full((2, 2), 0.5)
    >>> float(coherent_ergotropy_of(plus, np.diag([3.0, 0.0])).round(12))
    1.5
    """
    state, energy, known = _prepared(rho, hamiltonian)
    levels, vectors = np.linalg.eigh(energy)
    apart = np.abs(levels[..., :, None] - levels[..., None, :])
    scale = np.abs(levels).max(-1)[..., None, None]
    inside = adjoint(vectors) @ state @ vectors
    dephased = vectors @ np.where(apart <= COINCIDING * scale, inside, 0.0) @ adjoint(vectors)
    found = ergotropy_of(state, energy) - ergotropy_of(dephased, energy)
    return np.asarray(np.where(known, np.maximum(found, 0.0), np.nan))[()]


def entropy_of(rho: ArrayLike) -> Array:
    r"""Return the von Neumann entropy −Tr ρ ln ρ, in nats.

    Parameters
    ----------
    rho : array_like, shape (..., n, n)

    Examples
    --------
    >>> bool(np.isclose(entropy_of(np.eye(2) / 2), np.log(2)))
    True
    """
    state, known = _known(_hermitian(rho, "rho"))
    return np.asarray(np.where(known, _entropy(state), np.nan))[()]


def free_energy_of(rho: ArrayLike, hamiltonian: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Return the non-equilibrium free energy of a state.

    .. math:: F = \mathrm{Tr}\, \rho H - T S(\rho)

    Parameters
    ----------
    rho, hamiltonian : array_like, shape (..., n, n)
    temperature : array_like
        T >= 0 of the reservoir that the state is to be used with.

    Returns
    -------
    ndarray, shape (...)

    References
    ----------
    M. Esposito, C. Van den Broeck, EPL 95, 40004 (2011).

    Examples
    --------
    >>> float(free_energy_of(np.diag([0.5, 0.5]), np.diag([3.0, 0.0]), 0.0))
    1.5
    """
    state, energy, known = _prepared(rho, hamiltonian)
    warmth = _temperature(temperature)
    mean = np.einsum("...ab,...ba->...", state, energy).real
    return np.asarray(np.where(known, mean - warmth * _entropy(state), np.nan))[()]


def excess_free_energy_of(rho: ArrayLike, hamiltonian: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Return the free energy above that of equilibrium: the work that state and reservoir hold.

    .. math:: F(\rho) - F(\tau_T) = T\, D(\rho \| \tau_T), \qquad \tau_T = e^{-H/T}/Z

    Parameters
    ----------
    rho, hamiltonian, temperature : array_like
        As in `free_energy_of`.

    Returns
    -------
    ndarray, shape (...)
        >= 0, as rounding of ‖H‖ below it is cut; >= `ergotropy_of`.

    References
    ----------
    M. Esposito, C. Van den Broeck, EPL 95, 40004 (2011).

    Examples
    --------
    >>> float(excess_free_energy_of(np.diag([1.0, 0.0]), np.diag([3.0, 0.0]), 0.0))
    3.0
    """
    state, energy, known = _prepared(rho, hamiltonian)
    warmth = _temperature(temperature)
    levels = np.linalg.eigvalsh(energy)
    lowest = levels[..., :1]
    # From the lowest level on, so that T = 0 and low temperatures need no large exponentials.
    scale = np.where(warmth == 0.0, 1.0, warmth)
    with np.errstate(over="ignore"):
        weights = np.exp(-(levels - lowest) / scale[..., None])
    equilibrium = lowest[..., 0] - warmth * np.log(weights.sum(-1))
    found = np.maximum(free_energy_of(state, energy, warmth) - equilibrium, 0.0)
    return np.asarray(np.where(known, found, np.nan))[()]


def _entropy(state: Matrix) -> Array:
    # Rounding, or an equation that is not positive, makes eigenvalues below zero: they count none.
    p = np.maximum(np.linalg.eigvalsh(state), 0.0)
    return np.asarray(-(p * np.log(np.where(p > 0.0, p, 1.0))).sum(-1) + 0.0)


def _temperature(value: ArrayLike) -> Array:
    found = parameter(value, "temperature")
    require(found >= 0.0, found, "temperature", "be >= 0", "give an absolute temperature")
    return found


def _prepared(rho: ArrayLike, hamiltonian: ArrayLike) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
    """Hermitian matrices of one size, 0 in place of what is not known, and where it is."""
    state, energy = _hermitian(rho, "rho"), _hermitian(hamiltonian, "hamiltonian")
    if state.shape[-1] != energy.shape[-1]:
        rule, got = f"have {state.shape[-1]} levels as rho", str(energy.shape[-1])
        raise ParameterError("hamiltonian", rule, got, "give both on the same subsystems")
    return _known(state)[0], energy, _known(state)[1]


def _known(state: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
    known = np.asarray(np.isfinite(state).all((-1, -2)))
    return np.where(known[..., None, None], state, 0.0), known


def _hermitian(value: ArrayLike, path: str) -> Matrix:
    matrix = np.asarray(value)
    square = matrix.ndim >= 2 and matrix.shape[-1] == matrix.shape[-2]
    if matrix.dtype.kind not in "iufc" or not square:
        raise ParameterError(
            path, "be square matrices", f"shape {matrix.shape}", "give (..., n, n)"
        )
    skew = np.abs(matrix - adjoint(matrix)) > HERMITIAN * np.nan_to_num(np.abs(matrix)).max()
    if np.any(skew):
        raise ParameterError(path, "be Hermitian", "another matrix", "check its order of rows")
    return matrix
