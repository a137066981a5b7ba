"""Words for what a solved machine is asked, and quantities for observables.

Oracles: closed forms of Gibbs states and of |000> + |111>, and the functions of density matrices,
which take another way than the point stage.
"""

from __future__ import annotations

import math
import pickle
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import entherm as et
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.observable_words import Quantity, quantity, quantity_of, word_of
from entherm.observables import CoherencePart, Observable, Population, Populations
from entherm.units import NUMBER, Units

ROOT = Path(__file__).resolve().parents[1]
# Two qubits that do not interact, each with its reservoir.
PRODUCT = et.Machine(
    subsystems=[et.Qubit("A", 2.0), et.Qubit("B", 3.0)],
    reservoirs=[et.Reservoir("R", 0.5, {"A": 0.1}), et.Reservoir("S", 1.5, {"B": 0.1})],
)
COMMON = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=0.1, Gamma_CA=9.0)
CHAIN = et.Machine(
    subsystems=[et.Qubit("A.1", 1.0), et.Qubit("B", 1.1), et.Qubit("C", 1.2)],
    interactions=[et.exchange("A.1", "B", 0.3), et.exchange("B", "C", 0.2)],
    reservoirs=[
        et.Reservoir("cold", 0.1, {"A.1": 0.1}),
        et.ResetReservoir("hot", on="C", rate=0.1, temperature=1.0),
    ],
)


@cache
def product() -> et.SteadyState:
    return et.steady_state(PRODUCT)


def test_words_against_closed_forms() -> None:
    """Two qubits that do not interact, each in the Gibbs state of its reservoir."""
    excited = {"A": 1.0 / (math.exp(2.0 / 0.5) + 1.0), "B": 1.0 / (math.exp(3.0 / 1.5) + 1.0)}
    expected = {
        "excitation A": excited["A"],
        "excitation B": excited["B"],
        "temperature A": 0.5,
        "temperature B": 1.5,
        "concurrence A-B": 0.0,
        "negativity A-B": 0.0,
        "formation A-B": 0.0,
        "discord A-B": 0.0,
        "discord B-A": 0.0,
        "steering A-B": 0.0,
        "negativity A|B": 0.0,
        # ρ ⊗ σ has one nonzero entry of T, the product of both polarisations.
        "chsh A-B": 2.0 * abs((1 - 2 * excited["A"]) * (1 - 2 * excited["B"])),
        # F = 1/2 + (t₁ + t₂ + t₃)/6 of the singular values of T.
        "teleportation A-B": 0.5 + abs((1 - 2 * excited["A"]) * (1 - 2 * excited["B"])) / 6.0,
        "population 1": excited["A"] * excited["B"],
        "population 4": (1 - excited["A"]) * (1 - excited["B"]),
        "heat R": 0.0,
        "quanta S": 0.0,
        "entropy production": 0.0,
    }
    for word, value in expected.items():
        found = quantity(word, PRODUCT, Units())
        # Sums of a few numbers of order one; of the discord, entropies that cancel.
        rounding = 1e-12 if word.startswith("discord") else 1e-14
        assert float(found.read(product())) == pytest.approx(value, abs=rounding), word


def test_the_ratio_of_currents_is_that_of_the_frequencies() -> None:
    """Three-level maser: a quantum from hot to cold is 5 in, 3 out, the rest to the third."""
    machine = et.load(ROOT / "examples" / "three_level_maser.toml")
    names = [bath.name for bath in machine.reservoirs]
    state = et.steady_state(machine)
    for a in names:
        for b in names:
            if a != b:
                found = quantity(f"ratio {a}/{b}", machine, Units()).read(state)
                quotient = state.heat_currents[a] / state.heat_currents[b]
                assert float(found) == pytest.approx(float(quotient), rel=1e-14)


