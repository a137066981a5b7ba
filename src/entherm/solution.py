"""What is read of a solved machine, whether it has settled or is on its way.

`entherm.steady_state.SteadyState` and `entherm.evolution.Evolution` are its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from itertools import islice
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.bohr import MANY_LEVELS, Levels, diagonalise
from entherm.checks import require_kind
from entherm.composition import WORK
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.failures import Reason
from entherm.jax_engine import numbers
from entherm.kernels import Engine
from entherm.machine import Machine
from entherm.many.sector_memory import require_room
from entherm.many.sector_plan import SectorPlan
from entherm.many.sector_state import SectorState
from entherm.observables import (
    CoherencePart,
    Heat,
    Observable,
    Populations,
    Quanta,
    heat_sources,
)
from entherm.operators import adjoint, embedded, is_hermitian, named_operator, operator_matrix
from entherm.pair_measures import Concurrence, EntanglementOfFormation, Negativity
from entherm.parameters import Array
from entherm.plan import Plan
from entherm.reading import read_plan
from entherm.reservoirs import Reservoir
from entherm.structures import Asked
from entherm.thermodynamics.effective_temperatures import EffectiveTemperatures
from entherm.thermodynamics.entropy import (
    entropy_of_quanta,
    entropy_of_spectra,
    entropy_production,
)

Values = TypeVar("Values", bound=np.ndarray[Any, Any])


class Solution:
    """A solved machine; read-only arrays with the broadcast shape in front.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    """

    def __init__(
        self, machine: Machine, equation: Equation, plan: Plan, engine: Engine | None
    ) -> None:
        self.machine, self.equation = machine, equation
        self._plan, self._engine = plan, engine
        self._known: dict[Observable, Array] = {}

    @cached_property
    def _levels(self) -> Levels:
        plan = self._by_sectors
        known = plan.single if plan is not None else None
        return diagonalise(self.machine) if known is None else known

    def __repr__(self) -> str:
        names = ", ".join(self.machine.names)
        return f"{type(self).__name__}(of {names}; shape {self.shape}; {self.equation})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the machine's parameters."""
        return self.machine.shape

    def observe(self, *observables: Observable) -> tuple[Array, ...]:
        """Compute several observables in one pass over the points.

        Parameters
        ----------
        *observables : Observable
            e.g. ``concurrence("A", "B"), heat("RC")``.

        Returns
        -------
        tuple of ndarray
            One per observable, of the broadcast shape.

        Examples
        --------
        >>> from entherm import concurrence, heat, steady_state, two_qubit_machine
        >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
        >>> C, Q = steady_state(m).observe(concurrence("A", "B"), heat("RC"))
        >>> round(float(C), 4), bool(Q < 0)
        (0.0993, True)
        """
        wanted = dict.fromkeys(map(observable_of, observables))
        missing = [o for o in wanted if o not in self._known]
        if missing and self._engine == "jax":
            found = numbers(self.machine, Asked(self.equation, tuple(missing)), "nan")
            self._known |= {o: frozen(np.array(x)) for o, x in zip(missing, found, strict=True)}
        elif missing:
            counts = [o.outputs(self.machine) for o in missing]
            values = iter(
                read_plan(self._plan, self.shape, self.equation, missing, sum(counts), self._engine)
            )
            for observable, count in zip(missing, counts, strict=True):
                self._known[observable] = frozen(observable.finish([*islice(values, count)]))
        return tuple(self._known[o][()] for o in observables)

    @cached_property
    def reason(self) -> NDArray[np.int8]:
        """Why a point has no steady state, as `Reason` codes; 0 where it has one."""
        codes = np.zeros(self.shape, np.int8)
        for failure in sorted(self._plan.failures, key=lambda f: -f.reason):
            codes.reshape(-1)[failure.points] = failure.reason
        return frozen(codes)

    @cached_property
    def _by_sectors(self) -> SectorPlan | None:
        """The plan that covers every point by sectors, where one does."""
        first = self._plan.pieces[0] if self._plan.pieces else None
        return first.plan if first and isinstance(first.plan, SectorPlan) else None

    def _of_each(self, of: Callable[[SectorState], Any]) -> NDArray[Any] | None:
        """What is asked of every state, NaN where there is none; None unless all go by sectors."""
        plan = self._by_sectors
        if plan is None or len(self._plan.pieces) > 1:
            return None
        found = plan.each(of)
        found[self.reason != Reason.VALID] = (
            np.nan * (1 + 1j) if found.dtype.kind == "c" else np.nan
        )
        return found

    @cached_property
    def _stacked(self) -> Array:
        """Energies by static label, shape (..., n) over the axes of the Hamiltonian at least."""
        if self._by_sectors is not None:
            return self._by_sectors.energies.reshape(*self.shape, -1)
        return np.stack(np.broadcast_arrays(*self._levels.energies), -1)

    @cached_property
    def energies(self) -> Array:
        """Levels of H_S, shape (..., n), ascending."""
        ordered = np.sort(self._stacked, axis=-1)
        return np.broadcast_to(ordered, (*self.shape, ordered.shape[-1]))

    @cached_property
    def populations(self) -> Array:
        """Populations, shape (..., n); populations[..., i] belongs to energies[..., i]."""
        order = np.argsort(self._stacked, axis=-1, kind="stable")
        order = np.broadcast_to(order, (*self.shape, order.shape[-1]))
        return frozen(np.take_along_axis(self.level_populations, order, -1))

    @cached_property
    def level_populations(self) -> Array:
        """Populations by static label, shape (..., n): [..., 0] is λ₁ of the paper."""
        return self.observe(Populations(prod(self.machine.dimensions)))[0]

    @cached_property
    def density_matrix(self) -> Array:
        """ρ in the bare basis, shape (..., n, n), excited first: |11⟩, |10⟩, |01⟩, |00⟩.

        References
        ----------
        [Man] Eqs. (15), (16), with the coherences that the printed Eq. (15) leaves out.
        """
        count = prod(self.machine.dimensions)
        if count > MANY_LEVELS:
            needed = 16 * count**2 * (prod(self.shape) + 2)
            remedy = "ask for concurrence(), heat_currents, expectation() or populations instead"
            require_room(needed, f"density matrices of {count} levels", remedy)
        if (found := self._of_each(lambda state: state.density_matrix)) is not None:
            return frozen(found)
        rho = np.zeros((*self.shape, count, count), complex)
        for k in range(count):
            rho[..., k, k] = self.level_populations[..., k]
        parts = [CoherencePart(*pair, part) for pair in self._levels.coherences for part in (0, 1)]
        values = self.observe(*parts)
        for (a, b), re, im in zip(self._levels.coherences, values[::2], values[1::2], strict=True):
            rho[..., a, b] = re + 1j * np.asarray(im)
            rho[..., b, a] = re - 1j * np.asarray(im)
        vectors = self._levels.matrix
        return frozen(vectors @ rho @ adjoint(vectors))

    def concurrence(self, first: str, second: str) -> Array:
        """Concurrence of two qubits (Eq. (17) of [Man])."""
        return self.observe(Concurrence(first, second))[0]

    def negativity(self, first: str, second: str) -> Array:
        """Negativity of two qubits."""
        return self.observe(Negativity(first, second))[0]

    def entanglement_of_formation(self, first: str, second: str) -> Array:
        """Entanglement of formation of two qubits, in ebits."""
        return self.observe(EntanglementOfFormation(first, second))[0]

    def expectation(self, operator: str | ArrayLike, *on: str) -> Array:
        """Tr(ρ O) of an operator on one or several subsystems, or on all if none is named.

        Parameters
        ----------
        operator : str or array_like
            A word of `entherm.operators.named_operator`, or a matrix on the tensor product of
            `on`, highest level first.
        *on : str
            Subsystems.

        Examples
        --------
        >>> from entherm import steady_state, two_qubit_machine
        >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=5.0))
        >>> round(float(s.expectation("z", "A").real), 4)
        -0.8783
        """
        names = on or self.machine.names
        sites = tuple(self.machine.site(name) for name in names)
        if isinstance(operator, str) and len(sites) == 1:
            lowering = self.machine.subsystems[sites[0]].lowering
            local = named_operator(operator, lowering, "operator")
        else:
            local = operator_matrix(operator, "operator")
        values = self._of_each(lambda state: state.trace_with(sites, local))
        if values is None:
            whole = embedded(self.machine.dimensions, sites, local)
            values = np.einsum("...ab,ba->...", self.density_matrix, whole)
        return np.asarray(values.real if is_hermitian(local) else values)[()]

    @cached_property
    def entropy(self) -> Array:
        """Von Neumann entropy −Tr ρ ln ρ."""
        if (found := self._of_each(lambda state: state.entropy)) is not None:
            return np.asarray(found)
        rho = self.density_matrix
        known = np.all(np.isfinite(rho), axis=(-2, -1))
        p = np.linalg.eigvalsh(np.where(known[..., None, None], rho, 0.0))
        return np.where(known, entropy_of_spectra(p), np.nan)

    @cached_property
    def heat_currents(self) -> HeatCurrents:
        """Heat current out of each reservoir and the dephasing (Eq. (18)); computed when read."""
        return HeatCurrents(self)

    @property
    def entropy_production(self) -> Array:
        """σ = −Σ Q_ν / T_ν; +inf where heat enters a reservoir at T = 0."""
        baths = self.machine.reservoirs
        asked = [(Heat if b.temperature is not None else Quanta)(b.name) for b in baths]
        total: Array = np.zeros(self.shape)
        for bath, current in zip(baths, self.observe(*asked), strict=True):
            if bath.temperature is not None:
                heat = {bath.name: current}
                total = total + entropy_production(heat, {bath.name: bath.temperature})
            else:
                assert isinstance(bath, Reservoir)  # a reset has a temperature
                total = total + entropy_of_quanta(current, bath)
        return frozen(np.asarray(total))[()]

    @cached_property
    def effective_temperatures(self) -> EffectiveTemperatures:
        """Of every transition, from rates (Eq. (19)) and from populations."""
        populations = partial(getattr, self, "level_populations")  # unlike a lambda, it pickles
        return EffectiveTemperatures(self.machine, self.equation, populations)


