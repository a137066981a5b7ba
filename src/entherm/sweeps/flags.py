"""Whether the equation may be trusted over a sweep: figures of validity at points all over it."""

from __future__ import annotations

import json
from itertools import product
from math import prod

import numpy as np

from entherm.errors import EnthermError
from entherm.failures import Reason
from entherm.places import Points
from entherm.steady_state import steady_state
from entherm.sweeps.task import Task
from entherm.validity import LARGEST_JUDGED

# Figures go through pairs of levels: so many pairs are looked at, a fraction of a second.
PAIRS = 4096
CORNERS = 6  # of so many axes, all corners


def validity_flags(task: Task) -> str:
    """Return the figures of validity over a sweep, as JSON.

    They are taken at the corners and at points spread evenly, all of them where these are few: how
    many is told under ``points``. Each figure has its largest value, from where on one should look
    twice, and at how many of the points it is beyond.

    Parameters
    ----------
    task : Task

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> from entherm.sweeps.axes import grid_of
    >>> from entherm.sweeps.chunks import chunked
    >>> from entherm.sweeps.columns import columns_of
    >>> base = two_qubit_machine(20.0, 20.0, 10.0)
    >>> grid = grid_of({"qubits.A": [19.0, 21.0]}, base)
    >>> columns = columns_of("concurrence", base)
    >>> task = Task(base, grid, columns, Global(), "raise", None, None, chunked((2,), 100))
    >>> json.loads(validity_flags(task))["points"]
    2
    """
    levels = prod(task.base.dimensions)
    if levels > LARGEST_JUDGED:
        return json.dumps({"points": 0, "note": f"not judged above {LARGEST_JUDGED} levels"})
    whole = task.grid.machine(task.base)
    some = whole.take(sample(task.grid.shape, max(1, PAIRS // levels**2)))
    try:
        state = steady_state(some, task.equation, on_invalid="nan", initial=task.initial)
        known = np.flatnonzero(state.reason == Reason.VALID)
        if not known.size:
            return json.dumps({"points": 0, "note": "no point that was looked at has a state"})
        judged = steady_state(some.take(known), task.equation, initial=task.initial).validity
        with np.errstate(all="ignore"):
            figures = {
                name: {
                    "largest": _largest(judged.figures[name]),
                    "look_twice_above": limit,
                    "points_beyond": int(np.count_nonzero(judged.beyond(name))),
                }
                for name, limit in judged.thresholds.items()
            }
    except EnthermError as error:
        return json.dumps({"points": 0, "note": str(error)})
    return json.dumps({"points": int(known.size), "of": task.grid.points, "figures": figures})


def sample(shape: tuple[int, ...], most: int) -> Points:
    """Return flat indices of points of a shape: all, or corners and others spread evenly.

    Examples
    --------
    >>> sample((2, 2), 10)
    array([0, 1, 2, 3])
    >>> sample((100, 100), 6)
    array([   0,   99, 2360, 6180, 9900, 9999])
    """
    total = prod(shape)
    if total <= most:
        return np.arange(total)
    ends = [(0, n - 1) for n in shape[:CORNERS]]
    rest = [0] * len(shape[CORNERS:])
    corners = [np.ravel_multi_index((*c, *rest), shape) for c in product(*ends)][:most]
    # Steps of the golden ratio fall into no period of the axes.
    steps = np.arange(1, most - len(corners) + 1) * 0.618033988749895 % 1.0
    return np.unique([*map(int, corners), *(steps * total).astype(int)]).astype(np.intp)


def _largest(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(min(known.max(), np.finfo(float).max)) if known.size else None
