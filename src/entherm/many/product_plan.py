"""The plan of a machine whose points were solved one by one without a generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from entherm.bohr import diagonalise
from entherm.machine import Machine
from entherm.many.class_jumps import LevelClasses
from entherm.many.many_levels import point_of
from entherm.many.packed_states import PackedCoherences, PackedStates
from entherm.many.sector_plan import SectorPlan
from entherm.many.sector_state import Multiplet, SectorState
from entherm.parameters import Array
from entherm.point_stage import SolvedPlan


@dataclass(frozen=True, eq=False)
class ProductPlan(SectorPlan):
    """Every point of a machine, solved, with the coherences between levels of one class.

    Attributes
    ----------
    packed : ndarray, shape (points, m)
        As in `entherm.many.packed_states`.
    """

    packed: Array

    def states(self) -> Iterator[SectorState]:
        """Yield the state of each point; a class of levels is one multiplet."""
        solved = zip(self.packed, self.populations, self.currents, strict=True)
        for k, (packed, populations, currents) in enumerate(solved):
            levels = self.single or diagonalise(point_of(self.machine, k))
            states = PackedStates(LevelClasses(levels).members)
            multiplets = tuple(
                Multiplet(labels, block)
                for labels, block in zip(states.members, states.unpacked(packed), strict=True)
                if len(labels) > 1 and np.all(np.isfinite(block))
            )
            yield SectorState(levels, self.machine.dimensions, populations, multiplets, currents)


def product_plan(machine: Machine, solved: SolvedPlan) -> ProductPlan:
    """Return what `solve_by_products` found as a plan that observables read point by point.

    Parameters
    ----------
    machine : Machine
    solved : SolvedPlan
        With `PackedCoherences`.

    Examples
    --------
    >>> from entherm import Redfield, two_qubit_machine
    >>> from entherm.many.many_levels import solve_by_products
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> plan = product_plan(m, solve_by_products(m, Redfield())[0])
    >>> round(float(plan.state.density_matrix.trace().real), 12)
    1.0
    """
    assert isinstance(solved.coherences, PackedCoherences)
    points = prod(machine.shape)
    single = None if machine.shape else diagonalise(machine)
    taken = (single or diagonalise(point_of(machine, k)) for k in range(points))
    return ProductPlan(
        machine,
        np.stack([np.array(levels.energies, float) for levels in taken]),
        np.stack([p.reshape(-1) for p in solved.populations], -1),
        [
            {name: float(values.reshape(-1)[k]) for name, values in solved.heats.items()}
            for k in range(points)
        ],
        single,
        solved.coherences.packed.reshape(-1, points).T,
    )
