"""What `entherm sweep` is asked for: read and checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from entherm import EnthermError, MachineFile, ParameterError, read
from entherm.cli.equations import equation_of
from entherm.cli.machines import PICTURES
from entherm.cli.output import OutputError
from entherm.cli.solving import require_one_machine, require_reservoirs
from entherm.cli.sweep_failures import told
from entherm.cli.sweep_words import axes_of, observables_of, reductions_of
from entherm.initial_states import spelled_state
from entherm.superoperator import Matrix
from entherm.sweeps.axes import Grid, grid_of
from entherm.sweeps.csv_export import require_one_table
from entherm.sweeps.identity import identity_of
from entherm.sweeps.ledger import NAME as LEDGER
from entherm.sweeps.ledger import read as read_ledger
from entherm.sweeps.reduced import begin
from entherm.sweeps.run import Plan, plan_of
from entherm.sweeps.store import chunks_of, folder_of, require_same

EXPORTS = (".nc", ".csv")


@dataclass(frozen=True)
class Asked:
    """The words of the command line.

    Attributes
    ----------
    file : str
    axes, observe, without, reduce : sequence of str
        As `entherm.cli.sweep_words` reads them.
    equation, initial : str or None
        Left out, what the file's ``[about]`` says.
    shift : {"absorbed", "explicit"}
    mark_invalid : bool
    out : str or None
        The store.
    chunk_points, workers : int or None
    dask : str or None
        Address of a scheduler.
    exports : sequence of str
    drawing : str or None
    """

    file: str
    axes: Sequence[str] = ()
    observe: Sequence[str] = ()
    without: Sequence[str] = ()
    reduce: Sequence[str] = ()
    equation: str | None = None
    initial: str | None = None
    shift: str = "absorbed"
    mark_invalid: bool = False
    out: str | None = None
    chunk_points: int | None = None
    workers: int | None = None
    dask: str | None = None
    exports: Sequence[str] = ()
    drawing: str | None = None


@dataclass(frozen=True, eq=False)
class Request:
    """What was asked for, checked.

    Attributes
    ----------
    asked : Asked
    source : MachineFile
    plan : Plan
        Of the sweep.
    initial : str or None
        Where a state that is not unique is reached from.
    given : dict
        Arguments of `entherm.sweep`, without those that say where.
    """

    asked: Asked
    source: MachineFile
    plan: Plan
    initial: str | None
    given: dict[str, Any]

    @property
    def swept(self) -> tuple[str, ...]:
        """Parameters that the axes give values to."""
        return tuple(p.path for p in self.plan.task.grid.swept)

    @cached_property
    def variables(self) -> dict[str, tuple[str, ...]]:
        """Dimensions of every variable of the result, in the order in which they were asked for."""
        task = self.plan.task
        if not self.plan.reductions:
            return dict.fromkeys([column.name for column in task.columns], task.grid.names)
        about = {column.name: column.attributes for column in task.columns}
        found: dict[str, tuple[str, ...]] = {}
        for name, one in self.plan.reductions.items():
            frame = one.frame(task.grid)
            made = one.finish(name, frame, one.empty(frame), about[one.of])
            found |= {own: dims for own, (dims, *_) in made.items() if dims != (own,)}
        return found

    @cached_property
    def drawn(self) -> tuple[str, ...]:
        """What a picture can show: curves of some, or one for a map; empty if there is nothing."""
        grid = self.plan.task.grid
        lengths = dict(zip(grid.names, grid.shape, strict=True))
        named = self.plan.reductions or self.variables  # not the counts beside reductions
        for name, dims in ((name, self.variables[name]) for name in named):
            longer = [dim for dim in dims if lengths.get(dim, 2) > 1]
            if len(longer) == 1:
                return tuple(other for other in named if self.variables[other] == dims)
            if len(longer) == 2:
                return (name,)
        return ()

    def kept(self) -> tuple[int, int]:
        """Return how many chunks are in the store, and of how many.

        Raises
        ------
        StoreError
            If it holds another sweep.
        """
        task, folder = self.plan.task, self.asked.out and folder_of(self.asked.out)
        if not folder or not (folder / LEDGER).is_file():
            return 0, len(task.chunks)
        words = {name: one.words() for name, one in self.plan.reductions.items()}
        ledger = read_ledger(folder)
        require_same(ledger, identity_of(task, words))
        chunks = chunks_of(ledger, task.grid.shape)
        if not self.plan.reductions:
            return len(ledger.entries), len(chunks)
        merged = begin(replace(task, chunks=chunks), self.plan.reductions)
        merged.load(folder)
        return merged.chunks, len(chunks)


def request_of(asked: Asked) -> Request:
    """Read a machine file, and check what is asked of it.

    Raises
    ------
    MachineFileError
        For whatever is wrong with the file, or with its machine; names the line where it can.
    ParameterError
        For an option that cannot be; names it.
    OutputError
        For a file that is to be written into a folder that is not there.

    Examples
    --------
    >>> asked = Asked("examples/two_qubit.toml", ["reservoirs.RC.temperature=1:3:5"], ["heat RC"])
    >>> request_of(asked).variables
    {'heat_RC': ('reservoirs.RC.temperature',)}
    """
    source = read(asked.file)
    _require_options(asked)
    rule = equation_of(asked.equation or source.about.equation or "global", asked.shift)
    _require_single(source)
    axes = axes_of(asked.axes, source)
    observables = observables_of(asked.observe, asked.without, source)
    reductions = reductions_of(asked.reduce)
    swept: list[str] = []
    try:
        require_one_machine(source.machine, "sweep")
        swept += _paths(axes)
        grid = grid_of(axes, source.machine, source.units)
        initial, start = _start(asked, source, grid)
        if start is None:
            require_reservoirs(source.machine)
        given: dict[str, Any] = {
            "axes": axes,
            "observables": observables,
            "equation": rule,
            "on_invalid": "nan" if asked.mark_invalid else "raise",
            "initial": start,
            "reduce": reductions or None,
            "chunk_points": asked.chunk_points,
        }
        plan = plan_of(source, **given)
    except EnthermError as error:
        raise told(source, error, swept) from error
    request = Request(asked, source, plan, initial, given)
    if any(Path(file).suffix.lower() == ".csv" for file in asked.exports):
        try:
            require_one_table(request.variables)
        except ParameterError as error:
            raise ParameterError("--export", error.rule, error.value, "export it as .nc") from None
    if asked.drawing is not None and not request.drawn:
        must, remedy = "have one axis or two to draw", "leave it out, or --reduce over the others"
        grid = plan.task.grid
        longer = sum(length > 1 for length in grid.shape)
        got = f"{longer} axes of more than one point"
        raise ParameterError("--draw", must, got, remedy)
    return request


def _paths(axes: dict[Any, Any]) -> list[str]:
    found: list[str] = []
    for key, values in axes.items():
        found += values if isinstance(values, dict) else key if isinstance(key, tuple) else [key]
    return found


def _require_options(asked: Asked) -> None:
    """Refuse what no sweep can do, before it is computed."""
    if asked.workers is not None and asked.dask is not None:
        rule, remedy = "not stand beside --dask", "leave it out: the cluster has workers"
        raise ParameterError("--workers", rule, asked.workers, remedy)
    if asked.out is not None:
        try:
            folder_of(asked.out)
        except ParameterError as error:
            raise error.at("--out") from None
    written: list[tuple[str, str, tuple[str, ...]]]
    written = [("--export", file, EXPORTS) for file in asked.exports]
    written += [("--draw", asked.drawing, PICTURES)] if asked.drawing is not None else []
    for option, file, endings in written:
        path = Path(file)
        if path.suffix.lower() not in endings:
            rule = f"end in {' or '.join(endings)}"
            remedy = f"write {option} {path.stem or 'run'}{endings[0]}"
            raise ParameterError(option, rule, repr(file), remedy)
        if not path.parent.is_dir():
            told_of = "its folder is not there"
            raise OutputError(f"{file} cannot be written ({told_of}): check the path.")


def _require_single(source: MachineFile) -> None:
    for path, value in source.machine.parameters.items():
        if value.ndim:
            rule, remedy = "be one number for `entherm sweep`", f"sweep it: --axis {path}=VALUES"
            raise source.locate(ParameterError(path, rule, f"a list of {value.size}", remedy))


def _start(asked: Asked, source: MachineFile, grid: Grid) -> tuple[str | None, Matrix | None]:
    """Where a state that is not unique is reached from, in words and as a state.

    A thermal state whose temperatures vary along the axes is none: refused if it was asked for,
    left out if it is only what the file says.
    """
    text, path = asked.initial, "--initial"
    if text is None:
        text, path = source.about.initial or None, "about.initial"
    if text is None:
        return None, None
    state = spelled_state(text, source.machine, path)
    for end in (0, -1):
        point = source.machine.replace({p.path: p.values[end] for p in grid.swept})
        if np.array_equal(spelled_state(text, point, path), state):
            continue
        if asked.initial is None:
            return None, None
        rule, remedy = "be the same all along the axes", "write a ket, such as 10"
        raise ParameterError("--initial", rule, repr(text), remedy)
    return text, state
