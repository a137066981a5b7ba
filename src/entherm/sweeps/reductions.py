"""What is kept of a sweep whose points are too many to keep: extrema, counts, means, thresholds.

A reduction turns every block of points into a few arrays and merges these, block after block, in
the order of the blocks: its memory does not grow with the sweep, and its numbers do not depend on
who computed which block. Several work side by side; each may be taken over some axes and keep the
others (`over`), and look at some points only (`where`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from math import inf, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import items_of, real_numbers, require_identifier, require_kind, require_known
from entherm.errors import ParameterError
from entherm.parameters import Array
from entherm.sweeps.axes import Grid

State = dict[str, NDArray[Any]]
Variable = tuple[tuple[str, ...], NDArray[Any], dict[str, str]]


@dataclass(frozen=True)
class Within:
    """A condition on a column: strictly above one number, and strictly below another.

    Attributes
    ----------
    of : str
        A variable of the sweep.
    above, below : float

    Examples
    --------
    >>> Within("concurrence", above=0.0).holds({"concurrence": np.array([0.0, 0.1, np.nan])})
    array([False,  True, False])
    """

    of: str
    _: KW_ONLY
    above: float = -inf
    below: float = inf

    def __post_init__(self) -> None:
        for key in ("above", "below"):
            object.__setattr__(self, key, float(real_numbers(getattr(self, key), key)))
        if not self.above < self.below:
            rule, remedy = "be above one number and below a larger one", "swap or drop one"
            raise ParameterError(self.of, rule, f"above {self.above}, below {self.below}", remedy)

    def holds(self, values: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Where it does; not where there is no number."""
        x = values[self.of]
        # Of a bound that is not there nothing is asked: +inf is above any number.
        if self.below == inf:
            return np.asarray(x > self.above)
        return np.asarray(
            x < self.below if self.above == -inf else (x > self.above) & (x < self.below)
        )


@dataclass(frozen=True)
class Frame:
    """How the axes of a sweep lie to a reduction.

    Attributes
    ----------
    grid : Grid
    reduced : tuple of int
        Axes that it is taken over.
    """

    grid: Grid
    reduced: tuple[int, ...]

    @property
    def kept(self) -> tuple[int, ...]:
        """The other axes."""
        return tuple(k for k in range(len(self.grid.shape)) if k not in self.reduced)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what is kept."""
        return tuple(self.grid.shape[k] for k in self.kept)

    @property
    def names(self) -> tuple[str, ...]:
        """Dimensions of what is kept."""
        return tuple(self.grid.names[k] for k in self.kept)

    def rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bring the reduced axes of a block into one, the last."""
        moved = values.transpose(*self.kept, *self.reduced)
        return moved.reshape(*moved.shape[: len(self.kept)], -1)

    def number(self, index: tuple[slice, ...], inner: NDArray[np.intp]) -> NDArray[np.int64]:
        """Number points of a block along the reduced axes of the whole sweep."""
        own = [index[k] for k in self.reduced]
        places = np.unravel_index(inner, [s.stop - s.start for s in own]) if own else ()
        whole = [self.grid.shape[k] for k in self.reduced]
        shifted = tuple(p + s.start for p, s in zip(places, own, strict=True))
        found = np.ravel_multi_index(shifted, whole) if own else np.zeros_like(inner)
        return np.asarray(found, np.int64)

    def coordinates(
        self, numbers: NDArray[np.int64], known: NDArray[np.bool_]
    ) -> Iterator[tuple[str, Array, dict[str, str]]]:
        """Yield what each reduced parameter is at numbered points; NaN where nothing is known."""
        whole = [self.grid.shape[k] for k in self.reduced]
        places = np.unravel_index(np.where(known, numbers, 0), whole)
        for k, place in zip(self.reduced, places, strict=True):
            for parameter in self.grid.axes[k].parameters:
                found = np.where(known, parameter.shown[place], np.nan)
                yield parameter.name, found, parameter.attributes


_DIMS = "give a dimension, or a list of them"
_CONDITION = 'give e.g. entherm.Within("heat_RC", above=0.0)'


