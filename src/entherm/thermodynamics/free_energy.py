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
from entherm.parameters import Array, broadcast_shape, parameter, require
from entherm.resources.density_matrices import ROUNDED_STATE, density_matrices
from entherm.thermodynamics.entropy import entropy_of_spectra

Matrix = NDArray[Any]

# Levels nearer than this fraction of ‖H‖ are one: coherence between them is worth no energy.
COINCIDING = 1e-9


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
        For what is no density matrix but for NaN, a Hamiltonian that is not finite or not
        Hermitian, and different sizes.

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
    state, known = _states(rho)
    return np.asarray(np.where(known, entropy_of_spectra(np.linalg.eigvalsh(state)), np.nan))[()]


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
    warmth = _temperature(temperature, state, energy)
    mean = np.einsum("...ab,...ba->...", state, energy).real
    return np.asarray(
        np.where(known, mean - warmth * entropy_of_spectra(np.linalg.eigvalsh(state)), np.nan)
    )[()]


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
    warmth = _temperature(temperature, state, energy)
    levels = np.linalg.eigvalsh(energy)
    lowest = levels[..., :1]
    # From the lowest level on, so that T = 0 and low temperatures need no large exponentials.
    scale = np.where(warmth == 0.0, 1.0, warmth)
    with np.errstate(over="ignore"):
        weights = np.exp(-(levels - lowest) / scale[..., None])
    equilibrium = lowest[..., 0] - warmth * np.log(weights.sum(-1))
    found = np.maximum(free_energy_of(state, energy, warmth) - equilibrium, 0.0)
    return np.asarray(np.where(known, found, np.nan))[()]


def _temperature(value: ArrayLike, state: Matrix, energy: Matrix) -> Array:
    found = parameter(value, "temperature")
    shape = np.broadcast_shapes(state.shape[:-2], energy.shape[:-2])
    broadcast_shape({"rho": np.empty(shape), "temperature": found})
    require(found >= 0.0, found, "temperature", "be >= 0", "give an absolute temperature")
    return found


def _prepared(rho: ArrayLike, hamiltonian: ArrayLike) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
    """States and Hamiltonians of one size, 0 in place of what is not known, and where it is."""
    state, known = _states(rho)
    size = state.shape[-1]
    energy = _squares(hamiltonian, "hamiltonian")
    if energy.shape[-1] != size:
        rule, got = f"have {size} levels as rho", str(energy.shape[-1])
        raise ParameterError("hamiltonian", rule, got, "give both on the same subsystems")
    finite = bool(np.all(np.isfinite(energy)))
    skew = np.abs(energy - adjoint(energy)) if finite else np.zeros(1)
    if not finite or np.any(skew > ROUNDED_STATE * np.abs(energy).max(initial=0.0)):
        rule, remedy = "be finite and Hermitian", "check its elements, and their order"
        raise ParameterError("hamiltonian", rule, "another matrix", remedy)
    broadcast_shape({"rho": state[..., 0, 0].real, "hamiltonian": energy[..., 0, 0].real})
    return state, energy, known


def _states(rho: ArrayLike) -> tuple[Matrix, NDArray[np.bool_]]:
    """Density matrices, 0 where there is NaN instead, and where there is not."""
    matrix = _squares(rho, "rho")
    size = matrix.shape[-1]
    known = np.asarray(~np.isnan(matrix).any((-1, -2)))
    shown = known[..., None, None]
    checked = density_matrices(np.where(shown, matrix, np.eye(size) / size), size)
    return np.where(shown, checked, 0.0), known


def _squares(value: ArrayLike, path: str) -> Matrix:
    try:
        matrix = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        matrix = np.empty(0)
    square = matrix.ndim >= 2 and matrix.shape[-1] == matrix.shape[-2] > 0
    if matrix.dtype.kind not in "iufc" or not square:
        got = f"shape {matrix.shape}"
        raise ParameterError(path, "be square matrices", got, "give (..., n, n)")
    return matrix.astype(complex if matrix.dtype.kind == "c" else float)
