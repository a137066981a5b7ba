"""Numbers of a machine: checked once, float64, frozen, ready to broadcast.

A parameter is a float or an array of any shape. It is copied, so that nobody can change a machine
from outside, and made read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.errors import ParameterError
from entherm.jax_arrays import traced
from entherm.tracing import StandIn

Array = NDArray[np.float64]


def parameter(value: ArrayLike, path: str) -> Array:
    """Return `value` as a frozen float64 array, or say what is wrong with it.

    Parameters
    ----------
    value : array_like
        A real number or an array of them.
    path : str
        The parameter's name, for the error.

    Returns
    -------
    ndarray of float64
        A read-only copy with the shape of `value`.

    Raises
    ------
    ParameterError
        For anything that is not real, for float32, for NaN and infinity.

    Examples
    --------
    >>> parameter([1, 2], "T_A")
    array([1., 2.])
    """
    value = traced(value, path)
    if stands_in(value):
        require(np.isfinite(value), value, path, "be finite", "write a finite number")  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise ParameterError(path, "be a rectangular array", repr(value), str(error)) from None
    if isinstance(value, np.ma.MaskedArray):
        rule, remedy = "not be masked", "fill the mask with a value, or take the points apart"
        raise ParameterError(path, rule, "a masked array", remedy)
    if raw.size == 0:
        raise ParameterError(path, "have at least one value", "[]", "give the axis its points")
    if raw.dtype in (np.float32, np.float16):
        raise ParameterError(
            path,
            "be float64",
            f"{raw.dtype} {_shown(raw)}",
            "32-bit temperatures lose the small populations; convert with float(x) or "
            "x.astype('float64') where the numbers are made, and in JAX call "
            'jax.config.update("jax_enable_x64", True) first',
        )
    if raw.dtype.kind not in "iuf":
        raise ParameterError(
            path, "be a real number or an array of them", repr(value), "give a number without unit"
        )
    array = np.array(raw, dtype=np.float64)
    require(np.isfinite(array), array, path, "be finite", "write a finite number")
    array.setflags(write=False)
    return array


def _as_array(value: Any, dtype: type | None = None) -> Any:
    """Return `value` as an array; what stands for an array that is not known yet stays itself.

    Such stand-ins take part in NumPy's protocols, which `numpy.asarray` does not.

    Examples
    --------
    >>> as_array(2).ndim
    0
    """
    return value if stands_in(value) else np.asarray(value, dtype)


def stands_in(value: object) -> bool:
    """Whether `value` takes part in NumPy's protocols without being an array.

    Examples
    --------
    >>> stands_in(np.zeros(2))
    False
    """
    return hasattr(value, "__array_function__") and not isinstance(value, np.ndarray)


def present(value: Any) -> bool:
    """Whether a number is to be reckoned with: not 0 everywhere, or one to differentiate by.

    Examples
    --------
    >>> present(np.zeros(2))
    False
    """
    if isinstance(value, StandIn):
        return value.algebra.present(value)
    return bool(np.count_nonzero(value))


def matters(value: Any) -> bool:
    """Whether a factor may differ from 0 at some point.

    Examples
    --------
    >>> matters(np.zeros(2))
    False
    """
    return value.algebra.matters(value) if isinstance(value, StandIn) else present(value)


def steep_root(x: Array) -> Array:
    """Return √x; of a stand-in, with its own derivative at 0, which is infinite.

    Examples
    --------
    >>> float(steep_root(np.asarray(4.0)))
    2.0
    """
    return np.power(x, 0.5) if stands_in(x) else np.sqrt(x)


def first_order(array: Any, form: Callable[[], Any]) -> Any:
    """Return `array`, to be differentiated as if it were `form()`.

    Examples
    --------
    >>> first_order(np.zeros(2), lambda: np.ones(2))
    array([0., 0.])
    """
    return array.algebra.first_order(array, form) if isinstance(array, StandIn) else array


def room(shape: tuple[int, ...], kind: Any, *entries: Any) -> Any:
    """Return zeros that `entries` may be written into, whatever they are.

    Examples
    --------
    >>> room((2,), float, np.ones(()))
    array([0., 0.])
    """
    zeros = np.zeros(shape, kind)
    algebras = [x.algebra for x in entries if isinstance(x, StandIn)]
    return StandIn(algebras[0], zeros, zeros) if algebras else zeros


# Whoever calls it works on arrays, and has the type of `numpy.asarray`.
as_array = np.asarray if TYPE_CHECKING else _as_array


def chosen(mask: Any, there: Any, elsewhere: Any) -> Any:
    """Return `numpy.where(mask, there, elsewhere)`, without choosing where all points agree.

    Of a stand-in the choice is then made once for all points, instead of at each.

    Examples
    --------
    >>> chosen(np.array([True, True]), 1.0, np.array([2.0, 3.0]))
    1.0
    """
    if stands_in(mask):
        agreed = mask.agreed()
    else:
        count = np.count_nonzero(mask)
        agreed = None if 0 < count < np.size(mask) else count > 0
    if agreed is None:
        return np.where(mask, there, elsewhere)
    return there if agreed else elsewhere


def require(
    holds: NDArray[np.bool_] | np.bool_, value: Array, path: str, rule: str, remedy: str
) -> None:
    """Raise `ParameterError` for the first element of `value` where `holds` is false.

    Examples
    --------
    >>> require(np.array([True, False]), np.array([1.0, -2.0]), "Gamma_A", "be >= 0", "use a rate")
    Traceback (most recent call last):
    ...
    entherm.errors.ParameterError: Argument 'Gamma_A' must be >= 0, got -2.0 (element 1 of 2): \
