"""Stand-ins made of JAX: the plan run on tracers, so that it is differentiated and compiled.

Arrays of a point are small, and a compiler does best with one vector over the batch for each of
their entries: an array of up to `LARGEST` entries is a NumPy array of objects, each a scalar of
JAX or a plain number. Larger arrays, and what LAPACK does, are arrays of JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.algebra import MOVES, REDUCTIONS, Algebra
from entherm.errors import ParameterError
from entherm.jax_rules import (
    concrete,
    first_order,
    is_jax,
    jax_library,
    of_jax,
    perturbed,
    root_of_state,
    scalar,
    stored,
)
from entherm.tracing import StandIn

Objects = NDArray[np.object_]

# Entries up to which an array is taken apart: those of 4 × 4 matrices.
LARGEST = 16


class JaxArrays(Algebra):
    """Arrays of scalars of JAX, and arrays of JAX.

    Attributes
    ----------
    guards : list of value
        What must hold at a point for the plan to be its own.
    kinks : list of (value, list of value, str)
        See `Algebra.kink`.
    """

    def __init__(self) -> None:
        self.guards: list[Any] = []
        self.kinks: list[tuple[Any, list[Any], str]] = []
        # What has been done, with its operands, which stay alive so that no other takes their id.
        self._done: dict[tuple[Any, ...], tuple[Any, Sequence[Any]]] = {}

    def kept(self, value: Any) -> Any:
        """Small arrays in parts, also of no dimension."""
        return _sized(value)

    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """Apply a ufunc entry by entry, or to whole arrays."""
        return self._product(*operands) if ufunc is np.matmul else self._each(ufunc, *operands)

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Move entries about, reduce them, or leave the arrays to JAX."""
        if function is np.where and len(args) == 3:
            return self._each(np.where, *args)
        if all(map(_small, _leaves(args))):
            if function in REDUCTIONS:
                return self._reduced(REDUCTIONS[function], *args, **kwargs)
            if function in MOVES:
                return function(*args, **kwargs)
        listed = function not in MOVES and isinstance(args[0], tuple | list)
        given = (np.stack([*map(in_parts, args[0])]), *args[1:]) if listed else args
        return of_jax(function)(*_mapped(given, in_one), **kwargs)

    def put(self, value: Any, index: Any, entry: Any) -> Any:
        """Return `value` with some entries replaced."""
        if _small(value):
            changed = np.array(value, object)
            changed[index] = in_parts(entry)
            return changed
        jnp = jax_library().numpy
        array, new = in_one(value), in_one(entry)
        return array.astype(jnp.result_type(array, new)).at[index].set(new)

    def guard(self, mask: Any, expected: bool) -> None:
        """Keep what was found."""
        node = in_parts(mask)[()]
        if is_jax(node):
            true = node if node.dtype == bool else node != 0.0
            self.guards.append(true if expected else ~true)

    def nowhere(self, shadow: Any, operands: Sequence[Any]) -> Any:
        """Nowhere: elsewhere a NaN makes the result NaN without being asked for."""
        del operands
        return shadow

    def present(self, array: StandIn) -> bool:
        """Whether it is 0 at the sample point and beside it: else it may have a derivative."""
        return bool(np.any(array.shadow) or array.probe is None or np.any(array.probe))

    def agreed(self, mask: StandIn) -> None:
        """Left open: a choice costs less than a guard."""

    def first_order(self, array: Any, form: Callable[[], Any]) -> Any:
        """Return `array` with the derivatives of `form()`."""
        value, model = (x.value if isinstance(x, StandIn) else x for x in (array, form()))
        shadow = array.shadow if isinstance(array, StandIn) else array
        probe = array.probe if isinstance(array, StandIn) else None
        if _small(value) and _small(model):
            found = np.frompyfunc(first_order, 2, 1)(in_parts(value), in_parts(model))
        else:
            found = first_order(in_one(value), in_one(model))
        return StandIn(self, found, shadow, probe)

    def eigenpairs(self, block: StandIn, solve: Callable[[Any], tuple[Any, Any]]) -> Any:
        """Return eigenvalues and vectors, differentiated by perturbation theory."""
        size = block.shape[-1]
        with np.errstate(all="ignore"):
            levels, turned = solve(block.shadow)
            probes, probed = solve(block.shadow if block.probe is None else block.probe)

        def solved(*entries: Any) -> tuple[Any, ...]:
            matrix = StandIn(self, _arranged(entries, (size, size)), block.shadow)
            values, vectors = solve(matrix)
            every = [*(in_parts(v.value)[()] for v in values), *in_parts(vectors.value).ravel()]
            return tuple(map(jax_library().numpy.asarray, every))

        entries = map(jax_library().numpy.asarray, in_parts(block.value).ravel())
        found = [stored(x) for x in perturbed(solved, size)(*entries)]
        rows = zip(found[:size], levels, probes, strict=True)
        vectors = _arranged(found[size:], (size, size))
        return [StandIn(self, *row) for row in rows], StandIn(self, vectors, turned, probed)

    def root(self, matrix: StandIn) -> StandIn:
        """Return the positive root of a density matrix."""
        with np.errstate(all="ignore"):
            values, vectors = np.linalg.eigh(matrix.shadow)
        turned = np.swapaxes(vectors, -1, -2).conj()
        shadow = (vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]) @ turned
        return StandIn(self, root_of_state(in_one(matrix.value)), shadow)

    def stored(self, array: Any) -> Any:
        """Return an array as one whose entries are written down; see `entherm.jax_rules.stored`."""
        if not isinstance(array, StandIn):
            return array
        if not _small(array.value):
            return StandIn(self, stored(array.value), array.shadow, array.probe)
        parts = np.frompyfunc(stored, 1, 1)(in_parts(array.value))
        return StandIn(self, parts, array.shadow, array.probe)

    def kink(self, where: Any, between: Sequence[Any], told: str) -> None:
        """Note where a result has a kink unless no number of `between` moves there."""
        numbers = [in_parts(x.value)[()] for x in between if isinstance(x, StandIn)]
        if isinstance(where, StandIn) and is_jax(in_parts(where.value)[()]):
            self.kinks.append((in_parts(where.value)[()], numbers, told))

    def _each(self, operation: Any, *operands: Any) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, operands))
        if np.prod(shape, dtype=int) <= LARGEST:
            run = np.frompyfunc(partial(self._scalar, operation), len(operands), 1)
            return in_parts(run(*map(in_parts, operands)))
        return of_jax(operation)(*map(in_one, operands))

    def _scalar(self, operation: Any, *entries: Any) -> Any:
        """Apply an operation, or find what it came to before: its derivative is then one too."""
        key = (operation, *(id(x) if is_jax(x) else (type(x), x) for x in entries))
        if key not in self._done:
            self._done[key] = scalar(operation, entries), entries
        return self._done[key][0]

    def _product(self, first: Any, second: Any) -> Any:
        flat = min(np.ndim(first), np.ndim(second)) < 2
        if flat or not (_small(first) and _small(second)):
            return jax_library().numpy.matmul(in_one(first), in_one(second))
        rows, columns = in_parts(first)[..., :, :, None], in_parts(second)[..., None, :, :]
        terms = np.frompyfunc(partial(self._scalar, np.multiply), 2, 1)(rows, columns)
        total = np.frompyfunc(partial(self._scalar, np.add), 2, 1)
        return _sized(total.reduce(terms, axis=-2))

    def _reduced(self, ufunc: Any, value: Any, axis: Any = None, keepdims: bool = False) -> Any:
        listed = isinstance(value, tuple | list)
        entries = np.stack([*map(in_parts, value)]) if listed else in_parts(value)
        rows = [*entries.ravel()] if axis is None else [*np.moveaxis(entries, axis, 0)]
        total = in_parts(reduce(lambda a, b: self._each(ufunc, a, b), rows))
        return np.expand_dims(total, axis) if keepdims else total


