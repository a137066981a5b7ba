"""Many machines of the paper at once, solved by the library or by the oracle.

A statement about machines is written once, on an `Ensemble`; the ensemble is solved by the library
for a search and by the closed form of `closed_form` where a counterexample is checked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.machine import Machine
from entherm.observables import heat
from entherm.pair_measures import concurrence
from entherm.paper import closed_form
from entherm.paper import equations as eq
from entherm.parameters import Array
from entherm.steady_state import steady_state
from entherm.two_qubit import two_qubit_machine

Mask = NDArray[np.bool_]

PARAMETERS = tuple(f.name for f in fields(eq.Parameters))
RATES = ("Gamma_A", "Gamma_B", "Gamma_CA", "Gamma_CB")
RC = concurrence("A", "B"), heat("RA"), heat("RB"), heat("RC"), heat("dephasing")


class Solved(NamedTuple):
    """What the claims need of a steady state; heat currents leave their reservoir when positive."""

    concurrence: Array
    Q_A: Array
    Q_B: Array
    Q_C: Array
    Q_dephasing: Array


class Solver(NamedTuple):
    """A way to solve an ensemble: with R_C, without it, Eq. (19), and the width of λ₂–λ₃."""

    solve: Callable[[Ensemble], Solved]
    bare_concurrence: Callable[[Ensemble], Array]
    bare_populations: Callable[[Ensemble], Array]
    effective_temperatures: Callable[[Ensemble], Array]
    secular_ratio: Callable[[Ensemble], Array]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Machines of the paper, their parameters as arrays that broadcast; solved when asked.

    Attributes
    ----------
    epsilon_A, ..., gamma : ndarray
        The parameters of `entherm.paper.equations.Parameters`.
    solver : Solver
        The library's, or `ORACLE`.

    Examples
    --------
    >>> fig_2 = Ensemble.of(epsilon_A=20, epsilon_B=20, Omega=10, T_A=5, T_B=5, T_C=[1, 5])
    >>> fig_2.gain.round(4) + 0.0
    array([0.0148, 0.    ])
    >>> bool(np.allclose(fig_2.gain, fig_2.by(ORACLE).gain, atol=1e-15))
    True
    """

    epsilon_A: Array
    epsilon_B: Array
    Omega: Array
    T_A: Array
    T_B: Array
    T_C: Array
    Gamma_A: Array
    Gamma_B: Array
    Gamma_CA: Array
    Gamma_CB: Array
    gamma: Array
    solver: Solver

    @classmethod
    def of(cls, **parameters: ArrayLike) -> Self:
        """Return the machines with these parameters; rates left out are 1, gamma is 0."""
        given = dict.fromkeys(RATES, 1.0) | {"gamma": 0.0} | parameters
        return cls(**{k: np.asarray(v, float) for k, v in given.items()}, solver=LIBRARY)

    def with_(self, **changes: ArrayLike) -> Self:
        """Return the same machines with some parameters changed."""
        arrays: dict[str, Any] = {k: np.asarray(v, float) for k, v in changes.items()}
        return replace(self, **arrays)

    def by(self, solver: Solver) -> Self:
        """Return the same machines, to be solved by another solver."""
        return replace(self, solver=solver)

    def each(self, change: Callable[[Array], Array]) -> Self:
        """Return the ensemble with `change` applied to every parameter's array."""
        return self.with_(**{k: change(getattr(self, k)) for k in PARAMETERS})

    def take(self, index: Any) -> Self:
        """Return some of the machines, by their index in the broadcast shape."""
        return self.each(lambda v: np.asarray(np.broadcast_to(v, self.shape)[index]))

    def columns(self) -> Self:
        """Return the ensemble with a last axis of length one, to broadcast against a grid."""
        return self.each(lambda v: v[..., None])

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the parameters."""
        return np.broadcast_shapes(*(getattr(self, k).shape for k in PARAMETERS))

    @property
    def points(self) -> list[eq.Parameters]:
        """Every machine by itself, in the oracle's own terms."""
        values = np.broadcast_arrays(*(getattr(self, k) for k in PARAMETERS))
        rows = np.stack([v.ravel() for v in values], -1).tolist()
        return [eq.Parameters(*row) for row in rows]

    @property
    def machine(self) -> Machine:
        """The library's machine."""
        return two_qubit_machine(*(getattr(self, k) for k in PARAMETERS))

    @cached_property
    def solved(self) -> Solved:
        """Steady state with R_C."""
        return self.solver.solve(self)

    @property
    def concurrence(self) -> Array:
        """C_ABC, with R_C."""
        return self.solved.concurrence

    @cached_property
    def bare_concurrence(self) -> Array:
        """C_AB, without R_C."""
        return self.solver.bare_concurrence(self)

    @cached_property
    def bare_populations(self) -> Array:
        """Populations of λ₁ to λ₄ without R_C, shape (..., 4)."""
        return self.solver.bare_populations(self)

    @property
    def energies(self) -> Array:
        """E₁ to E₄, shape (..., 4)."""
        total, half = self.epsilon_A + self.epsilon_B, self.splitting / 2
        levels = (total, total / 2 + half, total / 2 - half, 0.0 * half)
        return np.stack(np.broadcast_arrays(*levels), -1)

    @property
    def gain(self) -> Array:
        """ΔC = C_ABC − C_AB."""
        return np.asarray(self.concurrence - self.bare_concurrence)

    @property
    def entangled(self) -> Mask:
        """Whether there is any entanglement to compare, with R_C or without."""
        return np.asarray((self.concurrence > 0.0) | (self.bare_concurrence > 0.0))

    @cached_property
    def effective_temperatures(self) -> Array:
        """T_eff(ω₁), T_eff(ω₂) of Eq. (19), shape (..., 2)."""
        return self.solver.effective_temperatures(self)

    @property
    def secular_ratio(self) -> Array:
        """κ/(ω₂ − ω₁), κ half the sum of the exit rates of λ₂ and λ₃."""
        return self.solver.secular_ratio(self)

    @property
    def splitting(self) -> Array:
        """ω₂ − ω₁ = √(Δε² + 4Ω²)."""
        return np.hypot(self.epsilon_A - self.epsilon_B, 2.0 * self.Omega)


