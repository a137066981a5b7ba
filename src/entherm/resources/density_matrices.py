"""Density matrices that are given: checked, and their subsystems by name or by place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.checks import items_of
from entherm.errors import NotDifferentiableError, ParameterError, UnknownNameError
from entherm.parameters import Array, as_array, stands_in
from entherm.tracing import StandIn

Name = str | int
Dimensions = Sequence[int] | Mapping[str, int]

# Far above the rounding of any solver here, far below what would change a measure visibly.
ROUNDED_STATE = 1e-9

# Two eigenvalues, or one and its threshold, that are nearer than this are one to rounding.
COINCIDENCE = 1e-14


def density_matrices(rho: ArrayLike, size: int) -> NDArray[np.complex128]:
    """Return density matrices as complex arrays, or say what is wrong with them.

    Positivity is not asked for: Redfield states break it, and their `validity` says so.

    Parameters
    ----------
    rho : array_like, shape (..., size, size)
        Hermitian, of trace 1, both to 1e-9.
    size : int

    Raises
    ------
    ParameterError
        For another shape, NaN, another trace, a matrix that is not Hermitian.

    Examples
    --------
    >>> density_matrices(np.eye(2) / 2, 2).shape
    (2, 2)
    """
    if stands_in(rho):
        return rho  # type: ignore[return-value]
    try:
        matrix = as_array(rho, complex)
    except (ValueError, TypeError, OverflowError):
        matrix = np.empty(0)
    shape = f"(..., {size}, {size})"
    remedy = f"give density matrices of shape {shape}, highest level first"
    if matrix.shape[-2:] != (size, size) or not np.all(np.isfinite(matrix)):
        got = f"shape {matrix.shape}" + ("" if np.all(np.isfinite(matrix)) else " with NaN or inf")
        raise ParameterError("rho", f"be finite matrices of shape {shape}", got, remedy)
    traces = np.trace(matrix, axis1=-2, axis2=-1).real.ravel()
    off = np.abs(traces - 1.0)
    if np.any(off > ROUNDED_STATE):
        raise ParameterError("rho", "have trace 1", traces[off.argmax()], "divide by the trace")
    skew = np.abs(matrix - np.swapaxes(matrix, -1, -2).conj())
    if np.any(skew > ROUNDED_STATE):
        raise ParameterError("rho", "be Hermitian", f"ρ − ρ† of size {skew.max():.3g}", remedy)
    return matrix


def plain_density_matrices(rho: ArrayLike, size: int, name: str) -> NDArray[np.complex128]:
    """Return density matrices as `density_matrices` does, and refuse tracers of JAX.

    Examples
    --------
    >>> plain_density_matrices(np.eye(2) / 2, 2, "Discord").shape
    (2, 2)
    """
    if stands_in(rho):
        raise NotDifferentiableError(
            f"{name} is not computed through JAX, as it is found by a search or has kinks all "
            "over: leave the engine out, and take finite differences for derivatives"
        )
    return density_matrices(rho, size)


def named_dimensions(dimensions: Dimensions) -> dict[Name, int]:
    """Return the dimension of each subsystem by its name, or by its place where none is given.

    Examples
    --------
    >>> named_dimensions((2, 3)), named_dimensions({"A": 2, "B": 3})
    ({0: 2, 1: 3}, {'A': 2, 'B': 3})
    """
    remedy = "give e.g. (2, 2) or {'A': 2, 'B': 2}, in the order of the tensor product"
    if isinstance(dimensions, Mapping):
        found: dict[Name, Any] = dict(dimensions.items())
    else:
        found = dict(enumerate(items_of(dimensions, "dimensions", remedy)))
    for name, size in found.items():
        whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not whole or size < 1:
            raise ParameterError(f"dimensions.{name}", "be a whole number >= 1", size, remedy)
    if not found:
        raise ParameterError("dimensions", "name at least one subsystem", "none", remedy)
    return {name: int(size) for name, size in found.items()}


def places_in(names: Iterable[Name], available: Iterable[Name], path: str) -> tuple[int, ...]:
    """Return where some subsystems stand among those available, each named once.

    Examples
    --------
    >>> places_in(["B"], {"A": 2, "B": 2}, "cut")
    (1,)
    """
    known = list(available)
    listed = items_of(names, path, f"give names among {', '.join(map(str, known))}")
    for k, name in enumerate(listed):
        plain = isinstance(name, str | int | np.integer) and not isinstance(name, bool)
        if not plain or name not in known:
            shown = name if isinstance(name, str) else repr(name)
            raise UnknownNameError(path, shown, map(str, known))
        if name in listed[:k]:
            raise ParameterError(path, "name each subsystem once", repr(name), "drop one")
    return tuple(known.index(name) for name in listed)


def total_dimension(dimensions: Mapping[Name, int]) -> int:
    """Return the dimension of all subsystems together.

    Examples
    --------
    >>> total_dimension({"A": 2, "B": 3})
    6
    """
    return prod(dimensions.values())


def of_known(of: Callable[[Any], Array], rho: Any) -> Array:
    """Return a measure of matrices (..., m, m), NaN where they are NaN.

    Examples
    --------
    >>> of_known(lambda rho: rho[..., 0, 0], np.array([np.eye(2), np.full((2, 2), np.nan)]))
    array([ 1., nan])
    """
    if stands_in(rho):
        return of(rho)
    known = np.isfinite(rho).all((-1, -2))
    found = np.full(known.shape, np.nan)
    if np.any(known):
        found[known] = of(rho[known])
    return found


def note_kink(where: Any, between: Sequence[Any], told: str) -> None:
    """Tell JAX where a measure has a kink, unless no number of `between` moves there.

    Examples
    --------
    >>> note_kink(np.array(True), [np.array(0.0)], "of plain numbers nothing is noted")
    """
    traced = [x for x in between if isinstance(x, StandIn)]
    if traced:
        traced[0].algebra.kink(where, between, told)
