"""Equally spaced values: what a span accepts, what it refuses, and where its values lie.

Oracles: the exact terms of arithmetic and geometric series, and k_B/h of CODATA.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from entherm.about import Curves
from entherm.errors import ParameterError
from entherm.span import Span
from entherm.units import DIMENSIONLESS, NUMBER, Units


def test_a_linear_span_is_an_arithmetic_series() -> None:
    found = Span(1, 3, 9).values(NUMBER, "x")
    assert found.tolist() == [1 + k / 4 for k in range(9)]  # exact in binary
    assert Span(3, 1, 9).values(NUMBER, "x").tolist() == found.tolist()[::-1]
    assert Span(-1.5, 0.0, 4).values(NUMBER, "x").tolist() == [-1.5, -1.0, -0.5, 0.0]


def test_a_logarithmic_span_is_a_geometric_series() -> None:
    found = Span(1e-2, 1e3, 6, "log").values(NUMBER, "x")
    np.testing.assert_allclose(found, [1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3], rtol=4e-16)
    assert (found[0], found[-1]) == (1e-2, 1e3)
    np.testing.assert_allclose(
        Span(1e3, 1e-2, 6, "log").values(NUMBER, "x"), found[::-1], rtol=1e-15
    )


def test_ends_may_have_different_units() -> None:
    """k_B/h = 20.836619 GHz/K (CODATA); internally in 10⁹ rad/s."""
    found = Span("0.01 K", "100 mK", 3).values(Units("cyclic").temperature, "T")
    np.testing.assert_allclose(found, np.array([10, 55, 100]) * 0.020836619 * 2 * np.pi, rtol=1e-8)


def test_numbers_are_kept_as_floats_and_texts_as_they_are() -> None:
    span = Span(np.int64(1), "2 K", np.int32(5))  # type: ignore[arg-type]
    assert span == Span(1.0, "2 K", 5)
    assert [type(x) for x in (span.start, span.stop, span.points)] == [float, str, int]
    assert hash(span) == hash(Span(1, "2 K", 5))
    assert pickle.loads(pickle.dumps(span)) == span


@pytest.mark.parametrize(
    ("given", "path", "rule"),
    [
        ((1, 2, 1), "span.points", "be a whole number >= 2"),
        ((1, 2, True), "span.points", "be a whole number >= 2"),
        ((1, 2, 2.0), "span.points", "be a whole number >= 2"),
        ((1, 2, "3"), "span.points", "be a whole number >= 2"),
        ((1, 2, 2, "lin"), "span.scale", "be 'linear' or 'log'"),
        ((1, 2, 2, None), "span.scale", "be 'linear' or 'log'"),
        ((None, 2, 2), "span.start", "be a number, or a quantity in quotes"),
        ((1, [2], 2), "span.stop", "be a number, or a quantity in quotes"),
        ((1, True, 2), "span.stop", "be a number, or a quantity in quotes"),
        ((1j, 2, 2), "span.start", "be a number, or a quantity in quotes"),
    ],
)
def test_what_is_no_span(given: tuple[Any, ...], path: str, rule: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Span(*given)
    assert (caught.value.path, caught.value.rule) == (path, rule)


@pytest.mark.parametrize(
    ("span", "path", "rule"),
    [
        (Span(1, 1, 2), "axis.to", "differ from the other end"),
        (Span(0, 1, 2, "log"), "axis.from", "be > 0 on a logarithmic scale"),
        (Span(1, -1, 2, "log"), "axis.to", "be > 0 on a logarithmic scale"),
        (Span("1 K", 2, 2), "axis.from", "be a bare number"),
        (Span(1, float("nan"), 2), "axis.to", "be finite"),
        (Span(float("-inf"), 1, 2), "axis.from", "be finite"),
        (Span(10**400, 1, 2), "axis.from", "be finite"),
    ],
)
def test_ends_that_are_none(span: Span, path: str, rule: str) -> None:
    with pytest.raises(ParameterError) as caught:
        span.values(DIMENSIONLESS.temperature, "axis")
    assert caught.value.path == path
    assert rule in caught.value.rule


def test_ends_with_the_wrong_unit() -> None:
    with pytest.raises(ParameterError, match=r"'T\.from' must be a temperature, got '1 GHz'"):
        Span("1 GHz", "1 K", 2).values(Units("cyclic").temperature, "T")
    with pytest.raises(ParameterError, match=r"'T\.to' must be a temperature with its unit"):
        Span("1 K", 2, 2).values(Units("cyclic").temperature, "T")


def test_the_table_of_a_file_is_told_in_its_own_words() -> None:
    table = {"from": 1, "to": "2 GHz", "points": 3}
    assert Span.of(table, "v") == Span(1.0, "2 GHz", 3)
    curves = Curves.of({"axis": ["qubits.A"], "values": table, "observe": ["heat R"]}, "f")
    assert curves.values == Span(1.0, "2 GHz", 3)
    for change, text in (
        (
            {"from": True},
            "'v.from' must be a number, or a quantity in quotes, got True: write from",
        ),
        ({"to": None}, "'v.to' must be a number, or a quantity in quotes, got None: write to"),
        ({"points": 1}, "'v.points' must be a whole number >= 2, got 1: write points = 200"),
        ({"scale": "lin"}, "'v.scale' must be 'linear' or 'log', got 'lin': choose one"),
        ({"form": 1}, "'v.form' must be one of from, to, points, scale, got 'form': did you mean"),
    ):
        with pytest.raises(ParameterError) as caught:
            Span.of(table | change, "v")
        assert str(caught.value).startswith(f"Argument {text}")
    with pytest.raises(ParameterError, match=r"'v\.points' must be given, got nothing"):
        Span.of({"from": 1, "to": 2}, "v")
    with pytest.raises(ParameterError, match=r"'x\.values' must be a table, got 3: write values"):
        Span.of(3, "x.values")
