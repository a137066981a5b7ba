"""What a machine is made of: qubits, qudits and truncated oscillators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import require_name
from entherm.errors import ParameterError
from entherm.operators import annihilation, ladder, levels_of
from entherm.parameters import Array, as_array, parameter, present, require

# Products of two energies, and their splitting into halves, must not overflow.
LARGEST_ENERGY = 1e150

# Beyond it the matrices of the whole machine would not fit any memory.
LARGEST_DIMENSION = 1000


class Subsystem:
    """One quantum system of finite dimension with diagonal levels.

    Attributes
    ----------
    kind : str
        Its table in a machine file.
    name : str
    dimension : int
    parameters : mapping of str to ndarray
        By their path below the subsystem's own; ``""`` where the subsystem has a single one.
    lowering : ndarray, shape (dimension, dimension)
        Local, highest level first.
    """

    kind: ClassVar[str]
    name: str
    dimension: int
    parameters: Mapping[str, Array]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.dimension} levels)"

    @property
    def path(self) -> str:
        """Where its parameters are, e.g. ``qubits.A``."""
        return f"{self.kind}.{self.name}"

    @property
    def structure(self) -> tuple[str, str, int]:
        """What is no number: kind, name, dimension."""
        return self.kind, self.name, self.dimension

    @property
    def lowering(self) -> Array:
        """Σ |n−1⟩⟨n|."""
        return ladder(self.dimension)

    @property
    def energies(self) -> tuple[Array, ...]:
        """Energy of each level, highest label first."""
        raise NotImplementedError

    @property
    def gap_above_ground(self) -> Array:
        """E_1 − E_0."""
        return as_array(self.energies[-2] - self.energies[-1])

    def rebuilt(self, values: Mapping[str, Array]) -> Subsystem:
        """Return the same subsystem with other parameters."""
        raise NotImplementedError

    def _set(self, name: str, dimension: int, parameters: Mapping[str, Array]) -> None:
        require_name(name, self.kind)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "dimension", dimension)
        object.__setattr__(self, "parameters", MappingProxyType(dict(parameters)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.name, self.dimension, dict(self.parameters))


def _rebuilt(
    kind: type[Subsystem], name: str, dimension: int, parameters: dict[str, Array]
) -> Subsystem:
    made = kind.__new__(kind)
    made._set(name, dimension, parameters)
    return made.rebuilt(parameters)


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Qubit(Subsystem):
    """A two-level system with gap ε > 0 between |0⟩ and |1⟩ (Eq. (1) of [Man]).

    Parameters
    ----------
    name : str
        e.g. ``"A"``.
    gap : array_like
        ε, > 0.

    Examples
    --------
    >>> float(Qubit("A", 20.0).gap)
    20.0
    """

    kind: ClassVar[str] = "qubits"

    def __init__(self, name: str, gap: ArrayLike) -> None:
        path = f"qubits.{name}"
        self._set(name, 2, {"": _positive(gap, path)})

    @property
    def gap(self) -> Array:
        """ε."""
        return self.parameters[""]

    @property
    def energies(self) -> tuple[Array, ...]:
        """ε, 0."""
        return self.gap, as_array(0.0)

    def rebuilt(self, values: Mapping[str, Array]) -> Qubit:
        """Return the same qubit with another gap."""
        return Qubit(self.name, values[""])


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Qudit(Subsystem):
    r"""A system of d levels: given energies, or an equidistant ladder.

    Its lowering operator is Σ \|n−1⟩⟨n\|; single transitions are the operators ``"|j><k|"``.

    Parameters
    ----------
    name : str
    levels : sequence of array_like, optional
        Energies of \|0⟩, \|1⟩, ..., in any order of size.
    gap, dimension : array_like and int, optional
        The ladder n · gap instead, gap > 0.

    Raises
    ------
    ParameterError
        For both or neither, or fewer than two levels.

    Examples
    --------
    >>> [float(e) for e in Qudit("M", levels=[0.0, 5.0, 8.0]).energies]
    [8.0, 5.0, 0.0]
    >>> [float(e) for e in Qudit("M", gap=5.0, dimension=3).energies]
    [10.0, 5.0, 0.0]
    """

    kind: ClassVar[str] = "qudits"

    def __init__(
        self,
        name: str,
        levels: Any = None,
        *,
        gap: ArrayLike | None = None,
        dimension: int | None = None,
    ) -> None:
        path = f"qudits.{name}"
        if levels is not None and gap is None and dimension is None:
            if isinstance(levels, str) or not np.iterable(levels):
                raise ParameterError(
                    f"{path}.levels", "be a list of energies", repr(levels), "give [0.0, 5.0, 8.0]"
                )
            energies = list(levels)
            size = _dimension(len(energies), f"{path}.levels")
            found = {f"levels.{n}": energy(e, f"{path}.levels.{n}") for n, e in enumerate(energies)}
        elif levels is None and gap is not None and dimension is not None:
            size = _dimension(dimension, f"{path}.dimension")
            found = {"gap": _positive(gap, f"{path}.gap")}
        else:
            raise ParameterError(
                path,
                "have either levels, or a gap and a dimension",
                f"levels={levels!r}, gap={gap!r}, dimension={dimension!r}",
                "give Qudit(name, levels=[0.0, 5.0, 8.0]) or Qudit(name, gap=5.0, dimension=3)",
            )
        self._set(name, size, found)

    @property
    def energies(self) -> tuple[Array, ...]:
        """Energy of each level, highest label first."""
        numbers = range(self.dimension - 1, -1, -1)
        if "gap" in self.parameters:
            return tuple(as_array(n * self.parameters["gap"]) for n in numbers)
        return tuple(self.parameters[f"levels.{n}"] for n in numbers)

    def rebuilt(self, values: Mapping[str, Array]) -> Qudit:
        """Return the same qudit with other energies."""
        if "gap" in values:
            return Qudit(self.name, gap=values["gap"], dimension=self.dimension)
        return Qudit(self.name, [values[f"levels.{n}"] for n in range(self.dimension)])


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Oscillator(Subsystem):
    """A harmonic or weakly anharmonic mode, truncated: E_n = n ω + K n (n − 1)/2.

    Its lowering operator is a. Whether the truncation suffices is a figure of `validity`, the
    population of its highest level.

    Parameters
    ----------
    name : str
    frequency : array_like
        ω, > 0.
    dimension : int
        Levels that are kept, >= 2.
    anharmonicity : array_like
        K, negative for a transmon.

    Examples
    --------
    >>> [float(e) for e in Oscillator("R", 5.0, dimension=3, anharmonicity=-1.0).energies]
    [9.0, 5.0, 0.0]
    """

    kind: ClassVar[str] = "oscillators"

    def __init__(
        self, name: str, frequency: ArrayLike, dimension: int, anharmonicity: ArrayLike = 0.0
    ) -> None:
        path = f"oscillators.{name}"
        found = {
            "frequency": _positive(frequency, f"{path}.frequency"),
            "anharmonicity": energy(anharmonicity, f"{path}.anharmonicity"),
        }
        self._set(name, _dimension(dimension, f"{path}.dimension"), found)

    @property
    def lowering(self) -> Array:
        """A = Σ √n |n−1⟩⟨n|."""
        return annihilation(self.dimension)

    @property
    def energies(self) -> tuple[Array, ...]:
        """N ω + K n (n − 1)/2, highest n first."""
        omega, k = self.parameters["frequency"], self.parameters["anharmonicity"]
        numbers = levels_of(self.dimension)
        if not present(k):
            return tuple(as_array(n * omega) for n in numbers)
        return tuple(as_array(n * omega + 0.5 * n * (n - 1.0) * k) for n in numbers)

    def rebuilt(self, values: Mapping[str, Array]) -> Oscillator:
        """Return the same oscillator with other parameters."""
        return Oscillator(self.name, values["frequency"], self.dimension, values["anharmonicity"])


def _positive(value: ArrayLike, path: str) -> Array:
    found = energy(value, path)
    require(found > 0, found, path, "be > 0", "relabel the levels: |0> is the ground state")
    return found


def energy(value: ArrayLike, path: str) -> Array:
    """Return an energy of either sign as a parameter, in the range whose products are finite.

    Examples
    --------
    >>> float(energy(-2.0, "field.A.x"))
    -2.0
    """
    found = parameter(value, path)
    small = np.abs(found) < LARGEST_ENERGY
    require(small, found, path, f"be < {LARGEST_ENERGY:g} in size", "use a larger unit")
    return found


def _dimension(value: object, path: str) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not 2 <= int(value) <= LARGEST_DIMENSION:  # type: ignore[call-overload]
        rule = f"have 2 to {LARGEST_DIMENSION} levels"
        raise ParameterError(path, rule, repr(value), "give the number of levels to keep")
    return int(value)  # type: ignore[call-overload, no-any-return]
