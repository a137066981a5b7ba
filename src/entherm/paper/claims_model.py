"""Claims of Sec. II about the model and its master equation."""

from __future__ import annotations

import math

import numpy as np

from entherm.errors import NonUniqueSteadyStateError
from entherm.failures import Reason
from entherm.liouvillian import liouvillian
from entherm.paper import equations as eq
from entherm.paper.ensembles import Ensemble
from entherm.paper.evidence import NOISE, Claim, Evidence, measured
from entherm.paper.families import (
    equal_common,
    family,
    fig_2,
    fig_3,
    fig_4,
    fig_7,
    general,
    part,
    resonant,
)
from entherm.parameters import Array
from entherm.steady_state import steady_state
from entherm.validity import SECULAR_THRESHOLD

# An identity between matrices of entries below about 1e3 leaves rounding errors of 1e-13.
IDENTITY = 1e-11
# The equations of the oracle take one machine at a time; an algebraic identity that holds at this
# many random points holds.
POINTS = 100


def _random_state(rng: np.random.Generator) -> eq.Matrix:
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = root @ root.conj().T
    return np.asarray(rho / np.trace(rho))


def _eigenoperators() -> Evidence:
    residuals = []
    for p in general().take(slice(0, POINTS)).points:
        H, V = eq.hamiltonian(p), eq.eq_07_jump_operators(eq.mixing_angle(p))
        for (_, j), jump in V.items():
            omega = (eq.omega_1(p), eq.omega_2(p))[j - 1]
            residuals.append(np.abs(H @ jump - jump @ H + omega * jump).max())
    worst = max(residuals)
    case = measured("random θ", IDENTITY - np.array(residuals), stated=True)
    return Evidence(f"largest residual {worst:.1e}", (case,))


def _mixing_angle() -> Evidence:
    def residual(p: eq.Parameters) -> float:
        theta = math.atan(2 * p.Omega / (p.epsilon_A - p.epsilon_B))
        image = eq.hamiltonian(p) @ eq.eigenstates(theta)
        return float(np.abs(image - eq.eigenstates(theta) * eq.energies(p)).max())

    machines = general().take(slice(0, POINTS)).points
    above = [IDENTITY - residual(p) for p in machines if p.epsilon_A > p.epsilon_B]
    below = [IDENTITY - residual(p) for p in machines if p.epsilon_A < p.epsilon_B]
    detail = "Δε = −2, Ω = 6 takes λ₂ for λ₃"
    cases = (
        measured("Δε > 0, principal value", above, stated=True),
        measured("Δε < 0, principal value", below, detail=detail),
    )
    ours = "the tangent fixes θ up to π; θ = atan2(2Ω, Δε) is right for either sign of Δε"
    return Evidence(ours, cases)


def _large_frequencies() -> Evidence:
    figures = {
        "Fig. 2": fig_2(5.0, 1.0),
        "Fig. 3": fig_3(5.0, 1.0),
        "Figs. 4, 5": fig_4(2.08, 2.0),
        "Fig. 7": fig_7(0.4, 0.2),
    }
    points = {name: e.points[0] for name, e in figures.items()}
    ratios = {name: eq.omega_1(p) / p.Gamma_A for name, p in points.items()}
    cases = tuple(measured(k, v / 10.0 - 1.0 + NOISE, stated=True) for k, v in ratios.items())
    shown = ", ".join(f"{k}: ω₁/Γ = {v:.3g}" for k, v in ratios.items())
    return Evidence(shown, cases, "Large is taken as ten times or more.")


def _secular() -> Evidence:
    T, T_C = np.linspace(0.1, 15.0, 60)[:, None], np.linspace(0.0, 15.0, 60)
    T_A, detuning = np.array([5.0, 4.0, 3.0, 2.0]), np.array([0.95, 1.43, 1.86, 2.08])
    figures = {
        "Fig. 2": fig_2(T, T_C),
        "Fig. 3": fig_3(T, T_C),
        "Fig. 5": fig_4(detuning, T_A).with_(T_C=T_C[:40, None]),
        "Fig. 7": fig_7(T / 15.0, T_C / 15.0),
    }
    cases, shown = [], []
    for name, ensemble in figures.items():
        ratio = steady_state(ensemble.machine).validity.secular_ratio
        detail = f"κ/(ω₂−ω₁) up to {ratio.max():.2f}"
        margins = SECULAR_THRESHOLD - ratio
        cases.append(measured(name, margins, stated=True, tolerance=NOISE, detail=detail))
        shown.append(f"{name} {ratio.min():.2f} to {ratio.max():.2f}")
    remark = (
        f"κ is half the sum of the exit rates of λ₂ and λ₃; below {SECULAR_THRESHOLD} counts as "
        "safe. Temperatures up to 15Γ (Fig. 7: 1 GHz)."
    )
    return Evidence(f"κ/(ω₂−ω₁): {', '.join(shown)}", tuple(cases), remark)


