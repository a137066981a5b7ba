r"""Scalars of JAX: what a plain number makes superfluous is not done, and rules of derivatives.

A derivative of JAX goes wrong where a value is right: :math:`\sqrt{x}` and :math:`|z|` at 0, and
eigenvectors where eigenvalues coincide. These have rules here. JAX is imported when it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.errors import MissingLibraryError

# Eigenvalues nearer than this fraction of the largest coincide, as in `entherm.bohr`: inside such
# a cluster a level has no direction of its own to turn into.
CLUSTER = 1e-9

# What changes nothing as the second operand; and the operations of which it may be the first.
_NEUTRAL: dict[Any, Any] = {
    **{np.add: 0.0, np.subtract: 0.0, np.multiply: 1.0, np.divide: 1.0},
    **dict.fromkeys((np.logical_and, np.bitwise_and), True),
    **dict.fromkeys((np.logical_or, np.bitwise_or), False),
}
_MERGING = set(_NEUTRAL) - {np.subtract, np.divide}

_NAMES = {"true_divide": "divide", "absolute": "abs"}


def jax_library() -> Any:
    """Import JAX, or say which extra brings it."""
    try:
        import jax
    except ImportError as error:
        message = "JAX is needed here: install it with pip install 'entherm[jax]'."
        raise MissingLibraryError(message) from error
    return jax


def is_jax(value: object) -> bool:
    """Whether `value` is an array or a tracer of JAX, which is not imported to find out.

    Examples
    --------
    >>> is_jax(np.zeros(2))
    False
    """
    jax = sys.modules.get("jax")
    return jax is not None and hasattr(jax, "Array") and isinstance(value, jax.Array)


def concrete(value: Any) -> NDArray[Any] | None:
    """Return the number that a tracer stands for at the point of differentiation, if it has one."""
    jax = jax_library()
    # Derivatives end here, so that what is left of their tracer is the number itself.
    number = jax.lax.stop_gradient(value)
    return None if isinstance(number, jax.core.Tracer) else np.asarray(number)


def scalar(operation: Callable[..., Any], entries: Sequence[Any]) -> Any:
    """Apply an operation to scalars, plain or of JAX; a plain 0 is structure, and 0 x is 0.

    Examples
    --------
    >>> float(scalar(np.add, (1.0, 2.0)))
    3.0
    """
    if not any(map(is_jax, entries)):
        with np.errstate(all="ignore"):
            return operation(*entries)[()]
    known = _known(operation, entries)
    return of_jax(operation)(*entries) if known is None else known


def _known(operation: Callable[..., Any], entries: Sequence[Any]) -> Any:
    """What an operation comes to without being done; None if it must be."""
    first, last = entries[0], entries[-1]
    if operation is np.where:
        if not is_jax(first):
            return entries[1] if first else last
        return last if entries[1] is last else None
    if operation in (np.conjugate, np.positive):
        return first if not np.iscomplexobj(first) else None
    if operation is np.power and not is_jax(last) and last in (0.5, 2):
        # As a power of ½ it keeps its derivative at 0, which is infinite.
        return first * first if last == 2 else jax_library().numpy.sqrt(first)
    if len(entries) == 2 and operation in _NEUTRAL and not is_jax(last):
        return first if last == _NEUTRAL[operation] else _absorbed(operation, last)
    if len(entries) == 2 and not is_jax(first):
        known = _absorbed(operation, first)
        return last if operation in _MERGING and first == _NEUTRAL[operation] else known
    return None


def _absorbed(operation: Callable[..., Any], plain: Any) -> Any:
    """What a plain number makes of any other; None if that is asked for."""
    if operation is np.multiply and plain == 0.0:
        return 0.0
    if operation in (np.logical_and, np.bitwise_and) and not plain:
        return False
    if operation in (np.logical_or, np.bitwise_or) and plain:
        return True
    return None


def of_jax(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return JAX's function for one of NumPy, with a derivative that holds at 0.

    Examples
    --------
    >>> of_jax(np.sqrt) is of_jax(np.sqrt)
    True
    """
    if function in (np.sqrt, np.absolute):
        return _rules()[function]
    jnp = jax_library().numpy
    if function is np.copysign:
        return lambda a, b: jnp.where(b < 0.0, -abs(a), abs(a))
    if function is np.maximum:
        return lambda a, b: jnp.where(a < b, b, a)
    if function is np.minimum:
        return lambda a, b: jnp.where(a > b, b, a)
    name = function.__name__
    home = jnp.linalg if "linalg" in (function.__module__ or "") else jnp
    return getattr(home, _NAMES.get(name, name))  # type: ignore[no-any-return]


def first_order(value: Any, form: Any) -> Any:
    """Return `value`, with the derivatives of `form`."""
    jnp = jax_library().numpy
    if not is_jax(form):
        return jax_library().lax.stop_gradient(value) if is_jax(value) else value
    kind = jnp.result_type(value, form)
    return stored(_rules()["first_order"](jnp.asarray(value, kind), jnp.asarray(form, kind)))