use a rate.
    """
    if np.all(holds):
        return
    bad = np.flatnonzero(~np.broadcast_to(holds, value.shape).ravel())
    shown = str(value.ravel()[bad[0]])
    if value.ndim:
        shown += f" (element {bad[0]} of {value.size})"
    raise ParameterError(path, rule, shown, remedy)


def broadcast_shape(parameters: Mapping[str, Array]) -> tuple[int, ...]:
    """Common shape of all parameters; names the pair that does not fit.

    Examples
    --------
    >>> broadcast_shape({"T_A": np.ones((3, 1)), "T_C": np.ones(4)})
    (3, 4)
    """
    shape: tuple[int, ...] = ()
    for path, array in parameters.items():
        try:
            shape = np.broadcast_shapes(shape, array.shape)
        except ValueError:
            raise ParameterError(
                path,
                f"broadcast with the shape {shape} of the parameters before it",
                f"shape {array.shape}",
                "give each axis its own dimension, e.g. T[:, None] and T_C[None, :]",
            ) from None
    return shape


def sum_by_shape(terms: Iterable[Array]) -> tuple[Array, ...]:
    """Add terms that vary over the same axes, so that each sum is formed on its own axes alone.

    The point stage then meets the results of different axes once per point. A term whose shape
    broadcasts into another's is absorbed by it.

    Examples
    --------
    >>> [t.shape for t in sum_by_shape([np.ones((3, 1)), np.ones((1, 4)), np.ones((3, 1))])]
    [(1, 4), (3, 1)]
    """
    sums: list[Array] = []
    for term in sorted(terms, key=lambda t: -prod(_extent(t))):
        for index, total in enumerate(sums):
            if np.broadcast_shapes(_extent(total), _extent(term)) == _extent(total):
                sums[index] = total + term
                break
        else:
            sums.append(term)
    return tuple(sums)


def _extent(term: Any) -> tuple[int, ...]:
    """Shape of an array, or of what a stand-in stands for."""
    shape: tuple[int, ...] = term.extent if stands_in(term) else term.shape
    return shape


def _shown(array: NDArray[np.generic]) -> str:
    return str(array) if array.ndim == 0 else f"array of shape {array.shape}"
