"""Tables of text: every bit of every number, in order, whole or not at all.

Oracles: pandas and NumPy, which read the tables back; NumPy's own C order.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from xarray.backends import BackendArray
from xarray.core import indexing

import entherm as et
from entherm.sweeps.csv_export import write_csv

T_A, T_B, T_C = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))


def words(long_name: str, units: str = "1") -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def swept(rows: int = 5, columns: int = 4) -> xr.Dataset:
    """C and Q_C of the steady state; T_B runs with T_A, and one point has no steady state."""
    hot, cold = np.linspace(0.1, 7.3, rows), np.geomspace(0.1, 9.0, columns)
    state = et.steady_state(
        et.two_qubit_machine(20.0, 20.0, 10.0, T_A=hot[:, None], T_B=hot[:, None] / 3.0, T_C=cold)
    )
    C, Q = (np.array(v) for v in state.observe(et.concurrence("A", "B"), et.heat("RC")))
    codes = np.zeros(C.shape, np.int8)
    codes[1, 2], C[1, 2], Q[1, 2] = 2, np.nan, np.nan
    meanings = {"flag_values": np.array([-1, 0, 2], np.int8)}
    meanings |= {"flag_meanings": "not_computed valid not_unique"}
    return xr.Dataset(
        {
            "concurrence": ((T_A, T_C), C, words("concurrence, A-B")),
            "heat_RC": ((T_A, T_C), Q, words("heat current, RC", "W")),
            "without": (T_A, C[:, 0], words("what T_C does not change")),
            "reason": ((T_A, T_C), codes, {"long_name": "why not"} | meanings),
        },
        {
            T_A: (T_A, hot, words("temperature of RA", "mK")),
            T_C: (T_C, cold, words("temperature of RC", "mK")),
            T_B: (T_A, hot / 3.0, words("temperature of RB", "mK")),
            "qubits.A": ((), 20.0, words("gap of A", "GHz")),
        },
        {"title": "a sweep", "machine": "[qubits]\nA = 20.0\n", "machine_hash": "ab12"},
    )


def expected(data: xr.Dataset) -> dict[str, np.ndarray[Any, Any]]:
    """Each column by NumPy's broadcasting and C order alone."""
    shape = data.sizes[T_A], data.sizes[T_C]
    row = {name: np.asarray(data[name].values)[:, None] for name in (T_A, T_B, "without")}
    full = {name: data[name].values for name in (T_C, "concurrence", "heat_RC", "reason")}
    return {k: np.broadcast_to(v, shape).ravel() for k, v in (row | full).items()}


def same_bits(ours: Any, theirs: Any) -> bool:
    a, b = (np.asarray(v, np.float64) for v in (ours, theirs))
    nan = np.isnan(a)
    return np.array_equal(nan, np.isnan(b)) and (
        a[~nan].view(np.int64).tolist() == b[~nan].view(np.int64).tolist()
    )


def lines_above(path: Path) -> int:
    second = path.read_text(encoding="utf-8").splitlines()[1]
    return int(second.removeprefix("# lines above the column names: "))


def test_pandas_reads_every_bit(tmp_path: Path) -> None:
    data = swept()
    write_csv(data, tmp_path / "made.csv")
    table = pd.read_csv(tmp_path / "made.csv", comment="#")
    assert list(table) == [T_A, T_B, T_C, "concurrence", "heat_RC", "without", "reason"]
    assert table["reason"].dtype == np.int64
    for name, values in expected(data).items():
        assert same_bits(table[name], values), name


def test_numpy_reads_every_bit(tmp_path: Path) -> None:
    data, path = swept(), tmp_path / "made.csv"
    write_csv(data, path)
    table = np.genfromtxt(
        path, delimiter=",", names=True, skip_header=lines_above(path), deletechars=""
    )
    for name, values in expected(data).items():
        assert same_bits(table[name], values), name


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_any_double_survives(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("csv") / "made.csv"
    write_csv(xr.Dataset({"v": ("i", values)}, {"i": range(len(values))}), path)
    assert same_bits(pd.read_csv(path, comment="#")["v"], values)
    read = np.genfromtxt(path, delimiter=",", skip_header=lines_above(path) + 1, ndmin=2)
    assert same_bits(read[:, 1], values)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 11, 12, 20, 59, 60, 1000])
@pytest.mark.parametrize("chunks", [None, (2, 3, 2)])
def test_blocks_do_not_show(tmp_path: Path, rows: int, chunks: tuple[int, ...] | None) -> None:
    values = np.random.default_rng(6).normal(size=(3, 5, 4))
    data = xr.Dataset({"v": (("a", "b", "c"), values), "u": ("b", np.arange(5))})
    if chunks:
        data = data.chunk(dict(zip("abc", chunks, strict=True)))
    write_csv(data, tmp_path / "made.csv", rows=rows)
    table = pd.read_csv(tmp_path / "made.csv", comment="#")
    assert same_bits(table["v"], values.ravel())
    index = np.indices(values.shape).reshape(3, -1)
    for name, along in zip("abc", index, strict=True):
        assert table[name].tolist() == along.tolist()
    assert table["u"].tolist() == index[1].tolist()


class Watched(BackendArray):
    """An array that is read in parts, and tells how large they were."""

    def __init__(self, values: np.ndarray[Any, Any], bad_from: int | None = None) -> None:
        self.values, self.shape, self.dtype = values, values.shape, values.dtype
        self.sizes: list[int] = []
        self.bad_from = bad_from

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: Any) -> Any:
        found = self.values[
            np.ix_(*(np.arange(n)[k] for n, k in zip(self.shape, key, strict=True)))
        ]
        self.sizes.append(found.size)
        if self.bad_from is not None and len(self.sizes) > self.bad_from:
            raise OSError("the store is torn")
        return found


