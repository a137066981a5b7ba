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

from entherm.checks import items_of, mapping_of, require_kind, require_known
from entherm.composition import AnyReservoir, Composition
from entherm.dephasing import Dephasing
from entherm.errors import ParameterError, UnknownNameError
from entherm.interactions import Interaction
from entherm.jax_arrays import traced
from entherm.parameters import Array, broadcast_shape
from entherm.reservoirs import Reservoir
from entherm.subsystems import Subsystem


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Machine(Composition):
    """An autonomous thermal machine: subsystems, interactions, reservoirs, dephasing; no drive.

    Parameters
    ----------
    subsystems : iterable of Qubit, Qudit or Oscillator
        In the order of the tensor product.
    interactions : iterable of Interaction
        Between them, e.g. `entherm.exchange`; at most one of a kind a pair.
    reservoirs : iterable of Reservoir or ResetReservoir
        Each on any subset of the subsystems.
    dephasing : mapping of str to rate or Dephasing
        Per subsystem; a bare number is the γ of Eq. (21).

    Attributes
    ----------
    shape : tuple of int
        Broadcast shape of all parameters.

    Raises
    ------
    ParameterError
        For a repeated or unknown name, an operator that does not fit, or parameters that do not
        broadcast.

    Examples
    --------
    >>> from entherm import Qubit, Reservoir, exchange
    >>> m = Machine(
    ...     subsystems=[Qubit("A", 20.0), Qubit("B", 20.0)],
    ...     interactions=[exchange("A", "B", 10.0)],
    ...     reservoirs=[Reservoir("RC", temperature=1.0, couplings={"A": 1.0, "B": 1.0})],
    ... )
    >>> m.replace({"reservoirs.RC.temperature": [1.0, 2.0]}).shape
    (2,)
    """

    # The machine and the flat indices that `take` made it of.
    taken_from: tuple[Machine, NDArray[np.intp]] | None = None

    def __init__(
        self,
        subsystems: Iterable[Subsystem],
        interactions: Iterable[Interaction] = (),
        reservoirs: Iterable[AnyReservoir] = (),
        dephasing: Mapping[str, Dephasing | ArrayLike] | None = None,
    ) -> None:
        rates = mapping_of({} if dephasing is None else dephasing, "dephasing", "give {'A': 0.1}")
        given = {k: _dephasing(v, k) for k, v in rates.items()}
        for key, value in (
            ("subsystems", subsystems),
            ("interactions", interactions),
            ("reservoirs", reservoirs),
        ):
            object.__setattr__(self, key, items_of(value, key, "give a list"))
        object.__setattr__(self, "dephasing", MappingProxyType(given))
        self._require_fit()
        broadcast_shape(self.parameters)
        _ = self.terms

    def __repr__(self) -> str:
        parts = [part.path for part in (*self.interactions, *self.reservoirs)]
        return f"Machine({', '.join([*self.names, *parts])}; shape {self.shape})"

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
        >>> from entherm import Qubit, Reservoir
        >>> list(
        ...     Machine([Qubit("A", 1.0)], reservoirs=[Reservoir("RA", 0.5, {"A": 0.1})]).parameters
        ... )
        ['qubits.A', 'reservoirs.RA.temperature', 'reservoirs.RA.couplings.A.rate']
        """
        found: dict[str, Array] = {}
        for part in self._parts:
            found |= {_joined(part.path, key): value for key, value in part.parameters.items()}
        found |= {f"dephasing.{k}.rate": d.rate for k, d in self.dephasing.items()}
        return MappingProxyType(found)

    @property
    def _parts(self) -> tuple[Any, ...]:
        return (*self.subsystems, *self.interactions, *self.reservoirs)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of all parameters."""
        return broadcast_shape(self.parameters)

    def reservoir(self, name: str) -> AnyReservoir:
        """Return the reservoir `name`.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> float(two_qubit_machine(1, 1, 0.5, T_C=0.1).reservoir("RC").temperature)
        0.1
        """
        by_name = {bath.name: bath for bath in self.reservoirs}
        require_known("reservoir", name, by_name)
        return by_name[name]

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
        given = mapping_of(changes, "changes", "give {'reservoirs.RC.temperature': 2.0}")
        full = {self.full_path(path): value for path, value in given.items()}
        values = {path: traced(v, path, self.parameters[path]) for path, v in full.items()}
        return self.mapped(values.get)

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

        taken = self.standing(picked)
        # Messages about a point name its place in the whole.
        object.__setattr__(taken, "taken_from", (self, points))
        return taken

    def block(self, index: tuple[slice, ...]) -> Machine:
        """Return the machine at a block of the points of its broadcast shape.

        Parameters
        ----------
        index : tuple of slice
            One for each axis of `shape`.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(1.0, 1.0, [0.1, 0.2, 0.3], T_A=[[1.0], [2.0]])
        >>> m.block((slice(0, 1), slice(1, 3))).shape
        (1, 2)
        """

        def cut(_: str, old: Array) -> Array:
            own = index[len(index) - old.ndim :]
            return old[
                tuple(slice(None) if n == 1 else s for n, s in zip(old.shape, own, strict=True))
            ]

        return self.standing(cut)

    @cached_property
    def structure(self) -> str:
        """All that is no parameter, in one string: names, operators, statistics, tables.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> two_qubit_machine(1, 1, 0.5).structure == two_qubit_machine(2, 1, 0.5).structure
        True
        """
        names = (f"{kind.__module__}.{kind.__qualname__}" for kind in self.kinds)
        own = [name for name in names if not name.startswith("entherm.")]
        return "".join(map(repr, [[part.structure for part in self._parts], *own]))

    @property
    def kinds(self) -> tuple[type, ...]:
        """Classes of all parts, by which formulas of one's own are told from entherm's."""
        spectra = [part.spectrum for part in self.reservoirs if isinstance(part, Reservoir)]
        return tuple(map(type, (*self._parts, *spectra)))

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
        digest.update(self.structure.encode())
        return digest.hexdigest()[:12]

    def full_path(self, path: str) -> str:
        """Return a parameter's path in full, from what `replace` takes.

        Raises
        ------
        UnknownNameError
            For a path that is not there; suggests the nearest.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> two_qubit_machine(1, 1, 0.5).full_path("dephasing.A")
        'dephasing.A.rate'
        """
        for candidate in (path, f"{path}.rate", f"{path}.amplitude", f"{path}.strength"):
            if candidate in self.parameters:
                return candidate
        raise UnknownNameError("path", path, self.parameters)

    def standing(self, change: Callable[[str, Array], ArrayLike]) -> Machine:
        """Return `mapped` with the symmetry of this machine: for parts of its numbers.

        A number may give one point a symmetry that others lack, by which its levels would be kept
        in another order.
        """
        found = self.mapped(change)
        vars(found).update(sectors=self.sectors, classes=self.classes)
        return found

    def mapped(self, change: Callable[[str, Array], ArrayLike]) -> Machine:
        """Return the machine with every parameter rebuilt from `change(path, old)`.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(1.0, 1.0, 0.5).mapped(lambda _, value: value[None])
        >>> m.shape
        (1,)
        """
        new = {path: change(path, old) for path, old in self.parameters.items()}

        def rebuilt(part: Any) -> Any:
            return part.rebuilt({key: new[_joined(part.path, key)] for key in part.parameters})

        return Machine(
            map(rebuilt, self.subsystems),
            map(rebuilt, self.interactions),
            map(rebuilt, self.reservoirs),
            {k: Dephasing(new[f"dephasing.{k}.rate"]) for k in self.dephasing},
        )


def require_machine(machine: object) -> None:
    """Refuse what is no machine.

    Examples
    --------
    >>> require_machine(3)
    Traceback (most recent call last):
    ...
    entherm.errors.ParameterError: Argument 'machine' must be a Machine, got 3: build one, or load \
a file.
    """
    require_kind(machine, Machine, "machine", "be a Machine", "build one, or load a file")


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if key else path


def _dephasing(value: Dephasing | ArrayLike, qubit: str) -> Dephasing:
    if isinstance(value, Dephasing):
        return value
    try:
        return Dephasing(value)
    except ParameterError as error:
        raise error.at(f"dephasing.{qubit}.{error.path}") from None
