"""Measures of three qubits of a solved machine: nearness to W and GHZ, entanglement of all."""

from __future__ import annotations

from dataclasses import dataclass

from entherm.checks import require_distinct, require_name
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.reduced_observables import JointObservable
from entherm.resources.multipartite import (
    best_ghz_fidelity_of,
    best_w_fidelity_of,
    genuine_entanglement_of,
    ghz_fidelity_of,
    tripartite_negativity_of,
    w_fidelity_of,
)

THREE_QUBIT_MEASURES = {
    "W fidelity": w_fidelity_of,
    "best W fidelity": best_w_fidelity_of,
    "GHZ fidelity": ghz_fidelity_of,
    "best GHZ fidelity": best_ghz_fidelity_of,
    "tripartite negativity": tripartite_negativity_of,
    "genuine entanglement": genuine_entanglement_of,
}


@dataclass(frozen=True)
class ThreeQubits(JointObservable):
    """A measure of three qubits.

    Attributes
    ----------
    measure : str
        Which one, among `THREE_QUBIT_MEASURES`.
    """

    measure: str
    first: str
    second: str
    third: str

    def __post_init__(self) -> None:
        for name in self.names:
            require_name(name, "three qubits")
        require_distinct("three qubits", self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """All three."""
        return self.first, self.second, self.third

    def require(self, machine: Machine) -> None:
        """Refuse what has other than two levels."""
        for name in self.names:
            size = machine.dimensions[machine.site(name)]
            if size != 2:
                rule, got = "name three qubits", f"'{name}' with {size} levels"
                remedy = "negativity_across is defined for any dimension"
                raise ParameterError("three qubits", rule, got, remedy)

    def of_matrix(self, rho: Array) -> Array:
        """Return the measure of density matrices."""
        return THREE_QUBIT_MEASURES[self.measure](rho)

    @property
    def label(self) -> str:
        """e.g. ``W fidelity A-B-C``."""
        return f"{self.measure} {'-'.join(self.names)}"


def w_fidelity(first: str, second: str, third: str) -> Observable:
    """Observable: fidelity of three qubits with the W state.

    See `entherm.resources.multipartite.w_fidelity_of`.

    Examples
    --------
    >>> w_fidelity("A", "B", "C").label
    'W fidelity A-B-C'
    """
    return ThreeQubits("W fidelity", first, second, third)


def best_w_fidelity(first: str, second: str, third: str) -> Observable:
    """Observable: fidelity of three qubits with the W state, phases of the qubits left free.

    See `entherm.resources.multipartite.best_w_fidelity_of`.

    Examples
    --------
    >>> best_w_fidelity("A", "B", "C").label
    'best W fidelity A-B-C'
    """
    return ThreeQubits("best W fidelity", first, second, third)


def ghz_fidelity(first: str, second: str, third: str) -> Observable:
    """Observable: fidelity of three qubits with the GHZ state.

    See `entherm.resources.multipartite.ghz_fidelity_of`.

    Examples
    --------
    >>> ghz_fidelity("A", "B", "C").label
    'GHZ fidelity A-B-C'
    """
    return ThreeQubits("GHZ fidelity", first, second, third)


def best_ghz_fidelity(first: str, second: str, third: str) -> Observable:
    """Observable: fidelity of three qubits with the GHZ state, its phase left free.

    See `entherm.resources.multipartite.best_ghz_fidelity_of`.

    Examples
    --------
    >>> best_ghz_fidelity("A", "B", "C").label
    'best GHZ fidelity A-B-C'
    """
    return ThreeQubits("best GHZ fidelity", first, second, third)


def tripartite_negativity(first: str, second: str, third: str) -> Observable:
    """Observable: geometric mean of the negativities of the three cuts of three qubits.

    See `entherm.resources.multipartite.tripartite_negativity_of`.

    Examples
    --------
    >>> tripartite_negativity("A", "B", "C").label
    'tripartite negativity A-B-C'
    """
    return ThreeQubits("tripartite negativity", first, second, third)


def genuine_entanglement(first: str, second: str, third: str) -> Observable:
    """Observable: excess of three qubits over what biseparable states reach; positive: genuine.

    See `entherm.resources.multipartite.genuine_entanglement_of`.

    Examples
    --------
    >>> genuine_entanglement("A", "B", "C").label
    'genuine entanglement A-B-C'
    """
    return ThreeQubits("genuine entanglement", first, second, third)
