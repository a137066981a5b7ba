"""A steady state's points, run by run, each with its tilted generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.clusters import fixed_over
from entherm.errors import InvalidMachineError
from entherm.fluctuations.tilted import Tilted, tilted_generator
from entherm.liouvillian import generator, runs
from entherm.machine import Machine
from entherm.many.memory import bytes_written, coupled_elements
from entherm.many.sector_memory import require_room
from entherm.parameters import Array, broadcast_shape
from entherm.places import on_request, where_at
from entherm.steady_state import SteadyState

# Memory for the points and counting fields whose dominant eigenvalues are computed at once.
TILTED_BYTES = 1 << 26

Run = tuple[NDArray[np.intp], Tilted]


@dataclass(frozen=True, eq=False)
class CountedRuns:
    """The points that have a steady state.

    Attributes
    ----------
    state : SteadyState
    of : str
        What is counted.
    """

    state: SteadyState
    of: str

    def __iter__(self) -> Iterator[Run]:
        """Yield flat indices, ascending, and the tilted generator there."""
        return iter(self._only) if self._only else self._made()

    @cached_property
    def _only(self) -> tuple[Run, ...]:
        """The run that is made once and kept, where there is no second one."""
        first = tuple(islice(self._made(), 1))
        return first if first and len(first[0][0]) == len(self._points) else ()

    @cached_property
    def _points(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.state.reason == 0)

    def _made(self) -> Iterator[Run]:
        machine, points = self.state.machine, self._points
        if not len(points):
            return
        rule = fixed_over(machine, self.state.equation)
        part = machine.take(points) if machine.shape else machine
        start = 0
        for run in runs(part, coupled_elements(machine)):
            own = points[start : start + prod(run.shape)]
            start += len(own)
            tilted = tilted_generator(generator(run, rule), self.of)
            self._require_sound(tilted, own)
            yield own, tilted

    def each(self, of: Callable[[Tilted], Array], *counted: int) -> Array:
        """Return what is asked of every run, shape (..., *counted); NaN without a steady state."""
        shape = self.state.shape
        found = np.full((prod(shape), *counted), np.nan)
        for points, tilted in self:
            found[points] = of(tilted)
        found = found.reshape((*shape, *counted))
        found.setflags(write=False)
        return found

    def dominant(self, fields: Mapping[str, Array]) -> Array:
        """Return θ on the axes of the fields and the machine together."""
        own = self.state.shape
        paths = {f"fields.{name}": value for name, value in fields.items()}
        shape = broadcast_shape({"machine": np.empty(own), **paths})
        flat = {name: np.broadcast_to(value, shape).ravel() for name, value in fields.items()}
        numbers = np.broadcast_to(np.arange(prod(own)).reshape(own), shape).ravel()
        found = np.full(len(numbers), np.nan)
        for points, tilted in self:
            place = np.minimum(np.searchsorted(points, numbers), len(points) - 1)
            here = np.flatnonzero(points[place] == numbers)
            step = max(1, TILTED_BYTES // (64 * len(tilted.steady) ** 2))
            for start in range(0, len(here), step):
                chosen = here[start : start + step]
                fields_here = {name: value[chosen] for name, value in flat.items()}
                found[chosen] = tilted.dominant(place[chosen], fields_here)
        theta = found.reshape(shape)
        theta.setflags(write=False)
        return theta

    def _require_sound(self, tilted: Tilted, points: NDArray[np.intp]) -> None:
        machine = self.state.machine
        if not np.all(tilted.sound):
            where = where_at(machine, points[~tilted.sound])
            raise InvalidMachineError(
                "Rates are so far apart that the slow ones cannot be told from zero, and with them "
                f"the fluctuations{where}: bring them within a factor of 1e13{on_request(machine)}"
            )


def require_counting_room(machine: Machine) -> None:
    """Refuse a machine whose generator does not fit into memory.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_counting_room(two_qubit_machine(20.0, 20.0, 10.0))
    """
    what = f"the generator over {coupled_elements(machine)} populations and coherences"
    require_room(bytes_written(machine), what, "use fewer subsystems")
