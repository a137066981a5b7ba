"""Stand-ins for arrays: run the plan once at one point, and keep what it did for all others.

The physics is written for NumPy arrays. A `StandIn` takes part in NumPy's protocols in place of
one: beside the number at one sample point, its *shadow*, it carries what the number is made of.
Where the code asks a question (is this frequency positive, is that amplitude dark), the shadow
answers and the question is kept as a *guard*: what was found holds wherever the guards do.

What a stand-in carries is the business of its `Algebra`: recorded scalars to be compiled
(`entherm.prepared`), or arrays of JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from entherm.algebra import Algebra
from entherm.errors import ParameterError

# Questions whose answer steers the code, and what to ask of the value in their place.
_QUESTIONS: dict[Any, Callable[..., Any]] = {np.any: np.any, np.all: np.all}

# Where something is, and in what order: answered with plain numbers of the sample point.
_PLACES: set[Any] = {np.flatnonzero, np.nonzero, np.unique}

# Properties that the shadow shares with the value.
_PROPERTIES = {
    np.shape,
    np.ndim,
    np.size,
    np.iscomplexobj,
    np.isrealobj,
    np.result_type,
    np.broadcast_shapes,
}


class StandIn(NDArrayOperatorsMixin):
    """What stands for an array: its number at one point, and how it is made.

    Attributes
    ----------
    algebra : Algebra
    value : Any
        An object of the algebra, of the same shape as `shadow`.
    shadow : ndarray
        The number at the sample point.
    probe : ndarray, or None
        The number at a point beside it: what is equal here and there is so by structure, not by
        the choice of the sample.
    """

    __slots__ = ("algebra", "probe", "shadow", "value")

    def __init__(self, algebra: Algebra, value: Any, shadow: Any, probe: Any = None) -> None:
        self.algebra, self.value, self.shadow = algebra, algebra.kept(value), np.asarray(shadow)
        self.probe = None if probe is None else np.asarray(probe)

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        kwargs.pop("dtype", None)
        kwargs.pop("out", None)  # of x += y, which binds the result to x
        if kwargs or method != "__call__":
            return NotImplemented
        with np.errstate(all="ignore"):
            shadow = ufunc(*(_shadow(x) for x in inputs))
            probe = ufunc(*map(_probe, inputs)) if any(map(_probed, inputs)) else None
        if ufunc is np.isnan and not np.any(shadow):
            value = self.algebra.nowhere(shadow, [_value(x) for x in inputs])
        else:
            value = self.algebra.elementwise(ufunc, [_value(x) for x in inputs])
        return StandIn(self.algebra, value, shadow, probe)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        del types
        if func in _PROPERTIES:
            return func(*_mapped(args, _shadow), **_mapped(kwargs, _shadow))
        if func in _QUESTIONS and not kwargs.get("axis") and len(args) == 1 and not kwargs:
            return self._answer(func)
        if func in _PLACES:
            return self._places(func, args, kwargs)
        with np.errstate(all="ignore"):
            shadow = func(*_mapped(args, _shadow), **_mapped(kwargs, _shadow))
            probe = None
            if self.probe is not None:
                probe = func(*_mapped(args, _probe), **_mapped(kwargs, _probe))
        value = self.algebra.call(func, _mapped(args, _value), _mapped(kwargs, _value))
        if isinstance(shadow, tuple | list):
            probes = [None] * len(shadow) if probe is None else probe
            triples = zip(value, shadow, probes, strict=True)
            parts = [StandIn(self.algebra, *triple) for triple in triples]
            fields = getattr(shadow, "_fields", None)
            return type(shadow)(*parts) if fields else type(shadow)(parts)
        return StandIn(self.algebra, value, shadow, probe)

    def _answer(self, func: Any) -> bool:
        answer = bool(func(self.shadow))
        mask = self.algebra.call(func, (self.value,), {})
        self.algebra.guard(mask, answer)
        return answer

    def _places(self, func: Any, args: Any, kwargs: Any) -> Any:
        asked = args[0]
        asked.algebra.guard(asked.algebra.call(np.all, ((asked == asked.shadow).value,), {}), True)
        return func(asked.shadow, *args[1:], **kwargs)

    def agreed(self) -> bool | None:
        """Return what all entries of a mask are, and guard that; None if that is left open."""
        return self.algebra.agreed(self)

    def __bool__(self) -> bool:
        if self.shadow.size != 1:
            raise ValueError("the truth of several numbers: use np.any or np.all")
        return self._answer(np.all)

    def __float__(self) -> float:
        raise ParameterError(
            "parameters",
            "stay arrays on the way to a result",
            "a number was taken out of one that is traced",
            "this quantity is not differentiable, or not yet",
        )

    # What an array is asked for

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return self.shadow.shape

    @property
    def extent(self) -> tuple[int, ...]:
        """Shape of the array that is stood for, with its batch."""
        return self.algebra.extent(self.value)

    @property
    def ndim(self) -> int:
        """As of an array."""
        return self.shadow.ndim

    @property
    def size(self) -> int:
        """As of an array."""
        return self.shadow.size

    @property
    def dtype(self) -> Any:
        """As of an array."""
        return self.shadow.dtype

    @property
    def real(self) -> Any:
        """As of an array."""
        return np.real(self) if np.iscomplexobj(self) else self

    @property
    def imag(self) -> Any:
        """As of an array."""
        return np.imag(self) if np.iscomplexobj(self) else 0.0 * self

    @property
    def T(self) -> Any:
        """As of an array."""
        return np.transpose(self)  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return repr(self.shadow)

    def __str__(self) -> str:
        return str(self.shadow)

    def __len__(self) -> int:
        return len(self.shadow)

    def __iter__(self) -> Iterator[StandIn]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> StandIn:
        probe = None if self.probe is None else self.probe[index]
        return StandIn(self.algebra, self.value[index], self.shadow[index], probe)

    def __setitem__(self, index: Any, entry: Any) -> None:
        self.value = self.algebra.put(self.value, index, _value(entry))
        self.shadow = np.array(self.shadow)
        self.shadow[index] = _shadow(entry)
        if self.probe is not None or _probed(entry):
            self.probe = np.array(self.shadow if self.probe is None else self.probe)
            self.probe[index] = _probe(entry)

    def conj(self) -> Any:
        """As of an array."""
        return np.conj(self) if np.iscomplexobj(self) else self

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """As of an array."""
        return np.sum(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def all(self, axis: Any = None) -> Any:
        """As of an array."""
        return np.all(self, axis=axis)  # type: ignore[call-overload]

    def any(self, axis: Any = None) -> Any:
        """As of an array."""
        return np.any(self, axis=axis)  # type: ignore[call-overload]

    def max(self, axis: Any = None) -> Any:
        """As of an array."""
        return np.max(self, axis=axis)  # type: ignore[call-overload]

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """As of an array."""
        return np.min(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def reshape(self, *shape: Any) -> Any:
        """As of an array."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)  # type: ignore[call-overload]

    def ravel(self) -> Any:
        """As of an array."""
        return np.reshape(self, -1)  # type: ignore[call-overload]

    def copy(self) -> StandIn:
        """As of an array."""
        return StandIn(self.algebra, self.value, self.shadow, self.probe)

    def together(self) -> Any:
        """Positions along the last axis, what agrees to 1e-9 of the largest side by side.

        The same wherever the same entries agree, unlike an order by size.
        """
        near = np.abs(self.shadow[..., :, None] - self.shadow[..., None, :])
        first = np.argmax(near <= 1e-9 * np.max(np.abs(self.shadow), initial=0.0), axis=-1)
        return np.argsort(first, axis=-1, kind="stable")

    def tobytes(self) -> bytes:
        """Of the number at the sample point, and of the one beside it."""
        return self.shadow.tobytes() + (b"" if self.probe is None else self.probe.tobytes())

    def setflags(self, **flags: bool) -> None:
        """Nothing to freeze."""


def as_stand_in(value: Any) -> StandIn | None:
    """Return `value` if it is a stand-in.

    Examples
    --------
    >>> as_stand_in(1.0) is None
    True
    """
    return value if isinstance(value, StandIn) else None


def _shadow(x: Any) -> Any:
    return x.shadow if isinstance(x, StandIn) else x


def _probe(x: Any) -> Any:
    return x.probe if _probed(x) else _shadow(x)


def _probed(x: Any) -> bool:
    return isinstance(x, StandIn) and x.probe is not None


def _value(x: Any) -> Any:
    return x.value if isinstance(x, StandIn) else x


def _mapped(tree: Any, part: Callable[[Any], Any]) -> Any:
    """Replace the stand-ins in nested tuples, lists and dicts."""
    if isinstance(tree, tuple | list):
        return type(tree)(_mapped(x, part) for x in tree)
    if isinstance(tree, dict):
        return {k: _mapped(x, part) for k, x in tree.items()}
    return part(tree)
