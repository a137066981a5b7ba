"""How the parts of a machine fit together: names, Hamiltonian, sectors.

`entherm.machine.Machine` is this with its parameters by path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import require_distinct, require_known
from entherm.dephasing import Dephasing
from entherm.errors import ParameterError
from entherm.interactions import Interaction
from entherm.operators import embedded, embedded_entries, is_hermitian, named_operator
from entherm.parameters import Array, as_array, present, require, stands_in
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.subsystems import Subsystem
from entherm.symmetry import Local, sectors

# Beside the reservoirs, these stand for what else changes ρ, and for whose heat is counted.
DEPHASING, HAMILTONIAN, WORK = RESERVED_NAMES = ("dephasing", "hamiltonian", "work")

AnyReservoir = Reservoir | ResetReservoir


@dataclass(frozen=True, eq=False)
class HamiltonianTerm:
    """A real strength times a constant operator on a few subsystems."""

    sites: tuple[int, ...]
    operator: NDArray[Any]
    strength: Array


def _merged(terms: list[HamiltonianTerm]) -> list[HamiltonianTerm]:
    """Add up terms of one strength whose elements cancel: X⊗X + Y⊗Y conserves what neither does.

    Only where the strengths are equal everywhere, bit for bit: then it is structure, no number.
    """
    for k, first in enumerate(terms):
        for second in terms[k + 1 :]:
            if stands_in(first.strength) or stands_in(second.strength):
                continue
            both = first.operator + second.operator
            cancels = np.any((both == 0.0) & (first.operator != 0.0))
            if cancels and np.array_equal(first.strength, second.strength):
                rest = [t for t in terms if t is not first and t is not second]
                return _merged([HamiltonianTerm(first.sites, both, first.strength), *rest])
    return terms


def summed(dimensions: tuple[int, ...], terms: Iterable[HamiltonianTerm]) -> NDArray[Any]:
    """Return the sum of some terms in the bare basis, shape (..., d, d).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> summed(m.dimensions, m.terms[:1]).diagonal()
    array([20., 20.,  0.,  0.])
    """
    size = prod(dimensions)
    total: NDArray[Any] = np.zeros((size, size))
    for term in terms:
        operator = embedded(dimensions, term.sites, term.operator)
        total = total + term.strength[..., None, None] * operator
    return total


def hamiltonian_blocks(
    dimensions: tuple[int, ...], terms: Sequence[HamiltonianTerm], labels: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], NDArray[Any]]]:
    """Yield, sector by sector, its bare states and the sum of some terms between them.

    Each (..., m, m) is made when it is asked for, and is the caller's own; no matrix of the whole
    machine is.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> for members, part in hamiltonian_blocks(m.dimensions, m.terms, m.sectors):
    ...     print(members, part.tolist())
    (0,) [[40.0]]
    (1, 2) [[20.0, 10.0], [10.0, 20.0]]
    (3,) [[0.0]]
    """
    numbers = np.array(labels)
    order = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[order], np.arange(1, numbers.max() + 2))
    sets = np.split(order, ends[:-1])
    if any(stands_in(term.strength) for term in terms):
        whole = summed(dimensions, terms)
        yield from ((tuple(s.tolist()), whole[..., s[:, None], s]) for s in sets)
        return
    place = np.concatenate([np.arange(len(s)) for s in sets])[np.argsort(order)]
    shape = np.broadcast_shapes(*(term.strength.shape for term in terms))
    kind = np.result_type(float, *(term.operator for term in terms))
    found = [embedded_entries(dimensions, term.sites, term.operator) for term in terms]
    every = [np.concatenate(part) for part in zip(*found, strict=True)] or [np.arange(0)] * 3
    rows, columns, values = every
    counts = [len(f[0]) for f in found]
    source = np.repeat(np.arange(len(terms)), counts)
    strengths = [np.broadcast_to(term.strength, shape) for term in terms]
    stacked = np.stack(strengths, -1) if strengths else np.zeros((*shape, 0))
    # By sector, and in the order of the terms, in which they are added up.
    by_sector = np.argsort(numbers[rows], kind="stable")
    cuts = np.searchsorted(numbers[rows[by_sector]], np.arange(1, len(sets)))
    for members, own in zip(sets, np.split(by_sector, cuts), strict=True):
        block = np.zeros((*shape, len(members), len(members)), kind)
        entries = stacked[..., source[own]] * values[own]
        where: Any = (..., place[rows[own]], place[columns[own]])
        np.add.at(block, where, entries)
        yield tuple(members.tolist()), block


@dataclass(frozen=True, init=False, eq=False)
class Composition:
    """Subsystems, interactions, reservoirs and dephasing that fit together."""

    subsystems: tuple[Subsystem, ...]
    interactions: tuple[Interaction, ...]
    reservoirs: tuple[AnyReservoir, ...]
    dephasing: Mapping[str, Dephasing]

    def _require_fit(self) -> None:
        self._require_parts()
        for item in self.interactions:
            self._require_known(f"{item.path}.between", item.between)
            require_distinct(f"{item.path}.between", item.between)
            if len(item.between) != item.arity:
                rule, got = f"join {item.arity} subsystem(s)", ", ".join(item.between)
                raise ParameterError(f"{item.path}.between", rule, got, "give that many names")
        for bath in self.reservoirs:
            self._require_coupled(bath)
        self._require_known("dephasing", self.dephasing)

    def _require_parts(self) -> None:
        for path, items, kind, name in (
            ("subsystems", self.subsystems, Subsystem, "Qubit"),
            ("interactions", self.interactions, Interaction, "Exchange"),
            ("reservoirs", self.reservoirs, AnyReservoir, "Reservoir"),
        ):
            for item in items:
                if not isinstance(item, kind):
                    remedy = f"make e.g. a {name}"
                    raise ParameterError(path, f"hold {name}s or their like", repr(item), remedy)
        if not self.subsystems:
            raise ParameterError("subsystems", "not be empty", "[]", "give at least one Qubit")
        require_distinct("subsystems", [s.name for s in self.subsystems])
        pairs = [f"{i.kind} {'-'.join(sorted(i.between))}" for i in self.interactions]
        require_distinct("interactions", [p for p in pairs if not p.startswith("term ")])
        require_distinct("interactions", [i.path for i in self.interactions])
        require_distinct("reservoirs", [r.name for r in self.reservoirs])
        for bath in self.reservoirs:
            if bath.name in RESERVED_NAMES:
                rule = f"not be called {' or '.join(RESERVED_NAMES)}"
                raise ParameterError("reservoirs", rule, repr(bath.name), "rename it")

    def _require_coupled(self, bath: AnyReservoir) -> None:
        """Check a reservoir's operators against what they act on."""
        if isinstance(bath, ResetReservoir):
            self._require_known(f"{bath.path}.on", [bath.on])
            return
        kinds = {
            name: is_hermitian(self.coupling_operator(bath, name)[1]) for name in bath.couplings
        }
        if len(set(kinds.values())) > 1:
            mixed = ", ".join(f"{k}: {'Hermitian' if h else 'not'}" for k, h in kinds.items())
            raise ParameterError(
                f"{bath.path}.couplings",
                "be all Hermitian, or all rotating-wave (not Hermitian)",
                mixed,
                "use operator='x' everywhere, or two reservoirs",
            )
        hermitian = any(kinds.values())
        if hermitian and bath.has_chemical_potential:
            raise ParameterError(
                f"{bath.path}.chemical_potential",
                "be left out of a Hermitian coupling",
                "one",
                "a coupling such as sigma_x conserves no particle number; use 'lowering'",
            )
        if hermitian and bath.statistics == "fermi":
            rule, got = "be rotating-wave for fermions", "a Hermitian operator"
            raise ParameterError(f"{bath.path}.couplings", rule, got, "use operator='lowering'")
        if bath.correlated.delays and any(
            c.operator != "lowering" for c in bath.couplings.values()
        ):
            raise ParameterError(
                f"{bath.path}.delays",
                "go with operator='lowering'",
                "another operator",
                "the exchange that a line brings is known for the rotating-wave coupling only",
            )

    def _require_known(self, path: str, names: Iterable[str]) -> None:
        for name in names:
            require_known(path, name, self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the subsystems, in the order of the tensor product."""
        return tuple(s.name for s in self.subsystems)

    @cached_property
    def dimensions(self) -> tuple[int, ...]:
        """Dimension of every subsystem."""
        return tuple(s.dimension for s in self.subsystems)

    def site(self, name: str) -> int:
        """Return the position of subsystem `name` in the tensor product.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> two_qubit_machine(1, 1, 0.5).site("B")
        1
        """
        self._require_known("subsystem", [name])
        return self.names.index(name)

    def coupling_operator(self, bath: Reservoir, name: str) -> Local:
        """Return what one coupling of a reservoir acts through: its sites and the local matrix.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(1.0, 1.0, 0.5)
        >>> m.coupling_operator(m.reservoir("RC"), "B")[0]
        (1,)
        """
        path = f"{bath.path}.couplings.{name}"
        touched = (name,) if name in self.names else tuple(name.split("-"))
        require_distinct(f"{bath.path}.couplings", touched)
        self._require_known(f"{bath.path}.couplings", touched if len(touched) > 1 else (name,))
        parts = [self.subsystems[self.names.index(t)] for t in touched]
        operator = bath.couplings[name].operator
        size = prod(part.dimension for part in parts)
        if isinstance(operator, str):
            if len(parts) > 1:
                rule, remedy = "be a matrix on several subsystems", f"give one of {size}x{size}"
                raise ParameterError(f"{path}.operator", rule, repr(operator), remedy)
            operator = named_operator(operator, parts[0].lowering, f"{path}.operator")
        elif len(operator) != size:
            rule, got = f"be {size}x{size}", f"{len(operator)}x{len(operator)}"
            raise ParameterError(f"{path}.operator", rule, got, "highest level first")
        return tuple(map(self.names.index, touched)), operator

    @cached_property
    def terms(self) -> tuple[HamiltonianTerm, ...]:
        """What the Hamiltonian is a sum of, the levels first, bath-induced exchange last."""
        found = []
        for site, part in enumerate(self.subsystems):
            for level, energy in enumerate(part.energies):
                if present(energy):
                    single = np.zeros((part.dimension, part.dimension))
                    single[level, level] = 1.0
                    found.append(HamiltonianTerm((site,), single, energy))
        for item in self.interactions:
            sites = tuple(self.names.index(name) for name in item.between)
            operators = item.operators([self.subsystems[k] for k in sites])
            found += _merged(
                [HamiltonianTerm(sites, operators[k], v) for k, v in item.parameters.items()]
            )
        return (*found, *self._exchange_by_delay())

    def _exchange_by_delay(self) -> Iterable[HamiltonianTerm]:
        """√(Γ_k Γ_l) sin ω|t_k − t_l| at the mean gap, for every pair along a line."""
        for bath in self.reservoirs:
            if isinstance(bath, ResetReservoir) or not bath.correlated.delays:
                continue
            for a, b in bath.correlated.pairs:
                sites = (self.names.index(a), self.names.index(b))
                first, second = (self.subsystems[k] for k in sites)
                for part in (first, second):
                    gap, rule = part.gap_above_ground, f"touch E_1 > E_0 (of {part.name})"
                    remedy = "a line couples the step from |0> up"
                    require(gap > 0.0, gap, f"{bath.path}.delays", rule, remedy)
                omega = as_array(0.5 * (first.gap_above_ground + second.gap_above_ground))
                delays = bath.correlated.delays
                try:
                    density = bath.spectrum.density(np.abs(omega))
                    correlation = bath.correlated.between_at(f"{a}-{b}", omega)
                except ParameterError as error:
                    kind = "correlation" if error.path == "correlation" else "spectrum"
                    raise error.at(f"{bath.path}.{kind}") from None
                amplitudes = bath.couplings[a].amplitude * bath.couplings[b].amplitude
                phase = np.sin(omega * np.abs(delays[a] - delays[b]))
                strength = amplitudes * density * correlation * phase
                hop = np.kron(first.lowering.T, second.lowering)
                yield HamiltonianTerm(sites, hop + hop.T, as_array(strength))

    @cached_property
    def hamiltonian(self) -> NDArray[Any]:
        """H_S in the bare basis, shape (..., d, d), over the axes of gaps and strengths.

        References
        ----------
        [Man] Eqs. (1), (2).

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> two_qubit_machine(20.0, 20.0, 10.0).hamiltonian[1]
        array([ 0., 20., 10.,  0.])
        """
        return _frozen(summed(self.dimensions, self.terms))

    @cached_property
    def bare_hamiltonian(self) -> NDArray[Any]:
        """H_0 in the bare basis: the terms on single subsystems, without interactions."""
        single = (t for t in self.terms if len(t.sites) == 1)
        return _frozen(summed(self.dimensions, single))

    @cached_property
    def sectors(self) -> tuple[int, ...]:
        """Sector of each bare state: H_S mixes states of one sector only."""
        return sectors(self.dimensions, [(t.sites, t.operator) for t in self.terms])

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Class of each bare state: no dynamics leads from populations to coherence between two."""
        jumps = [
            [self.coupling_operator(bath, name) for name in bath.couplings]
            for bath in self.reservoirs
            if isinstance(bath, Reservoir)
        ]
        return sectors(self.dimensions, [(t.sites, t.operator) for t in self.terms], jumps)


def _frozen(matrix: NDArray[Any]) -> NDArray[Any]:
    matrix.setflags(write=False)
    return matrix
