"""Which figures of validity each equation has, from where on they warn, and of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from entherm import validity_figures as figures
from entherm import validity_state as laws
from entherm.equations import Equation, Local, Unified
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.subsystems import Oscillator
from entherm.validity_case import Case

SECULAR_THRESHOLD = 0.2
WEAK_COUPLING_THRESHOLD = 0.1
BROADENING_THRESHOLD = 1.0
COUNTER_ROTATING_THRESHOLD = 0.1
# Of a state: what 1e-4 of probability may do to a concurrence near zero is of that size.
STATE_THRESHOLD = 1e-4
# Of a law: far above rounding (1e-13 of the gross exchange), far below what is measured.
LAW_THRESHOLD = 1e-6


@dataclass(frozen=True)
class Rule:
    """One figure: how it is computed, what it compares, from where on it warns, and of what.

    Attributes
    ----------
    name : str
    compares : str
        Numerator / denominator in words.
    threshold : float
        The figure warns above it.
    meaning : str
        What being beyond it means; a clause.
    compute : callable
        From a `Case` to an array of the machine's shape.
    where : callable, optional
        Words that locate what is beyond.
    note : callable, optional
        Words on what the figure leaves out; empty if nothing.
    """

    name: str
    compares: str
    threshold: float
    meaning: str
    compute: Callable[[Case], Array]
    where: Callable[[Case], str] | None = None
    note: Callable[[Case], str] | None = None


_SECULAR = Rule(
    "secular_ratio",
    "level width / distance",
    SECULAR_THRESHOLD,
    "levels overlap within their widths, and coherences that the equation drops matter.",
    figures.secular_ratio,
)
_LINES = Rule(
    "secular_ratio",
    "line width / distance of two lines of one reservoir",
    SECULAR_THRESHOLD,
    "lines of one reservoir overlap within their widths, and their interference is dropped.",
    figures.line_ratio,
)
_UNRESOLVED = Rule(
    "unresolved_pairs",
    "pairs of levels with 1e-9 ‖H‖ < distance < width",
    0.0,
    "levels that their widths do not resolve are treated as distinct; Unified joins them.",
    figures.unresolved_pairs,
    where=figures.unresolved_words,
)
_WEAK = Rule(
    "weak_coupling_ratio",
    "line width / frequency",
    WEAK_COUPLING_THRESHOLD,
    "lines are not narrow against their frequency, as the golden rule has them.",
    figures.weak_coupling_ratio,
)
_RETARDATION = Rule(
    "retardation_ratio",
    "width x delay",
    0.1,
    "excitations decay while they travel along the line, which the Markov step ignores.",
    figures.retardation_ratio,
)
_BROADENING = Rule(
    "broadening_ratio",
    "off-resonant / resonant absorption",
    BROADENING_THRESHOLD,
    "off-resonant absorption exceeds the resonant one; excited populations are underestimated.",
    figures.broadening_ratio,
)
_COUNTER = Rule(
    "counter_rotating_ratio",
    "exchange / sum of gaps",
    COUNTER_ROTATING_THRESHOLD,
    "counter-rotating exchange, absent from Eq. (2), would change the ground state.",
    figures.counter_rotating_ratio,
)
_ROTATING = Rule(
    "rotating_wave_violation",
    "share of a rotating-wave operator that does not lower the energy",
    1e-12,
    "a rotating-wave operator raises the energy somewhere, as the Hamiltonian does not conserve "
    "excitations or levels have crossed; couple by operator='x'.",
    figures.rotating_wave_violation,
)
_LAMB = Rule(
    "implied_lamb_shift",
    "shift by the reservoirs / level distance",
    0.1,
    "gaps and exchange are dressed values that differ from bare ones by this much; "
    "lamb_shift='explicit' adds the shift to bare ones.",
    figures.implied_lamb_shift,
    note=figures.lamb_shift_words,
)
_GAP = Rule(
    "interaction_gap_ratio",
    "interaction / smallest gap",
    0.1,
    "jumps between bare levels ignore that the interaction moves their frequencies.",
    figures.interaction_gap_ratio,
)
_COLD = Rule(
    "interaction_temperature_ratio",
    "interaction / lowest temperature",
    0.1,
    "the coldest reservoir resolves the splitting that jumps between bare levels ignore.",
    figures.interaction_temperature_ratio,
)
_SPREAD = Rule(
    "cluster_spread",
    "shift of a frequency by clustering / smaller of it and T",
    0.1,
    "reservoirs resolve levels that are treated as one.",
    figures.cluster_spread,
)
_SEAM = Rule(
    "cluster_seam",
    "1 beside a point with other clusters",
    0.0,
    "the clustering changes along the sweep, and results jump there; clustering='sweep' has none.",
    figures.cluster_seam,
)
_DEPHASING = Rule(
    "extra_dephasing_ratio",
    "(p / 4) / interaction",
    0.1,
    "resets add a dephasing p/4 to the γ of Eq. (21) that a thermal reservoir has not.",
    figures.extra_dephasing_ratio,
)
_NEGATIVE = Rule(
    "negativity_of_state",
    "size of the most negative eigenvalue of ρ",
    STATE_THRESHOLD,
    "the state is no density matrix; smaller measures than this mean nothing.",
    laws.negativity_of_state,
)
_LEAK = Rule(
    "equilibrium_leak",
    "largest current at equal temperatures / gross exchange there",
    LAW_THRESHOLD,
    "currents below this share of the gross exchange prove nothing.",
    laws.equilibrium_leak,
)
_SECOND_LAW = Rule(
    "second_law_violation",
    "negative entropy production / gross exchange over T",
    LAW_THRESHOLD,
    "entropy decreases: the second law is broken.",
    laws.second_law_violation,
)
_TRUNCATION = Rule(
    "truncation",
    "population of an oscillator's highest level",
    STATE_THRESHOLD,
    "an oscillator is cut too low; give it a larger dimension.",
    laws.truncation,
)

_MARKOV = (_WEAK, _BROADENING, _COUNTER, _ROTATING)
_RULES: dict[str, tuple[Rule, ...]] = {
    "Global": (_SECULAR, _UNRESOLVED, *_MARKOV, _LAMB),
    "Unified": (_SECULAR, *_MARKOV, _LAMB, _SPREAD, _SEAM),
    "Redfield": (*_MARKOV, _LAMB, _NEGATIVE, _LEAK, _SECOND_LAW),
    "UniversalLindblad": (*_MARKOV, _LAMB, _LEAK, _SECOND_LAW),
    "Local": (_LINES, *_MARKOV, _LAMB, _GAP, _COLD, _SPREAD, _SEAM, _LEAK, _SECOND_LAW),
    "Reset": (_COUNTER, _GAP, _COLD, _DEPHASING, _LEAK, _SECOND_LAW),
}


def rules_of(machine: Machine, equation: Equation) -> tuple[Rule, ...]:
    """Return the figures that an equation has on a machine.

    Examples
    --------
    >>> from entherm import Reset, two_qubit_machine
    >>> [rule.name for rule in rules_of(two_qubit_machine(1, 1, 0.5).without("RC"), Reset())][:2]
    ['counter_rotating_ratio', 'interaction_gap_ratio']
    """
    absent = set()
    if equation.lamb_shift == "explicit":
        absent.add(_LAMB)
    if isinstance(equation, Unified | Local) and equation.clustering == "sweep":
        absent.add(_SEAM)
    if not any(isinstance(bath, Reservoir) for bath in machine.reservoirs):
        absent.add(_DEPHASING)
    found = [rule for rule in _RULES[equation.name] if rule not in absent]
    delayed = [b for b in machine.reservoirs if isinstance(b, Reservoir) and b.correlated.delays]
    if delayed and equation.name != "Reset":
        found.append(_RETARDATION)
    if any(isinstance(part, Oscillator) for part in machine.subsystems):
        found.append(_TRUNCATION)
    return tuple(found)
