"""Parameters of a machine by their path: in words, as a symbol, and in the unit of a file."""

from __future__ import annotations

from collections.abc import Sequence

from entherm.about import TIME
from entherm.composition import AnyReservoir
from entherm.correlation import Correlation
from entherm.interactions import Exchange, Field, Heisenberg, Interaction, Swap
from entherm.machine import Machine
from entherm.reservoir_tables import is_absolute, spectrum_scales
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.subsystems import Subsystem
from entherm.units import NUMBER, Scale, Units

# Whose parameter it is; None: of the dephasing.
_Part = Subsystem | Interaction | AnyReservoir | None
_Told = tuple[str, str]  # in words, and as a symbol

_SUBSYSTEMS = {
    "": ("gap", r"\epsilon"),
    "gap": ("gap", r"\epsilon"),
    "frequency": ("frequency", r"\omega"),
    "anharmonicity": ("anharmonicity", "K"),
}
_RESERVOIRS = {
    "temperature": ("temperature", "T"),
    "occupation": ("occupation", "n"),
    "chemical_potential": ("chemical potential", r"\mu"),
    "correlation": ("correlation", "c"),
    "rate": ("reset rate", "p"),
}
# Words, letter, and the index beside the name of the reservoir.
_SPECTRA = {
    "reference": ("reference frequency", r"\omega", ("ref",)),
    "cutoff": ("cut-off frequency", r"\omega", ("c",)),
    "exponent": ("exponent of the spectrum", "s", ()),
    "centre": ("centre of the spectrum", r"\omega", ("0",)),
    "width": ("width of the spectrum", "w", ()),
}
_ESCAPED = "_%${}"


def scale_of(path: str, machine: Machine, units: Units) -> Scale:
    """Return how a parameter is read and printed in a file with these units.

    Parameters
    ----------
    path : str
        A parameter path of `machine`, in full or as `Machine.replace` takes it; or ``time``.
    machine : Machine
    units : Units

    Raises
    ------
    UnknownNameError
        For a path that is not there; suggests the nearest.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> scale_of("reservoirs.RC.temperature", two_qubit_machine(1, 1, 0.5), Units("cyclic")).unit
    'mK'
    """
    if path == TIME:
        return units.time
    part, key = _owner(path, machine)
    if part is None:
        return units.rate
    if isinstance(part, Subsystem | Interaction):
        return units.frequency
    spectrum = None if isinstance(part, ResetReservoir) else part.spectrum
    absolute = is_absolute(spectrum)
    kind, _, rest = key.partition(".")
    number = absolute or rest.endswith(".amplitude")
    return {
        "temperature": units.temperature,
        "chemical_potential": units.frequency,
        "couplings": NUMBER if number else units.rate,
        "rate": units.rate,
        "delays": units.time,
        "spectrum": spectrum_scales(units, absolute=absolute).get(rest, NUMBER),
    }.get(kind, NUMBER)


def long_name_of(path: str, machine: Machine) -> str:
    """Return a parameter in words, for an axis.

    Parameters
    ----------
    path : str
        As in `scale_of`.
    machine : Machine

    Raises
    ------
    UnknownNameError
        As `scale_of`.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> machine = two_qubit_machine(1.0, 1.0, 0.5)
    >>> for path in ("qubits.A", "exchange.A-B", "reservoirs.RC.couplings.A"):
    ...     print(long_name_of(path, machine))
    gap of A
    exchange of A and B
    coupling of A to RC
    """
    return _told(path, machine)[0]


def symbol_of(path: str, machine: Machine) -> str:
    r"""Return the symbol of a parameter in mathtext, without dollars around it.

    Empty where no symbol is usual, and where a name cannot be set.

    Parameters
    ----------
    path : str
        As in `scale_of`.
    machine : Machine

    Raises
    ------
    UnknownNameError
        As `scale_of`.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> machine = two_qubit_machine(1.0, 1.0, 0.5)
    >>> for path in ("qubits.A", "exchange.A-B", "reservoirs.RC.couplings.A"):
    ...     print(symbol_of(path, machine))
    \epsilon_{\mathrm{A}}
    \Omega_{\mathrm{AB}}
    \Gamma_{\mathrm{RC},\mathrm{A}}
    """
    return _told(path, machine)[1]


def _told(path: str, machine: Machine) -> _Told:
    if path == TIME:
        return TIME, "t"
    part, key = _owner(path, machine)
    if part is None:
        return f"dephasing of {key}", _symbol(r"\gamma", key)
    if isinstance(part, Subsystem):
        return _of_subsystem(part, key)
    if isinstance(part, Interaction):
        return _of_interaction(part, key)
    if key in _RESERVOIRS:
        return _named(*_RESERVOIRS[key], part.name)
    assert isinstance(part, Reservoir)  # a reset has a rate and a temperature
    return _of_reservoir(part, key, machine)