def in_parts(value: Any) -> Objects:
    """Return an array as one of objects, each a scalar.

    Examples
    --------
    >>> in_parts(2.0).shape, in_parts(np.zeros((2, 2))).dtype
    ((), dtype('O'))
    """
    if isinstance(value, np.ndarray):
        return value if value.dtype == object else value.astype(object)
    entries = np.empty(np.shape(value), object)
    for index in np.ndindex(entries.shape):
        entries[index] = value[index] if index else value
    return entries


def _arranged(entries: Sequence[Any], shape: tuple[int, ...]) -> Objects:
    """Objects in rows; NumPy would look into each."""
    found = np.empty(len(entries), object)
    for k, entry in enumerate(entries):
        found[k] = entry
    return found.reshape(shape)


def in_one(value: Any) -> Any:
    """Return an array of objects as one of JAX."""
    if not (isinstance(value, np.ndarray) and value.dtype == object):
        return value
    jnp = jax_library().numpy
    if value.ndim == 0:
        return jnp.asarray(value[()])
    kind = jnp.result_type(*value.ravel()) if value.size else float
    return jnp.stack([jnp.asarray(x, kind) for x in value.ravel()]).reshape(value.shape)


def _sized(value: Any) -> Any:
    """Taken apart if it is small, else in one piece."""
    return in_one(value) if np.size(value) > LARGEST else in_parts(value)