@dataclass(frozen=True)
class Reduction(ABC):
    """Something that is kept of the points of a sweep.

    Attributes
    ----------
    of : str
        A variable of the sweep: ``"concurrence"``, ``"heat_RC"``.
    over : tuple of str
        Dimensions that it is taken over; empty: all of them.
    where : tuple of Within
        Points that it looks at: those where all of them hold.
    """

    of: str
    _: KW_ONLY
    over: str | Sequence[str] = ()
    where: Within | Sequence[Within] = ()

    def __post_init__(self) -> None:
        over = (self.over,) if isinstance(self.over, str) else items_of(self.over, "over", _DIMS)
        where = (
            (self.where,)
            if isinstance(self.where, Within)
            else items_of(self.where, "where", _CONDITION)
        )
        for one in where:
            require_kind(one, Within, "where", "be conditions", _CONDITION)
        object.__setattr__(self, "over", over)
        object.__setattr__(self, "where", where)

    @property
    @abstractmethod
    def name(self) -> str:
        """Of its variable in the dataset, unless another is given."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What it reads."""
        return tuple(dict.fromkeys((self.of, *(w.of for w in self._conditions))))

    @property
    def _conditions(self) -> tuple[Within, ...]:
        return tuple(self.where)  # type: ignore[arg-type]

    def frame(self, grid: Grid) -> Frame:
        """Return how it lies to the axes.

        Raises
        ------
        UnknownNameError
            For a dimension that is none.
        """
        for name in self.over:
            require_known("over", name, grid.names)
        over = self.over or grid.names
        return Frame(grid, tuple(k for k, name in enumerate(grid.names) if name in over))

    def whole(self, grid: Grid) -> tuple[int, ...]:
        """Axes that a block must not cut."""
        del grid
        return ()

    def words(self) -> str:
        """What it is, in a text that is the same only for the same thing."""
        return repr(self)

    def _looked_at(self, values: Mapping[str, Array]) -> Array:
        """Its column, NaN where it does not look."""
        found = values[self.of]
        for condition in self._conditions:
            found = np.where(condition.holds(values), found, np.nan)
        return found

    @abstractmethod
    def empty(self, frame: Frame) -> State:
        """What is known before the first block."""

    @abstractmethod
    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Reduce one block."""

    @abstractmethod
    def merge(self, total: State, part: State) -> State:
        """Join what is known with a block that comes after it."""

    @abstractmethod
    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Return its variables, called after `name`; `about` is what its column says of itself."""

    def take(self, frame: Frame, total: State, part: State, index: tuple[slice, ...]) -> None:
        """Merge a block into what is known, in place."""
        own = tuple(index[k] for k in frame.kept)
        merged = self.merge({key: array[own] for key, array in total.items()}, part)
        for key, array in total.items():
            array[own] = merged[key]


def require_reductions(reduce: object) -> dict[str, Reduction]:
    """Return reductions by the names of their variables, or say what is wrong.

    Examples
    --------
    >>> from entherm import Maximum
    >>> [*require_reductions(Maximum("concurrence"))], [*require_reductions({"C": Maximum("C")})]
    (['concurrence_maximum'], ['C'])
    """
    if isinstance(reduce, Mapping):
        for name in reduce:
            require_identifier(name, "reduce")
        named = [*reduce.items()]
    else:
        given: Any = (reduce,) if isinstance(reduce, Reduction) else reduce
        listed = isinstance(given, Sequence) and not isinstance(given, str)
        named = [(getattr(one, "name", ""), one) for one in given] if listed else []
    if not named or not all(isinstance(one, Reduction) for _, one in named):
        raise ParameterError("reduce", "be reductions", repr(reduce), _GIVE)
    names = [name for name, _ in named]
    for name in names:
        if names.count(name) > 1:
            rule, remedy = "have a name each", "give a mapping from names to reductions"
            raise ParameterError("reduce", rule, f"{name} twice", remedy)
    return dict(named)


_GIVE = 'give e.g. [entherm.Maximum("concurrence")]'


def bytes_kept(reductions: Iterable[Reduction], grid: Grid) -> int:
    """Return how much memory reductions take at the end.

    Examples
    --------
    >>> from entherm import Maximum, two_qubit_machine
    >>> from entherm.sweeps.axes import grid_of
    >>> bytes_kept([Maximum("C")], grid_of({"qubits.A": [1.0]}, two_qubit_machine(1, 1, 0.5)))
    16
    """
    return sum(_size(one, one.frame(grid)) for one in reductions)


def _size(one: Reduction, frame: Frame) -> int:
    # Of one point of what is kept, without making the whole.
    single = Frame(frame.grid, tuple(range(len(frame.grid.shape))))
    return prod(frame.shape) * sum(array.nbytes for array in one.empty(single).values())
