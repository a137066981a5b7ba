"""What the figures of validity are computed from: one equation on one machine, each part once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, bare_levels, diagonalise
from entherm.channels import Channel, channels
from entherm.clusters import fixed_over
from entherm.coherent import solve_coherent
from entherm.equations import Equation, Global
from entherm.errors import EnthermError
from entherm.frame import Frame, frame_of
from entherm.jumps import Drive, Drives, drives
from entherm.machine import Machine
from entherm.observables import heat_sources
from entherm.operators import adjoint
from entherm.parameters import Array
from entherm.plain_jumps import collision
from entherm.rate_equation import Flows, golden_rule
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.spectra import Flat
from entherm.thermodynamics.entropy import entropy_of_quanta, entropy_production


class State(Protocol):
    """What is asked of a steady state."""

    @property
    def density_matrix(self) -> NDArray[Any]:
        """ρ in the bare basis."""

    @property
    def heat_currents(self) -> Mapping[str, Array]:
        """By source."""

    @property
    def entropy_production(self) -> Array:
        """Of all reservoirs together."""


@dataclass(frozen=True, eq=False)
class Solved:
    """A steady state by the general route, where none is given."""

    machine: Machine
    density_matrix: NDArray[Any]
    heat_currents: Mapping[str, Array]
    quanta: Mapping[str, Array]

    @property
    def entropy_production(self) -> Array:
        """σ = −Σ Q_ν / T_ν."""
        total: Array = np.zeros(self.machine.shape)
        for bath in self.machine.reservoirs:
            if bath.temperature is not None:
                heat = {bath.name: self.heat_currents[bath.name]}
                total = total + entropy_production(heat, {bath.name: bath.temperature})
            elif isinstance(bath, Reservoir):
                total = total + entropy_of_quanta(self.quanta[bath.name], bath)
        return total


def solved(machine: Machine, equation: Equation) -> Solved:
    """Solve by the general route; NaN where there is no unique steady state.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> sorted(solved(two_qubit_machine(20.0, 20.0, 10.0).without("RC"), Global()).heat_currents)
    ['RA', 'RB', 'dephasing', 'work']
    """
    plan, _ = solve_coherent(machine, equation)
    vectors = diagonalise(machine).matrix
    count = len(plan.populations)
    rho = np.zeros((*machine.shape, count, count), complex)
    for k, population in enumerate(plan.populations):
        rho[..., k, k] = population
    for (a, b), (re, im) in plan.coherences.items():
        rho[..., a, b] = re + 1j * im
        rho[..., b, a] = re - 1j * im
    bare = vectors @ rho @ adjoint(vectors)
    heat = {name: q for name, q in plan.heats.items() if isinstance(name, str)}
    quanta = {name[1]: q for name, q in plan.heats.items() if isinstance(name, tuple)}
    return Solved(machine, np.asarray(bare), heat, quanta)


@dataclass(frozen=True, eq=False)
class Case:
    """One equation on one machine.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    given : State or None
        Its steady state, where it is known already.
    """

    machine: Machine
    equation: Equation
    given: State | None = None

    @cached_property
    def state(self) -> State:
        """The steady state."""
        return self.given if self.given is not None else solved(self.machine, self.equation)

    @cached_property
    def frame(self) -> Frame:
        """The equation's basis, its clusters decided by the whole sweep."""
        return frame_of(self.machine, fixed_over(self.machine, self.equation))

    @cached_property
    def levels(self) -> Levels:
        """The reference levels before any are clustered."""
        if self.frame.diagonal:
            return diagonalise(self.machine)
        return bare_levels(self.machine)

    @cached_property
    def driven(self) -> Drives:
        """What thermal reservoirs do among the reference levels; nothing, under `Reset`."""
        found = drives(self.machine, self.frame.levels)
        if self.equation.name == "Reset":
            return replace(found, by_name={})
        return found

    @cached_property
    def flows(self) -> dict[str, Flows]:
        """Golden-rule rates i → j and j → i of each transition, by reservoir."""
        found = golden_rule(self.driven)
        return {name: {t: w for t, w in f.items() if t[0] != t[1]} for name, f in found.items()}

    @cached_property
    def shifted(self) -> dict[str, tuple[Channel, ...]]:
        """Channels with their principal values, by reservoir; none where these are undefined."""
        return {name: _shifted(drive, self.driven) for name, drive in self.driven.by_name.items()}

    @cached_property
    def resets(self) -> dict[str, tuple[int, Array, tuple[Array, ...]]]:
        """Site, rate and populations of everything that resets, by reservoir."""
        found = {}
        for bath in self.machine.reservoirs:
            if isinstance(bath, ResetReservoir):
                site = self.machine.site(bath.on)
                populations = bath.probabilities(self.machine.subsystems[site])
                found[bath.name] = site, bath.rate, populations
            elif self.equation.name == "Reset":
                found[bath.name] = collision(self.machine, bath)
        return found

    @cached_property
    def exits(self) -> tuple[Array, ...]:
        """Total rate out of each reference level; a reset ends every coherence at its rate."""
        resets = np.asarray(sum((rate for _, rate, _ in self.resets.values()), np.asarray(0.0)))
        exits = [resets] * len(self.levels)
        for flows in self.flows.values():
            for (i, j), (there, back) in flows.items():
                exits[i] = np.asarray(exits[i] + there)
                exits[j] = np.asarray(exits[j] + back)
        return tuple(exits)

    def width(self, a: int, b: int) -> Array:
        """κ, half the sum of the exit rates of two levels."""
        return np.asarray(0.5 * (self.exits[a] + self.exits[b]))

    def gap(self, a: int, b: int) -> Array:
        """Distance of two reference levels before any are clustered."""
        return np.asarray(np.abs(self.levels.energies[a] - self.levels.energies[b]))

    @cached_property
    def populations(self) -> Array:
        """Of the reference levels, shape (..., n)."""
        vectors = self.frame.levels.matrix
        rho = self.state.density_matrix
        return np.asarray(np.einsum("...bi,...bc,...ci->...i", vectors.conj(), rho, vectors).real)

    @cached_property
    def gross(self) -> dict[str, Array]:
        """All one-way heat flows of each reservoir together."""
        found = {}
        for name, flows in self.flows.items():
            total = np.zeros(self.machine.shape)
            mu = self.driven.by_name[name].bath.chemical_potential
            for (i, j), (there, back) in flows.items():
                omega = np.abs(self.driven.frequencies[i, j] - mu)
                down = there * np.abs(self.populations[..., i])
                total = total + omega * (down + back * np.abs(self.populations[..., j]))
            found[name] = total
        for name, (site, rate, thermal) in self.resets.items():
            part = self.machine.subsystems[site]
            lowest = np.min(np.broadcast_arrays(*part.energies), axis=0)
            own = site_populations(self.machine, self.state.density_matrix, site)
            total = np.zeros(self.machine.shape)
            for k, energy in enumerate(part.energies):
                total = total + (energy - lowest) * (np.abs(own[..., k]) + thermal[k])
            found[name] = np.asarray(rate * total)
        return found

    @property
    def sources(self) -> tuple[str, ...]:
        """Names under which heat is counted."""
        return heat_sources(self.machine)

    def largest(self, values: list[Any]) -> Array:
        """Return the largest at each point; NaN, where the equation has no meaning, stays."""
        largest = np.asarray(0.0)
        for value in values:
            largest = np.maximum(largest, value)
        return np.broadcast_to(largest, self.machine.shape)


def _shifted(drive: Drive, driven: Drives) -> tuple[Channel, ...]:
    if isinstance(drive.bath.spectrum, Flat):
        return ()
    try:
        with np.errstate(all="ignore"):  # what is not finite there is an error of its own
            return tuple(channels(drive, driven, Global(lamb_shift="explicit")))
    except EnthermError:
        return ()


def site_populations(machine: Machine, rho: Array, site: int) -> Array:
    """Populations of one subsystem's bare levels, highest first, shape (..., d).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> site_populations(two_qubit_machine(1, 1, 0.5), np.diag([0.1, 0.2, 0.3, 0.4]), 0).round(12)
    array([0.3, 0.7])
    """
    diagonal = np.diagonal(rho, axis1=-2, axis2=-1).real
    arranged = diagonal.reshape(*diagonal.shape[:-1], *machine.dimensions)
    first = diagonal.ndim - 1
    others = tuple(first + k for k in range(len(machine.dimensions)) if k != site)
    return np.asarray(arranged.sum(axis=others))


def tabulated(rows: list[tuple[str, ...]]) -> str:
    """Align rows of text in columns.

    Examples
    --------
    >>> print(tabulated([("a", "long"), ("wide", "b")]))
    a     long
    wide  b
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
