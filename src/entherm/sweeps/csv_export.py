"""A labelled dataset as a table of text: one row a point, every number to its last bit.

A table is far larger and slower than the store that it is made of; it is for programs that read
nothing else. What the dataset says of itself stands above it, in lines that start with ``#``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.checks import require_kind
from entherm.errors import ParameterError

if TYPE_CHECKING:
    import xarray as xr

_FREE = "free some space, or name a file in a folder of your own"


def write_csv(dataset: xr.Dataset, path: str | Path, *, rows: int = 100_000) -> None:
    r"""Write a dataset as a table, one row a point.

    Above the table stand the dataset's attributes and what each column is, with its unit. The
    columns are the dimensions in their order, each followed by the parameters that are linked to
    it, and then the variables; the last dimension varies fastest. A float is written with the
    fewest digits that give the same double again; what is invalid is ``nan``, and ``reason`` its
    code. ``pandas.read_csv(path, comment="#")`` reads it (pandas before version 3 to the last bit
    with ``float_precision="round_trip"``), and so does ``numpy.genfromtxt(path, delimiter=",",
    names=True, skip_header=n)`` with the number of lines that the second line tells.

    Parameters
    ----------
    dataset : Dataset
        May be larger than the memory: `rows` points of it are read at a time.
    path : str or Path
        Replaced once the table is whole; untouched if it could not be written.
    rows : int, optional
        How many points to read and write at a time.

    Raises
    ------
    ParameterError
        For a variable that is neither real numbers nor text, variables that are no one table,
        `rows` below 1, and a file that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import xarray as xr
    >>> T = ("T", [1.0, 2.0], {"long_name": "temperature of RC", "units": "mK"})
    >>> made = xr.Dataset({"concurrence": ("T", [0.1, 0.3])}, {"T": T}, {"title": "an example"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(made, f"{folder}/made.csv")
    ...     print(Path(folder, "made.csv").read_text(encoding="utf-8"), end="")
    # columns: 2, rows: 2
    # lines above the column names: 5
    # title: an example
    # column T: temperature of RC (mK)
    # column concurrence: concurrence
    T,concurrence
    1.0,0.1
    2.0,0.3
    """
    require_kind(rows, int, "rows", "be a whole number", "give e.g. 100_000")
    if rows < 1:
        raise ParameterError("rows", "be >= 1", rows, "give e.g. 100_000")
    require_one_table({str(v.name): tuple(map(str, v.dims)) for v in dataset.data_vars.values()})
    dims = _dims(dataset)
    columns = _columns(dataset, dims)
    for column in columns.values():
        _require_writable(column)
    table = _together(columns)
    shape = tuple(dataset.sizes[dim] for dim in dims)
    with _replacing(Path(path)) as write:
        write("\n".join([*_header(dataset, columns, prod(shape)), _line(columns), ""]))
        for block in _blocks(shape, rows, _chunks(columns, dims)):
            part = table.isel(dict(zip(dims, block, strict=True))).compute()
            write(_text([part[f"column {k}"] for k in range(len(columns))], dims))


def require_one_table(variables: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse variables of which none is over the axes of all others, as of several reductions.

    A row for each combination would repeat every number of each: a sum over it is wrong.

    Parameters
    ----------
    variables : mapping of str to tuple of str
        The dimensions of each.

    Raises
    ------
    ParameterError
        Names two that do not fit together.

    Examples
    --------
    >>> require_one_table({"best": (), "best_over_T": ("T_C",), "C": ("T", "T_C")})
    """
    longest = max(variables, key=lambda name: len(variables[name]), default="")
    for name, dims in variables.items():
        if not {*variables[longest]} >= {*dims}:
            rule = "be one table, with a variable over the axes of all others"
            told = f"'{name}' over {', '.join(dims)} beside '{longest}' over "
            remedy = "write NetCDF, or choose what belongs together: dataset[['name', ...]]"
            told += ", ".join(variables[longest])
            raise ParameterError("dataset", rule, told, remedy)


def _together(columns: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Make one dataset of the columns, still unread, so that a block is read in one pass.

    Under names of their own: a dimension without a coordinate is a column, but no coordinate.
    """
    import xarray as xr

    named = enumerate(columns.values())
    return xr.Dataset({f"column {k}": column.variable for k, column in named})


def _dims(dataset: xr.Dataset) -> tuple[str, ...]:
    """In the order of the variable that has most of them: a store lists its arrays in any order."""
    first = max((v.dims for v in dataset.data_vars.values()), key=len, default=())
    return (*map(str, first), *(str(dim) for dim in dataset.sizes if dim not in first))


def _columns(dataset: xr.Dataset, dims: Sequence[str]) -> dict[str, xr.DataArray]:
    columns = {}
    for dim in dims:
        columns[dim] = dataset[dim]
        of_dim = (c for c in dataset.coords.values() if c.dims == (dim,))
        columns |= {str(linked.name): linked for linked in of_dim}
    columns |= {str(c.name): c for c in dataset.coords.values() if c.ndim > 1}
    return columns | {str(v.name): v for v in dataset.data_vars.values()}


def _require_writable(column: xr.DataArray) -> None:
    # Some formats give text back as Python objects; more than one axis of it is no coordinate.
    texts = column.dtype.kind == "O" and column.ndim <= 1
    if texts and all(isinstance(text, str) for text in column.values.ravel().tolist()):
        return
    if column.dtype.kind not in "fiubUT":
        rule = "hold real numbers and text only"
        remedy = "leave it out with drop_vars(), or split what is complex into .real and .imag"
        raise ParameterError("dataset", rule, f"{column.dtype} in '{column.name}'", remedy)


def _header(dataset: xr.Dataset, columns: Mapping[str, xr.DataArray], rows: int) -> list[str]:
    lines = [f"# columns: {len(columns)}, rows: {rows}"]
    for name, value in dataset.attrs.items():
        plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        first, *more = str(plain).splitlines() or [""]
        # Of a text of several lines, such as a machine file, all but the name are set in.
        indented = [f"# {name}:", *(f"#     {line}" for line in (first, *more))]
        lines += indented if more else [f"# {name}: {first}"]
    fixed = (c for c in dataset.coords.values() if c.ndim == 0)
    lines += [f"# fixed {c.name} = {_texts(c)[0]}: {_meaning(c)}" for c in fixed]
    lines += [f"# column {name}: {_meaning(column)}" for name, column in columns.items()]
    return [lines[0], f"# lines above the column names: {len(lines) + 1}", *lines[1:]]


def _meaning(column: xr.DataArray) -> str:
    units = column.attrs.get("units", "1")
    long_name = " ".join(str(column.attrs.get("long_name", column.name)).split())
    words = str(column.attrs.get("flag_meanings", "")).split()
    codes = np.atleast_1d(column.attrs.get("flag_values", [])).tolist()
    flags = ", ".join(f"{code} {word}" for code, word in zip(codes, words, strict=False))
    in_units = f" ({units})" if units not in ("", "1") else ""
    return long_name + in_units + (f"; {flags}" if flags else "")


def _chunks(columns: Mapping[str, xr.DataArray], dims: Sequence[str]) -> tuple[int, ...]:
    """How many points of each dimension lie together in the store or in Dask's chunks."""
    found = dict.fromkeys(dims, 1)
    for column in columns.values():
        stored = dict(column.encoding.get("preferred_chunks", {}))
        stored |= {dim: sizes[0] for dim, sizes in column.chunksizes.items()}
        found |= {str(d): max(found[str(d)], n) for d, n in stored.items() if d in column.dims}
    return tuple(found.values())


def _blocks(shape: Sequence[int], rows: int, chunks: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Cut a grid into runs of its points, in order, of at most `rows` each.

    The dimensions after the split one are whole, those before it single. A block of more than a
    chunk ends where a chunk ends, so that few chunks are read twice.
    """
    split = len(shape)
    while split and prod(shape[split - 1 :]) <= rows:
        split -= 1
    if split == 0:
        yield tuple(slice(0, n) for n in shape)
        return
    split -= 1
    step = max(1, rows // prod(shape[split + 1 :]))
    if step > chunks[split]:
        step -= step % chunks[split]
    single = ([slice(i, i + 1) for i in range(n)] for n in shape[:split])
    runs = [slice(i, min(i + step, shape[split])) for i in range(0, shape[split], step)]
    yield from product(*single, runs, *([slice(0, n)] for n in shape[split + 1 :]))


def _text(columns: Sequence[xr.DataArray], dims: Sequence[str]) -> str:
    sizes: dict[Any, int] = {}
    for column in columns:
        sizes |= column.sizes
    shape = tuple(sizes[dim] for dim in dims)
    if prod(shape) == 0:
        return ""
    spread = []
    for column in columns:
        # A coordinate is spelled once along its own axis, not once a row.
        own = column.transpose(*(dim for dim in dims if dim in column.dims))
        texts = np.array(_texts(own), dtype=object)
        expanded = texts.reshape([own.sizes.get(dim, 1) for dim in dims])
        spread.append(np.broadcast_to(expanded, shape).ravel().tolist())
    return "\n".join(map(",".join, zip(*spread, strict=True))) + "\n"


def _texts(values: xr.DataArray) -> list[str]:
    flat = values.values.ravel()
    if flat.dtype.kind in "fiu":
        # The repr of a Python float is the shortest text that reads back as the same double.
        return list(map(repr, flat.tolist()))
    if flat.dtype.kind == "b":
        return list(map(repr, flat.astype(int).tolist()))
    return [_quoted(str(text)) for text in flat.tolist()]


def _line(names: Mapping[str, object]) -> str:
    return ",".join(map(_quoted, names))


def _quoted(text: str) -> str:
    if any(sign in text for sign in ',"#\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


@contextmanager
def _replacing(path: Path) -> Iterator[Callable[[str], None]]:
    """Give a way to write a file that is whole or not there, in the folder of the file itself."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _telling(path):
        file = beside.open("x", encoding="utf-8", newline="\n")

    def write(text: str) -> None:
        with _telling(path):
            file.write(text)

    try:
        yield write
        with _telling(path):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            beside.replace(path)
    finally:
        with suppress(OSError):  # on a full disk, closing fails as the writing did
            file.close()
        beside.unlink(missing_ok=True)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = f"'{path}' ({error.strerror or error})"
        raise ParameterError("path", "name a file that can be written", told, _FREE) from None