@pytest.mark.parametrize(
    ("word", "fragment"),
    [
        ("concurence A-B", "did you mean 'concurrence'?"),
        ("concurrence A-C", "must be one of A-B, got 'A-C'"),
        ("concurrence A-A", "must be one of A-B, got 'A-A'"),
        ("discord A-C", "must be one of A-B, B-A, got 'A-C'"),
        ("negativity A-C", "must be one of A-B, got 'A-C'"),
        ("negativity A|C", "must be one of A, B, got 'C'"),
        ("negativity A|", "must be one of A, B, got ''"),
        ("negativity A|A-B", "must name every subsystem of a cut once, got 'A|A-B'"),
        ("heat T", "must be one of R, S, dephasing, work, got 'T'"),
        ("quanta dephasing", "must be one of R, S, got"),
        ("ratio R/R", "must be one of R/S, "),
        ("population 5", "must name a level from 1 to 4, got '5'"),
        ("population x", "must name a level from 1 to 4, got 'x'"),
        ("excitation C", "must be one of A, B, got 'C'"),
        ("temperature", "must be one of A, B, got ''"),
    ],
)
def test_a_word_that_names_nothing(word: str, fragment: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(fragment)):
        quantity(word, PRODUCT, Units())


def test_the_negativity_across_a_cut_of_three() -> None:
    """Of |000> + |111>: 1/2 across any cut, 0 if a qubit is left out."""
    m = et.Machine([et.Qubit(n, 1.0) for n in "ABC"], dephasing={"A": 0.1})
    ghz = np.zeros(8)
    ghz[[0, 7]] = np.sqrt(0.5)
    e = et.evolve(m, [0.0], ghz)
    for word, value in {"A|B-C": 0.5, "A-C|B": 0.5, "A|C": 0.0}.items():
        found = quantity(f"negativity {word}", m, Units())
        assert (found.noun, found.of) == ("negativity", word)
        assert found.read(e) == pytest.approx([value], abs=1e-14)


# --- pairs ----------------------------------------------------------------------------------------

MEASURES = {
    "concurrence": et.concurrence_of,
    "negativity": lambda rho: et.negativity_of_cut(rho, (2, 2), [0]),
    "formation": lambda rho: et.entanglement_of_formation(et.concurrence_of(rho)),
    "chsh": et.chsh_of,
    "discord": et.discord_of,
    "steering": et.steering_of,
    "teleportation": et.teleportation_fidelity_of,
}


@pytest.mark.parametrize("word", MEASURES)
def test_measures_of_the_only_pair(word: str) -> None:
    """With the pair, without it, and the other way round, against the density matrix."""
    state = et.steady_state(COMMON)
    rho = np.asarray(state.density_matrix)
    expected = float(MEASURES[word](rho))
    assert word == "steering" or expected > 1e-4  # no test of zeros; steering is below
    for spelled in (word, f"{word} A-B"):
        found = quantity(spelled, COMMON, Units())
        assert found.of == "A-B"
        # The root of an eigenvalue that is 1e-16 in one of them and 0 in the other.
        assert float(found.read(state)) == pytest.approx(expected, abs=1e-7)
    turned = np.asarray(rho)[np.ix_([0, 2, 1, 3], [0, 2, 1, 3])]
    found = quantity(f"{word} B-A", COMMON, Units())
    assert found.of == "B-A"
    assert float(found.read(state)) == pytest.approx(float(MEASURES[word](turned)), abs=1e-7)


def test_measures_of_a_bell_state() -> None:
    """Of |10> + |01>, each at the most that a pair can have."""
    ket = np.sqrt([0.0, 0.5, 0.5, 0.0])
    expected = {
        "concurrence": 1.0,
        "negativity": 0.5,
        "formation": 1.0,
        "chsh": 2.0 * math.sqrt(2.0),
        "discord": 1.0,
        "steering": 1.0,
        "teleportation": 1.0,
    }
    assert expected.keys() == MEASURES.keys()
    state = et.evolve(PRODUCT, [0.0], ket)
    for word, value in expected.items():
        # Roots of eigenvalues that are rounding.
        assert quantity(word, PRODUCT, Units()).read(state) == pytest.approx([value], abs=1e-7)