def _additive() -> Evidence:
    sample = general().take(slice(0, 1000))
    zero = family(part).with_(Gamma_CA=0.0, Gamma_CB=0.0)
    whole, rest = liouvillian(sample.machine), liouvillian(sample.machine.without("RC"))
    common = liouvillian(sample.machine.without("RA", "RB"))
    free = liouvillian(sample.machine.without("RA", "RB", "RC"))
    sums = np.abs(whole - rest - common + free).max((-1, -2)) / np.abs(whole).max((-1, -2))
    limit = np.abs(zero.concurrence - zero.bare_concurrence)
    cases = (
        measured("generators add", 1e-13 - sums, stated=True),
        measured("omitting R_C is its Γ_C → 0 limit", NOISE - limit, stated=True),
    )
    remark = "Additivity is the weak-coupling derivation's; this checks that the equation has it."
    return Evidence(f"largest relative residual {sums.max():.1e}", cases, remark)


def _one_jump() -> Evidence:
    rng = np.random.default_rng(1)
    residuals = []
    for p in general().take(slice(0, POINTS)).points:
        rho, V = _random_state(rng), eq.eq_07_jump_operators(eq.mixing_angle(p))
        total = np.zeros((4, 4), complex)
        for j, omega in ((1, eq.omega_1(p)), (2, eq.omega_2(p))):
            jump = math.sqrt(p.Gamma_CA) * V["A", j] + math.sqrt(p.Gamma_CB) * V["B", j]
            n_bar = eq.eq_11_occupation(omega, p.T_C)
            for weight, L in ((n_bar + 1, jump), (n_bar, jump.conj().T)):
                square = L.conj().T @ L
                total += weight * (2 * L @ rho @ L.conj().T - square @ rho - rho @ square)
        residuals.append(np.abs(total - eq.dissipator_C(rho, p)).max())
    case = measured("random machines and states", IDENTITY - np.array(residuals), stated=True)
    remark = "So Eqs. (12)–(14) are completely positive, with one dark combination a frequency."
    return Evidence(f"largest residual {max(residuals):.1e}", (case,), remark)


def _unique() -> Evidence:
    def margins(ensemble: Ensemble, *removed: str) -> Array:
        state = steady_state(ensemble.machine.without(*removed), on_invalid="nan")
        return np.where(state.reason == Reason.NOT_UNIQUE, -1.0, 1.0)

    dark = family(part, equal_common, resonant)
    try:
        steady_state(fig_2(5.0, 1.0).machine.without("RA", "RB"))
        detail = ""
    except NonUniqueSteadyStateError as error:
        detail = f"Fig. 2 without R_A, R_B: kernel of dimension {error.kernel_dimension}"
    cases = (
        measured("all three reservoirs", margins(general()), stated=True),
        measured("without R_C", margins(family(part), "RC"), stated=True),
        measured("R_C alone, detuned and unequal", margins(family(part), "RA", "RB")),
        measured(
            "R_C alone, resonant with equal couplings",
            margins(dark, "RA", "RB"),
            detail=detail,
        ),
    )
    return Evidence("unique whenever R_A or R_B is there; R_C alone leaves the singlet dark", cases)


CLAIMS = (
    Claim(
        "jump-operators",
        "Eq. (7)",
        "The jump operators of Eq. (7) lower the energy by ω₁ and ω₂.",
        "[H_S, V] = −ω V",
        _eigenoperators,
    ),
    Claim(
        "mixing-angle",
        "Sec. II",
        "tan θ = 2Ω/Δε defines the eigenstates.",
        "tan θ = 2Ω/Δε",
        _mixing_angle,
    ),
    Claim(
        "large-frequencies",
        "Sec. II",
        "All transition frequencies are large against the bath couplings.",
        "ω ≫ Γ",
        _large_frequencies,
    ),
    Claim(
        "secular-regime",
        "Sec. II",
        "The figures lie where the secular approximation holds.",
        "strong coupling, secular approximation valid",
        _secular,
    ),
    Claim(
        "additive-dissipators",
        "Sec. II",
        "Omitting the last term of Eq. (8) takes R_C away.",
        "L = L_A + L_B + L_C",
        _additive,
    ),
    Claim(
        "one-jump-operator",
        "Eqs. (12)–(14)",
        "R_C acts through both qubits and through cross terms with the geometric mean rate.",
        "L_C from Γ_A, Γ_B and √(Γ_A Γ_B)",
        _one_jump,
    ),
    Claim(
        "unique-steady-state",
        "Sec. II",
        "Setting Eq. (8) to zero determines the state.",
        "one steady state",
        _unique,
    ),
)