class HeatCurrents(Mapping[str, Array]):
    """Heat currents by reservoir name and ``"dephasing"``; > 0 leaves the reservoir."""

    def __init__(self, state: Solution) -> None:
        self._state = state

    def __getitem__(self, source: str) -> Array:
        return self._state.observe(Heat(source))[0]

    @cached_property
    def _names(self) -> tuple[str, ...]:
        work = (WORK,) if self._state.equation.heat == "bare" else ()
        return (*heat_sources(self._state.machine), *work)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, source: object) -> bool:
        return source in self._names

    def __repr__(self) -> str:
        if self._state.shape:
            return f"HeatCurrents({', '.join(self)}; shape {self._state.shape})"
        return f"HeatCurrents({', '.join(f'{name}={float(q):.6g}' for name, q in self.items())})"


def require_solved(state: object) -> None:
    """Refuse what is no solved machine.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> require_solved(steady_state(two_qubit_machine(20.0, 20.0, 10.0)))
    """
    rule, remedy = "be a SteadyState or an Evolution", "solve the machine: steady_state(machine)"
    require_kind(state, Solution, "state", rule, remedy)


def observable_of(value: object) -> Observable:
    """Return an observable as it is; refuse anything else.

    Examples
    --------
    >>> observable_of(Heat("RC")).label
    'heat RC'
    """
    if isinstance(value, Observable):
        return value
    rule, remedy = "be observables", 'give e.g. concurrence("A", "B")'
    raise ParameterError("observables", rule, repr(value), remedy)


def frozen(array: Values) -> Values:
    """Return an array that nobody can write into."""
    array.setflags(write=False)
    return array
