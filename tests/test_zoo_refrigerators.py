"""Absorption refrigerators of three qubits, each read from its file in the zoo."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import entherm as et
from entherm import zoo
from entherm.zoo.picture import start as start_of

Array = np.ndarray[Any, Any]
# Of three qubits, excited first, as the library orders them; the swap joins the two of one energy.
STATES = tuple(product((1, 0), repeat=3))
UP, DOWN = (1, 0, 1), (0, 1, 0)


def flipped(state: tuple[int, ...], qubit: int) -> tuple[int, ...]:
    return tuple(1 - n if k == qubit else n for k, n in enumerate(state))


@dataclass(frozen=True)
class Refrigerator:
    r"""The state of three qubits with resets and a swap, in closed form.

    ρ_{101,010} = c is the only coherence, as resets make none; with q = Σ p_i, ċ = i g (P_101 −
    P_010) − q c, and the swap moves J = 2 g Im c from 101 to 010: J = 2 g² (P_101 − P_010)/q and
    c = i J/(2 g). Populations solve R P + J (e_010 − e_101) = 0. A reset of qubit i keeps its
    thermal part τ_i and takes z_i = e_1 − e_0 away at p_i; with e_n = τ_i + (n − r_i) z_i, r_i the
    thermal excitation, a source e_n of three qubits is a sum over sets S of Π_S (n_i − r_i) z_i
    Π_rest τ_i, each an eigenvector of R of −p_S = −Σ_S p_i. So

    P = τττ + J X, X = Σ_S (Π_S (n_i − r_i)|_010 − Π_S (n_i − r_i)|_101)/p_S Π_S z_i Π_rest τ_i,
    J = Δ0/(q/(2 g²) − X_101 + X_010), Δ0 that of τττ. Arguments broadcast.
    """

    r: tuple[Any, ...]
    p: tuple[Any, ...]
    g: Any

    def thermal(self, state: tuple[int, ...]) -> Any:
        """τττ."""
        parts = [r if n else 1.0 - r for n, r in zip(state, self.r, strict=True)]
        return parts[0] * parts[1] * parts[2]

    def response(self, state: tuple[int, ...]) -> Any:
        """X."""
        total: Any = 0.0
        for chosen in STATES[:-1]:
            weight: dict[tuple[int, ...], Any] = {UP: 1.0, DOWN: 1.0}
            value, rate = 1.0, 0.0
            for k, r in enumerate(self.r):
                if not chosen[k]:
                    value = value * (r if state[k] else 1.0 - r)
                    continue
                value, rate = value * (2 * state[k] - 1), rate + self.p[k]
                weight = {n: w * (n[k] - r) for n, w in weight.items()}
            total = total + (weight[DOWN] - weight[UP]) * value / rate
        return total

    @property
    def J(self) -> Any:
        drop = self.thermal(UP) - self.thermal(DOWN)
        slow = sum(self.p) / (2.0 * self.g**2)
        return drop / (slow - self.response(UP) + self.response(DOWN))

    def population(self, state: tuple[int, ...]) -> Any:
        return self.thermal(state) + self.J * self.response(state)

    def negativity(self, qubit: int) -> Any:
        """Of one qubit with the other two: the transpose puts c between two other states."""
        a, b = (self.population(flipped(n, qubit)) for n in (UP, DOWN))
        root = np.sqrt(((a - b) / 2.0) ** 2 + (self.J / (2.0 * self.g)) ** 2)
        return np.maximum(0.0, root - (a + b) / 2.0)


def excitation(gap: float, temperature: float) -> float:
    return float(1.0 / (1.0 + np.exp(gap / temperature)))


def refrigerator(gaps: Any, temperatures: Any, rates: Any, swap: Any) -> Refrigerator:
    thermal = tuple(excitation(e, t) for e, t in zip(gaps, temperatures, strict=True))
    return Refrigerator(thermal, tuple(rates), swap)


def assert_state(s: et.SteadyState, known: Refrigerator) -> None:
    rho = np.diag([known.population(n) for n in STATES]).astype(complex)
    up, down = STATES.index(UP), STATES.index(DOWN)
    rho[up, down], rho[down, up] = 1j * known.J / (2 * known.g), -1j * known.J / (2 * known.g)
    assert s.density_matrix == pytest.approx(rho, abs=1e-14)


def partial_negativity(rho: Array, qubit: int) -> float:
    """Sum of the negative eigenvalues of the partial transpose, numerically."""
    tensor = np.swapaxes(rho.reshape((2,) * 6), qubit, qubit + 3)
    values = np.linalg.eigvalsh(tensor.reshape(8, 8))
    return float(-values[values < 0.0].sum())


def test_linden_2010() -> None:
    """State, currents E_i J (derived in `Refrigerator`), their ratio, and where cooling stops.

    Δ0 vanishes where r_A (1 − r_B) r_C = (1 − r_A) r_B (1 − r_C), hence E_A/T_A + E_C/T_C =
    E_B/T_B: E_A/E_C is then Carnot's coefficient, (1/T_B − 1/T_C)/(1/T_A − 1/T_B).
    """
    m, rule = zoo.machine("linden_2010"), zoo.entry("linden_2010").equation
    gaps, rates = (1.0, 3.0, 2.0), (0.001, 0.002, 0.003)
    for hot, swap in ((6.0, 0.002), (1.7, 0.002), (50.0, 0.3)):
        changes = {"reservoirs.hot.temperature": hot, "swap.A-B-C.strength": swap}
        s = et.steady_state(m if hot == 6.0 else m.replace(changes), rule)
        known = refrigerator(gaps, (1.0, 1.5, hot), rates, swap)
        assert_state(s, known)
        for name, gap in (("cold", 1.0), ("room", -3.0), ("hot", 2.0)):
            assert s.heat_currents[name] == pytest.approx(gap * known.J, rel=1e-11)
        assert (known.J > 0.0) is (hot > 2.0)
    stalled = 2.0 * np.array([1.0 - 1e-9, 1.0, 1.0 + 1e-9])
    s = et.steady_state(m.replace({"reservoirs.hot.temperature": stalled}), rule)
    below, at, above = s.heat_currents["cold"]
    assert below < 0.0 < above
    assert abs(at) < 1e-6 * above
    carnot = (1 / 1.5 - 1 / 2.0) / (1 / 1.0 - 1 / 1.5)
    assert carnot == pytest.approx(1.0 / 2.0, rel=1e-15)
    assert et.steady_state(m, rule).expectation("number", "A") < excitation(1.0, 1.0) - 0.02


def coldest(known: Any, low: Array, high: Array, separable: bool) -> tuple[float, Array]:
    """Least excitation of A over the rates p_B, p_C and the swap, by grids that close in."""
    best, point = np.inf, (low + high) / 2.0
    for _ in range(14):
        axes = [np.geomspace(a, b, 17) for a, b in zip(low, high, strict=True)]
        room, hot, swap = np.meshgrid(*axes, indexing="ij", sparse=True)
        state = known(room, hot, swap)
        value = np.broadcast_to(state.r[0] - state.J / state.p[0], (17,) * 3).copy()
        if separable:
            value[sum(state.negativity(k) for k in range(3)) > 0.0] = np.inf
        spot = np.unravel_index(value.argmin(), value.shape)
        best, point = (
            min(best, value[spot]),
            np.array([a[k] for a, k in zip(axes, spot, strict=True)]),
        )
        shrink = (high / low) ** 0.2
        low, high = point / shrink, np.minimum(point * shrink, [np.inf, np.inf, 0.016])
    return float(best), point


def test_brunner_2014() -> None:
    """Negativities (derived in `Refrigerator`) against the library's state; the best separable one.

    At p_A = 0.001 and g <= 0.016, over p_B, p_C and g: A is left at 0.08740 where entanglement is
    allowed and at 0.08792 where it is not; found here by grids on the closed form. Near Carnot's
    point, T_C = 2 as T_A = T_B, ρ is near a product of full rank, and separable.
    """
    m, rule = zoo.machine("brunner_2014"), zoo.entry("brunner_2014").equation
    gaps, temperatures = (1.0, 21.0, 20.0), (2.0, 2.0, 200.0)
    known = refrigerator(gaps, temperatures, (0.001, 0.01808058, 0.01784916), 0.016)
    s = et.steady_state(m, rule)
    assert_state(s, known)
    cuts = [partial_negativity(s.density_matrix, k) for k in range(3)]
    assert cuts == pytest.approx([float(known.negativity(k)) for k in range(3)], abs=1e-15)
    assert cuts[1] > 5e-5
    colder = float(s.expectation("number", "A"))

    def machine(room: Any, hot: Any, swap: Any) -> Refrigerator:
        return refrigerator(gaps, temperatures, (0.001, room, hot), swap)

    mild = refrigerator(gaps, (2.0, 2.0, 2.5), (0.001, 0.01808058, 0.01784916), 0.016)
    assert mild.J > 0.0
    assert max(mild.negativity(k) for k in range(3)) == 0.0
    low, high = np.array([5e-4, 5e-4, 5e-4]), np.array([0.1, 0.1, 0.016])
    free, _ = coldest(machine, low, high, separable=False)
    bound, point = coldest(machine, low, high, separable=True)
    assert colder == pytest.approx(free, abs=1e-9)
    assert (round(free, 5), round(bound, 5)) == (0.08740, 0.08792)
    paths = ("reservoirs.room.rate", "reservoirs.hot.rate", "swap.A-B-C.strength")
    best = et.steady_state(m.replace(dict(zip(paths, point, strict=True))), rule)
    assert best.expectation("number", "A") == pytest.approx(bound, rel=1e-12)
    assert max(partial_negativity(best.density_matrix, k) for k in range(3)) < 1e-15


def nine_by_nine(thermal: Any, rates: Any, swap: float) -> Array:
    """Generator of the eight populations and Im ρ_{101,010}, from `Refrigerator`'s equations."""
    L = np.zeros((9, 9))
    for row, n in enumerate(STATES):
        for k, (r, p) in enumerate(zip(thermal, rates, strict=True)):
            for source in (n, flipped(n, k)):
                L[row, STATES.index(source)] += p * (r if n[k] else 1.0 - r)
            L[row, row] -= p
    for state, sign in ((UP, 1.0), (DOWN, -1.0)):
        L[8, STATES.index(state)] = sign * swap
        L[STATES.index(state), 8] = -2.0 * sign * swap
    L[8, 8] = -sum(rates)
    return L


