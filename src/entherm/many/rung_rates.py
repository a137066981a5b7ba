"""Golden-rule rates of every reservoir between two rungs, and what each counts of heat.

A current is linear in the populations: a level i gives Σ_j w(i → j) (E_j − E_i) to it. These
numbers are added up while the rates are made, so that no rate is kept for the sake of a current.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.jumps import DARK_TOLERANCE, Drive
from entherm.machine import Machine
from entherm.many.rungs import Amplitudes, Mode, Rung, chunks
from entherm.operators import named_operator
from entherm.parameters import Array
from entherm.spectra import Flat


@dataclass(frozen=True, eq=False)
class Undefined:
    """A transition that a reservoir drives without a spectrum for it."""

    bath: str
    edge: tuple[int, int]
    omega: float


@dataclass(frozen=True, eq=False)
class Account:
    """What the levels give to each current; and transitions without a spectrum.

    Attributes
    ----------
    heat, quanta : dict of str to ndarray, shape (n,)
        By reservoir, of each level: the current per unit of its population.
    exits : ndarray, shape (n,)
        Total rate out of each level.
    undefined : list of Undefined
        The first of each reservoir.
    """

    heat: dict[str, Array]
    quanta: dict[str, Array]
    exits: Array
    undefined: list[Undefined] = field(default_factory=list)

    @staticmethod
    def of(names: Iterable[str], levels: int) -> Account:
        """Return an empty account.

        Examples
        --------
        >>> sorted(Account.of(["RA"], 2).heat)
        ['RA']
        """
        every = list(names)
        heat, quanta = ({name: np.zeros(levels) for name in every} for _ in range(2))
        return Account(heat, quanta, np.zeros(levels))

    def currents(self, populations: Array) -> dict[str | tuple[str, str], float]:
        """Heat by reservoir, and quanta keyed ("quanta", reservoir)."""
        found: dict[str | tuple[str, str], float] = {}
        for name, given in self.heat.items():
            found["quanta", name] = float((self.quanta[name] * populations).sum())
            found[name] = float((given * populations).sum())
        return found


def add_rates(
    amplitudes: Amplitudes, lower: Rung, upper: Rung, down: Array, up: Array, account: Account
) -> None:
    """Add the rates of every reservoir between two rungs, which may be one.

    Parameters
    ----------
    amplitudes : Amplitudes
    lower, upper : Rung
    down, up : ndarray, shape (lower, upper)
        Rates upper → lower and lower → upper at [j, i]; of one rung, each other's transposes.
    account : Account
    """
    for mode in amplitudes.between(lower, upper):
        # Of one rung a Hermitian operator has either direction as an element of its own.
        ways = 1 if lower is upper and mode.bath.drive.hermitian else 2
        for rows in chunks(len(lower), len(upper)):
            _add(mode, lower, upper, rows, (down, up)[:ways], account)


def _add(
    mode: Mode, lower: Rung, upper: Rung, rows: slice, into: tuple[Array, ...], account: Account
) -> None:
    drive, name = mode.bath.drive, mode.bath.name
    strength = mode.strengths(rows, lower, upper)
    omega = upper.energies - lower.energies[rows, None]
    spectra = spectrum_of_many(drive, omega)
    given = omega - drive.bath.chemical_potential if drive.bath.has_chemical_potential else omega
    sign = np.sign(omega) if drive.hermitian else np.ones((1, 1))
    ends = (upper.levels, "ji->i", -1.0), (lower.levels[rows], "ji->j", 1.0)
    for rates, spectrum, (levels, axes, turn) in zip(into, spectra, ends, strict=False):
        flow = spectrum * strength
        if not np.isfinite(flow.sum()):
            _defined(mode, flow, strength, omega, (lower.levels[rows], upper.levels), account)
        rates[rows] += flow
        account.heat[name][levels] += turn * np.einsum(f"{axes[:2]},{axes}", flow, given)
        leaving = np.einsum(axes, flow)
        account.exits[levels] += leaving
        counted = np.einsum(axes, flow * sign) if drive.hermitian else leaving
        account.quanta[name][levels] += turn * counted


def _defined(
    mode: Mode,
    flow: Array,
    strength: Array,
    omega: Array,
    labels: tuple[NDArray[np.intp], NDArray[np.intp]],
    account: Account,
) -> None:
    """Take what is dark out of what is undefined, in place, and note the rest."""
    flow[strength == 0.0] = 0.0
    bad = np.argwhere(np.isnan(flow))
    if len(bad) and all(u.bath != mode.bath.name for u in account.undefined):
        j, i = bad[0]
        edge = int(labels[1][i]), int(labels[0][j])
        account.undefined.append(Undefined(mode.bath.name, edge, float(omega[j, i])))


# From here on 1 − e^{−x} loses no more than a rounding, and one exponential serves both rates.
PLAIN_DIFFERENCE = 0.5


def spectrum_of_many(drive: Drive, omega: Array) -> tuple[Array, Array]:
    """Return `Drive.spectrum` of a block of frequencies, in few operations for warm bosons.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> from entherm.many.rungs import baths_of
    >>> drive = baths_of(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0))[0].drive
    >>> omega = np.array([1.0, 20.0])
    >>> bool(np.allclose(spectrum_of_many(drive, omega), drive.spectrum(omega), rtol=1e-15))
    True
    """
    bath = drive.bath
    warm = bath.statistics == "bose" and bath.temperature is not None and bath.temperature > 0.0
    size = np.abs(omega) if drive.hermitian else omega
    # The signs are of blocks, so that their extremes answer for all.
    lowest = float(size.min())
    above = max(float(bath.chemical_potential), 0.0)
    flat = isinstance(bath.spectrum, Flat)
    if not warm or lowest <= above or not (flat or np.all(bath.spectrum.covers(size))):
        return drive.spectrum(omega)
    assert bath.temperature is not None
    exponent = size - bath.chemical_potential
    exponent /= -bath.temperature
    full = np.exp(exponent)
    if exponent.max() < -PLAIN_DIFFERENCE:
        emission = 1.0 - full
    else:
        emission = np.expm1(exponent, out=exponent)
        np.negative(emission, out=emission)
    np.divide(2.0 if flat else 2.0 * bath.spectrum.density(size), emission, out=emission)
    full *= emission
    if not drive.hermitian:
        return emission, full
    ahead = omega > 0.0
    return np.where(ahead, emission, full), np.where(ahead, full, emission)


def add_dephasing(machine: Machine, levels: Levels, rung: Rung, rates: Array) -> None:
    """Add the rates of secularised dephasing within a rung, at [i, j] and [j, i]."""
    start = 0
    for number in rung.sectors:
        block = levels.blocks[number]
        own = slice(start, start + len(block.members))
        start += len(block.members)
        for name, dephasing in machine.dephasing.items():
            if not dephasing.rate:
                continue
            site = machine.site(name)
            lowering = machine.subsystems[site].lowering
            z = named_operator("z", lowering, f"dephasing.{name}").diagonal()
            index = np.unravel_index(np.array(block.members), machine.dimensions)[site]
            element = block.vectors.conj().T @ (z[index][:, None] * block.vectors)
            size = np.abs(element)
            size[size <= DARK_TOLERANCE * np.abs(z).max()] = 0.0
            np.fill_diagonal(size, 0.0)
            rates[own, own] += float(dephasing.rate) * size**2
