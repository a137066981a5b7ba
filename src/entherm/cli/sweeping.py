"""`entherm sweep`: computed, exported, drawn; interrupted so that it goes on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from entherm import EnthermError, ParameterError, Progress, sweep
from entherm.cli.failures import StoppedError
from entherm.cli.output import OutputError
from entherm.cli.sweep_failures import told
from entherm.cli.sweep_request import Asked, Request, request_of
from entherm.cli.swept import Swept
from entherm.many.sector_memory import require_room
from entherm.plotting import save
from entherm.sweeps.progress import shown
from entherm.sweeps.workers import connected

if TYPE_CHECKING:
    import xarray as xr


def swept(asked: Asked) -> Swept:
    """Do what is asked for.

    Raises
    ------
    EnthermError
        As `entherm.cli.sweep_request.request_of` and `entherm.sweep` do.
    StoppedError
        From the keyboard; says what is kept, and how to go on.
    OutputError
        If a table or a picture cannot be written.

    Examples
    --------
    >>> asked = Asked(
    ...     "examples/two_qubit.toml", ["reservoirs.RC.temperature=1,3,5"], ["concurrence"]
    ... )
    >>> swept(asked).extremes["concurrence"]["maximum"].at
    {'reservoirs.RC.temperature': 1.0}
    """
    request = request_of(asked)
    try:
        with _told(request):
            found = _computed(request)
        _deliver(request, found.dataset)
        found.extremes  # noqa: B018  reads the whole store, which Ctrl-C may end, too
    except KeyboardInterrupt:
        raise StoppedError(_left_behind(request)) from None
    return found


def estimated(asked: Asked) -> Swept:
    """Say what it would take; writes nothing.

    Raises
    ------
    EnthermError
        As `swept`, and of the one chunk that is computed.

    Examples
    --------
    >>> asked = Asked("examples/two_qubit.toml", ["qubits.A=19,20,21"], ["concurrence"])
    >>> estimated(asked).as_dict()["bytes"]
    27
    """
    request = request_of(asked)
    with _told(request):
        request.kept()
        # Of a cluster nothing is known: what one thread of it does.
        workers = 1 if asked.dask is not None else asked.workers
        return Swept(request, estimate=request.plan.estimate(workers))


@contextmanager
def _told(request: Request) -> Iterator[None]:
    try:
        yield
    except EnthermError as error:
        raise told(request.source, error, request.swept) from error


def _computed(request: Request) -> Swept:
    asked = request.asked
    last: Progress | None = None
    with ExitStack() as stack:
        client = None if asked.dask is None else stack.enter_context(connected(asked.dask))
        bar = stack.enter_context(shown())

        def report(moment: Progress) -> None:
            nonlocal last
            last = moment
            bar(moment)

        dataset = sweep(
            request.source,
            **request.given,
            out=asked.out,
            workers=asked.workers,
            client=client,
            progress=report,
        )
    return Swept(request, dataset, last)


def _left_behind(request: Request) -> str:
    out = request.asked.out
    if out is None:
        return (
            "interrupted: nothing is kept; with --out run.zarr, the same command goes on where "
            "it was interrupted."
        )
    done, chunks = 0, len(request.plan.task.chunks)
    with suppress(EnthermError):
        done, chunks = request.kept()
    return f"interrupted: {done} of {chunks} chunks are in {out}; the same command goes on there."


# --- tables and pictures --------------------------------------------------------------------------


def _deliver(request: Request, dataset: xr.Dataset | None) -> None:
    assert dataset is not None
    asked = request.asked
    for file in asked.exports:
        with _written(file, "--export") as path:
            if path.suffix == ".csv":
                dataset.entherm.to_csv(path)
            else:
                _write_netcdf(dataset, path)
    if asked.drawing is not None:
        with _written(asked.drawing, "--draw") as path:
            _draw(request, dataset, path)


@contextmanager
def _written(file: str, option: str) -> Iterator[Path]:
    """Give a path to write to instead; it becomes `file` once it is whole."""
    whole = Path(file)
    beside = whole.with_name(f".{secrets.token_hex(4)}.{whole.name}")
    try:
        yield beside.with_suffix(whole.suffix.lower())
        beside.with_suffix(whole.suffix.lower()).replace(whole)
    except OSError as error:
        why = error.strerror or error
        raise OutputError(f"{file} cannot be written ({why}): check the path.") from None
    except ParameterError as error:
        raise ParameterError(option, error.rule, error.value, error.remedy) from None
    finally:
        beside.with_suffix(whole.suffix.lower()).unlink(missing_ok=True)


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    if not dataset.chunks:
        # Without Dask's arrays, xarray reads a variable whole before it writes it.
        largest = max((rows.nbytes for rows in dataset.variables.values()), default=0)
        remedy = "export it as .csv, or install entherm[dask], and it is written in parts"
        require_room(2 * largest, "a variable of it", remedy)
    dataset.to_netcdf(path, engine="h5netcdf")


def _draw(request: Request, dataset: xr.Dataset, path: Path) -> None:
    first = dataset[request.drawn[0]]
    over = [dim for dim, length in first.sizes.items() if length > 1]
    drawing = dataset.entherm.lines if len(over) == 1 else dataset.entherm.map
    save(drawing(*request.drawn), path)