def stored(x: Any) -> Any:
    """Return `x`, as a number that XLA writes down, and its derivative too.

    XLA works out anew, in each loop, whatever is cheap and is used by several, up to the whole of
    a plan for each of its derivatives. A quotient it counts as dear; here it is one by 1.
    """
    return _rules()["stored"](x) if is_jax(x) else x


@lru_cache(maxsize=1)
def _rules() -> dict[Any, Callable[..., Any]]:
    jax = jax_library()
    jnp = jax.numpy

    def with_rule(function: Any, rule: Any) -> Any:
        ruled = jax.custom_jvp(function)
        ruled.defjvp(lambda primals, tangents: rule(ruled, primals, tangents))
        return ruled

    def root_rule(root: Any, primals: Any, tangents: Any) -> Any:
        y = root(*primals)
        return y, tangents[0] * jnp.where(y == 0.0, 0.0, 0.5 / y)

    root = with_rule(jnp.sqrt, root_rule)

    def size(x: Any) -> Any:
        return root(x.real**2 + x.imag**2) if jnp.iscomplexobj(x) else jnp.abs(x)

    def one(x: Any) -> Any:
        return 1.0 + 0.0 * x

    def stored_rule(stored: Any, primals: Any, tangents: Any) -> Any:
        return stored(*primals), tangents[0] / jax.lax.stop_gradient(one(*primals))

    def spectral(rho: Any) -> tuple[Any, Any]:
        p, v = jnp.linalg.eigh(rho)
        return jnp.sqrt(jnp.maximum(p, 0.0)), v

    def positive_root(rho: Any) -> Any:
        p, v = spectral(rho)
        return (v * p) @ v.conj().T

    def positive_root_rule(positive_root: Any, primals: Any, tangents: Any) -> Any:
        p, v = jax.lax.stop_gradient(spectral(*primals))
        both = p[:, None] + p
        moved = v.conj().T @ tangents[0] @ v
        moved = moved * jnp.where(both > 0.0, 1.0 / jnp.where(both > 0.0, both, 1.0), 0.0)
        return positive_root(*primals), v @ moved @ v.conj().T

    return {
        np.sqrt: root,
        np.absolute: size,
        "first_order": with_rule(lambda value, form: value, lambda taken, p, t: (taken(*p), t[1])),
        "stored": with_rule(lambda x: x / one(x), stored_rule),
        "root_of_state": with_rule(positive_root, positive_root_rule),
    }


def root_of_state(rho: Any) -> Any:
    r"""Return the positive root of a density matrix (m, m).

    .. math:: (dR)_{ij} = \frac{(d\rho)_{ij}}{\sqrt{p_i} + \sqrt{p_j}}

    between its eigenvectors, which may coincide.
    """
    return _rules()["root_of_state"](rho)


def perturbed(solved: Callable[..., tuple[Any, ...]], size: int) -> Callable[..., tuple[Any, ...]]:
    r"""Give a diagonalisation of scalars the derivatives of perturbation theory.

    .. math:: d\lambda_i = v_i^\dagger\, dA\, v_i, \qquad
        dv_j = \sum_i v_i \frac{v_i^\dagger\, dA\, v_j}{\lambda_j - \lambda_i},

    the sum over levels that do not coincide: inside a cluster levels do not turn.

    Parameters
    ----------
    solved : callable
        From the entries of a Hermitian matrix, row by row, to its eigenvalues and the entries of
        its vectors.
    size : int
    """
    jax = jax_library()
    jnp = jax.numpy
    count = range(size)
    ruled = jax.custom_jvp(solved)

    def rule(primals: Any, tangents: Any) -> Any:
        found = ruled(*primals)
        values = found[:size]
        v = [[found[size + size * r + k] for k in count] for r in count]
        largest = _folded(jnp.maximum, [jnp.abs(x) for x in values])

        def turned(i: int, j: int) -> Any:
            rows = [sum(tangents[size * r + c] * v[c][j] for c in count) for r in count]
            return sum(jnp.conj(v[r][i]) * rows[r] for r in count)

        moved = [[turned(i, j) for j in count] for i in count]

        def mixing(i: int, j: int) -> Any:
            gap = values[j] - values[i]
            apart = jnp.abs(gap) > CLUSTER * largest
            return jnp.where(apart, 1.0 / jnp.where(apart, gap, 1.0), 0.0) * moved[i][j]

        mixed = [[0.0 if i == j else mixing(i, j) for j in count] for i in count]
        vectors = [
            sum(v[r][i] * mixed[i][k] for i in count if i != k) for r in count for k in count
        ]
        own = [jnp.real(moved[i][i]) for i in count]
        changes = [jnp.asarray(t, x.dtype) for t, x in zip([*own, *vectors], found, strict=True)]
        return found, tuple(changes)

    ruled.defjvp(rule)
    return ruled  # type: ignore[no-any-return]


def _folded(function: Callable[[Any, Any], Any], values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = function(total, value)
    return total
