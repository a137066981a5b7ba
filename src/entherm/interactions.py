"""Terms of the Hamiltonian beside the levels: each a real strength times a constant operator.

Exchange (Eq. (2) of [Man]), Heisenberg's couplings in all their anisotropies, the three-body swap
of the absorption refrigerator, fields, and any Hermitian matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import items_of, require_name
from entherm.errors import ParameterError
from entherm.operators import Operator, is_hermitian, named_operator, operator_matrix
from entherm.parameters import Array
from entherm.subsystems import Subsystem, energy


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Interaction:
    """A part of the Hamiltonian on one or several subsystems.

    Attributes
    ----------
    kind : str
        Its table in a machine file.
    between : tuple of str
        The subsystems, in the order of the tensor product that its operators are written in.
    name : str
        As it stands in parameter paths, e.g. ``"A-B"``.
    parameters : mapping of str to ndarray
        Real strengths by their path below the interaction's own.
    """

    kind: ClassVar[str]
    arity: ClassVar[int] = 2
    between: tuple[str, ...]
    name: str
    parameters: Mapping[str, Array]

    def _set(self, between: Iterable[str], strengths: Mapping[str, ArrayLike]) -> None:
        names = items_of(between, f"{self.kind}.between", "give a list of names")
        for name in names:
            require_name(name, f"{self.kind}.between")
        object.__setattr__(self, "between", names)
        if "name" not in self.__dict__:
            object.__setattr__(self, "name", "-".join(self.between))
        found = {key: energy(v, f"{self.path}.{key}") for key, v in strengths.items()}
        object.__setattr__(self, "parameters", MappingProxyType(found))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {', '.join(self.parameters)})"

    @property
    def path(self) -> str:
        """Where its parameters are, e.g. ``exchange.A-B``."""
        return f"{self.kind}.{self.name}"

    @property
    def structure(self) -> tuple[Any, ...]:
        """What is no number: kind, name, subsystems."""
        return self.kind, self.name, self.between

    @property
    def strength(self) -> Array:
        """The strength, of an interaction that has a single one."""
        return self.parameters["strength"]

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """Return the operator that each strength multiplies, on the tensor product of `between`.

        Parameters
        ----------
        subsystems : sequence of Subsystem
            Those of `between`, in its order.
        """
        raise NotImplementedError

    def rebuilt(self, values: Mapping[str, ArrayLike]) -> Interaction:
        """Return the same interaction with other strengths."""
        return _restored(type(self), self._state, values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._state, dict(self.parameters))

    @property
    def _state(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "parameters"}


def _restored(
    kind: type[Interaction], state: dict[str, Any], parameters: Mapping[str, ArrayLike]
) -> Interaction:
    made = kind.__new__(kind)
    for key, value in state.items():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)  # NumPy's own pickles come back writeable
        object.__setattr__(made, key, value)
    made._set(state["between"], parameters)
    return made


def _given(path: str, **strengths: ArrayLike | None) -> dict[str, ArrayLike]:
    found = {key: value for key, value in strengths.items() if value is not None}
    if not found:
        rule = f"have at least one of {', '.join(strengths)}"
        raise ParameterError(path, rule, "none", "give a strength")
    return found


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Exchange(Interaction):
    """Excitation exchange Ω (σ₊ ⊗ σ₋ + σ₋ ⊗ σ₊) between two subsystems (Eq. (2) of [Man]).

    The sign of Ω is physical as soon as a reservoir is common to both: Ω → −Ω is a phase π on one
    of its couplings. Of larger subsystems, σ₋ is their lowering operator.

    Examples
    --------
    >>> Exchange(("A", "B"), 10.0).name
    'A-B'
    """

    kind: ClassVar[str] = "exchange"

    def __init__(self, between: tuple[str, str], strength: ArrayLike) -> None:
        self._set(between, {"strength": strength})

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """σ₊ ⊗ σ₋ + σ₋ ⊗ σ₊."""
        first, second = (s.lowering for s in subsystems)
        hop = np.kron(first.T, second)
        return {"strength": hop + hop.T}


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Heisenberg(Interaction):
    """J_x X ⊗ X + J_y Y ⊗ Y + J_z Z ⊗ Z in Pauli matrices, without the factor ½ or ¼.

    XX, XY, XXZ, XYZ and Ising couplings are its cases; exchange Ω is xx = yy = Ω/2. What is left
    out is not there: it is no parameter, and its symmetry holds.

    Examples
    --------
    >>> sorted(Heisenberg(("A", "B"), xx=0.5, yy=0.3).parameters)
    ['xx', 'yy']
    """

    kind: ClassVar[str] = "heisenberg"

    def __init__(
        self,
        between: tuple[str, str],
        xx: ArrayLike | None = None,
        yy: ArrayLike | None = None,
        zz: ArrayLike | None = None,
    ) -> None:
        self._set(between, _given("heisenberg", xx=xx, yy=yy, zz=zz))

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """X ⊗ X, Y ⊗ Y, Z ⊗ Z, with X = L + L† and so on of larger subsystems."""
        found = {}
        for key in self.parameters:
            pair = [named_operator(key[0], s.lowering, self.path) for s in subsystems]
            found[key] = np.real_if_close(np.kron(*pair))
        return found


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Swap(Interaction):
    r"""The three-body swap g (\|010⟩⟨101\| + h.c.) of the absorption refrigerator.

    The middle subsystem gives one excitation, the outer two take one each: L₁† L₂ L₃† + h.c.

    References
    ----------
    N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. Lett. 105, 130401 (2010).

    Examples
    --------
    >>> Swap(("A", "B", "C"), 0.1).name
    'A-B-C'
    """

    kind: ClassVar[str] = "swap"
    arity: ClassVar[int] = 3

    def __init__(self, between: tuple[str, str, str], strength: ArrayLike) -> None:
        self._set(between, {"strength": strength})

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """L₁† L₂ L₃† + h.c."""
        first, middle, last = (s.lowering for s in subsystems)
        term = np.kron(np.kron(first.T, middle), last.T)
        return {"strength": term + term.T}


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Field(Interaction):
    """A field x X + y Y + z Z on one subsystem, in Pauli matrices of a qubit.

    Examples
    --------
    >>> Field("A", x=0.3).path
    'field.A'
    """

    kind: ClassVar[str] = "field"
    arity: ClassVar[int] = 1

    def __init__(
        self,
        on: str,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        z: ArrayLike | None = None,
    ) -> None:
        self._set((on,), _given("field", x=x, y=y, z=z))

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """X, Y, Z."""
        lowering = subsystems[0].lowering
        return {w: named_operator(w, lowering, self.path) for w in self.parameters}


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Term(Interaction):
    """Strength times any Hermitian matrix on the tensor product of a few subsystems.

    Examples
    --------
    >>> Term("DM", ("A", "B"), np.diag([1.0, 0.0, 0.0, 1.0]), 0.2).path
    'term.DM'
    """

    kind: ClassVar[str] = "term"
    operator: Operator

    @property
    def arity(self) -> int:  # type: ignore[override]
        """Any."""
        return len(self.between)

    @property
    def structure(self) -> tuple[Any, ...]:
        """The operator too."""
        return *super().structure, self.operator.tolist()

    def __init__(
        self, name: str, between: Iterable[str], operator: ArrayLike, strength: ArrayLike = 1.0
    ) -> None:
        require_name(name, "term")
        matrix = operator_matrix(operator, f"term.{name}.operator")
        if not is_hermitian(matrix):
            raise ParameterError(
                f"term.{name}.operator",
                "be Hermitian",
                f"a part of size {np.abs(matrix - matrix.conj().T).max():.3g} that is not",
                "add the Hermitian conjugate",
            )
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "operator", matrix)
        self._set(between, {"strength": strength})

    def operators(self, subsystems: Sequence[Subsystem]) -> Mapping[str, Operator]:
        """The matrix."""
        size = prod(s.dimension for s in subsystems)
        if len(self.operator) != size:
            rule = f"be {size}x{size} for {', '.join(self.between)}"
            shape = f"{len(self.operator)}x{len(self.operator)}"
            raise ParameterError(f"{self.path}.operator", rule, shape, "highest level first")
        return {"strength": self.operator}


def exchange(first: str, second: str, strength: ArrayLike) -> Exchange:
    """Return the exchange interaction of strength Ω between two subsystems.

    Examples
    --------
    >>> float(exchange("A", "B", -0.7).strength)
    -0.7
    """
    return Exchange((first, second), strength)


def heisenberg(
    first: str,
    second: str,
    xx: ArrayLike | None = None,
    yy: ArrayLike | None = None,
    zz: ArrayLike | None = None,
) -> Heisenberg:
    """Return xx X⊗X + yy Y⊗Y + zz Z⊗Z between two qubits.

    Examples
    --------
    >>> float(heisenberg("A", "B", zz=0.5).parameters["zz"])
    0.5
    """
    return Heisenberg((first, second), xx, yy, zz)


def swap(first: str, middle: str, last: str, strength: ArrayLike) -> Swap:
    """Return the three-body swap, `middle` being the one with the largest gap.

    Examples
    --------
    >>> swap("cold", "work", "hot", 0.1).between
    ('cold', 'work', 'hot')
    """
    return Swap((first, middle, last), strength)


def field(
    on: str, x: ArrayLike | None = None, y: ArrayLike | None = None, z: ArrayLike | None = None
) -> Field:
    """Return the field x X + y Y + z Z on one subsystem.

    Examples
    --------
    >>> float(field("A", x=0.3).parameters["x"])
    0.3
    """
    return Field(on, x, y, z)


def hamiltonian_term(
    name: str, on: Iterable[str], operator: ArrayLike, strength: ArrayLike = 1.0
) -> Term:
    """Return strength times a Hermitian matrix on the tensor product of `on`.

    Examples
    --------
    >>> hamiltonian_term("zz", ("A", "B"), np.diag([1, -1, -1, 1])).name
    'zz'
    """
    return Term(name, on, operator, strength)
