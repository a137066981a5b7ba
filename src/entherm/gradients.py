"""Observables as functions of parameters that JAX differentiates, vectorises and compiles."""

from __future__ import annotations

from typing import Any, Literal

from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.jax_engine import numbers, observed_by_jax
from entherm.kernels import Engine
from entherm.machine import Machine, require_machine
from entherm.observables import Observable
from entherm.parameters import stands_in
from entherm.solution import observable_of
from entherm.steady_state import steady_state
from entherm.structures import (
    Asked,
)


def observe(
    machine: Machine,
    *observables: Observable,
    equation: Equation | None = None,
    on_invalid: Literal["raise", "nan"] = "raise",
    engine: Engine | None = None,
) -> tuple[Any, ...]:
    """Compute observables of the steady state, as a function that JAX can differentiate.

    Parameters
    ----------
    machine : Machine
        Any of its parameters may be an array, and a tracer of JAX: one that `jax.grad` and its
        like hand to the function that calls `machine.replace`.
    *observables : Observable
        e.g. ``concurrence("A", "B"), heat("RC")``.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        What becomes of points without a steady state, as in `steady_state`.
    engine : {"numpy", "compiled", "jax"}, optional
        What computes; ``"jax"`` uses a GPU where JAX has one. Left out: JAX for tracers.

    Returns
    -------
    tuple of ndarray, or of arrays of JAX
        One per observable, of the broadcast shape.

    Raises
    ------
    NotDifferentiableError
        At a kink or a divergence, where the point is known: not under `jax.jit` or `jax.vmap`.
    MissingLibraryError
        Where JAX is asked for and is not installed.

    Examples
    --------
    >>> from entherm import concurrence, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=[1.0, 5.0])
    >>> observe(m, concurrence("A", "B"))[0].round(4)
    array([0.0993, 0.0845])
    """
    require_machine(machine)
    traced = any(map(stands_in, machine.parameters.values()))
    if not traced and engine != "jax":
        found = steady_state(machine, equation, on_invalid=on_invalid, engine=engine)
        return found.observe(*observables)
    if engine not in (None, "jax"):
        raise ParameterError("engine", "be 'jax' for tracers of JAX", repr(engine), "leave it out")
    asked = Asked(chosen_equation(equation), tuple(map(observable_of, observables)))
    return (
        observed_by_jax(machine, asked, on_invalid)
        if traced
        else numbers(machine, asked, on_invalid)
    )
