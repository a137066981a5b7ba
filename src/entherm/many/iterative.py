r"""The steady state of many levels by iteration: GMRES, led by the secular solution.

With L the generator and L₀ what the secular approximation leaves of it (a rate equation for the
populations, and for each coherence what the generator makes of it alone), the correction to the
secular state ρ₀ solves

.. math:: L L_0^{-1} y = -L \rho_0, \qquad \rho = \rho_0 + L_0^{-1} y

and L L₀⁻¹ differs from the identity by (rate / gap), by which it converges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from entherm.elimination import stationary_populations_dense
from entherm.many.krylov import Act, Approach, gmres
from entherm.many.matrix_free import ClassGenerator
from entherm.parameters import Array
from entherm.stationary import KERNEL_TOLERANCE, UNSETTLED

# ‖L ρ‖ over the mean exit rate of a level: what is aimed at, and what is still a solution.
AIM, LARGEST_RESIDUAL = 1e-13, 1e-10

# Products before it is given up: a cycle and what follows it.
MOST_ITERATIONS = 1200

# A second conserved quantity leaves about 1/√n of a random vector out of reach; this part of that
# decides.
PROBE = 1e-3

# Up to here the matrix itself is written down where iteration leaves a doubt.
LARGEST_WRITTEN = 1500

# Without direct way between sets of levels the secular inverse lets them mix, at this fraction of
# the mean rate: it only leads the iteration.
MIXING = 1e-3

# Populations below this are measured as if they were this one.
SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Stationary:
    """What was found at one point.

    Attributes
    ----------
    state : ndarray, shape (n,)
        ρ, packed, of trace 1; without meaning where there is none.
    kernel : int
        Dimension of the generator's kernel as far as it is known, or `UNSETTLED`.
    residual : float
        ‖L ρ‖ over the mean exit rate.
    iterations : int
        Products of L with a vector.
    """

    state: Array
    kernel: int
    residual: float
    iterations: int


class SecularInverse:
    """L₀⁻¹ of the module, on packed vectors; of trace 0 what has trace 0."""

    def __init__(self, generator: ClassGenerator) -> None:
        self._generator = generator
        self._rates = generator.rates

    @cached_property
    def scale(self) -> float:
        """Mean exit rate of a level."""
        return float(self._rates.sum() / len(self._rates))

    @cached_property
    def closed_sets(self) -> int:
        """How many sets of levels nothing leaves, from which rates are not zero."""
        from scipy.sparse.csgraph import connected_components

        count, label = connected_components(self._rates.T != 0.0, connection="strong")
        into, source = np.nonzero(self._rates)
        leaving = label[source[label[into] != label[source]]]
        return int(count - len(np.unique(leaving)))

    @cached_property
    def populations(self) -> Array:
        """Secular steady state, found without subtraction where that is possible."""
        count = len(self._rates)
        with np.errstate(all="ignore"):
            found = stationary_populations_dense(self._rates.T)
        return found if np.all(np.isfinite(found)) else np.full(count, 1.0 / count)

    @cached_property
    def _sizes(self) -> Array:
        """What each population is measured by."""
        if not self._generator.only_equal:
            return np.ones(len(self._rates))
        return np.maximum(self.populations, SMALLEST)

    @cached_property
    def weights(self) -> Array:
        """√(p_a p_b), packed, by which every element of ρ and of its change is measured.

        Where levels of one energy alone have coherences none exceeds that by much, and a small
        population keeps its digits. Elsewhere 1.
        """
        roots = self._generator.states.by_class(np.sqrt(self._sizes))
        return np.concatenate([np.outer(root, root).ravel() for root in roots])

    @cached_property
    def conserved(self) -> Array:
        """The trace over measured populations, as a vector of norm 1."""
        return np.asarray(self._sizes / np.linalg.norm(self._sizes))

    @cached_property
    def _factors(self) -> Any:
        from scipy.linalg import lu_factor

        system = self._rates - np.diag(self._rates.sum(0))
        system *= self._sizes / self._sizes[:, None]
        # What has a trace is led to equal measured populations; all else is without trace.
        traced = np.outer(np.full(len(system), self.scale), self._sizes / self._sizes.sum())
        if self.closed_sets > 1:
            system += MIXING * (traced - self.scale * np.eye(len(system)))
        return lu_factor(system + traced, overwrite_a=True)

    @cached_property
    def _coherences(self) -> list[tuple[Array, Array]]:
        """Real and imaginary part of 1 / L_ab,ab, 0 for populations and for what is left out."""
        found = []
        for own, kept in zip(self._generator.diagonal, self._generator.kept, strict=True):
            slow = np.abs(own) <= MIXING * self.scale
            inverse = 1.0 / np.where(slow, -self.scale, own)
            inverse = np.where(kept & ~np.eye(len(own), dtype=bool), inverse, 0.0)
            found.append((inverse.real, inverse.imag))
        return found

    def __call__(self, packed: Array) -> Array:
        """Return L₀⁻¹ of a vector, both measured by the weights.

        Examples
        --------
        >>> from entherm import Redfield, two_qubit_machine
        >>> from entherm.many.matrix_free import class_generator
        >>> act = class_generator(two_qubit_machine(20.0, 20.0, 10.0), Redfield())
        >>> flow = act.states.of_populations(np.array([1.0, -1.0, 0.0, 0.0]))
        >>> round(float(act.states.populations(SecularInverse(act)(flow)).sum()), 12)
        0.0
        """
        from scipy.linalg import lu_solve

        populations = lu_solve(self._factors, self._generator.states.populations(packed))
        found = self._generator.states.of_populations(populations)
        split = self._generator.states.split
        for out, p, own in zip(split(found), split(packed), self._coherences, strict=True):
            np.add(out, p * own[0] + p.T * own[1], out=out)
        return found

    def state(self) -> Array:
        """Return the secular steady state, packed."""
        return self._generator.states.of_populations(self.populations)


def stationary_state(generator: ClassGenerator) -> Stationary:
    """Return the steady state of a generator, and whether it is the only one.

    That it is the only one is asked of a second equation, L L₀⁻¹ y = b with a random b of trace 0,
    which has a solution only if nothing but the trace is conserved. Where iteration leaves a doubt
    and the generator has at most `LARGEST_WRITTEN` elements, its singular values decide.

    Examples
    --------
    >>> from entherm import Redfield, two_qubit_machine
    >>> from entherm.many.matrix_free import class_generator
    >>> found = stationary_state(class_generator(two_qubit_machine(20.0, 20.0, 10.0), Redfield()))
    >>> found.kernel, found.residual < 1e-12
    (1, True)
    """
    inverse = SecularInverse(generator)
    if inverse.scale == 0.0:
        return Stationary(
            generator.states.of_populations(generator.energies * np.nan), 2, np.nan, 0
        )
    start = inverse.state()

    weights = inverse.weights

    def act(vector: Array) -> Array:
        return generator(weights * inverse(vector)) / weights

    found = gmres(act, -generator(start) / weights, AIM * inverse.scale, MOST_ITERATIONS)
    state = start + weights * inverse(found.solution)
    residual = float(np.linalg.norm(generator(state))) / inverse.scale
    probe = _probe(generator, inverse, act)
    iterations = found.iterations + probe.iterations
    settled = residual <= LARGEST_RESIDUAL
    if settled and probe.residual <= 1.01 * _reach(generator):
        return Stationary(state, 1, residual, iterations)
    if generator.states.elements <= LARGEST_WRITTEN:
        return _written(generator, inverse.scale, iterations)
    kernel = max(2, inverse.closed_sets) if settled else UNSETTLED
    return Stationary(state, kernel, residual, iterations)


def _reach(generator: ClassGenerator) -> float:
    return float(PROBE / np.sqrt(generator.states.elements))


def _probe(generator: ClassGenerator, inverse: SecularInverse, act: Act) -> Approach:
    """Try to reach a random vector of trace 0 and norm 1."""
    random = np.random.default_rng(1)
    blocks = [random.standard_normal(kept.shape) * kept for kept in generator.kept]
    vector = np.concatenate([block.ravel() for block in blocks])
    trace = generator.states.populations(vector) @ inverse.conserved
    vector = vector - generator.states.of_populations(trace * inverse.conserved)
    vector = vector / np.linalg.norm(vector)
    return gmres(act, vector, _reach(generator), MOST_ITERATIONS)


def _written(generator: ClassGenerator, scale: float, iterations: int) -> Stationary:
    """Write the generator down, element by element, and look at its singular values."""
    kept = np.flatnonzero(np.concatenate([k.ravel() for k in generator.kept]))
    matrix = np.empty((len(kept), len(kept)))
    for column, element in enumerate(kept):
        unit = np.zeros(generator.states.elements)
        unit[element] = 1.0
        matrix[:, column] = generator(unit)[kept]
    _, values, right = np.linalg.svd(matrix)
    kernel = int((values <= KERNEL_TOLERANCE * values[0]).sum())
    state = np.zeros(generator.states.elements)
    state[kept] = right[-1]
    trace = generator.states.populations(state).sum()
    state = state / trace if trace else state * np.nan
    residual = float(np.linalg.norm(generator(state))) / scale
    return Stationary(state, kernel, residual, iterations + len(kept))