def test_a_pair_that_is_left_out_must_be_the_only_one() -> None:
    pairs = "A.1-B, A.1-C, B-C"
    for word in MEASURES:
        with pytest.raises(ParameterError) as caught:
            quantity(word, CHAIN, Units(), "observe.0")
        assert (caught.value.path, caught.value.value) == ("observe.0", repr(word))
        assert f"write {word} A.1-B" in str(caught.value)
        assert word == "discord" or pairs in str(caught.value)
    alone = et.Machine([et.Qubit("A", 1.0), et.Qudit("M", gap=1.0, dimension=3)])
    with pytest.raises(ParameterError, match="must be asked of two qubits, got 'concurrence' of 1"):
        quantity("concurrence", alone, Units())
    mixed = et.Machine(
        [et.Qubit("A", 1.0), et.Qudit("M", gap=1.0, dimension=3), et.Qudit("D", [0.0, 1.0])]
    )
    assert quantity("concurrence", mixed, Units()).observable == et.concurrence("A", "D")


# --- observables ----------------------------------------------------------------------------------

WORDS = (
    *(f"{word} {pair}" for word in MEASURES for pair in ("A.1-B", "B-A.1", "A.1-C")),
    "negativity A.1|B-C",
    "negativity A.1-C|B",
    "heat cold",
    "heat hot",
    "heat dephasing",
    "heat work",
    "quanta cold",
    "population 1",
    "population 8",
)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_comes_back_from_its_observable(word: str) -> None:
    found = quantity(word, CHAIN, Units("cyclic"))
    assert found.observable is not None
    assert word_of(found.observable) == word
    again = quantity_of(found.observable, CHAIN, Units("cyclic"))
    assert (again.noun, again.of, again.scale) == (found.noun, found.of, found.scale)
    assert again.observable == found.observable


@pytest.mark.parametrize("word", ["ratio cold/hot", "excitation B", "temperature B"])
def test_what_is_read_otherwise_has_no_observable(word: str) -> None:
    assert quantity(word, CHAIN, Units()).observable is None
    assert quantity("entropy production", CHAIN, Units()).observable is None


def test_every_observable_is_a_quantity() -> None:
    """What `entherm` exports to make one; by its word if it has one, else by its label."""
    three = [
        et.w_fidelity, et.best_w_fidelity, et.ghz_fidelity, et.best_ghz_fidelity,
        et.tripartite_negativity, et.genuine_entanglement,
    ]  # fmt: skip
    two = [
        et.concurrence, et.negativity, et.formation, et.chsh, et.discord, et.steering,
        et.teleportation_fidelity,
    ]  # fmt: skip
    worded: list[Observable] = [make("A.1", "B") for make in two]
    worded += [et.negativity_across(["A.1"], ["B", "C"]), et.heat("hot"), et.quanta("cold")]
    for each in worded:
        assert quantity(word_of(each), CHAIN, Units()).observable == each
    unworded = [make("A.1", "B", "C") for make in three]
    unworded += [et.steering("A.1", "B", 2), Populations(8), CoherencePart(1, 2, 0)]
    for each in unworded:
        assert word_of(each) == each.label
        with pytest.raises(ParameterError):
            quantity(each.label, CHAIN, Units())
    found = [quantity_of(each, CHAIN, Units("cyclic")) for each in (*worded, *unworded)]
    assert [(q.noun, q.of, q.scale.unit) for q in found] == [
        ("concurrence", "A.1-B", ""),
        ("negativity", "A.1-B", ""),
        ("entanglement of formation", "A.1-B", ""),
        ("CHSH value", "A.1-B", ""),
        ("discord", "A.1-B", ""),
        ("steering by 3 settings", "A.1-B", ""),
        ("teleportation fidelity", "A.1-B", ""),
        ("negativity", "A.1|B-C", ""),
        ("heat current", "hot", "W"),
        ("quanta per time", "cold", "1/s"),
        ("W fidelity", "A.1-B-C", ""),
        ("best W fidelity", "A.1-B-C", ""),
        ("GHZ fidelity", "A.1-B-C", ""),
        ("best GHZ fidelity", "A.1-B-C", ""),
        ("tripartite negativity", "A.1-B-C", ""),
        ("genuine entanglement", "A.1-B-C", ""),
        ("steering by 2 settings", "A.1-B", ""),
        ("populations", "", ""),
        ("Re λ23", "", ""),
    ]
    state = et.steady_state(CHAIN, et.Reset())
    for each in found:
        np.testing.assert_array_equal(each.read(state), state.observe(each.observable)[0])


