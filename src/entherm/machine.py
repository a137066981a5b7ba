"""What touches what: subsystems, their interactions, reservoirs and dephasing, as frozen values.

Every number of a machine may be an array; they broadcast together as in NumPy, and results carry
the broadcast shape in front. A parameter is addressed by its path, the same in code
(`Machine.replace`), in a machine file and in an error: ``qubits.A``, ``exchange.A-B.strength``,
``reservoirs.RC.temperature``, ``reservoirs.RC.couplings.A.rate``, ``dephasing.A.rate``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.errors import ParameterError, UnknownNameError
from entherm.operators import exchange_operator, number
from entherm.parameters import Array, broadcast_shape
from entherm.reservoirs import Coupling, Reservoir
from entherm.subsystems import Dephasing, Exchange, Qubit

# Beside the reservoirs, these stand for what else changes ρ, and for whose heat is counted.
RESERVED_NAMES = ("dephasing", "hamiltonian")


@dataclass(frozen=True, init=False, eq=False)
class Machine:
    """An autonomous thermal machine: subsystems, interactions, reservoirs, dephasing; no drive.

    Parameters
    ----------
    subsystems : iterable of Qubit
        In the order of the tensor product.
    interactions : iterable of Exchange
        Between them; at most one a pair.
    reservoirs : iterable of Reservoir
        Each on any subset of the subsystems.
    dephasing : mapping of str to rate or Dephasing
        Per qubit; a bare number is the γ of Eq. (21).

    Attributes
    ----------
    shape : tuple of int
        Broadcast shape of all parameters.

    Raises
    ------
    ParameterError
        For a repeated or unknown name, or parameters that do not broadcast.

    Examples
    --------
    >>> from entherm import exchange
    >>> m = Machine(
    ...     subsystems=[Qubit("A", 20.0), Qubit("B", 20.0)],
    ...     interactions=[exchange("A", "B", 10.0)],
    ...     reservoirs=[Reservoir("RC", temperature=1.0, couplings={"A": 1.0, "B": 1.0})],
    ... )
    >>> m.replace({"reservoirs.RC.temperature": [1.0, 2.0]}).shape
    (2,)
    """

    subsystems: tuple[Qubit, ...]
    interactions: tuple[Exchange, ...]
    reservoirs: tuple[Reservoir, ...]
    dephasing: Mapping[str, Dephasing]

    def __init__(
        self,
        subsystems: Iterable[Qubit],
        interactions: Iterable[Exchange] = (),
        reservoirs: Iterable[Reservoir] = (),
        dephasing: Mapping[str, Dephasing | ArrayLike] | None = None,
    ) -> None:
        given = {k: _dephasing(v, k) for k, v in (dephasing or {}).items()}
        object.__setattr__(self, "subsystems", tuple(subsystems))
        object.__setattr__(self, "interactions", tuple(interactions))
        object.__setattr__(self, "reservoirs", tuple(reservoirs))
        object.__setattr__(self, "dephasing", MappingProxyType(given))
        for path, items, kind in (
            ("subsystems", self.subsystems, Qubit),
            ("interactions", self.interactions, Exchange),
            ("reservoirs", self.reservoirs, Reservoir),
        ):
            for item in items:
                if not isinstance(item, kind):
                    name = kind.__name__
                    raise ParameterError(path, f"hold {name}s", repr(item), f"make a {name}")
        if not self.subsystems:
            raise ParameterError("subsystems", "not be empty", "[]", "give at least one Qubit")
        _require_distinct("qubits", [s.name for s in self.subsystems])
        _require_distinct("exchange", ["-".join(sorted(i.between)) for i in self.interactions])
        _require_distinct("exchange", [i.name for i in self.interactions])
        _require_distinct("reservoirs", [r.name for r in self.reservoirs])
        for bath in self.reservoirs:
            if bath.name in RESERVED_NAMES:
                rule = f"not be called {' or '.join(RESERVED_NAMES)}"
                raise ParameterError("reservoirs", rule, repr(bath.name), "rename it")
        for item in self.interactions:
            self._require_known(f"exchange.{item.name}.between", item.between)
            _require_distinct(f"exchange.{item.name}.between", item.between)
        for bath in self.reservoirs:
            self._require_known(f"reservoirs.{bath.name}.couplings", bath.couplings)
        self._require_known("dephasing", given)
        broadcast_shape(self.parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        return Machine, (
            self.subsystems,
            self.interactions,
            self.reservoirs,
            dict(self.dephasing),
        )

    @cached_property
    def parameters(self) -> Mapping[str, Array]:
        """Every parameter by its path, in the order of a machine file.

        Examples
        --------
        >>> list(
        ...     Machine([Qubit("A", 1.0)], reservoirs=[Reservoir("RA", 0.5, {"A": 0.1})]).parameters
        ... )
        ['qubits.A', 'reservoirs.RA.temperature', 'reservoirs.RA.couplings.A.rate']
        """
        found: dict[str, Array] = {f"qubits.{q.name}": q.gap for q in self.subsystems}
        found |= {f"exchange.{x.name}.strength": x.strength for x in self.interactions}
        for bath in self.reservoirs:
            where = f"reservoirs.{bath.name}"
            found[f"{where}.temperature"] = bath.temperature
            for name, coupling in bath.couplings.items():
                kind = "amplitude" if coupling.by_amplitude else "rate"
                found[f"{where}.couplings.{name}.{kind}"] = getattr(coupling, kind)
            if len(bath.couplings) > 1:
                found[f"{where}.correlation"] = bath.correlation
        found |= {f"dephasing.{k}.rate": d.rate for k, d in self.dephasing.items()}
        return MappingProxyType(found)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of all parameters."""
        return broadcast_shape(self.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the subsystems, in the order of the tensor product."""
        return tuple(s.name for s in self.subsystems)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Dimension of every subsystem."""
        return (2,) * len(self.subsystems)

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

    def reservoir(self, name: str) -> Reservoir:
        """Return the reservoir `name`.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> float(two_qubit_machine(1, 1, 0.5, T_C=0.1).reservoir("RC").temperature)
        0.1
        """
        for bath in self.reservoirs:
            if bath.name == name:
                return bath
        raise UnknownNameError("reservoir", name, [r.name for r in self.reservoirs])

    def without(self, *names: str) -> Machine:
        """Return the same machine without the reservoirs `names`.

        Born–Markov dissipators are additive, so this is the paper's comparison without R_C.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> [r.name for r in two_qubit_machine(1, 1, 0.5).without("RC").reservoirs]
        ['RA', 'RB']
        """
        for name in names:
            self.reservoir(name)
        kept = [r for r in self.reservoirs if r.name not in names]
        return Machine(self.subsystems, self.interactions, kept, self.dephasing)

    def replace(self, changes: Mapping[str, ArrayLike]) -> Machine:
        """Return the machine with the parameters at the given paths replaced.

        Parameters
        ----------
        changes : mapping of str to array_like
            Path to value. A coupling may be addressed as ``...couplings.A`` for short, or by
            ``.rate`` or ``.amplitude`` whichever it was made with.

        Raises
        ------
        UnknownNameError
            For a path that is not there; suggests the nearest.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(20.0, 20.0, 10.0).replace({"reservoirs.RC.temperature": 2.0})
        >>> float(m.reservoir("RC").temperature)
        2.0
        """
        values = {self._full_path(path): value for path, value in changes.items()}
        return self._map(values.get)

    def take(self, points: NDArray[np.intp]) -> Machine:
        """Return the machine at some points of its broadcast shape, as one flat axis.

        Parameters
        ----------
        points : ndarray of int, shape (k,)
            Flat indices into `shape`.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(1.0, 1.0, [0.1, 0.2, 0.3])
        >>> m.take(np.array([2])).interactions[0].strength
        array([0.3])
        """
        index = np.unravel_index(points, self.shape) if self.shape else ()

        def picked(_: str, old: Array) -> Array:
            own = index[len(index) - old.ndim :]
            return np.asarray(old[tuple(k % n for k, n in zip(own, old.shape, strict=True))])

        return self._map(picked)

    @cached_property
    def hamiltonian(self) -> Array:
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
        dims = self.dimensions
        terms = [(q.gap, number(dims, self.site(q.name))) for q in self.subsystems]
        terms += [
            (x.strength, exchange_operator(dims, *map(self.site, x.between)))
            for x in self.interactions
        ]
        total = np.asarray(sum(value[..., None, None] * operator for value, operator in terms))
        total.setflags(write=False)
        return total

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any parameter or name.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> two_qubit_machine(1, 1, 0.5).hash == two_qubit_machine(1, 1, 0.5).hash
        True
        """
        digest = hashlib.sha256()
        for path, value in self.parameters.items():
            digest.update(f"{path}{value.shape}".encode())
            digest.update(value.tobytes())
        signs = [(r.name, k, c.sign) for r in self.reservoirs for k, c in r.couplings.items()]
        digest.update(repr(signs).encode())
        return digest.hexdigest()[:12]

    def _require_known(self, path: str, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.names:
                raise UnknownNameError(path, name, self.names)

    def _full_path(self, path: str) -> str:
        for candidate in (path, f"{path}.rate", f"{path}.amplitude", f"{path}.strength"):
            if candidate in self.parameters:
                return candidate
        raise UnknownNameError("path", path, self.parameters)

    def _map(self, change: Callable[[str, Array], ArrayLike]) -> Machine:
        """Rebuild every value from `change(path, old)`."""
        new = {path: change(path, old) for path, old in self.parameters.items()}

        def coupling(path: str, old: Coupling) -> Coupling:
            if old.by_amplitude:
                return Coupling(amplitude=new[f"{path}.amplitude"], sign=1)
            return Coupling(rate=new[f"{path}.rate"], sign=old.sign)

        return Machine(
            [Qubit(q.name, new[f"qubits.{q.name}"]) for q in self.subsystems],
            [Exchange(x.between, new[f"exchange.{x.name}.strength"]) for x in self.interactions],
            [
                Reservoir(
                    r.name,
                    new[f"reservoirs.{r.name}.temperature"],
                    {
                        k: coupling(f"reservoirs.{r.name}.couplings.{k}", c)
                        for k, c in r.couplings.items()
                    },
                    new.get(f"reservoirs.{r.name}.correlation", r.correlation),
                )
                for r in self.reservoirs
            ],
            {k: Dephasing(new[f"dephasing.{k}.rate"]) for k in self.dephasing},
        )


def _dephasing(value: Dephasing | ArrayLike, qubit: str) -> Dephasing:
    if isinstance(value, Dephasing):
        return value
    try:
        return Dephasing(value)
    except ParameterError as error:
        raise error.at(f"dephasing.{qubit}.{error.path}") from None


def _require_distinct(path: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ParameterError(path, "name each thing once", repr(name), "rename or drop one")
        seen.add(name)
