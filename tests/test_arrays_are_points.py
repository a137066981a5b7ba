"""An array is nothing but its points: every parameter of every kind of machine, all equations.

Oracle: the machine at each point alone. Axes are as long as the machine has levels, so that an axis
that meets a matrix index instead of a batch index is found by its numbers.
"""

from __future__ import annotations

import numpy as np
import pytest

import entherm as et

QUBITS = [et.Qubit("A", 2.0), et.Qubit("B", 1.9)]
HOT = et.Reservoir("H", 0.8, {"A": 0.003})
COLD = et.Reservoir("K", 0.5, {"B": 0.004})


def delayed() -> et.Machine:
    line = et.Reservoir("L", 0.2, {"A": 0.01, "B": 0.005}, delays={"A": 0.0, "B": 0.1})
    return et.Machine(QUBITS, [et.exchange("A", "B", 0.2)], [line, HOT])


def correlated() -> et.Machine:
    bath = et.Reservoir("L", 0.2, {"A": 0.01, "B": 0.005}, {"A-B": 0.4}, chemical_potential=0.3)
    return et.Machine(QUBITS, [et.exchange("A", "B", 0.2)], [bath, HOT], {"A": 0.001})


def tabulated() -> et.Machine:
    table = et.TabulatedCorrelation([1.0, 3.0], {"A-B": [0.9, 0.1]})
    shape = et.Tabulated([1.0, 2.0, 3.0], [0.5, 1.0, 0.7], reference=2.0)
    bath = et.Reservoir("L", 0.2, {"A": 0.01, "B": 0.005}, table, spectrum=shape)
    return et.Machine(QUBITS, [et.exchange("A", "B", 0.2)], [bath, HOT])


def sigma_x() -> et.Machine:
    baths = [
        et.Reservoir(name, T, {on: et.Coupling(0.01, operator="x")}, spectrum=shape)
        for name, on, T, shape in (
            ("H", "A", 0.8, et.Ohmic(reference=2.0, cutoff=5.0)),
            ("K", "B", 0.3, et.Lorentzian(centre=2.0, width=0.5)),
        )
    ]
    parts = [et.heisenberg("A", "B", xx=0.1, yy=0.05, zz=0.07), et.field("A", z=0.1)]
    return et.Machine(QUBITS, parts, baths)


def anharmonic() -> et.Machine:
    parts = [et.Qubit("A", 2.0), et.Oscillator("R", 2.02, 3, anharmonicity=-0.02)]
    baths = [
        et.Reservoir("H", 0.8, {"A": 0.003}),
        et.Reservoir("K", 0.4, {"A": 0.02, "R": 0.012}),
    ]
    return et.Machine(parts, [et.exchange("A", "R", 0.02)], baths)


def leads() -> et.Machine:
    hot = et.Reservoir("H", 0.8, {"A": 0.003}, statistics="fermi", chemical_potential=1.0)
    noise = et.Reservoir("N", couplings={"B": 0.004}, occupation=0.3)
    return et.Machine(QUBITS, [et.exchange("A", "B", 0.2)], [hot, noise])


MACHINES = [delayed, correlated, tabulated, sigma_x, anharmonic, leads]
EQUATIONS = [
    et.Global(),
    et.Unified(),
    et.Redfield(),
    et.UniversalLindblad(),
    et.Local(heat="bare"),
]


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
@pytest.mark.parametrize("kind", MACHINES, ids=lambda kind: kind.__name__)
def test_every_parameter_may_be_an_axis(kind, equation: et.Equation) -> None:
    """Currents to 1e-12 (they are some 1e-3) and populations to 1e-10, along each in turn."""
    machine = kind()
    size = int(np.prod(machine.dimensions))
    for path, value in machine.parameters.items():
        axis = np.where(value == 0.0, 0.05, value) * np.linspace(0.94, 1.0, size)
        whole = et.steady_state(machine.replace({path: axis}), equation)
        for k in range(size):
            alone = et.steady_state(machine.replace({path: axis[k]}), equation)
            for name, current in alone.heat_currents.items():
                array = whole.heat_currents[name][k]
                assert abs(array - current) <= 1e-12, (path, k, name)
            assert whole.populations[k] == pytest.approx(alone.populations, abs=1e-10), (path, k)


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
def test_a_table_left_along_an_axis_is_a_named_point(equation: et.Equation) -> None:
    """NaN with a code at the points outside, the others as they are alone; else one clear error."""
    bath = et.Reservoir("R", 1.0, {"A": 0.01}, spectrum=et.Tabulated([1.0, 3.0], [1.0, 1.0]))
    machine = et.Machine([et.Qubit("A", [2.0, 4.0])], reservoirs=[bath])
    state = et.steady_state(machine, equation, on_invalid="nan")
    assert state.reason.tolist() == [et.Reason.VALID, et.Reason.FREQUENCY_NOT_POSITIVE]
    assert np.isnan(state.populations[1]).all()
    alone = et.steady_state(machine.take(np.array([0])), equation)
    assert state.populations[0] == pytest.approx(alone.populations[0])
    with pytest.raises(et.InvalidMachineError, match=r"table of reservoirs\.R\.spectrum"):
        et.steady_state(machine, equation)
