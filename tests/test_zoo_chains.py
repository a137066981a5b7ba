"""Pairs at one temperature and chains between two, each read from its file in the zoo."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import entherm as et
from entherm import zoo

Array = np.ndarray[Any, Any]
BOTH = ("reservoirs.RA.temperature", "reservoirs.RB.temperature")
GAPS = ("qubits.A", "qubits.B")


def solved(name: str, **changes: Any) -> et.SteadyState:
    """The machine of a file, with other values of `temperature` and `gap` and by path."""
    paths = {"temperature": BOTH, "gap": GAPS}
    found = {path: v for key, v in changes.items() for path in paths.get(key, (key,))}
    return et.steady_state(zoo.machine(name).replace(found), zoo.entry(name).equation)


def of_pair(temperature: Any, even: Any, mixing: Any, exchange: Any, shift: Any = 0.0) -> Array:
    r"""Concurrence of exp(−H/T)/Z, H = shift Z Z + [[b, m], [m, −b]] on {11, 00} ⊕ j X on {10, 01}.

    With R = √(b² + m²) = `even` and weights e^{∓shift/T}: |ρ_14| = e^{−s} (m/R) sinh(R/T)/Z,
    ρ_22 = e^{s} cosh(j/T)/Z, |ρ_23| = e^{s} sinh(j/T)/Z and, as (b/R)² = 1 − (m/R)²,
    ρ_11 ρ_44 = e^{−2s} (1 + (m/R)² sinh²(R/T))/Z², Z = 2 e^{−s} cosh(R/T) + 2 e^{s} cosh(j/T).
    C = 2 max(0, |ρ_14| − ρ_22, |ρ_23| − √(ρ_11 ρ_44)), as the state is X.
    """
    s, x = shift / temperature, np.abs(exchange) / temperature
    tilt = np.abs(mixing / even) * np.sinh(even / temperature)
    inner, outer = np.exp(s), np.exp(-s)
    half = outer * np.cosh(even / temperature) + inner * np.cosh(x)
    first = outer * tilt - inner * np.cosh(x)
    second = inner * np.sinh(x) - outer * np.sqrt(1.0 + tilt**2)
    return np.asarray(np.maximum(0.0, np.maximum(first, second)) / half)


def assert_threshold(name: str, path: str, value: float, alive: int) -> None:
    """Concurrence is there on one side of a value, by a part in 10⁷, and not on the other."""
    around = value * np.array([1.0 - 1e-7, 1.0 + 1e-7])
    found = solved(name, **{path: around}).concurrence("A", "B")
    assert found[alive] > 0.0
    assert found[1 - alive] == 0.0


OWN_POINTS = {
    "arnesen_2001": of_pair(1.5, 4.4, 0.0, 2.0, 1.0),
    "wang_2001": of_pair(0.2, 0.5, 0.0, 1.0),
    "wang_2001_anisotropy": of_pair(2.0, 1e-9, 0.0, np.hypot(1.0, 1.5), 0.5),
    "gunlycke_2001": of_pair(0.3, np.sqrt(2.0), 1.0, 1.0),
    "lagmago_kamta_2002": of_pair(1.5, np.hypot(6.0, 0.6), 0.6, 1.0),
}


@pytest.mark.parametrize("name", OWN_POINTS)
def test_pair_as_in_its_file(name: str) -> None:
    """Concurrence of the unchanged file against `of_pair`, and the zero currents of equilibrium."""
    s = solved(name)
    assert float(OWN_POINTS[name]) > 0.05
    assert s.concurrence("A", "B") == pytest.approx(float(OWN_POINTS[name]), rel=1e-11)
    assert abs(s.heat_currents["RA"]) < 1e-16  # of one-way flows of about 1e-3


def test_arnesen_2001() -> None:
    """C(T, B) and T_c = 4J/ln 3, derived: the singlet lies 4J below the triplet 0, ±2B.

    ρ_23 = (1 − e^{4J/T})/2 and √(ρ_11 ρ_44) = 1 in units of the triplet's weight, so that
    C = (e^{4J/T} − 3)/(e^{4J/T} + 1 + 2 cosh(2B/T)) where positive: the numerator knows no field.
    """
    T, B = np.array([0.05, 0.3, 1.0, 2.5, 3.6])[:, None], np.array([0.4, 1.9, 2.2, 5.0])
    found = solved("arnesen_2001", temperature=T, gap=2.0 * B).concurrence("A", "B")
    closed = (1.0 - 3.0 * np.exp(-4.0 / T)) / (
        1.0 + np.exp(-4.0 / T) + np.exp((2.0 * B - 4.0) / T) + np.exp(-(2.0 * B + 4.0) / T)
    )
    assert found == pytest.approx(closed, rel=1e-11, abs=1e-13)
    assert found[0, 1] > 0.98
    assert found[0, 2] < 1e-3 < found[2, 2]  # above B_c = 2J warmth entangles
    assert_threshold("arnesen_2001", "temperature", 4.0 / np.log(3.0), alive=0)


def test_wang_2001() -> None:
    """`of_pair` with m = 0, b = B: C = max(0, sinh(|J|/T) − 1)/(cosh(J/T) + cosh(B/T)), derived."""
    T, B = np.array([0.1, 0.5, 1.1, 1.3])[:, None], np.array([0.01, 0.6, 1.7, 4.0])
    for J in (1.0, -1.0):
        path = {"exchange.A-B.strength": J}
        found = solved("wang_2001", temperature=T, gap=B, **path).concurrence("A", "B")
        closed = np.maximum(0.0, np.sinh(1.0 / T) - 1.0) / (np.cosh(1.0 / T) + np.cosh(B / T))
        assert closed == pytest.approx(of_pair(T, B, 0.0, J), rel=1e-12)
        assert found == pytest.approx(closed, rel=1e-11, abs=1e-13)
    assert 1.0 / np.arcsinh(1.0) == pytest.approx(1.13459, abs=5e-6)
    assert_threshold("wang_2001", "temperature", 1.0 / np.arcsinh(1.0), alive=0)


def test_wang_2001_anisotropy() -> None:
    """`of_pair` with b = m = 0, derived: ⟨10|H|01⟩ = J (1 + i D), of size |J| √(1 + D²).

    The threshold is sinh(|J| √(1 + D²)/T) = e^{−JΔ/T}; in T at D = 0, Δ = J it is 2J/ln 3.
    """
    name, D = "wang_2001_anisotropy", np.array([0.0, 0.3, 0.9, 4.0])
    for zz in (0.5, -0.4, 0.0):
        T = np.array([0.2, 1.0, 2.0, 3.0])[:, None]
        changes = {"term.DM.strength": D, "heisenberg.A-B.zz": zz}
        found = solved(name, temperature=T, **changes).concurrence("A", "B")
        delta, a = np.sqrt(1.0 + D**2) / T, zz / T
        closed = np.exp(a) * np.sinh(delta) - np.exp(-a)
        closed = np.maximum(0.0, closed) / (np.exp(-a) + np.exp(a) * np.cosh(delta))
        assert closed == pytest.approx(of_pair(T, 1.0e-9, 0.0, T * delta, zz), rel=1e-12)
        assert found == pytest.approx(closed, rel=1e-11, abs=1e-13)
    critical = np.sqrt((2.0 * np.arcsinh(np.exp(-0.5))) ** 2 - 1.0)
    assert critical == pytest.approx(0.56553, abs=5e-6)
    assert_threshold(name, "term.DM.strength", critical, alive=1)


def gibbs_concurrence(along: float, across: float, temperature: float) -> float:
    """Concurrence of exp(−H/T)/Z, H = XX + Σ (across Z + along X), at 30 digits."""
    with mpmath.workdps(30):
        one, x = mpmath.eye(2), mpmath.matrix([[0, 1], [1, 0]])
        z, yy = mpmath.diag([1, -1]), mpmath.matrix(4)
        for k, sign in enumerate((-1, 1, 1, -1)):
            yy[k, 3 - k] = sign

        def both(a: Any, b: Any) -> Any:
            return mpmath.matrix([[a[i // 2, j // 2] * b[i % 2, j % 2] for j in range(4)]
                                  for i in range(4)])  # fmt: skip

        field = across * z + along * x
        H = both(x, x) + both(field, one) + both(one, field)
        rho = mpmath.expm(-H / temperature)
        rho /= sum(rho[k, k] for k in range(4))
        squares = mpmath.eig(rho * yy * rho * yy, left=False, right=False)
        roots = sorted(mpmath.sqrt(abs(mpmath.re(v))) for v in squares)
        return float(max(0, 2 * roots[-1] - sum(roots)))


def test_gunlycke_2001() -> None:
    """`of_pair` with b = 2B, m = j = J, derived; a tilted field against `gibbs_concurrence`.

    The general concurrence takes square roots of eigenvalues that are good to 1e-16, hence 1e-8.
    """
    T, B = np.array([0.1, 0.3, 0.7])[:, None], np.array([0.02, 0.2, 0.5, 1.0, 3.0])
    found = solved("gunlycke_2001", temperature=T, gap=2.0 * B).concurrence("A", "B")
    R = np.sqrt(1.0 + 4.0 * B**2)
    assert found == pytest.approx(of_pair(T, R, 1.0, 1.0), rel=1e-10, abs=1e-12)
    fine = np.linspace(0.02, 2.0, 100)
    swept = solved("gunlycke_2001", temperature=T, gap=2.0 * fine).concurrence("A", "B")
    best = fine[swept.argmax(-1)]
    assert best[0] < best[1] < best[2]  # the best field grows with temperature
    ground = solved("gunlycke_2001", temperature=0.01, gap=2.0 * B[2:]).concurrence("A", "B")
    assert ground == pytest.approx(1.0 / R[2:], rel=1e-12)
    m = zoo.machine("gunlycke_2001").replace(dict.fromkeys(GAPS, 0.8))
    for along in (0.05, 0.3):
        fields = [et.field(name, x=along) for name in "AB"]
        tilted = et.Machine(m.subsystems, [*m.interactions, *fields], m.reservoirs)
        found = et.steady_state(tilted, zoo.entry("gunlycke_2001").equation).concurrence("A", "B")
        exact = gibbs_concurrence(along, 0.4, 0.3)
        assert exact > 0.1
        assert found == pytest.approx(exact, abs=1e-8)


def test_lagmago_kamta_2002() -> None:
    """`of_pair` with b = B, m = γJ, j = J, derived; entangled from B = 4.27323 at T = 1.5.

    That field solves (γJ/η) sinh(η/T) = cosh(J/T). With γ = 0 no field helps above J/asinh 1.
    """
    name, T = "lagmago_kamta_2002", np.array([0.2, 0.8, 1.5, 4.0])[:, None]
    B = np.array([0.1, 1.0, 6.0, 30.0])
    found = solved(name, temperature=T, gap=B).concurrence("A", "B")
    closed = of_pair(T, np.sqrt(B**2 + 0.36), 0.6, 1.0)
    assert found == pytest.approx(closed, rel=1e-10, abs=1e-12)
    assert found[-1, -1] > 0.0  # at any temperature, if the field is strong enough
    isotropic = {"heisenberg.A-B.xx": 0.5, "heisenberg.A-B.yy": 0.5}
    assert np.all(solved(name, temperature=1.5, gap=B, **isotropic).concurrence("A", "B") == 0.0)

    def surplus(field: Any) -> Any:
        eta = mpmath.sqrt(field**2 + mpmath.mpf("0.36"))
        return mpmath.mpf("0.6") / eta * mpmath.sinh(eta / 1.5) - mpmath.cosh(1 / mpmath.mpf(1.5))

    critical = float(mpmath.findroot(surplus, 4.0))
    assert critical == pytest.approx(4.27323, abs=5e-6)
    assert_threshold(name, "gap", critical, alive=1)


class FreeChain:
    """The XX chain between reservoirs at its ends, as free fermions; the oracle of two machines.

    By Jordan and Wigner σ₋ of the first site is c_1, that of the last one P c_3 up to a sign, P the
    parity, which no state of a definite parity sees. So H = Σ ω_k c_k†c_k with (ω, φ) the
    eigensystem of the hopping matrix, and a reservoir r empties mode k at 2 Γ_r φ_k(r)² (n̄ + 1) and
    fills it at 2 Γ_r φ_k(r)² n̄: linear jumps, for which ⟨c_k†c_l⟩ of k ≠ l decays at half the sum
    of both modes' rates κ, and Gaussian states stay Gaussian.
    """

    def __init__(self, gaps: Array, hop: float, rates: Array, temperatures: Array) -> None:
        self.omega, self.phi = np.linalg.eigh(
            np.diag(gaps) + hop * (np.eye(3, k=1) + np.eye(3, k=-1))
        )
        ends = 2.0 * rates[:, None] * self.phi[[0, 2]] ** 2
        n = 1.0 / np.expm1(self.omega / temperatures[:, None])
        self.up, self.down = ends * n, ends * (n + 1.0)
        self.kappa = (self.up + self.down).sum(0)
        self.f = self.up.sum(0) / self.kappa

    @property
    def heat(self) -> Array:
        """Σ_k ω_k (filled − emptied) of each reservoir."""
        return np.asarray((self.up * (1.0 - self.f) - self.down * self.f) @ self.omega)

    def correlations(self, start: Array, time: float) -> Array:
        """⟨c_i†c_j⟩ of the sites, from that at time 0."""
        modes = self.phi.T @ start @ self.phi - np.diag(self.f)
        width = (self.kappa[:, None] + self.kappa) / 2.0
        phase = 1j * (self.omega[:, None] - self.omega)
        modes = modes * np.exp((phase - width) * time) + np.diag(self.f)
        return np.asarray(self.phi @ modes @ self.phi.T)


def of_fermions(G: Array, i: int, j: int) -> float:
    """Concurrence of two sites of a Gaussian state; between 1 and 3 stands the string 1 − 2 n_2.

    By Wick's theorem P_11 = G_ii G_jj − |G_ij|², P_00 likewise with 1 − G, and
    ⟨c_1†(1 − 2 n_2) c_3⟩ = G_13 (1 − 2 G_22) + 2 G_12 G_23.
    """
    hop = G[i, j] if j == i + 1 else G[0, 2] * (1.0 - 2.0 * G[1, 1]) + 2.0 * G[0, 1] * G[1, 2]
    full = G[i, i] * G[j, j] - abs(G[i, j]) ** 2
    empty = (1.0 - G[i, i]) * (1.0 - G[j, j]) - abs(G[i, j]) ** 2
    return float(2.0 * max(0.0, abs(hop) - np.sqrt(max(0.0, (full * empty).real))))


def test_huang_2009() -> None:
    """Concurrences of all pairs and both heat currents of `FreeChain`, also inhomogeneous.

    |φ_k(A)| = |φ_k(C)| in the homogeneous chain makes C_AB = C_BC at any two temperatures.
    """
    differences: dict[tuple[float, ...], list[float]] = {}
    for hot, cold in ((0.5, 0.02), (0.5, 0.1), (0.5, 0.3), (0.15, 0.1), (0.9, 0.9)):
        for gaps in ((1.0, 1.0, 1.0), (1.0, 1.15, 0.95)):
            values = dict(zip(("qubits.A", "qubits.B", "qubits.C"), gaps, strict=True))
            values |= {"reservoirs.RA.temperature": hot, "reservoirs.RC.temperature": cold}
            m = zoo.machine("huang_2009").replace(values)
            unchanged = (hot, cold, gaps) == (0.5, 0.1, (1.0, 1.0, 1.0))
            m = zoo.machine("huang_2009") if unchanged else m
            s = et.steady_state(m, zoo.entry("huang_2009").equation)
            chain = FreeChain(np.array(gaps), 0.65, np.full(2, 0.001), np.array([hot, cold]))
            G = chain.phi @ np.diag(chain.f) @ chain.phi.T
            for i, j in ((0, 1), (1, 2), (0, 2)):
                found = s.concurrence("ABC"[i], "ABC"[j])
                assert found == pytest.approx(of_fermions(G, i, j), abs=1e-12)
            for name, heat in zip(("RA", "RC"), chain.heat, strict=True):
                assert s.heat_currents[name] == pytest.approx(heat, rel=1e-11, abs=1e-17)
            apart = abs(s.concurrence("A", "B") - s.concurrence("B", "C"))
            differences.setdefault(gaps, []).append(float(apart))
    equal, unequal = differences.values()
    assert max(equal) < 1e-13
    assert max(unequal) > 1e-3
    m = zoo.machine("huang_2009").replace({"reservoirs.RC.temperature": [0.02, 0.15, 0.5]})
    coldest, between, hottest = et.steady_state(m).concurrence("A", "B")
    assert between > coldest > hottest > 0.0


def test_pumulo_2011() -> None:
    """C of the ends from |100⟩ at any time, and in the steady state, of `FreeChain`."""
    m, rule = zoo.machine("pumulo_2011"), zoo.entry("pumulo_2011").equation
    chain = FreeChain(np.ones(3), 0.65, np.array([0.01, 0.005]), np.array([0.2, 0.1]))
    start = np.diag([1.0, 0.0, 0.0])
    times = np.array([0.0, 0.7, 1.5, 2.42, 20.0, 51.0, 300.0])
    ket = et.product_state(m, {"A": 1, "B": 0, "C": 0})
    found = et.evolve(m, times, ket, rule).concurrence("A", "C")
    exact = [of_fermions(chain.correlations(start, t), 0, 2) for t in times]
    assert found == pytest.approx(exact, abs=1e-11)
    settled = et.steady_state(m, rule).concurrence("A", "C")
    assert settled == pytest.approx(of_fermions(chain.correlations(start, 1e6), 0, 2), abs=1e-12)
    assert max(exact) > 2.0 * settled > 0.25
    assert found[-3] == found[-2] == 0.0