def _small(value: Any) -> bool:
    return np.size(value) <= LARGEST


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, tuple | list):
        for part in tree:
            yield from _leaves(part)
    else:
        yield tree


def _mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(tree, tuple | list):
        return type(tree)(_mapped(part, change) for part in tree)
    return change(tree)


@dataclass(frozen=True, eq=False)
class _Later:
    """A value that is computed when it is asked for."""

    made: Callable[[], Any]

    def __getitem__(self, index: Any) -> _Later:
        return _Later(lambda: self.made()[index])


class _Unplanned(Algebra):
    """The numbers of a machine that has no plan: what is asked of them is asked again then."""

    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """Wait."""
        return _Later(lambda: of_jax(ufunc)(*map(tracer_of, operands)))

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Wait."""
        return _Later(lambda: of_jax(function)(*_mapped(args, tracer_of), **kwargs))

    def put(self, value: Any, index: Any, entry: Any) -> Any:
        """Wait."""
        return _Later(lambda: tracer_of(value).at[index].set(tracer_of(entry)))

    def guard(self, mask: Any, expected: bool) -> None:
        """Not kept."""

    def present(self, array: StandIn) -> bool:
        """As of `JaxArrays`."""
        del array
        return True


_UNPLANNED = _Unplanned()


def tracer_of(value: Any) -> Any:
    """Return the tracer that a parameter of a machine carries, or a plain number."""
    carried = value.value if isinstance(value, StandIn) else value
    return carried.made() if isinstance(carried, _Later) else carried


def traced(value: Any, path: str, old: Any = None) -> Any:
    """Return what stands for a tracer of JAX as a parameter; anything else as it is.

    Its shadow is the number at the point of differentiation, or under `jax.jit` the `old` one.

    Raises
    ------
    ParameterError
        For float32, and where there is no number to decide the structure by.

    Examples
    --------
    >>> traced(2.0, "Omega")
    2.0
    """
    if not is_jax(value) or not isinstance(value, jax_library().core.Tracer):
        return value
    if value.dtype != np.float64:
        rule = "be float64"
        remedy = "32-bit temperatures lose the small populations; call "
        remedy += 'jax.config.update("jax_enable_x64", True) before anything is computed'
        raise ParameterError(path, rule, f"a {value.dtype} tracer of JAX", remedy)
    number = concrete(value)
    if number is None and old is None:
        rule, got = "have a number when the machine is built", "a tracer under jax.jit or jax.vmap"
        remedy = f"build the machine with numbers and use machine.replace({{'{path}': ...}})"
        raise ParameterError(path, rule, got, remedy)
    if number is None:
        known = np.asarray(old.shadow if isinstance(old, StandIn) else old)
        try:
            number = np.broadcast_to(known, value.shape)
        except ValueError:
            number = np.full(value.shape, known.flat[0])
    return StandIn(_UNPLANNED, value, number)