def _library(ensemble: Ensemble) -> Solved:
    return Solved(*map(np.asarray, steady_state(ensemble.machine, on_invalid="nan").observe(*RC)))


def _library_bare(ensemble: Ensemble) -> Array:
    alone = steady_state(ensemble.machine.without("RC"), on_invalid="nan")
    return np.broadcast_to(alone.concurrence("A", "B"), ensemble.shape)


def _library_populations(ensemble: Ensemble) -> Array:
    alone = steady_state(ensemble.machine.without("RC"), on_invalid="nan")
    return np.broadcast_to(alone.level_populations, (*ensemble.shape, 4))


def _library_secular(ensemble: Ensemble) -> Array:
    return steady_state(ensemble.machine, on_invalid="nan").validity.secular_ratio


def _library_temperatures(ensemble: Ensemble) -> Array:
    found = steady_state(ensemble.machine, on_invalid="nan").effective_temperatures
    by_label = dict(
        zip(found.transitions, np.moveaxis(found.from_rates("RA", "RB"), -1, 0), strict=True)
    )
    return np.stack([by_label[2, 3], by_label[1, 3]], -1)


def _oracle(ensemble: Ensemble) -> Solved:
    rows = []
    for p in ensemble.points:
        currents = closed_form.closed_form_heat_currents(p)
        rows.append((closed_form.closed_form_concurrence(p), *currents.values()))
    return Solved(*(np.reshape(column, ensemble.shape) for column in zip(*rows, strict=True)))


def _oracle_bare(ensemble: Ensemble) -> Array:
    alone = ensemble.with_(Gamma_CA=0.0, Gamma_CB=0.0).points
    values = [closed_form.closed_form_concurrence(p) for p in alone]
    return np.broadcast_to(np.reshape(values, (-1,)), (len(alone),)).reshape(ensemble.shape)


def _oracle_populations(ensemble: Ensemble) -> Array:
    alone = ensemble.with_(Gamma_CA=0.0, Gamma_CB=0.0).points
    values = np.reshape([closed_form.closed_form_populations(p) for p in alone], (-1, 4))
    return np.broadcast_to(values, (int(np.prod(ensemble.shape)), 4)).reshape(*ensemble.shape, 4)


def _oracle_secular(ensemble: Ensemble) -> Array:
    widths = []
    for p in ensemble.points:
        down, up = (rates.sum(axis=0) for rates in closed_form.transition_rates(p))
        widths.append((up[0] + down[3] + up[2] + down[1]) / 2)
    return np.asarray(np.reshape(widths, ensemble.shape) / ensemble.splitting)


def _oracle_temperatures(ensemble: Ensemble) -> Array:
    values = [eq.eq_19_effective_temperatures(p) for p in ensemble.points]
    return np.reshape(values, (*ensemble.shape, 2))


LIBRARY = Solver(
    _library, _library_bare, _library_populations, _library_temperatures, _library_secular
)
ORACLE = Solver(_oracle, _oracle_bare, _oracle_populations, _oracle_temperatures, _oracle_secular)
