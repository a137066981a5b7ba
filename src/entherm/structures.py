"""One plan as a function of one point's numbers, mapped by JAX over the machine's axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from entherm.equations import Equation
from entherm.jax_arrays import JaxArrays, in_one, tracer_of
from entherm.jax_rules import jax_library, stored
from entherm.machine import Machine
from entherm.observables import Observable
from entherm.parameters import Array, as_array
from entherm.plan import make_plan
from entherm.tracing import StandIn

Axes = tuple[tuple[int, ...], ...]

# Numbers, whether the plan is the point's own, kinks.
Results = tuple[list[Any], Any, list[Any]]
Part = Callable[[Results, Sequence[Any]], Any]

# Points whose intermediate results, some hundred arrays, stay in a second-level cache.
BLOCK = 1 << 12


def numbers_of(results: Results, numbers: Sequence[Any]) -> Any:
    """Return the observables."""
    del numbers
    return results[0]


def checks_of(results: Results, numbers: Sequence[Any]) -> Any:
    """Return whether the plan is the point's own, and where results are not smooth."""
    del numbers
    return results[1:]


def marked(results: Results, numbers: Sequence[Any]) -> Any:
    """Return the observables, NaN with all derivatives where the plan is another one."""
    jnp = jax_library().numpy
    known = jnp.where(results[1], 1.0, jnp.nan)
    # 0, with a derivative that is NaN where that of the observable may be cut off.
    nothing = stored(known - 1.0) * sum(numbers)
    return [x / known + nothing for x in results[0]]


@dataclass(frozen=True)
class Asked:
    """What is wanted of a machine.

    Attributes
    ----------
    equation : Equation
    observables : tuple of Observable
    """

    equation: Equation
    observables: tuple[Observable, ...]


def axes_of(shape: tuple[int, ...], values: Mapping[str, Any]) -> Axes:
    """Return the axes of `shape` along which each of some parameters varies.

    Examples
    --------
    >>> axes_of((3, 4), {"T_A": np.ones((3, 1)), "T_C": np.ones(4)})
    ((0,), (1,))
    """
    first = [len(shape) - np.ndim(v) for v in values.values()]
    return tuple(
        tuple(start + k for k, n in enumerate(np.shape(v)) if n > 1)
        for start, v in zip(first, values.values(), strict=True)
    )


def squeezed(values: Mapping[str, Any]) -> list[Any]:
    """Return parameters without their axes of length one.

    Examples
    --------
    >>> [v.shape for v in squeezed({"T_A": np.ones((3, 1))})]
    [(3,)]
    """
    return [v.reshape([n for n in np.shape(v) if n > 1]) for v in values.values()]


def shaped(x: Any, shape: tuple[int, ...]) -> Any:
    """Return what was mapped over the axes of `shape` with those of length one back in place.

    Examples
    --------
    >>> shaped(np.ones((3, 7)), (3, 1)).shape
    (3, 1, 7)
    """
    sizes = sum(n > 1 for n in shape)
    return x.reshape(*shape, *x.shape[sizes:])


def point_of(machine: Machine, index: int) -> Machine:
    """Return one point, by its flat index, as a machine of shape ().

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> point_of(two_qubit_machine(20.0, 20.0, [1.0, 2.0]), 1).shape
    ()
    """
    if not machine.shape:
        return machine
    return machine.take(np.array([index])).mapped(lambda _, v: v.reshape(()))


