"""Units. Oracles: the exact SI constants as SciPy lists them, and conversions made by hand."""

import contextlib
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from entherm.errors import ParameterError
from entherm.units import DIMENSIONLESS, NUMBER, Convention, Scale, Units, relaxation_time

CYCLIC, ANGULAR = Units("cyclic"), Units("angular")
# Decimal prefixes and unit sizes are rounded once each on the way: a few units in the last place.
ROUNDING = 1e-15 * 4


def value(scale: Scale, text: object) -> float:
    return float(scale.parse(text, "here"))


def test_landmarks_of_the_literature() -> None:
    # h/k_B and ħ/k_B as in docs/physics.md §1.9, seven digits.
    assert CYCLIC.temperature.show(CYCLIC.frequency.parse("1 GHz", "")) == pytest.approx(
        47.99243, rel=1e-7
    )
    assert ANGULAR.temperature.show(ANGULAR.frequency.parse("1 GHz", "")) == pytest.approx(
        7.638233, rel=1e-7
    )


IN_SI = [  # angular frequency in 1/s that each must mean, cyclic and angular
    ("1 GHz", 2e9 * math.pi, 1e9),
    ("-700 MHz", -1.4e9 * math.pi, -0.7e9),
    ("1e3kHz", 2e6 * math.pi, 1e6),
    ("1 rad/ns", 1e9, 1e9),
    ("2 rad/s", 2.0, 2.0),
    ("0.035 /us", 35e3, 35e3),
    ("0.035 1/us", 35e3, 35e3),
    ("1/us", 1e6, 1e6),
    ("3 us^-1", 3e6, 3e6),
    ("1 meV", constants.eV * 1e-3 / constants.hbar, constants.eV * 1e-3 / constants.hbar),
    ("4 µeV", constants.eV * 4e-6 / constants.hbar, constants.eV * 4e-6 / constants.hbar),
    ("4 μeV", constants.eV * 4e-6 / constants.hbar, constants.eV * 4e-6 / constants.hbar),
    ("1e-24 J", 1e-24 / constants.hbar, 1e-24 / constants.hbar),
    ("48 mK", constants.k * 0.048 / constants.hbar, constants.k * 0.048 / constants.hbar),
]


@pytest.mark.parametrize(("text", "cyclic", "angular"), IN_SI)
def test_2pi_goes_with_the_unit_not_with_the_quantity(
    text: str, cyclic: float, angular: float
) -> None:
    assert value(CYCLIC.frequency, text) * 1e9 == pytest.approx(cyclic, rel=ROUNDING)
    assert value(ANGULAR.frequency, text) * 1e9 == pytest.approx(angular, rel=ROUNDING)
    if "eV" not in text and "K" not in text and "J" not in text:
        assert value(CYCLIC.rate, text) == value(CYCLIC.frequency, text)
        assert value(ANGULAR.rate, text) == value(ANGULAR.frequency, text)


@pytest.mark.parametrize("units", [CYCLIC, ANGULAR])
def test_temperatures_and_times_do_not_hang_on_the_word(units: Units) -> None:
    assert value(units.temperature, "15 mK") == pytest.approx(
        constants.k * 0.015 / constants.hbar / 1e9, rel=ROUNDING
    )
    assert value(units.time, "28 us") == pytest.approx(28e3, rel=ROUNDING)  # ns


@pytest.mark.parametrize("units", [CYCLIC, ANGULAR])
def test_heat_is_printed_in_watt(units: Units) -> None:
    # One ħω a 1/ω, at ω = 1e9 rad/s.
    assert float(units.power.show(1.0)) == pytest.approx(constants.hbar * 1e18, rel=ROUNDING)
    assert units.power.unit == "W"


@given(x=st.floats(1e-200, 1e200), convention=st.sampled_from(["cyclic", "angular"]))
def test_what_is_shown_is_what_was_written(x: float, convention: Convention) -> None:
    units = Units(convention)
    for scale in (units.frequency, units.rate, units.temperature, units.time, units.power):
        assert float(scale.show(scale.parse(f"{x!r} {scale.unit}", ""))) == pytest.approx(
            x, rel=ROUNDING
        )


def test_dimensionless_changes_nothing() -> None:
    for scale in (DIMENSIONLESS.frequency, DIMENSIONLESS.temperature, DIMENSIONLESS.power, NUMBER):
        assert value(scale, 0.1) == 0.1
        assert value(scale, 3) == 3.0
        assert float(scale.show(0.1)) == 0.1
        assert scale.unit == ""


