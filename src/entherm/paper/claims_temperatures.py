"""Claims about the effective temperatures of Eq. (19) and Fig. 4."""

from __future__ import annotations

from functools import cache

import numpy as np

from entherm.paper.counterexamples import search
from entherm.paper.ensembles import Ensemble
from entherm.paper.evidence import Claim, Evidence, measured
from entherm.paper.families import (
    dephased,
    equilibrium,
    family,
    fig_4,
    general,
    negative_exchange,
    part,
    thermalised,
)
from entherm.paper.searches import OFF_GIBBS, POPULATION_NOISE, gibbs, zero
from entherm.parameters import Array

T_A = np.array([5.0, 4.0, 3.0, 2.0])
PRINTED = np.array([0.95, 1.43, 1.86, 2.08])
# ω₁ > 0 needs |Δε| < 2 √(ε_m² − Ω²) = 38.2 in Fig. 4.
DETUNINGS = np.linspace(-38.0, 38.0, 761)
FEW = slice(0, 1700)


def _difference(e: Ensemble) -> Array:
    T = e.effective_temperatures
    return np.asarray(T[..., 0] - T[..., 1])


@cache
def thermalisation_points() -> tuple[float, ...]:
    """Detuning at which both effective temperatures of Fig. 4 agree, for T_A = 5, 4, 3, 2.

    Examples
    --------
    >>> [round(x, 3) for x in thermalisation_points()]
    [0.947, 1.425, 1.86, 2.077]
    """
    found = zero(lambda x: _difference(fig_4(x, T_A)), np.full(4, 0.1), np.full(4, 6.0))
    return tuple(map(float, found))


def _equal_temperatures() -> Evidence:
    def same(e: Ensemble) -> Array:
        return np.asarray(1e-12 - np.abs(e.effective_temperatures / e.T_A[..., None] - 1).max(-1))

    cases = (
        search("any machine", family(equilibrium), same, stated=True, tolerance=0.0),
        search("Ω < 0", family(part, equilibrium, negative_exchange), same, tolerance=0.0),
    )
    worst = 1e-12 - min(c.worst for c in cases)
    return Evidence(f"|T_eff/T − 1| ≤ {worst:.0e}", cases)


def _range() -> Evidence:
    def between(e: Ensemble) -> Array:
        T = e.effective_temperatures
        low = np.minimum(e.T_A, e.T_B)[..., None]
        high = np.maximum(e.T_A, e.T_B)[..., None]
        return np.asarray(np.minimum(T / low - 1, 1 - T / high).min(-1))

    cases = (
        search("any machine", general(), between, stated=True),
        search("Ω < 0", family(part, negative_exchange), between),
    )
    fig = fig_4(2.08, 2.0).effective_temperatures
    ours = f"Fig. 4(d) at Δε = 2.08Γ: {fig[0]:.4f}Γ and {fig[1]:.4f}Γ, between 2Γ and 8Γ"
    return Evidence(ours, cases, "n̄ of Eq. (20) is a weighted mean of n̄_A and n̄_B.")


def _either() -> Evidence:
    d = _difference(fig_4(np.array([0.0, 6.0])[:, None], T_A))
    g = _difference(general())
    share = float(np.mean(g > 0))
    margins = [-d[0].max(), d[1].min(), share, 1.0 - share]
    ours = (
        f"Fig. 4: T_eff(ω₁) is the smaller at Δε = 0 and the larger at 6Γ; random machines: the "
        f"larger in {share:.0%}"
    )
    return Evidence(ours, (measured("Fig. 4 and random machines", margins, stated=True),))


def _points() -> Evidence:
    found = np.array(thermalisation_points())
    signs = np.sign(_difference(fig_4(DETUNINGS[:, None], T_A)))
    crossings = np.count_nonzero(np.diff(signs, axis=0), axis=0)
    half_digit = 0.005
    cases = (
        measured("Δε to the digits printed", half_digit - np.abs(found - PRINTED), stated=True),
        measured("one crossing each", 0.5 - np.abs(crossings - 1.0), stated=True),
    )
    T = [float(fig_4(x, t).effective_temperatures[0]) for x, t in zip(found, T_A, strict=True)]
    ours = "Δε/Γ = " + ", ".join(f"{x:.4f}" for x in found)
    ours += "; T_eff/Γ = " + ", ".join(f"{x:.3f}" for x in T)
    return Evidence(ours, cases, "Crossings counted for −38Γ ≤ Δε ≤ 38Γ.")


