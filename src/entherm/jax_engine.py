"""Observables through JAX: points sorted by structure, each structure compiled once.

The plan is made once, at one point, with stand-ins (`entherm.jax_arrays`) in place of the
parameters; what comes out is a function of one point, mapped over the machine's axes, each
parameter over its own only. Guards tell at which points the plan is another one. Those are planned
anew, by one of theirs; where the numbers are not known yet, under `jax.jit` and `jax.vmap`, they
come out as NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np

from entherm.clusters import fixed_over
from entherm.errors import NotDifferentiableError, ParameterError
from entherm.jax_arrays import tracer_of
from entherm.jax_rules import concrete, jax_library
from entherm.machine import Machine
from entherm.parameters import stands_in
from entherm.places import Points, where_at
from entherm.plan import make_plan
from entherm.prepared import typical_point
from entherm.structures import (
    Asked,
    Labels,
    Part,
    Structure,
    axes_of,
    checks_of,
    marked,
    numbers_of,
    point_of,
    shaped,
    squeezed,
)
from entherm.traced_route import LARGEST_WRITTEN
from entherm.tracing import as_stand_in

# Structures that are kept compiled, and that one call may need.
KEPT, STRUCTURES = 256, 64


def numbers(machine: Machine, asked: Asked, on_invalid: str) -> tuple[Any, ...]:
    """Compute observables of an ordinary machine through JAX, as arrays of NumPy.

    Examples
    --------
    >>> from entherm import Global, heat, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> [q] = numbers(m, Asked(Global(), (heat("RC"),)), "raise")
    >>> abs(float(q)) < 1e-12
    True
    """
    with jax_library().enable_x64(True):
        return tuple(np.asarray(x)[()] for x in observed_by_jax(machine, asked, on_invalid))


def observed_by_jax(machine: Machine, asked: Asked, on_invalid: str) -> tuple[Any, ...]:
    """Compute observables of a machine, of tracers or not, as arrays of JAX."""
    if len(machine.classes) > LARGEST_WRITTEN:
        rule = f"have at most {LARGEST_WRITTEN} levels to be computed through JAX"
        remedy = "leave engine out, and take finite differences for derivatives"
        raise ParameterError("machine", rule, len(machine.classes), remedy)
    shadow = machine.mapped(_shadow)
    asked = replace(asked, equation=fixed_over(shadow, asked.equation))
    tracers = {p: tracer_of(v) for p, v in machine.parameters.items() if stands_in(v)}
    known = {path: concrete(value) for path, value in tracers.items()}
    if any(number is None for number in known.values()):
        rest = {p: v for p, v in shadow.parameters.items() if p not in tracers and v.size > 1}
        arrays = {path: jax_library().numpy.asarray(value) for path, value in rest.items()}
        return _unseen(shadow, asked, {**tracers, **arrays})
    # Of a number that is not differentiated 0 is structure; any other may change without
    # compiling anew.
    fixed = _structural(shadow)
    rest = {p: v for p, v in shadow.parameters.items() if p not in tracers and p not in fixed}
    return _Seen(shadow, asked, {**tracers, **rest}, tuple(tracers)).observed(on_invalid)


def _shadow(_: str, value: Any) -> Any:
    traced = as_stand_in(value)
    return value if traced is None else traced.shadow


def _structural(machine: Machine) -> set[str]:
    """Parameters whose values decide the structure: zeros, correlations, coupled strengths."""
    found = {path for path, v in machine.parameters.items() if v.size == 1 and not np.any(v)}
    for path, value in machine.parameters.items():
        if value.size == 1 and ".correlation" in path:
            found.add(path)
    for item in machine.interactions:
        if len(item.parameters) > 1:
            found |= {f"{item.path}.{k}" for k, v in item.parameters.items() if v.size == 1}
    return found


def _unseen(machine: Machine, asked: Asked, values: dict[str, Any]) -> tuple[Any, ...]:
    """Observe with numbers that are not known: by the structure of `machine`, NaN elsewhere."""
    sample = point_of(machine, typical_point(machine, asked.equation))
    if failures := make_plan(sample, asked.equation).failures:
        raise min(failures, key=lambda f: f.reason).error
    structure = Structure(sample, asked, tuple(values), _labels(machine, values))
    run = structure.mapped(axes_of(machine.shape, values), marked)
    return tuple(shaped(x, machine.shape) for x in run(squeezed(values)))


@dataclass(frozen=True, eq=False)
class _Seen:
    """Numbers that are known, whatever they are traced for; each point by its own structure.

    Attributes
    ----------
    machine : Machine
        Of plain numbers.
    values : dict of str to value
        What structures are functions of: tracers, and plain numbers.
    traced : tuple of str
        The tracers among them.
    """

    machine: Machine
    asked: Asked
    values: dict[str, Any]
    traced: tuple[str, ...]

    def observed(self, on_invalid: str) -> tuple[Any, ...]:
        """Compute, part by part."""
        jnp = jax_library().numpy
        results: list[Any] = []
        for structure, points in self._parts(on_invalid):
            self._require_smooth(structure, points)
            found = self._run(structure, numbers_of, self.values, points)
            if points is None:
                return tuple(found)
            if not results:
                count = prod(self.machine.shape)
                results = [jnp.full((count, *x.shape[1:]), jnp.nan) for x in found]
            results = [r.at[points].set(x) for r, x in zip(results, found, strict=True)]
        if not results:
            return tuple(jnp.full(self.machine.shape, jnp.nan) for _ in self.asked.observables)
        return tuple(r.reshape(*self.machine.shape, *r.shape[1:]) for r in results)

    def _run(
        self, structure: Structure, part: Part, values: dict[str, Any], points: Points | None
    ) -> Any:
        """One of the results of a structure, in the shape of the points."""
        chosen = values if points is None else self._at(values, points)
        shape = self.machine.shape if points is None else points.shape
        found = structure.compiled(axes_of(shape, chosen), part)(squeezed(chosen))
        return jax_library().tree.map(lambda x: shaped(x, shape), found)

    @cached_property
    def _numbers(self) -> dict[str, Any]:
        return {path: self.machine.parameters[path] for path in self.values}

    def _at(self, values: dict[str, Any], points: Points) -> dict[str, Any]:
        """Values at some flat indices, in a row."""
        index = np.unravel_index(points, self.machine.shape)

        def picked(v: Any) -> Any:
            own = index[len(index) - np.ndim(v) :]
            here = tuple(k % n for k, n in zip(own, np.shape(v), strict=True))
            return v[here] if np.size(v) > 1 else v.reshape(())

        return {path: picked(v) for path, v in values.items()}

    def _next(self, rest: Points | None, on_invalid: str) -> tuple[Points | None, Machine | None]:
        """The points but those without a steady state, and one of them to plan by."""
        equation = self.asked.equation
        if rest is None:
            sample = point_of(self.machine, typical_point(self.machine, equation))
            if not make_plan(sample, equation).failures:
                return None, sample
        failures = make_plan(self.machine if rest is None else self.machine.take(rest), equation)
        if failures.failures and on_invalid == "raise":
            raise min(failures.failures, key=lambda f: f.reason).error
        every = np.arange(prod(self.machine.shape)) if rest is None else rest
        bad = [f.points for f in failures.failures]
        left = np.delete(every, np.unique(np.concatenate([np.arange(0), *bad])))
        return left, point_of(self.machine, int(left[0])) if left.size else None

    def _require_smooth(self, structure: Structure, points: Points | None) -> None:
        """Refuse to differentiate where a result has a kink or diverges."""
        if not self.traced:
            return
        _, kinks = self._run(structure, checks_of, self._numbers, points)
        for number, (where, _) in enumerate(kinks):
            at = np.flatnonzero(np.asarray(where))
            if at.size:
                at = at if points is None else points[at]
                free = [list(self.values).index(path) for path in self.traced]
                chosen = self._at(self._numbers, at) if self.machine.shape else self._numbers
                rows = [np.broadcast_to(v, at.shape) for v in chosen.values()]
                moving = np.asarray(structure.moves(number, free)(rows))
                if np.any(moving):
                    place = where_at(self.machine, at[moving])
                    raise NotDifferentiableError(f"{structure.told[number]}{place}")

    def _parts(self, on_invalid: str) -> Iterator[tuple[Structure, Points | None]]:
        """Structures and the points that have them; None for all."""
        known = _structures(*self._signature)
        rest: Points | None = None
        for number in range(STRUCTURES):
            made = number >= len(known)
            if made:
                rest, sample = self._next(rest, on_invalid)
                if sample is None:
                    return
                known.append(Structure(sample, self.asked, tuple(self.values), self._labels))
            fits = np.asarray(self._run(known[number], checks_of, self._numbers, rest)[0])
            own = np.flatnonzero(fits)
            if own.size == fits.size:
                yield known[number], rest
                return
            every = np.arange(fits.size) if rest is None else rest
            if own.size:
                yield known[number], every[own]
            elif made:
                where = where_at(self.machine, every)
                raise NotDifferentiableError(
                    f"The structure of the steady state is undecided{where}: rounding decides "
                    "whether levels or frequencies coincide; move the point, or join the levels "
                    "with Unified(joined=...)"
                )
            rest = np.delete(every, own) if self.machine.shape else None
        raise NotDifferentiableError(
            f"The points have more than {STRUCTURES} structures: take them apart"
        )

    @cached_property
    def _labels(self) -> Labels | None:
        return _labels(self.machine, self.traced)

    @property
    def _signature(self) -> tuple[Any, ...]:
        """What a structure must agree with before its guards are asked."""
        machine = self.machine
        rest = {p: v for p, v in machine.parameters.items() if p not in self.values}
        fixed = tuple((path, value.tobytes()) for path, value in rest.items())
        return machine.structure, machine.kinds, self.asked, tuple(self.values), fixed, self._labels


def _labels(machine: Machine, free: Iterable[str]) -> Labels | None:
    """Sectors and classes, unless a strength beside others of one interaction is varied alone."""
    beside = {
        f"{item.path}.{k}"
        for item in machine.interactions
        for k in item.parameters
        if len(item.parameters) > 1
    }
    return None if beside & set(free) else (machine.sectors, machine.classes)


@lru_cache(maxsize=KEPT)
def _structures(*signature: Any) -> list[Structure]:
    """Structures that are known of a kind of machine, to be added to."""
    del signature
    return []