def test_brask_2015_refrigerator() -> None:
    """The transient of A against expm of `nine_by_nine`; colder at half a swap than ever after.

    Without resets the swap alone turns 101 into 010: A is at r_A − Δ0 sin²(g t).
    """
    name, temperatures = "brask_2015_refrigerator", {"A": 1.0, "B": 1.0, "C": 10.0}
    m, rule = zoo.machine(name), zoo.entry(name).equation
    known = refrigerator((1.0, 5.0, 4.0), temperatures.values(), (0.001,) * 3, 0.01)
    start = np.array([*(known.thermal(n) for n in STATES), 0.0])
    times, half = np.linspace(0.0, 2000.0, 401), np.pi / 0.02
    step = expm(5.0 * nine_by_nine(known.r, known.p, known.g))
    rows = [start]
    for _ in times[1:]:
        rows.append(step @ rows[-1])
    exact = np.array(rows)[:, :4].sum(-1)
    e = et.evolve(m, times, start_of(zoo.entry(name).source), rule)
    assert e.expectation("number", "A") == pytest.approx(exact, abs=1e-12)
    assert times[exact.argmin()] == pytest.approx(half, rel=0.05)
    settled = float(known.r[0] - known.J / known.p[0])
    assert et.steady_state(m, rule).expectation("number", "A") == pytest.approx(settled, rel=1e-12)
    assert exact.min() < settled - 0.02 < known.r[0] - 0.05
    apart = m.replace({f"reservoirs.{bath}.rate": 0.0 for bath in ("cold", "room", "hot")})
    e = et.evolve(apart, times, et.thermal_product(m, temperatures), rule)
    drop = known.thermal(UP) - known.thermal(DOWN)
    swung = known.r[0] - drop * np.sin(0.01 * times) ** 2
    assert e.expectation("number", "A") == pytest.approx(swung, abs=1e-11)
