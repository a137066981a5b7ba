"""Schematics of any machine, and the small plots: nothing overlaps, nothing raises.

Oracle: the renderer, which says where each text came to lie.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import entherm as et
from entherm.plotting import axis_label, curves, draw, drawing_size, printed, signed_map, style

NUMBERS = st.floats(-9.99e4, 9.99e4).filter(lambda x: abs(x) > 1e-4)
RATES = st.floats(1e-9, 9.99e4)


@st.composite
def machines(choose: st.DrawFn) -> et.Machine:
    """One to six qubits, any exchange, up to six reservoirs each on any of them."""
    names = "ABCDEF"[: choose(st.integers(1, 6))]
    qubits = [et.Qubit(name, choose(RATES)) for name in names]
    pairs = [pair for pair in combinations(names, 2) if choose(st.booleans())]
    reservoirs = []
    for k in range(choose(st.integers(0, 6))):
        touched = choose(st.sets(st.sampled_from(names), min_size=1))
        couplings = {
            name: et.Coupling(rate=choose(RATES), sign=choose(st.sampled_from([1, -1])))
            for name in sorted(touched)
        }
        correlation = choose(st.sampled_from([1.0, 0.25, 0.0]))
        reservoirs.append(et.Reservoir(f"R{k}", choose(RATES), couplings, correlation))
    dephasing = {name: choose(RATES) for name in names if choose(st.booleans())}
    interactions = [et.exchange(*pair, choose(NUMBERS)) for pair in pairs]
    return et.Machine(qubits, interactions, reservoirs, dephasing)


OPERATORS = ("lowering", "|0><1|"), ("x", "y", "z", "number")


@st.composite
def general_machines(choose: st.DrawFn) -> et.Machine:
    """One to four subsystems of any kind, joined and driven in every way there is."""
    names = ["A", "cavity", "M", "D"][: choose(st.integers(1, 4))]
    parts = [choose(subsystems(name)) for name in names]
    pairs = list(combinations(names, 2))
    interactions: list[et.Interaction] = []
    for pair in pairs:
        if choose(st.booleans()):
            interactions.append(et.exchange(*pair, choose(NUMBERS)))
        if choose(st.booleans()):
            keys = choose(st.sets(st.sampled_from(["xx", "yy", "zz"]), min_size=1))
            values = {key: choose(st.sampled_from([0.5, -0.25, 1e-5])) for key in sorted(keys)}
            interactions.append(et.heisenberg(pair[0], pair[1], **values))
    interactions += [et.swap("A", "cavity", "M", choose(NUMBERS))] if len(names) > 2 else []
    for part in parts:
        if choose(st.booleans()):
            interactions.append(et.field(part.name, x=choose(NUMBERS), z=choose(NUMBERS)))
            matrix = np.eye(part.dimension)
            interactions.append(et.hamiltonian_term(f"on {part.name}", [part.name], matrix))
    reservoirs: list[et.Reservoir | et.ResetReservoir] = []
    for k in range(choose(st.integers(0, 5))):
        reservoirs.append(choose(thermal(f"R{k}", parts)))
        if choose(st.booleans()):
            on = choose(st.sampled_from(names))
            reservoirs.append(et.ResetReservoir(f"reset {k}", on, choose(RATES), choose(RATES)))
    dephasing = {name: choose(RATES) for name in names if choose(st.booleans())}
    return et.Machine(parts, interactions, reservoirs, dephasing)


def subsystems(name: str) -> st.SearchStrategy[et.Qubit | et.Qudit | et.Oscillator]:
    return st.one_of(
        st.builds(et.Qubit, st.just(name), RATES),
        st.builds(et.Qudit, st.just(name), st.lists(NUMBERS, min_size=2, max_size=8)),
        st.builds(et.Qudit, st.just(name), gap=RATES, dimension=st.integers(2, 30)),
        st.builds(et.Oscillator, st.just(name), RATES, st.integers(2, 9), st.just(0.0) | NUMBERS),
    )


@st.composite
def thermal(
    choose: st.DrawFn, name: str, parts: list[et.Qubit | et.Qudit | et.Oscillator]
) -> et.Reservoir:
    """On any of the subsystems, through any operators, of any kind."""
    if len(parts) > 1 and choose(st.integers(0, 3)) == 0:
        size = parts[0].dimension * parts[1].dimension
        joint = et.Coupling(choose(RATES), operator=np.diag(np.arange(1.0, size), 1))
        return et.Reservoir(name, choose(RATES), {f"{parts[0].name}-{parts[1].name}": joint})
    touched = choose(st.sets(st.sampled_from([p.name for p in parts]), min_size=1))
    words = choose(st.sampled_from(OPERATORS))
    couplings = {
        k: et.Coupling(choose(RATES), choose(st.sampled_from([1, -1])),
                       operator=choose(st.sampled_from(words)))
        for k in sorted(touched)
    }  # fmt: skip
    fermi = len(touched) == 1 and words is OPERATORS[0] and choose(st.booleans())
    spectrum = choose(st.sampled_from([et.Flat(), et.Ohmic(5.0), et.Lorentzian(5.0, 1.0)]))
    # A line couples the step from |0> up, which must be one.
    rising = all(np.all(p.gap_above_ground > 0.0) for p in parts if p.name in touched)
    lowering = {c.operator for c in couplings.values()} == {"lowering"}
    delayed = rising and lowering and choose(st.booleans())
    delays = {key: choose(RATES) for key in couplings} if delayed else None
    options: dict[str, Any] = {"spectrum": spectrum, "delays": delays}
    if fermi:
        options |= {"statistics": "fermi", "chemical_potential": choose(NUMBERS)}
    elif choose(st.booleans()):
        return et.Reservoir(name, couplings=couplings, occupation=choose(RATES), **options)
    return et.Reservoir(
        name, choose(RATES), couplings, choose(st.sampled_from([1.0, 0.2])), **options
    )


def drawn(machine: et.Machine, size: tuple[float, float] | None = None) -> Figure:
    figure = Figure(figsize=size or drawing_size(machine))
    draw(machine, figure.add_axes((0.0, 0.0, 1.0, 1.0)))
    return figure


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    # A pixel is where one glyph's antialiasing meets its neighbour's, not an overlap.
    boxes = [(t.get_text(), t.get_window_extent().padded(-1.0)) for t in texts]
    return [(a, b) for (a, box), (b, other) in combinations(boxes, 2) if box.overlaps(other)]


def outside(figure: Figure) -> list[str]:
    frame = figure.bbox.padded(1.0)
    boxes = [(t.get_text(), t.get_window_extent()) for t in figure.axes[0].texts]
    return [
        text
        for text, box in boxes
        if not (frame.containsx(box.x0) and frame.containsx(box.x1))
        or not (frame.containsy(box.y0) and frame.containsy(box.y1))
    ]


@settings(max_examples=40)
@given(machines())
def test_any_machine_is_drawn_without_overlap(machine: et.Machine) -> None:
    figure = drawn(machine)
    assert not overlaps(figure)
    assert not outside(figure)


@settings(max_examples=40)
@given(general_machines())
def test_any_general_machine_is_drawn_without_overlap(machine: et.Machine) -> None:
    figure = drawn(machine)
    assert not overlaps(figure)
    assert not outside(figure)
    with style():
        # Warns of glyphs that the fonts for print do not have, which is an error here.
        drawn(machine).draw_without_rendering()


@pytest.mark.parametrize("size", [(1.5, 3.0), (3.4, 2.0), (7.0, 5.0)])
def test_any_axes_will_do(size: tuple[float, float]) -> None:
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=[1.0, 2.0], gamma=0.1)
    figure = drawn(machine, size)
    assert not overlaps(figure)
    assert not outside(figure)


def test_what_is_written() -> None:
    machine = et.two_qubit_machine(20.0, 21.0, -10.0, T_A=5.0, T_C=[1.0, 2.0], gamma=[0.0, 0.1])
    texts = [text.get_text() for text in drawn(machine).axes[0].texts]
    assert {"A", "ε = 20", "B", "ε = 21", "Ω = −10", "RA", "T = 5", "γ = 0…0.1"} <= set(texts)
    assert any("RC" in text and "T = 1…2" in text for text in texts)
    assert not any(
        "γ" in t.get_text() for t in drawn(et.two_qubit_machine(1, 1, 0.5)).axes[0].texts
    )


def test_signs_amplitudes_and_correlations_are_written() -> None:
    couplings = {"A": et.Coupling(rate=0.1, sign=-1), "B": et.Coupling(amplitude=-0.3)}
    machine = et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
        reservoirs=[et.Reservoir("RC", 0.5, couplings, correlation=0.25)],
    )
    texts = {text.get_text() for text in drawn(machine).axes[0].texts}
    assert {"Γ = 0.1 (−)", "g = −0.3"} <= texts
    assert any("c = 0.25" in text for text in texts)


def written(machine: et.Machine) -> set[str]:
    return {text.get_text() for text in drawn(machine).axes[0].texts}


def test_a_general_machine_is_spelled_as_its_hamiltonian() -> None:
    parts = [et.Qubit("A", 1.0), et.Qudit("M", [0.0, 2.0, 3.0]), et.Oscillator("R", 5.0, 6, -0.1)]
    machine = et.Machine(
        parts,
        [
            et.heisenberg("A", "M", xx=0.1, yy=0.1, zz=-0.05),
            et.exchange("A", "M", 0.3),
            et.swap("A", "M", "R", 0.2),
            et.field("A", x=0.2, z=-0.1),
            et.hamiltonian_term("bias", ["R"], np.eye(6), 0.4),
        ],
    )
    texts = written(machine)
    assert {
        "ε = 1",
        "$E_{0}$ = 0",
        "$E_{1}$ = 2",
        "$E_{2}$ = 3",
        "ω = 5",
        "K = −0.1",
        "6 levels",
    } <= texts
    assert {"0.1 (XX + YY)", "− 0.05 ZZ", "Ω = 0.3", "swap, g = 0.2", "bias, g = 0.4"} <= texts
    assert r"0.2 $\sigma_x$ − 0.1 $\sigma_z$" in texts
    # The middle one gives, the outer two take.
    assert {r"$\sigma_+$", "$L$", r"$a^\dagger$"} <= texts


def test_what_is_not_as_usual_about_a_reservoir_is_written() -> None:
    x = et.Coupling(0.1, operator="x")
    machine = et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 1.0), et.Qudit("M", gap=1.0, dimension=3)],
        reservoirs=[
            et.Reservoir("noise", couplings={"A": x}, occupation=0.3, spectrum=et.Ohmic(1.0)),
            et.Reservoir("lead", 0.5, {"B": 0.2}, statistics="fermi", chemical_potential=1.5),
            et.Reservoir("line", 0.5, {"A": 0.2, "B": 0.2}, delays={"A": 0.0, "B": 2.0}),
            et.Reservoir("pair", 0.5, {"A-B": et.Coupling(0.4, operator=np.diag([1, 0, 0, -1]))}),
            et.Reservoir("step", 0.5, {"M": et.Coupling(0.5, operator="|0><2|")}),
            et.ResetReservoir("again", "M", 0.7, 2.0),
        ],
    )
    texts = written(machine)
    assert {"n = 0.3", "Ohmic", r"Γ = 0.1, $\sigma_x$", "μ = 1.5", "fermions"} <= texts
    assert {"Γ = 0.2, t = 0", "Γ = 0.2, t = 2", "Γ = 0.4, $V$ on A, B", "Γ = 0.5, |0⟩⟨2|"} <= texts
    assert {"again", "T = 2", "resets", "p = 0.7"} <= texts
    assert "Γ = 0.2" in texts  # σ₋, bosons and a flat spectrum go without saying


def test_labels_replace_and_unknown_ones_are_refused() -> None:
    machine = et.two_qubit_machine(1.0, 1.0, 0.7)
    ax = Figure().add_subplot()
    draw(
        machine, ax, labels={"A": "fluxonium", "A-B": "resonator", "qubits.B": "tuned"}, unit="GHz"
    )
    texts = {text.get_text() for text in ax.texts}
    assert {"fluxonium", "ε = 1 GHz", "tuned", "resonator", "Ω = 0.7 GHz"} <= texts
    with pytest.raises(et.UnknownNameError, match="RD"):
        draw(machine, ax, labels={"RD": "what?"})


def test_style_ends_with_its_block() -> None:
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["pdf.fonttype"] == 42
    assert dict(mpl.rcParams) == before


def test_signed_map_is_centred() -> None:
    rows = xr.DataArray(np.array([[0.1, -3.0], [1.0, np.nan]]), dims=("y", "x"), name="d")
    figure = Figure()
    signed_map(rows.assign_coords(x=[0, 1], y=[0, 1]), figure.add_subplot(), "x", "y")
    assert figure.axes[0].collections[0].get_clim() == (-3.0, 3.0)


def test_curves_are_labelled_by_their_coordinate() -> None:
    T_C = ("T_C", [1.0, 2.0], {"symbol": "T_C", "units": "GHz"})
    rows = xr.DataArray(np.eye(2), {"T_C": T_C, "T": [0.0, 1.0]}, name="C")
    ax = Figure().add_subplot()
    curves(rows, ax, "T")
    assert ax.lines[0].get_label() == r"$T_C=1\ \mathrm{GHz}$"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"symbol": "Q_C", "units": "Γ²"}, r"$Q_C/\Gamma^2$"),
        ({"symbol": "T", "units": "GHz"}, "$T$ (GHz)"),
        ({"long_name": "temperature", "units": "mK"}, "temperature (mK)"),
        ({}, "C"),
    ],
)
def test_axis_labels(attributes: dict[str, str], expected: str) -> None:
    assert axis_label(xr.DataArray(0.0, attrs=attributes, name="C")) == expected


def test_ticks_and_layout_do_not_depend_on_the_resolution() -> None:
    """Matplotlib's own pass over the figure at each resolution is the oracle."""

    @printed
    def made() -> Figure:
        figure = Figure(figsize=(2.0, 2.0), layout="constrained")
        figure.add_subplot().plot([0.0, 1.5], [1.0, 97.0])
        return figure

    def seen(dpi: float) -> list[object]:
        figure = made()
        figure.set_dpi(dpi)
        figure.draw_without_rendering()
        (ax,) = figure.axes
        labels = [text.get_text() for text in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        return [*labels, *ax.get_xticks(), *ax.get_yticks(), *ax.get_position().bounds]

    assert seen(72) == seen(300)
