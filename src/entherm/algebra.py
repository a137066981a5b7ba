"""What stand-ins for arrays (`entherm.tracing`) are made of, and how that is computed with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# What a reduction repeats, and what only moves entries about.
REDUCTIONS: dict[Any, np.ufunc] = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.any: np.logical_or,
    np.all: np.logical_and,
    np.max: np.maximum,
    np.min: np.minimum,
}
MOVES: frozenset[Any] = frozenset(
    {
        *(np.stack, np.concatenate, np.broadcast_arrays, np.broadcast_to, np.transpose),
        *(np.swapaxes, np.moveaxis, np.reshape, np.ravel, np.expand_dims, np.squeeze),
        *(np.diagonal, np.diag, np.trace, np.copy, np.take, np.take_along_axis, np.diff),
        *(np.put_along_axis, np.atleast_1d, np.flip),
        *(np.empty_like, np.zeros_like, np.ones_like),
    }
)


class Algebra(ABC):
    """How the values of stand-ins are computed with, and what is done with guards."""

    def kept(self, value: Any) -> Any:
        """Return a value in the form that stand-ins keep."""
        return value

    def extent(self, value: Any) -> tuple[int, ...]:
        """Return the shape of what a value stands for."""
        return tuple(value.shape)

    @abstractmethod
    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """Apply a ufunc; operands are values or plain arrays."""

    @abstractmethod
    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Apply another function of NumPy; nested values or plain arrays."""

    @abstractmethod
    def put(self, value: Any, index: Any, entry: Any) -> Any:
        """Return `value` with some entries replaced."""

    @abstractmethod
    def guard(self, mask: Any, expected: bool) -> None:
        """Keep that `mask`, a value of no dimension, was `expected`."""

    def nowhere(self, shadow: Any, operands: Sequence[Any]) -> Any:
        """Return where an operand is NaN, which it is not at the sample point."""
        del shadow
        return self.elementwise(np.isnan, operands)

    def present(self, array: Any) -> bool:
        """Whether an array is to be reckoned with: where it is 0 at the sample point, not."""
        return bool(np.any(array != 0.0))

    def matters(self, array: Any) -> bool:
        """Whether a factor may differ from 0 at some point; as `present` where that is cheap."""
        return self.present(array)

    def agreed(self, mask: Any) -> bool | None:
        """Return what all entries of a mask are, and guard that; None if they differ."""
        if not np.any(mask.shadow):
            return bool(mask.any())
        return bool(mask.all()) if np.all(mask.shadow) else None

    def first_order(self, array: Any, form: Callable[[], Any]) -> Any:
        """Return `array`, to be differentiated as if it were `form()`."""
        del form
        return array

    def eigenpairs(self, block: Any, solve: Callable[[Any], tuple[Any, Any]]) -> Any:
        """Return eigenvalues (..., m) and vectors (..., m, m) of a matrix, as `solve` does it."""
        return solve(block)

    def root(self, matrix: Any) -> Any:
        """Return a matrix R with R R† the given one, which is positive."""
        raise NotImplementedError

    def kink(self, where: Any, between: Sequence[Any], told: str) -> None:
        """Note where a result has a kink unless no number of `between` moves there."""
        del where, between, told
