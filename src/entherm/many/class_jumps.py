r"""Jump operators of one point as dense blocks between classes of levels.

Populations meet no coherence but those between levels of one class, and every jump operator leads
from each class into one other. So all that a reservoir does to the elements of ρ that matter is

.. math:: \dot\rho \ni \tfrac12 \sum_k \big( A_k \rho B_k^\dagger + B_k \rho A_k^\dagger \big)
    - K \rho - \rho K^\dagger, \qquad K = \tfrac12 \sum_k B_k^\dagger A_k

with B one of the jump operators and A the same times its spectrum (Redfield), or both times its
root (universal Lindblad). Under equal frequencies alone (Unified) it is the same sum as Redfield's,
of which only elements between levels of one energy are kept: for those, S(ω_t) = S(ω_t').
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.composition import DEPHASING
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.jumps import DARK_TOLERANCE, Drive
from entherm.lamb_shift import Way, lamb_shift
from entherm.machine import Machine
from entherm.many.sector_operators import Blocks, between_levels
from entherm.operators import Operator, adjoint, is_hermitian, named_operator
from entherm.parameters import Array, as_array
from entherm.reservoirs import Reservoir

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class LevelClasses:
    """Levels of one point, class by class.

    Attributes
    ----------
    levels : Levels
        With scalar energies.
    """

    levels: Levels

    @cached_property
    def members(self) -> tuple[NDArray[np.intp], ...]:
        """Labels of the levels of each class."""
        kinds = np.array(self.levels.classes)
        return tuple(np.flatnonzero(kinds == k) for k in range(kinds.max() + 1))

    def blocks(
        self, dimensions: tuple[int, ...], sites: tuple[int, ...], local: Operator
    ) -> Blocks:
        """Return ⟨j|O|i⟩ of an operator on a few subsystems, by (into, source) classes."""
        found: Blocks = {}
        for (into, source), part in between_levels(self.levels, dimensions, sites, local).items():
            ends = [self.levels.blocks[k] for k in (into, source)]
            c, d = (self.levels.classes[end.first] for end in ends)
            if (c, d) not in found:
                shape = len(self.members[c]), len(self.members[d])
                found[c, d] = np.zeros(shape, part.dtype)
            rows, columns = (
                np.searchsorted(self.members[k], end.levels)
                for k, end in zip((c, d), ends, strict=True)
            )
            found[c, d] = found[c, d].astype(np.result_type(found[c, d], part), copy=False)
            found[c, d][np.ix_(rows, columns)] = part
        return found


@dataclass(frozen=True, eq=False)
class ClassJump:
    """What one reservoir does from one class of levels into another.

    Attributes
    ----------
    into, source : int
        Numbers of the classes.
    acting, single : ndarray, shape (k, n_into, n_source)
        A and B of the module.
    counted : ndarray, shape (n_source, n_source)
        G with Re Tr(G ρ) the quanta per time out of the reservoir.
    """

    into: int
    source: int
    acting: NDArray[Any]
    single: NDArray[Any]
    counted: NDArray[Any]


def class_jumps(
    machine: Machine, classes: LevelClasses, equation: Equation
) -> dict[str, list[ClassJump]]:
    """Return the jumps of every reservoir, and of the dephasing, at one point.

    Parameters
    ----------
    machine : Machine
        Of shape ().
    classes : LevelClasses
        With the energies that Bohr frequencies are taken from.
    equation : Redfield, UniversalLindblad or Unified

    Returns
    -------
    dict of str to list of ClassJump
        By reservoir, and ``"dephasing"``. NaN where a driven transition has no spectrum.

    References
    ----------
    [Man] Eqs. (9), (10), (12), (13), (14), (21).

    Examples
    --------
    >>> from entherm import Redfield, diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> found = class_jumps(m, LevelClasses(diagonalise(m)), Redfield())
    >>> [(jump.into, jump.source) for jump in found["RC"]]
    [(1, 0), (0, 1), (2, 1), (1, 2)]
    """
    found = {
        bath.name: list(_of_reservoir(machine, classes, bath, equation))
        for bath in machine.reservoirs
        if isinstance(bath, Reservoir)
    }
    found[DEPHASING] = list(_of_dephasing(machine, classes))
    return found


def _of_dephasing(machine: Machine, classes: LevelClasses) -> Iterator[ClassJump]:
    for name, dephasing in machine.dephasing.items():
        if not np.any(dephasing.rate):
            continue
        site = machine.site(name)
        local = named_operator("z", machine.subsystems[site].lowering, f"dephasing.{name}")
        for (into, source), z in classes.blocks(machine.dimensions, (site,), local).items():
            nothing = np.zeros((z.shape[1], z.shape[1]))
            yield ClassJump(into, source, dephasing.rate * z[None], z[None], nothing)


def _of_reservoir(
    machine: Machine, classes: LevelClasses, bath: Reservoir, equation: Equation
) -> Iterator[ClassJump]:
    locals_ = [machine.coupling_operator(bath, name) for name in bath.couplings]
    strengths = [c.amplitude for c in bath.couplings.values()]
    found = [classes.blocks(machine.dimensions, *local) for local in locals_]
    drive = Drive(bath, is_hermitian(locals_[-1][1]), (), ())
    energies, errors = (
        [np.array(values, float)[labels] for labels in classes.members]
        for values in (classes.levels.energies, classes.levels.errors)
    )
    # No amplitude exceeds the norm of its operator, and its rounding follows that.
    norms = [np.linalg.norm(local[1], 2) for local in locals_]
    reach = float(sum(abs(g) * norm for g, norm in zip(strengths, norms, strict=True)))
    for into, source in sorted({pair for blocks in found for pair in blocks}, key=_by_source):
        shape = len(energies[into]), len(energies[source])
        omega = energies[source][None, :] - energies[into][:, None]
        omega = np.where(np.abs(omega) <= classes.levels.tolerance, 0.0, omega)
        unresolved = errors[source][None, :] + errors[into][:, None]
        couplings = np.stack(
            [
                g * blocks.get((into, source), np.zeros(shape))
                for g, blocks in zip(strengths, found, strict=True)
            ]
        )
        dark = reach * (DARK_TOLERANCE + unresolved)
        block = _Block(drive, "both", couplings, omega, dark, drive.spectrum(omega))
        if drive.hermitian:
            yield _class_jump((into, source), block, equation)
        else:
            yield _class_jump((into, source), replace(block, way="down"), equation)
            yield _class_jump((source, into), block.adjoint, equation)


def _by_source(pair: Pair) -> Pair:
    return pair[1], pair[0]


@dataclass(frozen=True, eq=False)
class _Block:
    """Couplings g_k X_k (k, m, n) of one reservoir, their ω = E_from − E_to, and what is dark.

    With S(ω) of these transitions, and of those back.
    """

    drive: Drive
    way: Way
    couplings: NDArray[Any]
    omega: Array
    dark: Array
    spectra: tuple[Array, Array]

    @property
    def adjoint(self) -> _Block:
        """X†, by which a quantum enters."""
        turned = np.swapaxes(self.couplings, -1, -2).conj()
        back, there = (s.T for s in self.spectra)
        return _Block(self.drive, "up", turned, as_array(-self.omega.T), self.dark.T, (there, back))

    @cached_property
    def modes(self) -> NDArray[Any]:
        """Independent jump operators M_k, Σ M_k ⊗ M_k* = Σ c_kl X_k ⊗ X_l*."""
        correlated = self.drive.bath.correlated
        if correlated.constant:
            found = np.einsum("km,kij->mij", correlated.factor(as_array(0.0)), self.couplings)
        else:
            found = np.einsum("ijkm,kij->mij", self._weights(correlated.root), self.couplings)
        return self._lit(found)

    @cached_property
    def pairs(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Σ_k c_km X_k and X_m."""
        correlated = self.drive.bath.correlated
        if correlated.constant:
            return self.modes, self.modes
        weights = self._weights(correlated.matrix)
        joint = np.einsum("ijkm,kij->mij", weights, self.couplings)
        return self._lit(joint), self._lit(self.couplings)

    def _weights(self, of_frequency: Any) -> Array:
        try:
            found = of_frequency(self.omega)
        except ParameterError as error:
            raise error.at(f"{self.drive.bath.path}.{error.path}") from None
        return np.broadcast_to(found, (*self.omega.shape, *found.shape[-2:]))

    def _lit(self, amplitudes: NDArray[Any]) -> NDArray[Any]:
        return np.where(np.abs(amplitudes) <= self.dark, 0.0, amplitudes)

    @cached_property
    def spectrum(self) -> Array:
        """S(ω), 0 where nothing is driven, so that what is undefined and dark does no harm."""
        return np.where(np.any(self.modes != 0.0, axis=0), self.spectra[0], 0.0)

    @cached_property
    def shift(self) -> Array:
        """λ(ω), likewise."""
        values = lamb_shift(self.drive, {(0, 0): self.omega}, self.way)[0, 0]
        return np.where(np.any(self.modes != 0.0, axis=0), values, 0.0)

    @property
    def quanta(self) -> Array | float:
        """What the reservoir gives at a transition: −1 (it takes one), +1, or 0 at ω = 0."""
        if self.way == "both":
            return as_array(-np.sign(self.omega))
        return 1.0 if self.way == "up" else -1.0


def _class_jump(pair: Pair, block: _Block, equation: Equation) -> ClassJump:
    if equation.interference == "geometric":
        single = block.modes * np.sqrt(block.spectrum)
        acting = given = single
    else:
        joint, single = block.pairs
        acting = given = joint * block.spectrum
        if equation.lamb_shift == "explicit":
            acting = joint * (block.spectrum + 2j * block.shift)
    counted = (adjoint(single) @ (given * block.quanta)).sum(0)
    return ClassJump(*pair, acting, single, counted)
