"""A sweep is its points: numbers, independence of how it was cut, invalid points, the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import entherm as et
from entherm.machine_file import reads
from entherm.observables import Population
from entherm.paper import closed_form, equations
from entherm.two_qubit import two_qubit_machine

RA, RB, RC = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))
OMEGA = "exchange.A-B.strength"
TWO_QUBITS = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)

# Global, levels in sectors of at most two, and three qubits: the same arithmetic at every point.
SAME_BITS = [
    "man_2019",
    "cattaneo_2019",
    "esposito_2009",
    "geusic_1967",
    "gunlycke_2001",
    "hewgill_2018",
    "huang_2009",
    "joulain_2016",
    "quiroga_2007",
    "sanchez_2011",
    "werlang_2014",
]
EQUATIONS = [
    et.Local(heat="bare"),
    et.Redfield(),
    et.Unified(),
    et.Unified(clustering="sweep"),
    et.UniversalLindblad(),
]
GENERAL = [
    *[(name, rule) for name in ("man_2019", "huang_2009", "sanchez_2011") for rule in EQUATIONS],
    ("brask_2015", et.Reset()),
    ("brunner_2014", et.Reset()),
    ("tavakoli_2018", et.Reset()),
    ("khandelwal_2020", et.Local()),
    ("brask_2022", et.Local()),
]


def axes_of(machine: et.Machine) -> dict[str, list[float]]:
    """Two parameters of reservoirs about where they are, three and four values."""
    thermal = [p for p in machine.parameters if p.endswith(("temperature", "occupation"))]
    first, last = thermal[0], thermal[-1]
    a, b = float(machine.parameters[first]), float(machine.parameters[last])
    return {first: [0.7 * a, a, 0.9 * a], last: [0.8 * b, 0.95 * b, b, 0.7 * b]}


def asked(machine: et.Machine) -> dict[str, et.Observable]:
    return {bath.name: et.heat(bath.name) for bath in machine.reservoirs} | {"top": Population(0)}


def by_hand(
    machine: et.Machine,
    axes: Mapping[str, Sequence[float]],
    observables: Mapping[str, et.Observable],
    equation: et.Equation,
) -> dict[str, np.ndarray]:
    """A loop over points, each a machine of its own."""
    shape = tuple(map(len, axes.values()))
    found = {name: np.empty(shape) for name in observables}
    for index in np.ndindex(shape):
        values = {path: row[k] for (path, row), k in zip(axes.items(), index, strict=True)}
        state = et.steady_state(machine.replace(values), equation)
        for name, value in zip(observables, state.observe(*observables.values()), strict=True):
            found[name][index] = value
    return found


def same(one: xr.Dataset, other: xr.Dataset) -> bool:
    return [*one] == [*other] and all(
        one[name].dims == other[name].dims
        and one[name].dtype == other[name].dtype
        and one[name].values.tobytes() == other[name].values.tobytes()
        for name in one
    )


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAME_BITS)
def test_global_sweeps_are_their_points_bit_for_bit(name: str) -> None:
    """Oracle: `steady_state` of each machine made by `replace`; and any cut gives the same bits."""
    machine = et.zoo.machine(name)
    axes, observables = axes_of(machine), asked(machine)
    swept = et.sweep(machine, axes, observables)
    expected = by_hand(machine, axes, observables, et.Global())
    for key, values in expected.items():
        assert swept[key].dims == tuple(axes)
        assert np.array_equal(swept[key].values, values), key
    for points in (1, 5):
        assert same(swept, et.sweep(machine, axes, observables, chunk_points=points)), points


@pytest.mark.parametrize(("name", "equation"), GENERAL, ids=lambda x: getattr(x, "name", x))
def test_general_equations_agree_with_their_points(name: str, equation: et.Equation) -> None:
    """To 1e-12 of the largest: linear algebra rounds by how many systems it solves at once."""
    machine = et.zoo.machine(name)
    axes, observables = axes_of(machine), asked(machine)
    swept = et.sweep(machine, axes, observables, equation)
    cut = et.sweep(machine, axes, observables, equation, chunk_points=5)
    again = et.sweep(machine, axes, observables, equation, chunk_points=5)
    assert same(cut, again)
    if getattr(equation, "clustering", "point") == "sweep":
        # One clustering for all points is no property of a point: the whole is the oracle.
        whole = machine.replace({p: np.reshape(v, (-1, 1)[: 2 - k]) for k, (p, v) in _rows(axes)})
        state = et.steady_state(whole, equation)
        expected = dict(zip(observables, state.observe(*observables.values()), strict=True))
    else:
        expected = by_hand(machine, axes, observables, equation)
    largest = max(np.abs(values).max() for key, values in expected.items() if key != "top")
    for key, values in expected.items():
        scale = 1.0 if key == "top" else largest  # populations add up to 1
        assert np.abs(swept[key].values - values).max() <= 1e-12 * scale, key
        assert np.abs(cut[key].values - values).max() <= 1e-12 * scale, key


def _rows(axes: Mapping[str, Sequence[float]]) -> list[tuple[int, tuple[str, Sequence[float]]]]:
    return [*enumerate(axes.items())]


def test_oscillators_agree_with_their_points() -> None:
    """Two modes of three levels each, in sectors of three: to 1e-12."""
    parts = [et.Oscillator("P", 2.0, 3), et.Oscillator("Q", 1.9, 3)]
    baths = [et.Reservoir("H", 0.8, {"P": 0.003}), et.Reservoir("K", 0.4, {"Q": 0.012})]
    machine = et.Machine(parts, [et.exchange("P", "Q", 0.2)], baths)
    axes = {"reservoirs.H.temperature": [0.5, 0.8], "oscillators.Q": [1.8, 1.9, 1.95]}
    axes = {k if k in machine.parameters else _like(machine, "Q"): v for k, v in axes.items()}
    observables = {"H": et.heat("H"), "top": Population(0)}
    for equation in (et.Global(), et.Redfield()):
        swept = et.sweep(machine, axes, observables, equation, chunk_points=4)
        for key, values in by_hand(machine, axes, observables, equation).items():
            assert np.allclose(swept[key].values, values, rtol=1e-12, atol=1e-15), key


def _like(machine: et.Machine, name: str) -> str:
    return next(path for path in machine.parameters if path.split(".")[1:2] == [name])


def test_the_papers_closed_form() -> None:
    """Oracle: the populations of [Man] in closed form, and its currents, at every point."""
    T, T_C, exchange = [0.5, 3.0, 8.0], [0.3, 4.0], [2.0, 10.0, 18.0]
    swept = et.sweep(
        TWO_QUBITS,
        {(RA, RB): T, RC: T_C, OMEGA: exchange},
        ["concurrence", "heat RA", "heat RC"],
    )
    for i, j, k in np.ndindex(3, 2, 3):
        point = equations.Parameters(20.0, 20.0, exchange[k], T[i], T[i], T_C[j])
        heat = closed_form.closed_form_heat_currents(point)
        assert float(swept.concurrence[i, j, k]) == pytest.approx(
            closed_form.closed_form_concurrence(point), abs=1e-13
        )
        for name, variable in (("RA", "heat_RA"), ("RC", "heat_RC")):
            assert float(swept[variable][i, j, k]) == pytest.approx(heat[name], abs=1e-12)


def test_the_change_of_fig_2() -> None:
    """ΔC of [Man] Fig. 2(a). Oracle: its Eqs. (8) and (17), with R_C and with both rates zero."""
    T, T_C = np.linspace(0.5, 20.0, 5), np.linspace(0.5, 14.0, 4)
    swept = et.sweep(TWO_QUBITS, {(RA, RB): T, RC: T_C}, et.with_and_without("RC"))
    assert [*swept] == ["concurrence", "concurrence_without_RC", "delta_concurrence_RC"]
    for i, j in np.ndindex(5, 4):
        with_it = equations.Parameters(20.0, 20.0, 10.0, T[i], T[i], T_C[j])
        without = equations.Parameters(
            20.0, 20.0, 10.0, T[i], T[i], T_C[j], Gamma_CA=0.0, Gamma_CB=0.0
        )
        C, C_0 = (
            equations.eq_17_concurrence(equations.steady_state(p)) for p in (with_it, without)
        )
        assert float(swept.concurrence[i, j]) == pytest.approx(C, abs=1e-12)
        assert float(swept.concurrence_without_RC[i, j]) == pytest.approx(C_0, abs=1e-12)
    delta = swept.concurrence.values - swept.concurrence_without_RC.values
    assert np.array_equal(swept.delta_concurrence_RC.values, delta)
    assert delta.min() < 0.0 < delta.max()


PHYSICAL = """
name = "two transmons"
[units]
frequency = "cyclic"
[qubits]
A = "5 GHz"
B = "5.2 GHz"
[[exchange]]
between = ["A", "B"]
strength = "1.5 GHz"
[reservoirs.RA]
temperature = "60 mK"
couplings = { A = "0.2 /ns" }
[reservoirs.RB]
temperature = "80 mK"
couplings = { B = "0.3 /ns" }
"""


def test_units_are_the_same_machine() -> None:
    """Oracle: the dimensionless machine at T k_B/ħ, and currents times ħ (10⁹ rad/s)²."""
    file = reads(PHYSICAL)
    swept = et.sweep(
        file,
        {RA: ["20 mK", "0.1 K"], OMEGA: et.Span("500 MHz", "1.5 GHz", 3)},
        ["concurrence", "heat RA"],
    )
    assert swept[RA].values.tolist() == [20.0, 100.0]
    assert swept[OMEGA].values.tolist() == [0.5, 1.0, 1.5]
    assert [swept[x].attrs["units"] for x in (RA, OMEGA, "heat_RA", "concurrence")] == [
        "mK",
        "GHz",
        "W",
        "1",
    ]
    hbar, k_B = 6.62607015e-34 / (2.0 * np.pi), 1.380649e-23
    for i, T in enumerate((0.02, 0.1)):
        for j, GHz in enumerate((0.5, 1.0, 1.5)):
            alone = file.machine.replace({RA: k_B * T / (hbar * 1e9), OMEGA: 2.0 * np.pi * GHz})
            state = et.steady_state(alone)
            assert float(swept.concurrence[i, j]) == pytest.approx(
                float(state.concurrence("A", "B")), abs=1e-13
            )
            watts = float(state.heat_currents["RA"]) * hbar * 1e18
            assert float(swept.heat_RA[i, j]) == pytest.approx(watts, rel=1e-10)
    assert et.machine_of(swept).replace({RA: 1.0, OMEGA: 1.0}).hash == (
        file.machine.replace({RA: 1.0, OMEGA: 1.0}).hash
    )


# --- independence ---------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [1, 7, 100])
def test_bits_do_not_depend_on_the_cut(points: int, tmp_path: Path) -> None:
    """Two to three axes, lengths that no block divides; in memory, and from a store."""
    axes = {RA: np.linspace(0.5, 9.0, 5), RC: [0.3, 4.0, 8.0], OMEGA: [3.0, 17.0]}
    observables = ["concurrence", "heat RA", "heat RC", et.with_and_without("RB")]
    whole = et.sweep(TWO_QUBITS, axes, observables, on_invalid="nan")
    assert same(
        whole, et.sweep(TWO_QUBITS, axes, observables, on_invalid="nan", chunk_points=points)
    )
    stored = et.sweep(
        TWO_QUBITS,
        axes,
        observables,
        on_invalid="nan",
        chunk_points=points,
        out=tmp_path / "run.zarr",
    ).load()
    for name in whole:
        assert whole[name].values.tobytes() == stored[name].values.tobytes(), name


def test_axes_in_another_order_are_the_transposed_dataset() -> None:
    one = et.sweep(TWO_QUBITS, {RA: [1.0, 4.0, 6.0], RC: [0.5, 2.0]}, "heat RC")
    other = et.sweep(TWO_QUBITS, {RC: [0.5, 2.0], RA: [1.0, 4.0, 6.0]}, "heat RC")
    assert other.heat_RC.dims == (RC, RA)
    assert np.array_equal(one.heat_RC.values, other.heat_RC.values.T)


def ring(gap: float = 2.0) -> et.Machine:
    """Three equal qubits in a ring, whose levels coincide in pairs."""
    bonds = [et.exchange(*pair, 0.3) for pair in (("A", "B"), ("B", "C"), ("C", "A"))]
    baths = [
        et.Reservoir(f"R{k}", T, {k: 0.01}) for k, T in zip("ABC", (0.5, 0.7, 1.1), strict=True)
    ]
    return et.Machine([et.Qubit(k, gap) for k in "ABC"], bonds, baths)


@pytest.mark.parametrize("equation", [et.Global(), et.Redfield()], ids=lambda e: e.name)
def test_a_degenerate_point_leaves_its_neighbours_alone(equation: et.Equation) -> None:
    """The ring is degenerate at one value of the axis: oracle, the points alone."""
    axes = {"qubits.A": [1.8, 1.9, 2.0, 2.1], "reservoirs.RA.temperature": [0.4, 0.6]}
    observables = {"RA": et.heat("RA"), "C": et.concurrence("A", "B")}
    expected = by_hand(ring(), axes, observables, equation)
    for points in (1, 3, 100):
        swept = et.sweep(ring(), axes, observables, equation, chunk_points=points)
        for key, values in expected.items():
            assert np.allclose(swept[key].values, values, rtol=1e-10, atol=1e-13), (points, key)


# --- points without a steady state ----------------------------------------------------------------

STRONG = {OMEGA: [5.0, 25.0, 19.0, 30.0], RC: [0.5, 2.0]}


def test_invalid_points_are_refused_by_where_they_are() -> None:
    with pytest.raises(et.InvalidMachineError) as error:
        et.sweep(TWO_QUBITS, STRONG, "concurrence")
    for words in (f"{OMEGA} = 25", f"{RC} = 0.5", "on_invalid='nan'", "leave such points out"):
        assert words in str(error.value)
    file = reads(PHYSICAL)
    with pytest.raises(et.InvalidMachineError, match=r"strength = 6 GHz"):
        et.sweep(file, {OMEGA: ["6 GHz"]}, "concurrence")


@pytest.mark.parametrize("points", [1, 3, 100])
def test_invalid_points_are_marked_and_counted(points: int) -> None:
    """Valid neighbours keep their bits; a function that makes numbers there is not believed."""
    asked_for = {
        "C": "concurrence",
        "own": lambda state: np.ones(state.shape),
        "change": et.with_and_without("RC"),
    }
    swept = et.sweep(TWO_QUBITS, STRONG, asked_for, on_invalid="nan", chunk_points=points)
    invalid = np.array([[0, 0], [1, 1], [0, 0], [1, 1]])
    assert np.array_equal(swept.reason.values, invalid)
    assert swept.reason.dtype == np.int8
    for name in ("C", "own", "delta_change_RC"):
        assert np.array_equal(np.isnan(swept[name].values), invalid == 1), name
    valid = et.sweep(TWO_QUBITS, {OMEGA: [5.0, 19.0], RC: [0.5, 2.0]}, "concurrence")
    assert np.array_equal(swept.C.values[[0, 2]], valid.concurrence.values)
    assert dict(swept.entherm.invalid) == {
        "reason": {"frequency_not_positive": 4},
        "reason_without_RC": {"frequency_not_positive": 4},
    }
    meanings = swept.reason.attrs["flag_meanings"].split()
    assert meanings[[*swept.reason.attrs["flag_values"]].index(1)] == "frequency_not_positive"


def dark() -> et.Machine:
    """Two equal qubits on one reservoir: the singlet is dark."""
    common = et.Reservoir("RC", 1.0, {"A": 1.0, "B": 1.0})
    own = et.Reservoir("RA", 2.0, {"A": 0.5})
    return et.Machine(
        [et.Qubit("A", 20.0), et.Qubit("B", 20.0)], [et.exchange("A", "B", 3.0)], [common, own]
    )


def test_states_that_are_not_unique() -> None:
    """Without RA the singlet is dark: refused, marked, or settled from a beginning."""
    asked_for = et.with_and_without("RA")
    axes = {"reservoirs.RC.temperature": [1.0, 5.0]}
    with pytest.raises(et.NonUniqueSteadyStateError, match=r"RC\.temperature = 1: leave such"):
        et.sweep(dark(), axes, asked_for)
    marked = et.sweep(dark(), axes, asked_for, on_invalid="nan")
    assert marked.reason.values.tolist() == [0, 0]
    assert marked.reason_without_RA.values.tolist() == [2, 2]
    assert marked.reason_without_RA.attrs["long_name"].endswith("without RA")
    assert not np.isnan(marked.concurrence.values).any()
    assert np.isnan(marked.delta_concurrence_RA.values).all()
    singlet = np.array([0.0, 1.0, -1.0, 0.0]) / np.sqrt(2.0)
    settled = et.sweep(dark(), axes, asked_for, initial=singlet)
    assert settled.concurrence_without_RA.values == pytest.approx([1.0, 1.0], abs=1e-12)
    state = et.steady_state(dark().replace({"reservoirs.RC.temperature": 5.0}))
    assert settled.concurrence.values[1] == pytest.approx(
        float(state.concurrence("A", "B")), abs=1e-13
    )


def test_every_point_may_be_invalid() -> None:
    swept = et.sweep(TWO_QUBITS, {OMEGA: [25.0, 30.0]}, "concurrence", on_invalid="nan")
    assert np.isnan(swept.concurrence.values).all()
    assert swept.entherm.invalid["reason"] == {"frequency_not_positive": 2}


# --- functions of the user's ----------------------------------------------------------------------


def test_functions_read_the_state() -> None:
    """Oracle: the observable that does the same."""
    asked_for = {
        "own": lambda state: state.heat_currents["RC"],
        "hot": lambda state: state.heat_currents["RC"] > 0.0,
        "one": lambda state: 1,
        "RC": et.heat("RC"),
    }
    swept = et.sweep(TWO_QUBITS, {RC: [0.5, 6.0], RA: [1.0, 3.0, 7.0]}, asked_for, chunk_points=2)
    assert swept.own.values == pytest.approx(swept.RC.values, abs=1e-14)
    assert np.array_equal(swept.hot.values, swept.RC.values > 0.0)
    assert np.array_equal(swept.one.values, np.ones((2, 3)))


def test_an_error_of_a_function_is_its_own() -> None:
    def broken(state: et.SteadyState) -> float:
        raise KeyError(state.shape)

    with pytest.raises(KeyError, match="2,") as error:
        et.sweep(TWO_QUBITS, {RC: [0.5, 6.0]}, broken)
    assert error.value.__notes__ == ["Raised by the observable 'broken' of a sweep."]


# --- the machine of a dataset ---------------------------------------------------------------------


def physical() -> tuple[et.MachineFile, dict[object, object]]:
    return reads(PHYSICAL), {(RA, RB): ["20 mK", "33.3 mK"], OMEGA: et.Span("0.5 GHz", "1 GHz", 3)}


def plain() -> tuple[et.Machine, dict[object, object]]:
    return TWO_QUBITS, {(RA, RB): [0.1, 1.0 / 3.0], OMEGA: [5.0, 7.7, 9.1]}


@pytest.mark.parametrize("made", [plain, physical])
def test_the_machine_comes_back_to_the_bit(made, tmp_path: Path) -> None:
    """Oracle: the machine with the coordinates put in by hand, compared by its hash."""
    source, axes = made()
    base = source.machine if isinstance(source, et.MachineFile) else source
    swept = et.sweep(source, axes, ["concurrence", "heat RA"])
    units = source.units if isinstance(source, et.MachineFile) else et.Units()
    T = swept[RA].values * units.temperature.size
    exchange = swept[OMEGA].values * units.frequency.size
    whole = base.replace({RA: T[:, None], RB: T[:, None], OMEGA: exchange})
    swept.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    et.sweep(source, axes, ["concurrence", "heat RA"], out=tmp_path / "run.zarr")
    with (
        xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as netcdf,
        xr.open_zarr(tmp_path / "run.zarr") as zarr,
    ):
        for found in (swept, netcdf, zarr):
            assert et.machine_of(found).hash == whole.hash
            assert found.entherm.machine.hash == whole.hash
            point = et.machine_of(found.isel({RA: 1, OMEGA: 2}))
            assert point.hash == base.replace({RA: T[1], RB: T[1], OMEGA: exchange[2]}).hash
    renamed = swept.rename({RA: "T", OMEGA: "g"}).transpose("g", "T")
    turned = base.replace({RA: T, RB: T, OMEGA: exchange[:, None]})
    assert et.machine_of(renamed).hash == turned.hash
    some = swept.sel({OMEGA: swept[OMEGA].values[1]})
    assert et.machine_of(some).hash == base.replace({RA: T, RB: T, OMEGA: exchange[1]}).hash
    assert et.machine_of(swept.drop_vars(["concurrence", "heat_RA"])).hash == whole.hash
    state = et.steady_state(et.machine_of(swept))
    assert state.shape == (2, 3)
    assert np.array_equal(state.concurrence("A", "B"), swept.concurrence.values)


def test_edited_attributes_are_refused() -> None:
    swept = et.sweep(TWO_QUBITS, {RC: [1.0, 2.0]}, "concurrence")
    numbers = json.loads(swept.attrs["machine_parameters"]) | {"qubits.A": 21.0}
    for edit in (
        {"machine_parameters": json.dumps(numbers)},
        {"machine_parameters": "{"},
        {"machine_hash": "0" * 12},
        {"units_convention": "cyclic"},
        {"machine": swept.attrs["machine"].replace("RB", "RX")},
    ):
        with pytest.raises(et.EnthermError, match=r"edited|must be one of"):
            et.machine_of(swept.assign_attrs(edit))
    with pytest.raises(et.EnthermError, match="no sweep of entherm"):
        et.machine_of(xr.Dataset({"x": 1.0}))
    for name in ("validity", "invalid"):
        with pytest.raises(et.EnthermError, match=f"it has no attribute {name}.*keep_attrs=True"):
            getattr(xr.Dataset({"x": 1.0}).entherm, name)
    with pytest.raises(et.ParameterError, match=r"have the coordinate reservoirs\.RC"):
        et.machine_of(swept.isel({RC: 0}, drop=True))


class Steep(et.Ohmic):
    """A spectrum that only code can spell."""

    kind = "steep"


def test_a_machine_that_only_code_can_spell() -> None:
    """It is swept like any other, and its dataset says that it cannot be made again."""
    bath = et.Reservoir("R", 1.0, {"A": 0.1}, spectrum=Steep(reference=2.0, cutoff=9.0))
    machine = et.Machine([et.Qubit("A", 2.0)], reservoirs=[bath])
    twin = et.Reservoir("R", 1.0, {"A": 0.1}, spectrum=et.Ohmic(reference=2.0, cutoff=9.0))
    axes = {"reservoirs.R.temperature": [0.5, 1.0]}
    swept = et.sweep(machine, axes, "population 1")
    expected = et.sweep(et.Machine([et.Qubit("A", 2.0)], reservoirs=[twin]), axes, "population 1")
    assert np.array_equal(swept.population_1.values, expected.population_1.values)
    assert swept.attrs["machine"] == ""
    with pytest.raises(et.EnthermError, match="only code can spell"):
        et.machine_of(swept)