# Sectors and classes of the bare states.
Labels = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Structure:
    """One plan: a function of one point's numbers.

    Attributes
    ----------
    sample : Machine
        The point that it is made at, of shape ().
    paths : tuple of str
        Parameters that are its arguments, in order; the others are as in `sample`.
    labels : pair of tuple of int, or None
        Sectors and classes of the whole machine; None where a derivative may leave them.
    told : list of str
        What its kinks are, once it has run.
    kept : dict
        What has been compiled.
    """

    sample: Machine
    asked: Asked
    paths: tuple[str, ...]
    labels: Labels | None
    told: list[str] = field(default_factory=list)
    kept: dict[tuple[Axes, Part], Callable[[Sequence[Any]], Any]] = field(default_factory=dict)

    def __call__(self, numbers: Sequence[Any]) -> Results:
        """Return the observables, whether the plan is the point's own, and its kinks."""
        jnp = jax_library().numpy
        algebra = JaxArrays()
        given = dict(zip(self.paths, numbers, strict=True))

        def stand_in(path: str, old: Any) -> Any:
            if path not in given:
                return old
            return StandIn(algebra, given[path], old, _beside(old, self.paths.index(path)))

        machine = self.sample.mapped(stand_in)
        if self.labels is not None:
            vars(machine).update(sectors=self.labels[0], classes=self.labels[1])
        piece = make_plan(machine, self.asked.equation).pieces[0]
        point = piece.plan.point(algebra.stored)
        found = []
        for observable in self.asked.observables:
            evaluate = observable.prepare(machine, piece.levels)
            found.append(observable.finish([as_array(v) for v in evaluate(point)]))
        fits = jnp.asarray(True)
        for holds in algebra.guards:
            fits = fits & holds
        self.told[:] = [told for _, _, told in algebra.kinks]
        kinks = [(where, [*map(jnp.asarray, moving)]) for where, moving, _ in algebra.kinks]
        return [jnp.asarray(in_one(tracer_of(x))) for x in found], fits, kinks

    def mapped(self, axes: Axes, part: Part) -> Callable[[Sequence[Any]], Any]:
        """Map a part of the results over axes, each parameter over its own only."""
        jax = jax_library()

        def one(numbers: Sequence[Any]) -> Any:
            return part(self(numbers), numbers)

        varied = sorted({k for own in axes for k in own})
        if not varied:
            return one
        first, *others = varied
        for k in reversed(others):
            one = jax.vmap(one, in_axes=([0 if k in own else None for own in axes],))
        along = [first in own for own in axes]
        many = jax.vmap(one, in_axes=([0 if own else None for own in along],))
        return lambda numbers: _in_blocks(many, along, numbers)

    def compiled(self, axes: Axes, part: Part) -> Callable[[Sequence[Any]], Any]:
        """Compile a part of the results, mapped over axes."""
        if (axes, part) not in self.kept:
            jax = jax_library()
            # To be differentiated it is done again: what it would have to remember, a number for
            # each of its operations, takes minutes to compile.
            self.kept[axes, part] = jax.jit(jax.checkpoint(self.mapped(axes, part)))
        return self.kept[axes, part]

    def moves(self, kink: int, traced: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
        """Return what tells for points in a row whether a kink's numbers move with some others."""
        jax = jax_library()

        def derivatives(numbers: Sequence[Any]) -> Any:
            def moving(free: Sequence[Any]) -> Any:
                given = dict(zip(traced, free, strict=True))
                every = [given.get(k, x) for k, x in enumerate(numbers)]
                return jax.numpy.stack(self(every)[2][kink][1])

            found = jax.jacfwd(moving)([numbers[k] for k in traced])
            return jax.numpy.any(jax.numpy.stack(found) != 0.0)

        return jax.jit(jax.vmap(derivatives))  # type: ignore[no-any-return]


def _beside(number: Array, place: int) -> Array:
    """A number near another one, inside the range of any parameter; each place has its own step."""
    step = 1e-3 * ((place + 1) * 0.618033988749895 % 1.0)
    return as_array(np.where(number == 0.0, step, number * (1.0 - step)))


def _in_blocks(many: Callable[[Any], Any], along: Sequence[bool], numbers: Sequence[Any]) -> Any:
    """Map over the first axis block by block, where there are caches that want it.

    To be differentiated, a block is done again instead of being remembered.
    """
    jax = jax_library()
    jnp = jax.numpy
    varied = [x for x, own in zip(numbers, along, strict=True) if own]
    length, inner = varied[0].shape[0], max(prod(np.shape(x)[1:]) for x in varied)
    count = -(-length // max(1, BLOCK // inner))
    if count < 3 or jax.default_backend() != "cpu":
        return many(numbers)
    size = -(-length // count)

    def block(parts: Sequence[Any]) -> Any:
        rest = iter(parts)
        pairs = zip(numbers, along, strict=True)
        return many([next(rest) if own else x for x, own in pairs])

    def split(x: Any) -> Any:
        padded = jnp.concatenate(
            [x, jnp.broadcast_to(x[-1:], (count * size - length, *x.shape[1:]))]
        )
        return padded.reshape(count, size, *x.shape[1:])

    found = jax.lax.map(jax.checkpoint(block), [*map(split, varied)])
    return jax.tree.map(lambda x: x.reshape(count * size, *x.shape[2:])[:length], found)