def _definite() -> Evidence:
    def thermal(e: Ensemble) -> Array:
        return gibbs(e, e.effective_temperatures[..., 0])

    four = fig_4(np.array(thermalisation_points()), T_A)
    cases = (
        measured("the four points of Fig. 4, exact Δε", thermal(four), stated=True),
        measured("random thermalised machines", thermal(thermalised()), stated=True),
        measured("random thermalised machines, Ω < 0", thermal(negative_exchange(thermalised()))),
        search(
            "thermalised, dephasing",
            dephased(part(thermalised())),
            thermal,
            tolerance=0.0,
            digits=(6, 8),
            shown=OFF_GIBBS,
        ),
    )
    worst = POPULATION_NOISE - min(c.worst for c in cases[:3])
    remark = (
        "Both rates of Eq. (20) then obey detailed balance at T_eff; dephasing mixes λ₂ and λ₃."
    )
    return Evidence(f"without R_C, populations within {worst:.0e} of Gibbs at T_eff", cases, remark)


def _crossing_exists() -> Evidence:
    g = general().take(FEW)

    def sweep(**rates: Array) -> Array:
        # sinh places points where both effective temperatures change fast, near resonance.
        x = np.sinh(np.linspace(-8.0, 8.0, 61)) / np.sinh(8.0) * 0.99999
        half = np.sqrt(400.0 - g.Omega[:, None] ** 2) * x
        columns = {k: getattr(g, k)[:, None] for k in ("Omega", "T_A", "T_B")}
        e = Ensemble.of(epsilon_A=20 + half, epsilon_B=20 - half, T_C=0, **columns, **rates)
        return np.asarray(np.count_nonzero(np.diff(np.sign(_difference(e)), axis=1), axis=1))

    equal = sweep()
    anyrates = sweep(Gamma_A=g.Gamma_A[:, None], Gamma_B=g.Gamma_B[:, None])
    several = int(np.count_nonzero(equal > 1))

    def none_at(crossings: Array, rates: bool) -> str:
        p = g.take(int(np.argmax(crossings == 0))).points[0]
        shown = f"Γ_A = {p.Gamma_A:.3g}, Γ_B = {p.Gamma_B:.3g}" if rates else "Γ_A = Γ_B"
        return (
            f"ε_m = 20, {shown}, Ω = {p.Omega:.3g}, T_A = {p.T_A:.3g}, T_B = {p.T_B:.3g} has none "
            "for any Δε that leaves ω₁ > 0"
        )

    cases = (
        measured("the gradients of Fig. 4", np.ones(4), stated=True),
        measured("any gradient, Γ_A = Γ_B", equal - 0.5, detail=none_at(equal, False)),
        measured("any gradient, any Γ_A, Γ_B", anyrates - 0.5, detail=none_at(anyrates, True)),
    )
    ours = f"{np.mean(equal == 1):.1%} of random gradients have one such Δε"
    return Evidence(ours, cases, f"{several} of {equal.size} have more than one.")


CLAIMS = (
    Claim(
        "effective-temperatures-in-equilibrium",
        "Eq. (19)",
        "At T_A = T_B both effective temperatures are T.",
        "T_eff = T",
        _equal_temperatures,
    ),
    Claim(
        "effective-temperature-range",
        "Fig. 4",
        "Both effective temperatures lie between T_A and T_B.",
        "min ≤ T_eff ≤ max",
        _range,
    ),
    Claim(
        "either-may-be-larger",
        "Fig. 4",
        "Which of the two effective temperatures is larger depends on the detuning.",
        "both orders occur",
        _either,
    ),
    Claim(
        "thermalisation-points",
        "Figs. 4, 5",
        "For T_A = 5, 4, 3, 2Γ the effective temperatures meet at one detuning each.",
        "Δε/Γ = 0.95, 1.43, 1.86, 2.08",
        _points,
    ),
    Claim(
        "definite-temperature",
        "Sec. III.B",
        "Where both effective temperatures agree the qubits have a definite temperature: without "
        "R_C the state is Gibbs at T_eff.",
        "a definite temperature can be assigned",
        _definite,
    ),
    Claim(
        "suitable-detuning",
        "Sec. III.B",
        "For a given gradient there is a detuning at which both effective temperatures agree.",
        "a suitable Δε can be derived",
        _crossing_exists,
    ),
)