def test_lists_keep_their_shape() -> None:
    assert CYCLIC.temperature.parse(["1 mK", "2 mK"], "T").shape == (2,)
    assert DIMENSIONLESS.temperature.parse([[1], [2.5]], "T").tolist() == [[1.0], [2.5]]


REFUSED = [
    (CYCLIC.frequency, 1.0, "must be a frequency or energy with its unit, got 1.0"),
    (CYCLIC.frequency, 0, "with its unit"),
    (CYCLIC.frequency, True, "with its unit"),
    (CYCLIC.frequency, "1", "with its unit"),
    (CYCLIC.frequency, "GHz", "with its unit"),
    (CYCLIC.frequency, "nan GHz", "with its unit"),
    (CYCLIC.frequency, "inf GHz", "with its unit"),
    (CYCLIC.frequency, "9**9**9 GHz", "with its unit"),
    (CYCLIC.frequency, "1 GHz + 1 GHz", "with its unit"),
    (CYCLIC.frequency, "1 gigahertz of it", "with its unit"),
    (CYCLIC.frequency, "1 Gz", "(not a known unit): write e.g. '1 GHz'"),
    (CYCLIC.frequency, "1 ghz", "not a known unit"),
    (CYCLIC.frequency, "1 s", "(second)"),
    (CYCLIC.frequency, "1 GHz/s", "(cycle / second ** 2)"),
    (CYCLIC.frequency, "1e308 GHz", "must be finite, got inf"),
    (CYCLIC.frequency, None, "with its unit"),
    (CYCLIC.rate, "1 meV", "must be a rate, got '1 meV' (joule)"),
    (CYCLIC.rate, "1 us", "must be a rate, got '1 us' (second): write e.g. '0.035 /us'"),
    (CYCLIC.temperature, "1 GHz", "must be a temperature, got '1 GHz' (cycle / second): write"),
    (CYCLIC.temperature, "1 GHz", "1 GHz cyclic is 47.99 mK, 1e9 rad/s is 7.638 mK"),
    (CYCLIC.temperature, "1 degC", "not a known unit"),
    (CYCLIC.time, "1 kHz", "must be a time"),
    (DIMENSIONLESS.frequency, "1 GHz", "must be a bare number, got '1 GHz': write the number"),
    (DIMENSIONLESS.frequency, "1 GHz", '[units] frequency = "cyclic" or "angular"'),
    (DIMENSIONLESS.frequency, True, "must be a bare number, got True"),
    (DIMENSIONLESS.frequency, [1.0, True], "must be a bare number, got True"),
    (DIMENSIONLESS.frequency, math.nan, "must be finite, got nan"),
    (DIMENSIONLESS.frequency, 10**400, "must be finite, got inf"),
    (DIMENSIONLESS.frequency, [[1.0], [1.0, 2.0]], "must be a rectangular array"),
    (DIMENSIONLESS.frequency, [], "or a list of them, got []"),
    (NUMBER, "1", "it has no unit"),
]


@pytest.mark.parametrize(("scale", "given", "message"), REFUSED)
def test_refusals_name_value_rule_and_remedy(scale: Scale, given: object, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        scale.parse(given, "reservoirs.RC")
    assert message in str(caught.value)
    assert "'reservoirs.RC'" in str(caught.value)


def test_a_convention_is_one_of_three() -> None:
    with pytest.raises(ParameterError, match=r"units.frequency.*'cyclic' or 'angular'"):
        Units("hertz")  # type: ignore[arg-type]


@given(text=st.text(max_size=30) | st.from_regex(r"[0-9.]+ ?[A-Za-z/*^ 0-9-]+", fullmatch=True))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    for scale in (CYCLIC.frequency, CYCLIC.temperature, DIMENSIONLESS.rate):
        with contextlib.suppress(ParameterError):
            assert np.isfinite(scale.parse(text, "x"))


def test_relaxation_time_of_no_coupling_is_infinite() -> None:
    # 1/T1 = 2 Γ, docs/physics.md §1.1
    assert relaxation_time([0.0, 0.25]).tolist() == [math.inf, 2.0]


def test_dimensionless_work_does_not_load_pint() -> None:
    program = "import sys, entherm.units as u; u.DIMENSIONLESS.rate.parse(1.0, ''); "
    program += "u.Units('cyclic').power.show(1.0); sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
