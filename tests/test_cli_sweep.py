"""`entherm sweep`, as a shell sees it: numbers, files, exit codes, messages, Ctrl-C.

Numbers are compared with single steady states, one at a time, of machines that are put together
here; what is written, with what `entherm.sweep` returns. Signals go to processes of their own.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest
import xarray as xr

import entherm as et
from entherm.cli import main, sweeping
from entherm.cli.swept import extremes
from entherm.sweeps.workers import local_cluster

ROOT = Path(__file__).resolve().parent.parent
TWO_QUBIT, CIRCUIT = str(ROOT / "examples/two_qubit.toml"), str(ROOT / "examples/circuit_qed.toml")
T_C, T_A, T_B = (f"reservoirs.{name}.temperature" for name in ("RC", "RA", "RB"))
# A machine with a dark state and an [about] that says how to solve it.
DARK = """\
[about]
equation = "redfield"
initial = "10"
[qubits]
A = 20.0
B = 20.0
[[exchange]]
between = ["A", "B"]
strength = 10.0
[reservoirs.RC]
temperature = 1.0
couplings = { A = 1.0, B = 1.0 }
"""


class Result(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object) -> Result:
        with pytest.raises(SystemExit) as end:
            main(["sweep", *map(str, words)])
        return Result(int(end.value.code or 0), *capsys.readouterr())

    return call


def axes(*words: str) -> list[str]:
    return [part for word in words for part in ("--axis", word)]


def observed(*words: str) -> list[str]:
    return [part for word in words for part in ("--observe", word)]


# Numbers ----------------------------------------------------------------------------------------


def test_extremes_are_those_of_single_states(run: Any) -> None:
    found = run(
        TWO_QUBIT,
        *axes(f"{T_C}=0.5,1,3,8", f"T={T_A},{T_B}=2:10:5"),
        *observed("concurrence", "heat RC"),
        "--json",
    ).json
    machine = et.load(TWO_QUBIT)
    values: dict[str, dict[tuple[float, float], float]] = {"concurrence": {}, "heat_RC": {}}
    for cold, hot in product([0.5, 1.0, 3.0, 8.0], [2.0, 4.0, 6.0, 8.0, 10.0]):
        state = et.steady_state(machine.replace({T_C: cold, T_A: hot, T_B: hot}))
        values["concurrence"][cold, hot] = float(state.concurrence("A", "B"))
        values["heat_RC"][cold, hot] = float(state.heat_currents["RC"])
    assert (found["points"], found["chunks"], found["points_before"]) == (20, 1, 0)
    assert [*found["variables"]] == ["concurrence", "heat_RC"]
    for name, known in values.items():
        for word, best in (("minimum", min), ("maximum", max)):
            told = found["variables"][name][word]
            place = told["at"][T_C], told["at"]["T"]
            assert told["value"] == best(known.values()) == known[place]
            assert told["at"][T_A] == told["at"][T_B] == told["at"]["T"]


def test_numbers_are_in_the_units_of_the_file(run: Any) -> None:
    found = run(
        CIRCUIT, *axes(f"{T_C}=1 mK:0.03 K:4:log"), *observed("heat RC"), "--json"
    ).json  # fmt: skip
    axis = found["axes"][T_C]
    assert axis == {"points": 4, "parameters": {T_C: {"units": "mK", "from": 1.0, "to": 30.0}}}
    told = found["variables"]["heat_RC"]["maximum"]
    assert found["variables"]["heat_RC"]["units"] == "W"
    assert told["at"] == {T_C: pytest.approx(30.0, rel=1e-14)}
    source = et.read(CIRCUIT)
    warm = source.machine.replace({T_C: source.units.temperature.parse("30 mK", "T")})
    watts = source.units.power.show(et.steady_state(warm).heat_currents["RC"])
    assert told["value"] == pytest.approx(float(watts), rel=1e-13)


def test_without_a_reservoir_gives_the_difference_where_there_is_one(run: Any) -> None:
    found = run(
        TWO_QUBIT, *axes(f"{T_C}=1,6"), *observed("concurrence", "heat RC"), "--without", "RC",
        "--json",
    ).json  # fmt: skip
    assert [*found["variables"]] == [
        "concurrence", "heat_RC", "concurrence_without_RC", "delta_concurrence_RC",
    ]  # fmt: skip
    machine = et.load(TWO_QUBIT)
    with_it = [
        float(et.steady_state(machine.replace({T_C: t})).concurrence("A", "B")) for t in (1.0, 6.0)
    ]
    without = float(et.steady_state(machine.without("RC")).concurrence("A", "B"))
    delta = found["variables"]["delta_concurrence_RC"]
    # A difference of numbers of 0.1, of which each may differ by its last bit.
    exact = {"rel": 0.0, "abs": 5e-17}
    assert delta["maximum"]["value"] == pytest.approx(with_it[0] - without, **exact)
    assert delta["minimum"]["value"] == pytest.approx(with_it[1] - without, **exact)
    assert (delta["maximum"]["at"], delta["minimum"]["at"]) == ({T_C: 1.0}, {T_C: 6.0})
    alone = run(TWO_QUBIT, *axes(f"{T_C}=1,6"), "--without", "RC", "--json").json
    assert next(iter(alone["variables"])) == "concurrence"


def test_equation_and_start_are_those_of_the_file_unless_given(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "dark.toml"
    file.write_text(DARK)
    words = [file, *axes(f"{T_C}=1,2"), *observed("concurrence"), "--json"]
    found = run(*words).json
    assert (found["equation"], found["initial"]) == ("redfield", "10")
    machine = et.load(file)
    single = et.steady_state(
        machine.replace({T_C: 1.0}), et.Redfield(), initial=np.array([0.0, 1.0, 0.0, 0.0])
    )
    warm = et.steady_state(
        machine.replace({T_C: 2.0}), et.Redfield(), initial=np.array([0.0, 1.0, 0.0, 0.0])
    )
    both = [float(s.concurrence("A", "B")) for s in (single, warm)]
    told = found["variables"]["concurrence"]
    assert [told["maximum"]["value"], told["minimum"]["value"]] == pytest.approx(
        [max(both), min(both)], abs=1e-13
    )
    assert run(*words, "-e", "global").json["equation"] == "global"
    page = run(*words[:-1]).out
    assert "A state that is not unique is the one reached from 10." in page


def test_a_thermal_start_that_varies_is_refused(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(
        "[qubits]\nA = 1.0\nB = 2.0\n"
        "[reservoirs.RA]\ntemperature = 1.0\ncouplings = { A = 0.1 }\n"
        "[reservoirs.RB]\ntemperature = 2.0\ncouplings = { B = 0.1 }\n"
    )
    words = [*observed("population 1"), "--initial", "thermal", "--json"]
    refused = run(file, *axes(f"{T_A}=1,2"), *words)
    assert refused.code == 2
    assert "'--initial' must be the same all along the axes" in refused.err
    assert run(file, *axes("reservoirs.RA.couplings.A=0.1,0.2"), *words).json["initial"] == (
        "thermal"
    )


def test_invalid_points_are_refused_or_counted(run: Any) -> None:
    words = [TWO_QUBIT, *axes("exchange.A-B.strength=10:30:5"), *observed("concurrence")]
    refused = run(*words)
    assert refused.code == 2
    assert "'--axis exchange.A-B.strength' must satisfy |Omega| < " in refused.err
    assert "This is at exchange.A-B.strength = 20" in refused.err
    assert "mark them: --mark-invalid." in refused.err
    marked = run(*words, "--mark-invalid", "--json").json
    # ω₁ = √(ε_A ε_B) − Ω ≤ 0 from Ω = 20 on: 20, 25, 30.
    assert marked["invalid"] == {"reason": {"frequency_not_positive": 3}}
    assert marked["variables"]["concurrence"]["maximum"]["at"]["exchange.A-B.strength"] < 20.0
    page = run(*words, "--mark-invalid").out
    assert re.search(r"frequency not positive +3\n", page)


def test_units_of_an_invalid_value_on_an_axis(run: Any) -> None:
    words = axes("exchange.A-B.strength=0.5GHz:2GHz:4")
    refused = run(CIRCUIT, *words, *observed("concurrence"))
    assert "sqrt(epsilon_A*epsilon_B) = 1 GHz, got 1 GHz: beyond it omega_1 = 0 GHz" in refused.err
    negative = run(CIRCUIT, *axes(f"{T_C}=-1mK:30mK:4"), *observed("concurrence"))
    assert f"'--axis {T_C}' must be >= 0, got -1 mK (element 0 of 4)" in negative.err
    # What the axes do not give is in the file, at its line.
    gap = run(CIRCUIT, *axes("qubits.A=0.5GHz:0.1GHz:4"), *observed("concurrence"))
    assert f"{CIRCUIT}:15: exchange.A-B.strength must satisfy" in gap.err
    assert "This is at qubits.A = 0.366667 GHz" in gap.err


# Reductions -------------------------------------------------------------------------------------


def test_reductions_are_those_of_the_whole(run: Any) -> None:
    grid = axes(f"{T_C}=0.5:12:12", f"T={T_A},{T_B}=2:10:9")
    found = run(
        TWO_QUBIT, *grid, *observed("concurrence", "heat RC"),
        "--reduce", "maximum:concurrence",
        "--reduce", "cold=minimum:heat_RC where concurrence>0 and concurrence<0.1",
        "--reduce", "mean:concurrence over T",
        "--reduce", "fraction:heat_RC<0",
        "--reduce", "histogram:concurrence:0:0.2:5",
        "--reduce", f"contour:heat_RC=0:{T_C}",
        "--json",
    ).json["variables"]  # fmt: skip
    whole = et.sweep(
        et.read(TWO_QUBIT),
        {T_C: et.Span(0.5, 12.0, 12), "T": {p: et.Span(2.0, 10.0, 9) for p in (T_A, T_B)}},
        ["concurrence", "heat RC"],
    )
    C, Q = whole.concurrence.values, whole.heat_RC.values

    def single(name: str) -> float:
        assert found[name]["minimum"] == found[name]["maximum"]
        return float(found[name]["minimum"]["value"])

    place = np.unravel_index(np.argmax(C), C.shape)
    assert single("concurrence_maximum") == C[place]
    assert single(f"concurrence_maximum_at_{T_C}") == whole[T_C].values[place[0]]
    assert single(f"concurrence_maximum_at_{T_A}") == whole["T"].values[place[1]]
    assert single("cold") == np.min(Q[(C > 0.0) & (C < 0.1)])
    assert single("heat_RC_fraction") == np.mean(Q < 0.0)
    means = C.mean(axis=1)
    assert found["concurrence_mean"]["maximum"]["value"] == pytest.approx(means.max(), rel=1e-14)
    assert found["concurrence_mean"]["maximum"]["at"] == {T_C: whole[T_C].values[means.argmax()]}
    counts, _ = np.histogram(C, np.linspace(0.0, 0.2, 6))
    assert found["concurrence_histogram"]["maximum"]["value"] == counts.max()
    # Heat turns where all temperatures are equal: on the diagonal, to the step of the axis.
    edge = found["heat_RC_contour"]
    assert edge["minimum"]["at"]["T"] == 2.0
    assert edge["minimum"]["value"] == pytest.approx(2.0, abs=1.05)
    assert edge["maximum"]["value"] == pytest.approx(10.0, abs=1.05)


def test_reductions_as_a_page(run: Any) -> None:
    page = run(
        TWO_QUBIT, *axes(f"{T_C}=1,2,3", "qubits.A=20,21"), *observed("concurrence"),
        "--reduce", "maximum:concurrence", "--reduce", "mean:concurrence over qubits.A",
        "--reduce", "histogram:concurrence:0:1:4",
    ).out  # fmt: skip
    assert re.search(r"^ concurrence_maximum +0\.\d+$", page, re.MULTILINE)
    assert re.search(r"^ concurrence_mean +min +0\.\d+ +3$", page, re.MULTILINE)
    assert "edges" not in page
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("more", [[], ["--without", "RC"]], ids=["columns", "list"])
def test_no_number_is_broken_over_two_lines(
    run: Any, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    """Not on the narrowest terminal either on which a list is asked for: 3.4e-1|7 reads as 0.34."""
    grid = axes(
        f"{T_A},{T_B}=5mK:100mK:7", f"{T_C}=5mK:60mK:5", "exchange.A-B.strength=0.1GHz,0.9GHz"
    )
    words = [CIRCUIT, *grid, *observed("concurrence", "heat RC"), *more]
    told = run(*words, "--json").json["variables"]
    for width in (120, 80, 60):
        monkeypatch.setenv("COLUMNS", str(width))
        page = run(*words).out
        assert max(map(len, page.splitlines())) <= width
        for about in told.values():
            for word in ("minimum", "maximum"):
                number = re.escape(f"{about[word]['value']:.6g}")
                assert re.search(rf" {word[:3]} +{number}( |$)", page, re.MULTILINE)


# Files ------------------------------------------------------------------------------------------


def test_store_exports_and_picture(run: Any, tmp_path: Path) -> None:
    out, nc, csv, png = (str(tmp_path / f"run.{end}") for end in ("zarr", "nc", "csv", "png"))
    words = [
        TWO_QUBIT, *axes(f"{T_C}=0.1:30:31", f"{T_A}=1:10:11"),
        *observed("concurrence", "heat RC"), "--out", out,
    ]  # fmt: skip
    page = run(*words, "--export", nc, "--export", csv, "--draw", png)
    assert page.code == 0
    assert f'    ds = entherm.open_sweep("{out}")' in page.out
    assert f"Exported: {nc}\nExported: {csv}\nDrawn: {png}\n" in page.out
    direct = et.sweep(
        et.read(TWO_QUBIT),
        {T_C: et.Span(0.1, 30.0, 31), T_A: et.Span(1.0, 10.0, 11)},
        ["concurrence", "heat RC"],
    )
    stored = et.open_sweep(out)
    with xr.open_dataset(nc, engine="h5netcdf") as exported:
        for name in ("concurrence", "heat_RC", T_C, T_A):
            np.testing.assert_array_equal(stored[name].values, direct[name].values)
            np.testing.assert_array_equal(exported[name].values, direct[name].values)
            assert exported[name].attrs["long_name"] == direct[name].attrs["long_name"]
        assert exported.attrs["machine_hash"] == et.load(TWO_QUBIT).hash
    head = next(k for k, line in enumerate(Path(csv).read_text().splitlines()) if line[0] != "#")
    rows = np.genfromtxt(csv, delimiter=",", skip_header=head + 1)
    columns = Path(csv).read_text().splitlines()[head].split(",")
    np.testing.assert_array_equal(
        rows[:, columns.index("heat_RC")], direct.heat_RC.transpose(T_C, T_A).values.ravel()
    )
    assert Path(png).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "run.csv", "run.nc", "run.png", "run.zarr",
    ]  # fmt: skip
    again = run(*words, "--json").json
    assert (again["points_before"], again["points"], again["rate"]) == (341, 341, 0.0)
    assert f"all were in {out} already" in run(*words).out
    other = run(*words[:1], *axes(f"{T_C}=0.1:31:31", f"{T_A}=1:10:11"), *words[5:])
    assert other.code == 2
    assert "from 0.1 to 30 in the store, 31 values from 0.1 to 31 asked" in other.err


def test_a_file_that_cannot_be_written_is_not_begun(run: Any, tmp_path: Path) -> None:
    (tmp_path / "there.nc").mkdir()
    words = [TWO_QUBIT, *axes(f"{T_C}=1,2"), *observed("concurrence")]
    failed = run(*words, "--export", tmp_path / "there.nc")
    assert failed.code == 2
    assert "there.nc cannot be written (Is a directory): check the path." in failed.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["there.nc"]


@pytest.mark.parametrize("end", [".png", ".svg", ".pdf"])
def test_one_axis_is_drawn_as_curves(run: Any, tmp_path: Path, end: str) -> None:
    picture = tmp_path / f"C{end}"
    words = [*axes(f"{T_C}=1:9:5", "qubits.A=20"), *observed("concurrence", "heat RC")]
    assert run(TWO_QUBIT, *words, "--draw", picture).code == 0
    assert picture.stat().st_size > 2000


def test_a_dry_run_writes_nothing(run: Any, tmp_path: Path) -> None:
    words = [
        TWO_QUBIT, *axes(f"{T_C}=0.1:30:1000", f"{T_A}=1:10:1000"),
        *observed("concurrence", "heat RC"), "--chunk-points", "100000",
        "--out", tmp_path / "run.zarr", "--export", tmp_path / "run.nc", "--dry-run",
    ]  # fmt: skip
    found = run(*words, "--json").json
    assert found["dry_run"]
    assert found["points"] == 10**6
    assert 10 <= found["chunks"] <= 25  # of 100 000 points at most
    assert found["bytes"] == 10**6 * (2 * 8 + 1)  # two doubles and a reason
    assert found["seconds"] == pytest.approx(found["points"] / found["rate"])
    page = run(*words).out
    assert f"points    1000000 (1 M) in {found['chunks']} chunks" in page
    assert "size      17 MB" in page
    assert [*tmp_path.iterdir()] == []


def test_extremes_are_read_block_by_block(tmp_path: Path) -> None:
    read: list[tuple[slice, ...]] = []

    class Watched(xr.DataArray):
        __slots__ = ()

        def __getitem__(self, index: Any) -> Any:
            if isinstance(index, tuple):
                read.append(index)
            return super().__getitem__(index)

    values = np.random.default_rng(1).integers(0, 9, (40, 50)).astype(float)
    values[:3] = np.nan
    rows = Watched(values, {"x": np.arange(40.0), "y": np.arange(50.0)}, ["x", "y"])
    rows.encoding["chunks"] = (7, 50)
    found = extremes(rows)
    assert max(s[0].stop - s[0].start for s in read) == 7
    for word, first in (("minimum", np.nanargmin), ("maximum", np.nanargmax)):
        place = np.unravel_index(first(values), values.shape)  # of equal ones the first
        assert found[word].value == values[place]
        assert found[word].at == {"x": float(place[0]), "y": float(place[1])}
    assert extremes(xr.DataArray([np.nan, np.nan])) == {}


# Words ------------------------------------------------------------------------------------------

C = observed("concurrence")


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (C, "'--axis' must be given, got nothing: write e.g. --axis reservoirs.RC.temp"),
        (axes(f"{T_C}=1,2"), "'--observe' must be given"),
        ([*C, *axes(T_C)], f"'--axis' must be PATH=VALUES, got '{T_C}'"),
        ([*C, *axes(f"{T_C}=")], "'--axis' must be PATH=VALUES"),
        ([*C, *axes("=1")], "'--axis' must be PATH=VALUES"),
        ([*C, *axes(f"{T_C}=1:2")], f"got '1:2': write e.g. {T_C}=1:2:200."),
        ([*C, *axes(f"{T_C}=1:2:3:log:5")], "FROM:TO:POINTS:log, or V1,V2,V3, got '1:2:3:log:5'"),
        ([*C, *axes(f"{T_C}=1:2:1.5")], "POINTS' must be a whole number >= 2, got '1.5'"),
        ([*C, *axes(f"{T_C}=1:2:1")], "POINTS' must be a whole number >= 2, got 1"),
        ([*C, *axes(f"{T_C}=1:1:9")], "TO' must differ from the other end, got 1"),
        ([*C, *axes(f"{T_C}=0:1:9:log")], "FROM' must be > 0 with :log, got 0: raise it, or leave"),
        ([*C, *axes(f"{T_C}=1:2:9:lgo")], "SCALE' must be 'linear' or 'log', got 'lgo'"),
        ([*C, *axes(f"{T_C}=nan")], f"'--axis {T_C}' must be finite, got nan"),
        ([*C, *axes(f"{T_C}=1:inf:5")], "TO' must be finite, got inf"),
        ([*C, *axes(f"{T_C}=-1:1:5")], f"'--axis {T_C}' must be >= 0, got -1 (element 0 of 5)"),
        ([*C, *axes(f"{T_C}=warm")], f"'--axis {T_C}' must be a bare number, got 'warm'"),
        ([*C, *axes(f"{T_C}=1,,2")], "must be a bare number, got ''"),
        ([*C, *axes(f"{T_C}=1mK:2mK:5")], "FROM' must be a bare number, got '1mK': write the numb"),
        ([*C, *axes("reservoirs.RC.temprature=1,2")], f"did you mean '{T_C}'?"),
        ([*C, *axes(f"{T_C}=1,2", f"{T_C}=3,4")], f"name each axis once, got '{T_C}' twice"),
        ([*C, *axes(f"{T_C},{T_C}=1,2")], "'--axis' must name each parameter once"),
        ([*C, *axes(f"{T_C}=1,2", f"X={T_C}=3,4")], "'--axis' must vary along one axis"),
        (
            [*C, *axes("reservoirs.RC.couplings.A=1,2", "reservoirs.RC.couplings.A.rate=1,2")],
            "got 'reservoirs.RC.couplings.A.rate' twice",
        ),
        ([*C, *axes(f"reason={T_C}=1,2")], "'--axis' must be called by a name"),
        ([*C, *axes(f"concurrence={T_C}=1,2")], "call the axis NAME by --axis NAME=PATH=VALUES"),
        (
            [*C, *axes(f"{T_C}=0:1:1000000", "qubits.A=19:20:1000000")],
            "'--axis' must fit into",
        ),
        ([*observed("concurence"), *axes(f"{T_C}=1,2")], "did you mean 'concurrence'?"),
        ([*observed("heat RD"), *axes(f"{T_C}=1,2")], "'--observe' must be one of RA, RB, RC"),
        ([*axes(f"{T_C}=1,2"), "--without", "RD"], "'--without' must be one of RA, RB, RC, got"),
        (
            [*observed("heat RC"), *axes(f"{T_C}=1,2"), "--without", "RC"],
            "'--without' must leave something that is observed",
        ),
        ([*C, *axes(f"{T_C}=1,2"), "--out", "run"], "'--out' must end in .zarr, got 'run'"),
        ([*C, *axes(f"{T_C}=1,2"), "--export", "a.xls"], "'--export' must end in .nc or .csv, got"),
        (
            [
                *C,
                *axes(f"{T_C}=1,2"),
                "--export",
                "a.csv",
                "--reduce",
                "histogram:concurrence:0:1:9",
            ],
            "'--export' must be one table, with a variable over the axes of all others, got 'con",
        ),
        ([*C, *axes(f"{T_C}=1,2"), "--export", "no/a.nc"], "no/a.nc cannot be written (its folder"),
        ([*C, *axes(f"{T_C}=1,2"), "--draw", "a.gif"], "'--draw' must end in .png or .svg or .pdf"),
        (
            [*C, *axes(f"{T_C}=1,2", "qubits.A=19,20", "qubits.B=19,20"), "--draw", "a.png"],
            "'--draw' must have one axis or two to draw, got 3 axes",
        ),
        ([*C, *axes(f"{T_C}=1"), "--draw", "a.png"], "got 0 axes of more than one point"),
        ([*C, *axes(f"{T_C}=1,2"), "--workers", "0"], "'--workers' must be a whole number >= 1"),
        ([*C, *axes(f"{T_C}=1,2"), "--workers", "two"], "Invalid value for '--workers'"),
        (
            [*C, *axes(f"{T_C}=1,2"), "--workers", "2", "--dask", "tcp://localhost:1"],
            "'--workers' must not stand beside --dask",
        ),
        ([*C, *axes(f"{T_C}=1,2"), "--dask", "there"], "No Dask scheduler answers at there"),
        ([*C, *axes(f"{T_C}=1,2"), "--chunk-points", "0"], "'--chunk-points' must be a whole num"),
        ([*C, *axes(f"{T_C}=1,2"), "--reduce", "max:concurrence"], "one of maximum, minimum, mean"),
        ([*C, *axes(f"{T_C}=1,2"), "--reduce", "maximum"], "write e.g. --reduce maximum:concurr"),
        (
            [*C, *axes(f"{T_C}=1,2"), "--reduce", "maximum:concurence"],
            "'--reduce' must be one of concurrence, got 'concurence': did you mean",
        ),
        (
            [*C, *axes(f"{T_C}=1,2"), "--reduce", "histogram:concurrence:1:0:9"],
            "'--reduce' must be two or more ascending numbers",
        ),
        (
            [*C, *axes(f"{T_C}=1,2"), "--reduce", "contour:concurrence=0:T"],
            f"'--reduce' must be one of {T_C}, got 'T'",
        ),
        (
            [*C, *axes(f"{T_C}=1,2"), "--reduce", "maximum:concurrence where x=3"],
            "'--reduce' must have conditions such as heat_RC<0 behind where",
        ),
        (
            [*C, *axes(f"{T_C}=1,2"), *["--reduce", "mean:concurrence"] * 2],
            "'--reduce' must have a name each, got concurrence_mean twice: name one of them",
        ),
        ([*C, *axes(f"{T_C}=1,2"), "-e", "glob"], "did you mean 'global'?"),
        ([*C, *axes(f"{T_C}=1,2"), "--initial", "111"], "'--initial' must be a bare ket"),
    ],
)
def test_wrong_words_are_one_line(run: Any, words: list[str], fragment: str) -> None:
    result = run(TWO_QUBIT, *words)
    assert result.code == 2, result.err
    assert fragment in result.err
    assert result.err.startswith("entherm: ")
    assert result.err.count("\n") == 1
    assert not result.out


@pytest.mark.parametrize(
    ("values", "fragment"),
    [
        ("1:30:5", "FROM' must be a temperature with its unit, got '1'"),
        ("1,30", "must be a temperature with its unit, got '1': write e.g. '15 mK'"),
        ("1mK:30:5", "TO' must be a temperature with its unit, got '30'"),
        ("1GHz:30mK:5", "FROM' must be a temperature, got '1GHz' (cycle / second)"),
        ("5mK:5mK:4", "TO' must differ from the other end, got 5mK"),
        ("-1mK:5mK:4:log", "FROM' must be > 0 with :log, got -1 mK"),
    ],
)
def test_a_file_with_units_takes_quantities(run: Any, values: str, fragment: str) -> None:
    assert fragment in run(CIRCUIT, *C, *axes(f"{T_C}={values}")).err


def test_a_list_in_the_file_is_no_point(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(DARK.replace("temperature = 1.0", "temperature = [1.0, 2.0]"))
    result = run(file, *C, *axes("qubits.A=20,21"), "--json")
    told = json.loads(result.out)["error"]
    assert (result.code, told["line"]) == (2, 11)
    assert f"got a list of 2: sweep it: --axis {T_C}=VALUES." in told["message"]


def test_names_of_parts_may_hold_dots_and_commas(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(DARK.replace("reservoirs.RC", 'reservoirs."R.C, cold"'))
    path = "reservoirs.R.C, cold.temperature"
    found = run(file, *C, *axes(f"{path}=1:2:3"), "--json").json
    (axis,) = found["axes"].values()
    assert axis["parameters"] == {path: {"units": "1", "from": 1.0, "to": 2.0}}


def test_help_and_lightness(run: Any) -> None:
    page = run("--help").out
    assert max(map(len, page.splitlines())) <= 80
    for option in ("--axis PATH=VALUES", "--observe WORD", "--out FOLDER", "--dry-run", "--json"):
        assert option in page
    script = "import sys; from entherm.cli import main\ntry: main(['sweep', '--help'])\n"
    script += "except SystemExit: print({'xarray', 'zarr', 'matplotlib', 'distributed'} & "
    script += "{*sys.modules}, file=sys.stderr)"
    alone = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=_environment(),
        check=True,
    )  # fmt: skip
    assert alone.stderr == "set()\n"


# Workers, signals and terminals -----------------------------------------------------------------


def _environment() -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **own}


def _swept(points: int, equation: str, chunk: int) -> list[str]:
    grid = axes(f"{T_C}=0.1:30:{points}", f"{T_A}=1:10:{points}")
    return [TWO_QUBIT, *grid, *C, "-e", equation, "--chunk-points", str(chunk)]


def _started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "entherm", "sweep", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
        start_new_session=True,
    )


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_an_interrupted_sweep_goes_on(run: Any, tmp_path: Path, workers: list[str]) -> None:
    words = [*_swept(90, "global", 225), "--out", str(tmp_path / "run.zarr"), *workers]
    done, found = _interrupted_and_finished(run, words, tmp_path / "run.zarr")
    assert (found["chunks"], found["points_before"]) == (36, done * 225)
    whole = et.sweep(
        et.read(TWO_QUBIT),
        {T_C: et.Span(0.1, 30.0, 90), T_A: et.Span(1.0, 10.0, 90)},
        "concurrence",
    )
    stored = et.open_sweep(tmp_path / "run.zarr")
    assert stored.attrs["entherm_status"] == "finished"
    np.testing.assert_array_equal(stored.concurrence.values, whole.concurrence.values)


def test_an_interrupted_reduction_goes_on(run: Any, tmp_path: Path) -> None:
    words = [*_swept(300, "redfield", 1000), "--out", str(tmp_path / "run.zarr")]
    words += ["--reduce", "mean:concurrence"]
    done, found = _interrupted_and_finished(run, words, tmp_path / "run.zarr")
    assert found["points_before"] == pytest.approx(done * 90_000 / found["chunks"], rel=0.1)
    whole = et.sweep(
        et.read(TWO_QUBIT),
        {T_C: et.Span(0.1, 30.0, 300), T_A: et.Span(1.0, 10.0, 300)},
        "concurrence",
        et.Redfield(),
    )
    mean = found["variables"]["concurrence_mean"]["maximum"]["value"]
    assert mean == pytest.approx(float(whole.concurrence.mean()), rel=1e-12)


def _interrupted_and_finished(run: Any, words: list[str], out: Path) -> tuple[int, Any]:
    """Ctrl-C after some chunks; what it says is kept, and what the same command says then."""
    process = _started(*words)
    ledger, least = out / "ledger.jsonl", 1 if "--reduce" in words else 5
    until = time.monotonic() + 60.0
    while not ledger.exists() or ledger.read_bytes().count(b"\n") < least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    if "--reduce" in words:  # of which nothing is seen until it is saved
        time.sleep(0.3)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    # As a terminal does it: to everyone in the group.
    os.killpg(process.pid, signal.SIGINT)
    page, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert not page
    told = re.fullmatch(
        r"entherm: interrupted: (\d+) of (\d+) chunks are in (.*); the same command goes on there"
        r"\.\n",
        err,
    )
    assert told, err
    done, chunks = int(told[1]), int(told[2])
    assert done < chunks
    assert told[3] == str(out)
    if "--reduce" not in words:
        assert 0 < done == ledger.read_bytes().count(b"\n") - 1  # the first line is the head
    assert not [one for one in family if one.is_running() and one.status() != "zombie"]
    return done, run(*words, "--json").json


def test_an_interrupted_sweep_without_a_store_says_what_would_keep_it(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "sweep", interrupted)
    words = [TWO_QUBIT, *axes(f"{T_C}=1,2"), *C]
    result = run(*words, "--json")
    assert result.code == 130
    message = json.loads(result.out)["error"]["message"]
    assert message.startswith("interrupted: nothing is kept; with --out run.zarr,")
    early = run(*words, "--out", tmp_path / "run.zarr")
    assert "interrupted: 0 of 1 chunks are in " in early.err


def test_a_cluster_of_ones_own(run: Any) -> None:
    words = [TWO_QUBIT, *axes(f"{T_C}=1:9:9"), *C, "--chunk-points", "2", "--json"]
    with local_cluster(1) as client:
        found = run(*words, "--dask", client.scheduler.address).json
    alone = run(*words).json
    assert found["chunks"] == alone["chunks"] == 5
    assert found["variables"] == alone["variables"]


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "entherm", "sweep", *_swept(250, "redfield", 500)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**_environment(), "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while process.poll() is None:
        with suppress(OSError):  # as Linux tells that the other end is closed
            if select.select([terminal], [], [], 0.05)[0]:
                shown += os.read(terminal, 65536)
    page, _ = process.communicate()
    os.close(terminal)
    assert process.returncode == 0
    assert re.search(r"sweep .*%.* points/s, .* left", shown.decode())
    assert b"62500 points in " in page
    assert b"left" not in page
