"""What is written at each part of the wiring diagram of a machine.

Numbers stand where they belong, or labels instead of them; an interaction is spelled as it stands
in the Hamiltonian, and what is as usual is not said: σ₋, bosons, a flat spectrum.
`entherm.schematic_layout` measures these texts, `entherm.schematic` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from entherm.composition import AnyReservoir
from entherm.correlation import TabulatedCorrelation
from entherm.errors import UnknownNameError
from entherm.interactions import Exchange, Field, Heisenberg, Interaction, Swap
from entherm.machine import Machine
from entherm.operators import Operator
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.subsystems import Oscillator, Qubit, Qudit, Subsystem

# Up to so many levels of a qudit have a line and an energy each; of more, the range is told.
MOST_LEVELS = 6

# In mathtext, as the fonts for print have no subscripts of their own.
_SYMBOLS = {"x": r"$\sigma_x$", "y": r"$\sigma_y$", "z": r"$\sigma_z$", "number": "$n$"}
_LARGER = {"x": "$X$", "y": "$Y$", "z": "$Z$"}
_SPECTRA = {"ohmic": "Ohmic", "lorentzian": "Lorentzian", "tabulated": "tabulated"}


@dataclass(frozen=True)
class Wording:
    """What is written at each part of a machine.

    Attributes
    ----------
    labels : mapping of str to str
        Replacements, by name or by parameter path.
    unit : str
        Follows every number that is not replaced.
    """

    machine: Machine
    labels: Mapping[str, str]
    unit: str

    def __post_init__(self) -> None:
        baths = [bath.name for bath in self.machine.reservoirs]
        joined = [item.name for item in self.machine.interactions]
        known = [*self.machine.names, *baths, *joined, *self.machine.parameters]
        for key in self.labels:
            if key not in known:
                raise UnknownNameError("labels", key, known)

    def name(self, name: str) -> str:
        """Name of a subsystem or reservoir."""
        return self.labels.get(name, name)

    def number(self, path: str, symbol: str, value: Array, unit: str | None = None) -> str:
        """``symbol = value``, or the range of an array."""
        if path in self.labels:
            return self.labels[path]
        unit = self.unit if unit is None else unit
        return f"{symbol} = {_range(value)} {unit}".rstrip()

    def subsystem(self, part: Subsystem) -> list[str]:
        """Lines inside a subsystem, the name first; without those of `levels`."""
        of = part.parameters
        lines = [self.name(part.name)]
        if isinstance(part, Qubit):
            return [*lines, self.number(part.path, "ε", part.gap)]
        if isinstance(part, Oscillator):
            lines.append(self.number(f"{part.path}.frequency", "ω", of["frequency"]))
            if np.any(of["anharmonicity"]):
                lines.append(self.number(f"{part.path}.anharmonicity", "K", of["anharmonicity"]))
        elif "gap" in of:
            lines.append(self.number(f"{part.path}.gap", "ε", of["gap"]))
        elif self.levels(part):
            return lines
        else:
            every = np.concatenate([np.ravel(energy) for energy in part.energies])
            lines.append(self.number(part.path, "E", every))
        return [*lines, f"{part.dimension} levels"]

    def levels(self, part: Subsystem) -> list[tuple[float, str]]:
        """Height and text of every level of a small qudit with energies of its own, rising."""
        if not isinstance(part, Qudit) or "gap" in part.parameters or part.dimension > MOST_LEVELS:
            return []
        texts = [
            (float(energy.mean()), self.number(f"{part.path}.{key}", _energy_symbol(key), energy))
            for key, energy in part.parameters.items()
        ]
        return sorted(texts, key=lambda level: level[0])

    def link(self, items: tuple[Interaction, ...]) -> list[str]:
        """Lines at what joins two subsystems, names that were given on top."""
        given = {item.name: self.labels[item.name] for item in items if item.name in self.labels}
        return [*given.values(), *(line for item in items for line in self._strengths(item))]

    def _strengths(self, item: Interaction) -> list[str]:
        if isinstance(item, Exchange):
            return [self.number(f"{item.path}.strength", "Ω", item.strength)]
        if isinstance(item, Heisenberg):
            return self._pauli_sum(item, {key: key.upper() for key in item.parameters})
        return [self.term(item)]

    def term(self, item: Interaction) -> str:
        """``name, g = strength`` of any other interaction."""
        word = "swap" if isinstance(item, Swap) else self.name(item.name)
        path = f"{item.path}.strength"
        if path not in self.labels and np.all(item.strength == 1.0):
            return word
        return f"{word}, {self.number(path, 'g', item.strength)}"

    def alone(self, name: str) -> list[str]:
        """Fields and terms on a single subsystem, a line each."""
        lines = []
        for item in self.machine.interactions:
            if item.between != (name,):
                continue
            if isinstance(item, Field):
                symbols = {key: self.operator(key, name) for key in item.parameters}
                lines.append(" ".join(self._pauli_sum(item, symbols)))
            else:
                lines.append(self.term(item))
        return lines

    def _pauli_sum(self, item: Interaction, symbols: Mapping[str, str]) -> list[str]:
        """E.g. ``0.1 (XX + YY)`` and ``− 0.05 ZZ``: equal strengths share a line."""
        groups: list[tuple[str, list[str]]] = []
        for key, strength in item.parameters.items():
            path = f"{item.path}.{key}"
            value = self.labels.get(path) or f"{_range(strength)} {self.unit}".rstrip()
            if groups and groups[-1][0] == value:
                groups[-1][1].append(symbols[key])
            else:
                groups.append((value, [symbols[key]]))
        lines = []
        for place, (value, letters) in enumerate(groups):
            word = letters[0] if len(letters) == 1 else f"({' + '.join(letters)})"
            minus = place > 0 and value.startswith("−")
            sign = "" if place == 0 else "− " if minus else "+ "
            lines.append(f"{sign}{value.removeprefix('−') if minus else value} {word}")
        return lines

    def operator(self, operator: str | Operator, name: str) -> str:
        """Symbol of an operator on one subsystem; "V" for a matrix."""
        if not isinstance(operator, str):
            return "$V$"
        if operator in _LARGER and not isinstance(self._part(name), Qubit):
            return _LARGER[operator]
        return _SYMBOLS.get(operator, operator.replace(">", "⟩").replace("<", "⟨"))

    def raising(self, name: str, *, lowering: bool) -> str:
        """Symbol of the ladder operator of a subsystem."""
        part = self._part(name)
        if isinstance(part, Qubit):
            return r"$\sigma_-$" if lowering else r"$\sigma_+$"
        letter = "a" if isinstance(part, Oscillator) else "L"
        return f"${letter}$" if lowering else rf"${letter}^\dagger$"

    def _part(self, name: str) -> Subsystem:
        return self.machine.subsystems[self.machine.site(name)]

    def reservoir(self, bath: AnyReservoir) -> list[str]:
        """Lines inside a reservoir."""
        lines = [self.name(bath.name)]
        if bath.temperature is not None:
            lines.append(self.number(f"{bath.path}.temperature", "T", bath.temperature))
        if isinstance(bath, ResetReservoir):
            return [*lines, "resets"]
        if bath.occupation is not None:
            lines.append(self.number(f"{bath.path}.occupation", "n", bath.occupation, ""))
        if bath.has_chemical_potential:
            path = f"{bath.path}.chemical_potential"
            lines.append(self.number(path, "μ", bath.chemical_potential))
        if bath.statistics == "fermi":
            lines.append("fermions")
        if bath.spectrum.kind in _SPECTRA:
            lines.append(_SPECTRA[bath.spectrum.kind])
        return [*lines, *self._correlation(bath)]

    def _correlation(self, bath: Reservoir) -> list[str]:
        between, path = bath.correlation, f"{bath.path}.correlation"
        if len(bath.couplings) < 2:
            return []
        if isinstance(between, TabulatedCorrelation):
            return ["c(ω)"]
        if isinstance(between, Mapping):
            return [self.number(f"{path}.{k}", f"c({k})", v, "") for k, v in between.items()]
        if path in self.labels or np.any(between != 1.0):
            return [self.number(path, "c", between, "")]
        return []

    def legs(self, bath: AnyReservoir) -> dict[str, list[str]]:
        """What stands beside each line from a reservoir to a subsystem."""
        if isinstance(bath, ResetReservoir):
            return {bath.on: [self.number(f"{bath.path}.rate", "p", bath.rate)]}
        found: dict[str, list[str]] = {}
        for key in bath.couplings:
            sites, _ = self.machine.coupling_operator(bath, key)
            names = [self.machine.names[site] for site in sites]
            for name in names:
                found.setdefault(name, [])
            found[names[0]].append(self._coupling(bath, key, names))
        return found

    def _coupling(self, bath: Reservoir, key: str, names: list[str]) -> str:
        """Rate or amplitude; a negative sign is part of it, and what is not σ₋."""
        coupling = bath.coupling(key)
        path = f"{bath.path}.couplings.{key}"
        if coupling.by_amplitude:
            text = self.number(f"{path}.amplitude", "g", coupling.amplitude)
        else:
            sign = " (−)" if coupling.sign < 0 else ""
            text = self.number(f"{path}.rate", "Γ", coupling.rate) + sign
        if not isinstance(coupling.operator, str) or coupling.operator != "lowering":
            text += f", {self.operator(coupling.operator, names[0])}"
        if len(names) > 1:
            text += f" on {', '.join(map(self.name, names))}"
        delays = bath.correlated.delays
        if key in delays:
            text += f", {self.number(f'{bath.path}.delays.{key}', 't', delays[key], '')}"
        return text

    def dephasing(self, name: str) -> str:
        """What stands at a dephased subsystem; nothing where the rate vanishes."""
        dephasing = self.machine.dephasing.get(name)
        if dephasing is None or not dephasing.rate.any():
            return ""
        return self.number(f"dephasing.{name}.rate", "γ", dephasing.rate)


def _range(value: Array) -> str:
    low, high = f"{value.min():.3g}", f"{value.max():.3g}"
    return (low if low == high else f"{low}…{high}").replace("-", "−")


def _energy_symbol(key: str) -> str:
    return f"$E_{{{key.removeprefix('levels.')}}}$"
