r"""The generator at one point as products of matrices: applied to ρ, never written down.

ρ is kept class by class of levels (`entherm.many.class_jumps`), each Hermitian block as the real
matrix P = Re ρ + Im ρ (`entherm.many.packed_states`). For real operators A, B, K

.. math:: A \rho B^\dagger + B \rho A^\dagger \to A P B^T + B P A^T, \quad
    K \rho + \rho K^\dagger \to K P + P K^T, \quad
    -i [E, \rho]_{ab} \to -(E_a - E_b) P_{ba},

so that all products are real; complex ones go through ρ. A chain of N qubits with conserved
excitations costs N + 1 products of blocks for each reservoir, where its generator would have
C(2N, N)² elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.composition import DEPHASING
from entherm.equations import Equation, Global, Unified
from entherm.machine import Machine
from entherm.many.class_jumps import ClassJump, LevelClasses, class_jumps
from entherm.many.gains import Gain, MatchedGains, gathered, matched_gains
from entherm.many.packed_states import PackedStates
from entherm.many.point_clusters import clustered_at
from entherm.operators import adjoint
from entherm.parameters import Array


@dataclass(frozen=True, eq=False)
class ClassGenerator:
    """A generator over the elements of ρ between levels of one class, at one point.

    Attributes
    ----------
    classes : LevelClasses
        Levels with the energies that Bohr frequencies and heat are taken from.
    energies : ndarray, shape (d,)
        Of H_S.
    jumps : dict of str to list of ClassJump
        By reservoir, and ``"dephasing"``.
    gains : tuple of Gain
        The same, all reservoirs together.
    equal : bool
        Whether a reservoir's transitions interfere at equal frequencies alone.
    matched : MatchedGains or None
        Theirs, if so and if dephasing joins elements of other frequencies to these.
    """

    classes: LevelClasses
    energies: Array
    jumps: dict[str, list[ClassJump]]
    gains: tuple[Gain, ...]
    equal: bool
    matched: MatchedGains | None

    @cached_property
    def states(self) -> PackedStates:
        """How ρ is kept."""
        return PackedStates(self.classes.members)

    @cached_property
    def meaningful(self) -> bool:
        """Whether every driven transition has a spectrum."""
        return all(np.all(np.isfinite(jump.acting)) for jump in self._every)

    @cached_property
    def _every(self) -> list[ClassJump]:
        return [jump for jumps in self.jumps.values() for jump in jumps]

    @cached_property
    def real(self) -> bool:
        """Whether every product is real."""
        return not any(np.iscomplexobj(jump.acting) for jump in self._every)

    @property
    def only_equal(self) -> bool:
        """Whether nothing but elements between levels of one energy is kept."""
        return self.equal and self.matched is None

    @cached_property
    def kept(self) -> list[NDArray[np.bool_]]:
        """Which elements belong to the problem, class by class."""
        if not self.only_equal:
            return [np.ones((size, size), bool) for size in self.states.sizes]
        return self._alike

    @cached_property
    def _alike(self) -> list[NDArray[np.bool_]]:
        """Which levels have one energy."""
        tolerance = self.classes.levels.tolerance
        return [np.abs(e[:, None] - e) <= tolerance for e in self.states.by_class(self.reference)]

    @cached_property
    def reference(self) -> Array:
        """The energies that Bohr frequencies and heat are taken from."""
        return np.array(self.classes.levels.energies, float)

    @cached_property
    def _gaps(self) -> list[Array]:
        """E_a − E_b of every class; of levels that coincide it is nothing, to the last bit."""
        tolerance = self.classes.levels.tolerance
        gaps = [e[:, None] - e for e in self.states.by_class(self.energies)]
        return [np.where(np.abs(gap) <= tolerance, 0.0, gap) for gap in gaps]

    @cached_property
    def _losses(self) -> list[NDArray[Any]]:
        """K = ½ Σ B† A of every class."""
        found: list[NDArray[Any]] = [np.zeros((size, size)) for size in self.states.sizes]
        for name, jumps in self.jumps.items():
            for jump in jumps:
                product = 0.5 * (adjoint(jump.single) @ jump.acting).sum(0)
                if self.equal and name != DEPHASING:
                    product = product * self._alike[jump.source]
                found[jump.source] = found[jump.source] + product
        return found

    @cached_property
    def rates(self) -> Array:
        """W[j, i], the rate i → j between populations, 0 for i = j."""
        count = len(self.energies)
        found = np.zeros((count, count))
        for jump in self._every:
            rows, columns = self.classes.members[jump.into], self.classes.members[jump.source]
            flow = (jump.acting * jump.single.conj()).real.sum(0)
            found[np.ix_(rows, columns)] += flow
        np.fill_diagonal(found, 0.0)
        return found

    @cached_property
    def diagonal(self) -> list[NDArray[np.complex128]]:
        """What the generator makes of each element by itself, class by class."""
        found = []
        for loss, gap in zip(self._losses, self._gaps, strict=True):
            own = np.diag(loss)
            found.append(-own[:, None] - own.conj() - 1j * gap)
        for jump in self._every:
            if jump.into == jump.source:
                a, b = (np.einsum("kii->ki", m) for m in (jump.acting, jump.single))
                gain = np.einsum("ki,kj->ij", a, b.conj())
                found[jump.into] = found[jump.into] + 0.5 * (gain + adjoint(gain))
        return found

    def __call__(self, packed: Array) -> Array:
        """Return L ρ, both packed.

        Examples
        --------
        >>> from entherm import Redfield, two_qubit_machine
        >>> act = class_generator(two_qubit_machine(20.0, 20.0, 10.0), Redfield())
        >>> change = act(act.states.of_populations(np.full(4, 0.25)))
        >>> round(float(act.states.populations(change).sum()), 12)
        0.0
        """
        if self.real:
            found = self._real_products(self.states.split(packed))
        else:
            found = self._complex_products(self.states.unpacked(packed))
        if self.only_equal:
            found = [block * kept for block, kept in zip(found, self.kept, strict=True)]
        change = np.concatenate([block.ravel() for block in found])
        return change if self.matched is None else change + self.matched(packed)

    def _real_products(self, blocks: list[Array]) -> list[Array]:
        found = []
        for p, loss, gap in zip(blocks, self._losses, self._gaps, strict=True):
            found.append(-gap * p.T - loss @ p - p @ loss.T)
        for gain in self.gains:
            p = blocks[gain.source]
            flow = gain.applied(p)
            # B P A^T is the transpose of A P^T B^T.
            found[gain.into] += flow if gain.symmetric else 0.5 * (flow + gain.applied(p.T).T)
        return found

    def _complex_products(self, blocks: list[NDArray[np.complex128]]) -> list[Array]:
        found = []
        for rho, loss, gap in zip(blocks, self._losses, self._gaps, strict=True):
            lost = loss @ rho
            found.append(-1j * gap * rho - lost - adjoint(lost))
        for gain in self.gains:
            flow = gain.applied(blocks[gain.source])
            found[gain.into] += 0.5 * (flow + adjoint(flow))
        return [block.real + block.imag for block in found]

    def energy_current(self, name: str, packed: Array) -> float:
        """Energy per time out of a source: Re Tr((B ∘ (E_to − E_from))† A ρ) over its jumps."""
        blocks, energies = self._seen(name, packed), self.states.by_class(self.reference)
        total = 0.0
        for jump in self.jumps[name]:
            risen = energies[jump.into][:, None] - energies[jump.source]
            moved = jump.acting @ blocks[jump.source]
            total += float(np.vdot(jump.single * risen, moved).real)
        return total

    def _seen(self, name: str, packed: Array) -> list[NDArray[Any]]:
        """What a source sees of ρ; of a real operator the expectation value is that in Re ρ."""
        blocks: list[NDArray[Any]] = list(self.states.unpacked(packed))
        if self.matched is not None and name != DEPHASING:
            blocks = [block * alike for block, alike in zip(blocks, self._alike, strict=True)]
        return [block.real for block in blocks] if self.real else blocks

    def quanta_current(self, name: str, packed: Array) -> float:
        """Quanta per time that a reservoir gives."""
        blocks = self._seen(name, packed)
        terms = (np.vdot(adjoint(j.counted), blocks[j.source]).real for j in self.jumps[name])
        return float(sum(terms))


def class_generator(machine: Machine, equation: Equation) -> ClassGenerator:
    """Return the generator of an equation of weak coupling at one point.

    Parameters
    ----------
    machine : Machine
        Of shape ().
    equation : Redfield, UniversalLindblad or Unified

    Examples
    --------
    >>> from entherm import Redfield, two_qubit_machine
    >>> class_generator(two_qubit_machine(20.0, 20.0, 10.0), Redfield()).states.elements
    6
    """
    own = diagonalise(machine)
    energies = np.array(own.energies, float)
    reference = own
    if isinstance(equation, Unified):
        reference = clustered_at(machine, own, equation)
    classes = LevelClasses(reference)
    jumps = class_jumps(machine, classes, equation)
    equal = equation.interference == "equal"
    secular = isinstance(equation, Global) and equation.dephasing == "secular"
    if not equal or secular or not jumps[DEPHASING]:
        jumps, gains = gathered(jumps)
        return ClassGenerator(classes, energies, jumps, gains, equal, None)
    own_jumps, gains = gathered({DEPHASING: jumps.pop(DEPHASING)})
    jumps, thermal = gathered(jumps)
    rotating = np.array(classes.levels.energies, float), float(own.tolerance)
    sorted_gains = matched_gains(thermal, PackedStates(classes.members), *rotating)
    return ClassGenerator(classes, energies, jumps | own_jumps, gains, equal, sorted_gains)