def watched(array: Watched, dims: tuple[str, ...]) -> xr.Dataset:
    variable = xr.Variable(dims, indexing.LazilyIndexedArray(array))
    return xr.Dataset({"v": variable})


def test_a_table_is_read_in_blocks(tmp_path: Path) -> None:
    array = Watched(np.arange(6000.0).reshape(20, 30, 10))
    write_csv(watched(array, ("a", "b", "c")), tmp_path / "made.csv", rows=100)
    assert max(array.sizes) <= 100
    assert sum(array.sizes) == 6000
    assert same_bits(pd.read_csv(tmp_path / "made.csv", comment="#")["v"], np.arange(6000.0))


def test_blocks_end_where_chunks_end(tmp_path: Path) -> None:
    array = Watched(np.arange(400.0).reshape(40, 10))
    data = watched(array, ("a", "b"))
    data["v"].encoding["preferred_chunks"] = {"a": 4, "b": 10}
    write_csv(data, tmp_path / "made.csv", rows=90)  # nine rows of ten fit, two chunks are eight
    assert array.sizes == [80] * 5


def test_a_zarr_store_is_the_same_table(tmp_path: Path) -> None:
    data = swept()
    data.chunk({T_A: 2, T_C: 3}).to_zarr(tmp_path / "run.zarr", consolidated=False)
    write_csv(data, tmp_path / "memory.csv")
    with xr.open_zarr(tmp_path / "run.zarr", chunks=None, consolidated=False) as stored:
        write_csv(stored, tmp_path / "store.csv", rows=3)
    columns = [pd.read_csv(tmp_path / f"{n}.csv", comment="#") for n in ("memory", "store")]
    assert sorted(columns[0]) == sorted(columns[1])
    for name in columns[0]:
        assert same_bits(columns[0][name], columns[1][name]), name


def test_what_stands_above_the_table(tmp_path: Path) -> None:
    write_csv(swept(), tmp_path / "made.csv")
    lines = (tmp_path / "made.csv").read_text(encoding="utf-8").splitlines()
    above = lines[: lines_above(tmp_path / "made.csv")]
    assert all(line.startswith("# ") for line in above)
    assert lines[len(above)].startswith(T_A)
    assert above[0] == "# columns: 7, rows: 20"
    machine = above.index("# machine:")
    assert above[machine + 1 : machine + 3] == ["#     [qubits]", "#     A = 20.0"]
    assert {
        "# title: a sweep",
        "# machine_hash: ab12",
        "# fixed qubits.A = 20.0: gap of A (GHz)",
        f"# column {T_A}: temperature of RA (mK)",
        "# column heat_RC: heat current, RC (W)",
        "# column concurrence: concurrence, A-B",
        "# column reason: why not; -1 not_computed, 0 valid, 2 not_unique",
    } <= {*above}


def test_names_and_texts_are_quoted(tmp_path: Path) -> None:
    equation = ("e,q", np.array(['say "global"', "#2", "plain"]))
    data = xr.Dataset({"C, A-B": ("e,q", [0.1, 0.2, 0.3])}, {"e,q": equation})
    write_csv(data, tmp_path / "made.csv")
    table = pd.read_csv(tmp_path / "made.csv", comment="#")
    assert table["C, A-B"].tolist() == [0.1, 0.2, 0.3]
    assert table["e,q"].tolist() == ['say "global"', "#2", "plain"]


def test_empty_single_and_bare(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    write_csv(xr.Dataset({"v": ("i", np.zeros(0))}), path)
    assert path.read_text(encoding="utf-8").splitlines()[-1] == "i,v"
    write_csv(xr.Dataset({"v": 0.1, "w": True}), path)
    assert path.read_text(encoding="utf-8").splitlines()[-2:] == ["v,w", "0.1,1"]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to write more, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    path.write_text("old")
    data = xr.Dataset({"v": ("i", np.random.default_rng(1).normal(size=20_000))})
    told = pytest.raises(et.ParameterError, match=r"made.csv' \(File too large\): free some space")
    with largest_file(100_000), told:
        write_csv(data, path, rows=1000)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["made.csv"]


def test_a_torn_store_leaves_the_old_file_and_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="the store is torn"):
        write_csv(watched(Watched(np.zeros((50, 4)), bad_from=3), ("a", "b")), path, rows=4)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["made.csv"]


def test_refusals(tmp_path: Path) -> None:
    data = swept()
    with pytest.raises(et.ParameterError, match=r"'.*no/made.csv' \(No such file or directory\)"):
        write_csv(data, tmp_path / "no" / "made.csv")
    with pytest.raises(et.ParameterError, match="'path' must name a file that can be written"):
        write_csv(data, tmp_path)
    assert not [*tmp_path.iterdir()]
    with pytest.raises(et.ParameterError, match="'rows' must be >= 1, got 0"):
        write_csv(data, tmp_path / "made.csv", rows=0)
    # A row for each combination of axes that have nothing to do with each other would repeat
    # every number: 20 points and 3 bins are no 60.
    binned = data.assign(h=("bin", [7, 12, 1]))
    with pytest.raises(et.ParameterError, match=rf"be one table.*'h' over bin beside .* {T_C}:"):
        write_csv(binned, tmp_path / "made.csv")
    write_csv(binned[["h"]], tmp_path / "h.csv")
    assert pd.read_csv(tmp_path / "h.csv", comment="#")["h"].tolist() == [7, 12, 1]
    with pytest.raises(et.ParameterError, match=r"complex128 in 'z'.*\.real and \.imag"):
        write_csv(data.assign(z=1j * data.heat_RC), tmp_path / "made.csv")