def test_several_quantities_in_one_pass_are_those_alone() -> None:
    """Scales put heat into W: ħ (10⁹ rad/s)² each, of CODATA."""
    words = ("heat RC", "quanta RA", "concurrence", "population 2")
    found = [quantity(word, COMMON, Units("cyclic")) for word in words]
    values = et.steady_state(COMMON).observe(*(q.observable for q in found))
    for each, value in zip(found, values, strict=True):
        assert each.read(et.steady_state(COMMON)) == value
    watts = float(found[0].scale.show(values[0]))
    assert watts == pytest.approx(float(values[0]) * 1.054571817e-34 * 1e18, rel=1e-9)


@pytest.mark.parametrize(
    "word", ["heat cold", "ratio cold/hot", "excitation B", "temperature B", "entropy production"]
)
def test_a_quantity_goes_to_another_process(word: str) -> None:
    state = et.steady_state(CHAIN, et.Reset())
    found = quantity(word, CHAIN, Units("cyclic"))
    copy: Quantity = pickle.loads(pickle.dumps(found))
    assert (copy.noun, copy.of, copy.scale) == (found.noun, found.of, found.scale)
    assert copy.read(state) == found.read(state)


def test_a_swept_qubit_has_the_temperature_of_its_own_gap() -> None:
    """Gibbs states at T = 0.5, whatever the gap was when the word was read."""
    read = quantity("temperature A", PRODUCT, Units()).read
    state = et.steady_state(PRODUCT.replace({"qubits.A": [1.0, 2.0, 5.0]}))
    np.testing.assert_allclose(read(state), [0.5, 0.5, 0.5], rtol=1e-13)


@pytest.mark.parametrize(
    ("observable", "fragment"),
    [
        (et.heat("cod"), "'heat' must be one of cold, hot, dephasing, work, got 'cod'"),
        (et.quanta("hot"), "'quanta' must be one of cold, got 'hot'"),
        (Population(8), "'population' must name a level from 1 to 8, got 9"),
        (et.concurrence("A", "B"), "must be one of A.1, B, C, got 'A'"),
        (et.concurrence("B", "B"), "must name two qubits, got 'B' twice"),
        (et.w_fidelity("A.1", "B", "D"), "must be one of A.1, B, C, got 'D'"),
        (et.negativity_across(["B"], ["D"]), "must be one of A.1, B, C, got 'D'"),
    ],
)
def test_an_observable_of_another_machine(observable: Observable, fragment: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(fragment)):
        quantity_of(observable, CHAIN, Units())


def test_what_is_no_observable() -> None:
    for ask in (word_of, lambda x: quantity_of(x, CHAIN, Units())):
        with pytest.raises(ParameterError, match="must be observables, got 'heat R'"):
            ask("heat R")  # type: ignore[arg-type]


def test_an_observable_of_ones_own_goes_by_its_label() -> None:
    class Own(Observable):
        label = "own thing"  # type: ignore[assignment]

        def prepare(self, machine: Machine, levels: object) -> object:  # type: ignore[override]
            del machine, levels
            return lambda point: [point.population(0)]

    found = quantity_of(Own(), CHAIN, Units("cyclic"))
    assert (found.noun, found.of, found.scale) == ("own thing", "", NUMBER)
    assert word_of(Own()) == "own thing"