def _owner(path: str, machine: Machine) -> tuple[_Part, str]:
    """Return whose parameter a path is, and its key there; of the dephasing, the subsystem.

    By the parts and not by the dots, which names may hold too.
    """
    full = machine.full_path(path)
    parts = (*machine.subsystems, *machine.interactions, *machine.reservoirs)
    for part in parts:
        key = full.removeprefix(part.path).removeprefix(".")
        if full in (part.path, f"{part.path}.{key}") and key in part.parameters:
            return part, key
    return None, full.removeprefix("dephasing.").removesuffix(".rate")


def _of_subsystem(part: Subsystem, key: str) -> _Told:
    if key in _SUBSYSTEMS:
        return _named(*_SUBSYSTEMS[key], part.name)
    if key.startswith("levels."):
        level = key.removeprefix("levels.")
        return f"energy of level {level} of {part.name}", _symbol("E", part.name, level)
    return _named(key, "", part.name)


def _of_interaction(part: Interaction, key: str) -> _Told:
    between, indices = _listed(part.between), _indices(part.between)
    if isinstance(part, Exchange):
        return f"exchange of {between}", _symbol(r"\Omega", *indices)
    if isinstance(part, Swap):
        return f"three-body swap of {between}", _symbol("g", *indices)
    if isinstance(part, Heisenberg):
        return f"{key} coupling of {between}", _symbol(f"J^{{{key}}}", *indices)
    if isinstance(part, Field):
        return f"{key} field on {between}", _symbol(f"h^{{{key}}}", *indices)
    return _named(key, "", part.name)


def _of_reservoir(bath: Reservoir, key: str, machine: Machine) -> _Told:
    kind, _, rest = key.partition(".")
    if kind == "couplings":
        return _of_coupling(bath, rest, machine)
    if kind == "correlation":
        first, second = _pair(bath.correlated, rest)
        words = f"correlation of {first} and {second} in {bath.name}"
        return words, _symbol("c", bath.name, *_indices((first, second)))
    if kind == "delays":
        return f"delay of {rest} along {bath.name}", _symbol("t", bath.name, rest)
    if rest in _SPECTRA:
        noun, letter, index = _SPECTRA[rest]
        return f"{noun} of {bath.name}", _symbol(letter, bath.name, *index)
    return _named(f"{rest} of the spectrum", "", bath.name)


def _of_coupling(bath: Reservoir, key: str, machine: Machine) -> _Told:
    name, _, kind = key.rpartition(".")
    touched = [machine.names[site] for site in machine.coupling_operator(bath, name)[0]]
    ends = f"of {_listed(touched)} to {bath.name}"
    indices = bath.name, *_indices(touched)
    if kind == "amplitude":
        return f"coupling amplitude {ends}", _symbol("g", *indices)
    # Beside a table that is itself Γ(ω) it is a number, which no letter is usual for.
    return f"coupling {ends}", "" if is_absolute(bath.spectrum) else _symbol(r"\Gamma", *indices)


def _pair(correlated: Correlation, key: str) -> tuple[str, str]:
    return next(pair for pair in correlated.pairs if "-".join(pair) == key)


def _named(noun: str, letter: str, name: str) -> _Told:
    return f"{noun.replace('_', ' ')} of {name}", _symbol(letter, name) if letter else ""


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _indices(names: Sequence[str]) -> tuple[str, ...]:
    """Single letters as one index, AB; longer names apart."""
    return ("".join(names),) if max(map(len, names)) == 1 else tuple(names)


def _symbol(letter: str, *indices: str) -> str:
    if not all(map(_can_be_set, indices)):
        return ""
    upright = [rf"\mathrm{{{''.join(map(_set, index))}}}" for index in indices]
    return f"{letter}_{{{','.join(upright)}}}"


def _can_be_set(name: str) -> bool:
    # Letters beyond the second plane, which mathtext does not know; what is an operator to it,
    # or begins a command; and the comma, which separates indices.
    return all(
        ch in f"{_ESCAPED} -.'" or (ch.isalnum() and ord(ch) < 0x20000) for ch in name
    ) and bool(name)


def _set(character: str) -> str:
    if character == "-":
        return "–"  # mathtext would make a minus of it
    return f"\\{character}" if character in f"{_ESCAPED} " else character
