"""One call for a sweep: axes in, a labelled dataset out."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from entherm.asymptotics import density_matrix_from
from entherm.checks import require_choice, require_count, require_kind
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.kernels import Engine, at_most
from entherm.machine import Machine
from entherm.machine_file import MachineFile
from entherm.many.sector_memory import require_room
from entherm.sweeps import reduced, results
from entherm.sweeps.accessor import register
from entherm.sweeps.axes import grid_of
from entherm.sweeps.chunks import chunk_points as usual_points
from entherm.sweeps.chunks import chunked
from entherm.sweeps.columns import columns_of
from entherm.sweeps.flags import validity_flags
from entherm.sweeps.labelled import Origin, attributes
from entherm.sweeps.opening import open_sweep
from entherm.sweeps.progress import Report, shown
from entherm.sweeps.reductions import Reduction, bytes_kept, require_reductions
from entherm.sweeps.results import Pool
from entherm.sweeps.store import folder_of
from entherm.sweeps.task import OnInvalid, Task
from entherm.sweeps.workers import here, on_cluster, on_workers, required_workers

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client

# Clusters that are one for a sweep are decided by pairs of levels at all points together.
CLUSTERED_POINTS = 1_000_000


def sweep(
    machine: Machine | MachineFile,
    axes: object,
    observables: object,
    equation: Equation | None = None,
    *,
    on_invalid: OnInvalid = "raise",
    initial: ArrayLike | None = None,
    engine: Engine | None = None,
    reduce: Reduction | Sequence[Reduction] | Mapping[str, Reduction] | None = None,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    client: Client | None = None,
    chunk_points: int | None = None,
    progress: Report | None = None,
) -> xr.Dataset:
    """Compute observables over all points of a grid, into a labelled dataset.

    Parameters
    ----------
    machine : Machine or MachineFile
        One point. Of a file (`entherm.read`), axes and results are in its units.
    axes : mapping
        ``path: values`` for each axis; ``(path, path): values`` for parameters that vary together;
        ``name: {path: values, path: values}`` for such that take other values each. Values are
        numbers, of a file with units quantities (``["10 mK", "20 mK"]``), or a `Span`. The last
        axis varies fastest.
    observables : list, mapping, or one of what it holds
        Observables, their words (``"heat RC"``), functions from a `SteadyState` to a number for
        every point, and `with_and_without`. A mapping gives them names.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        What becomes of points that have no steady state or more than one: an error that names the
        first, or NaN with a code in ``reason``, and their number in the attribute
        ``invalid_points``.
    initial : array_like, optional
        As of `steady_state`.
    engine : {"numpy", "compiled", "jax"}, optional
        As of `steady_state`.
    reduce : Reduction, list or mapping of Reduction, optional
        Keep these of the points, instead of the points: `Maximum`, `Minimum`, `Mean`, `Fraction`,
        `Histogram`, `Contour`. A mapping gives them names.
    out : path-like, optional
        A folder, ``run.zarr``. The points are written there, chunk by chunk; the same call goes
        on where it was interrupted. Left out, the points are kept in memory.
    workers : int, optional
        So many processes on this machine, of one thread each; needs ``entherm[dask]``. Left out,
        this process alone, with all its threads.
    client : distributed.Client, optional
        A Dask cluster to work on instead. Its workers must see `out` under the same path.
    chunk_points : int, optional
        About how many points are computed at once; left out, by what a point costs. A store that
        exists keeps its own.
    progress : callable, optional
        Is told a `Progress` after every chunk. Left out, a bar on a terminal, after a second.

    Returns
    -------
    xarray.Dataset
        Dimensions are named after the first parameter of each axis. `open_sweep` says what it
        holds, and what its accessor ``.entherm`` draws and writes. With `out`, it is read from the
        disk when it is used.

    Raises
    ------
    UnknownNameError
        For a parameter, observable, reservoir or reduced variable that is none.
    ParameterError
        For axes that overlap, are empty or not finite, and what would not fit into memory.
    StoreError
        If `out` is in use, holds another sweep (says what differs), or cannot be written.
    EnthermError
        For the first point without a steady state; says where it is.

    Examples
    --------
    >>> from entherm import concurrence, heat, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
    >>> found = sweep(
    ...     machine,
    ...     {
    ...         ("reservoirs.RA.temperature", "reservoirs.RB.temperature"): [4.0, 5.0],
    ...         "reservoirs.RC.temperature": [1.0, 3.0, 5.0],
    ...     },
    ...     [concurrence("A", "B"), heat("RC")],
    ... )
    >>> found.concurrence.sel({"reservoirs.RA.temperature": 5.0}).values.round(4)
    array([0.0993, 0.0981, 0.0845])
    """
    plan = plan_of(
        machine,
        axes,
        observables,
        equation,
        on_invalid=on_invalid,
        initial=initial,
        engine=engine,
        reduce=reduce,
        chunk_points=chunk_points,
    )
    folder = None if out is None else folder_of(out)
    _require_report(progress)
    register()
    reporting = shown() if progress is None else nullcontext(progress)
    pool = _pool(workers, client)
    with reporting as report:
        return plan.run(folder, pool, report)


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep that has been checked, and not yet computed.

    Attributes
    ----------
    task : Task
    origin : Origin
    reductions : mapping of str to Reduction
    """

    task: Task
    origin: Origin
    reductions: Mapping[str, Reduction]

    def run(self, folder: Path | None, pool: Pool, report: Report) -> xr.Dataset:
        """Compute it."""
        about = self._about
        if folder is None and not self.reductions:
            return results.in_memory(self.task, about, pool, report)
        if folder is None:
            return reduced.in_memory(self.task, about, self.reductions, pool, report)
        if self.reductions:
            reduced.stored(self.task, about, self.reductions, folder, pool, report)
        else:
            results.stored(self.task, about, folder, pool, report)
        return open_sweep(folder)

    def _about(self) -> dict[str, str | int]:
        return attributes(self.task, self.origin) | {"validity": validity_flags(self.task)}

    def estimate(self, workers: int | None = None) -> Estimate:
        """Measure one chunk, and say what the sweep will take.

        The first time warms up what is compiled; the second counts.

        Parameters
        ----------
        workers : int, optional
            As of `sweep`.
        """
        chunk = len(self.task.chunks) // 2
        with at_most(1) if workers else nullcontext():
            for _ in range(2):
                begun = time.perf_counter()
                reduced.Reduced(self.task, self.reductions)(chunk)
                seconds = time.perf_counter() - begun
        rate = self.task.chunks.points(chunk) / seconds * (workers or 1)
        kept = bytes_kept(self.reductions.values(), self.task.grid)
        numbers = 8 * len(self.task.columns) + len(self.task.reasons)
        points = self.task.grid.points
        return Estimate(
            points, len(self.task.chunks), kept if self.reductions else points * numbers, rate
        )


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take.

    Attributes
    ----------
    points, chunks : int
    size : int
        Bytes of the result, before compression.
    rate : float
        Points a second, as measured on one chunk.
    """

    points: int
    chunks: int
    size: int
    rate: float

    @property
    def seconds(self) -> float:
        """Of the whole sweep."""
        return self.points / self.rate


def plan_of(
    machine: Machine | MachineFile,
    axes: object,
    observables: object,
    equation: Equation | None = None,
    *,
    on_invalid: OnInvalid = "raise",
    initial: ArrayLike | None = None,
    engine: Engine | None = None,
    reduce: object = None,
    chunk_points: int | None = None,
) -> Plan:
    """Return a sweep, checked but not computed; parameters as of `sweep`.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0)
    >>> plan = plan_of(machine, {"reservoirs.RC.temperature": [1.0, 2.0]}, "concurrence")
    >>> plan.estimate().points
    2
    """
    remedy = "build one, or read a file with entherm.read"
    require_kind(machine, (Machine, MachineFile), "machine", "be a Machine or a file", remedy)
    require_choice(on_invalid, "on_invalid", ("raise", "nan"))
    if engine is not None:
        require_choice(engine, "engine", ("numpy", "compiled", "jax"))
    origin = Origin(machine)
    base, rule = origin.machine, chosen_equation(equation)
    grid = grid_of(axes, base, origin.units)
    _require_clusters(rule, grid.points)
    columns = columns_of(observables, base, origin.units)
    reductions = {} if reduce is None else require_reductions(reduce)
    start = None if initial is None else density_matrix_from(initial, prod(base.dimensions))
    footprint = sum(column.footprint(base) for column in columns)
    if chunk_points is None:
        points = usual_points(base, rule, footprint)
    else:
        remedy = "leave it out, or give e.g. 100_000"
        points = require_count(chunk_points, "chunk_points", remedy)
    whole = {axis for one in reductions.values() for axis in one.whole(grid)}
    chunks = chunked(grid.shape, points, whole)
    remedy = "lower chunk_points, or shorten the axis that a reduction reads whole"
    require_room(chunks.points(0) * footprint, f"a chunk of {chunks.points(0)} points", remedy)
    task = Task(base, grid, columns, rule, on_invalid, start, engine, chunks)
    made = [*(c.name for c in columns), *task.reasons]
    _require_apart(made, [*grid.names, *(p.name for p in grid.swept)])
    reduced.require_columns(reductions, task)
    grid.machine(base)  # refuses values that the machine may not have
    return Plan(task, origin, reductions)


def _require_clusters(equation: Equation, points: int) -> None:
    """Refuse to look at more points at once than fit, where clusters are one for a sweep."""
    if getattr(equation, "clustering", "point") == "sweep" and points > CLUSTERED_POINTS:
        rule, remedy = "find its clusters point by point", 'leave clustering out, or give "point"'
        raise ParameterError("equation", f"{rule} above {CLUSTERED_POINTS} points", points, remedy)


def _require_report(progress: object) -> None:
    if progress is not None and not callable(progress):
        remedy = "give a function of a Progress, or leave it out"
        raise ParameterError("progress", "be a function", repr(progress), remedy)


def _require_apart(columns: list[str], coordinates: list[str]) -> None:
    for name in columns:
        if name in coordinates:
            rule, remedy = "not be called as an axis is", "give one of them another name"
            raise ParameterError("observables", rule, repr(name), remedy)


def _pool(workers: int | None, client: Client | None) -> Pool:
    if workers is not None and client is not None:
        remedy = "give the client alone: it has workers"
        raise ParameterError("workers", "not be given beside a client", workers, remedy)
    if client is not None:
        return partial(on_cluster, client)
    if workers is not None:
        return partial(on_workers, required_workers(workers))
    return here
