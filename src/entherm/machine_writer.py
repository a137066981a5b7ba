"""A machine as the text of a machine file, which `machine_file` reads back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from entherm.correlation import TabulatedCorrelation
from entherm.couplings import Coupling
from entherm.errors import ParameterError
from entherm.interactions import Field, Interaction, Term
from entherm.machine import Machine
from entherm.machine_file import MachineFile, require_path
from entherm.machine_schema import INTERACTIONS
from entherm.operators import Operator
from entherm.parameters import Array
from entherm.reservoir_tables import SPECTRA, is_absolute, spectrum_scales
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.spectra import Flat, Ohmic, Spectrum
from entherm.subsystems import Qubit, Qudit, Subsystem
from entherm.units import DIMENSIONLESS, NUMBER, Scale, Units


def save(
    machine: Machine | MachineFile, path: str | os.PathLike[str], units: Units | None = None
) -> None:
    """Write a machine into a file that `load` reads back.

    Parameters
    ----------
    machine : Machine or MachineFile
    path : path-like
        An existing file is replaced.
    units : Units, optional
        As in `dumps`.

    Examples
    --------
    >>> import tempfile
    >>> from entherm.machine_file import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     machine = load("examples/two_qubit.toml")
    ...     save(machine, f"{folder}/copy.toml")
    ...     load(f"{folder}/copy.toml").hash == machine.hash
    True
    """
    text = dumps(machine, units)
    target = Path(require_path(path))
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)  # whole or not at all


def dumps(machine: Machine | MachineFile, units: Units | None = None) -> str:
    """Return the text of a file that describes `machine`.

    Parameters
    ----------
    machine : Machine or MachineFile
        Of what was read from a file, name, description and ``[about]`` are written too.
    units : Units, optional
        Dimensionless: the file gives back an equal machine, bit for bit. Physical: `machine` is
        taken to be in units of 10⁹ rad/s, and comes back to within the rounding of a conversion.
        Left out: those of the file that it was read from, dimensionless without one.

    Raises
    ------
    ParameterError
        For a coupling given by its amplitude, which has no physical unit, and for a kind of
        interaction or spectrum that the format does not know.

    Examples
    --------
    >>> from entherm.subsystems import Qubit
    >>> print(dumps(Machine([Qubit("A", 2.0)]), Units("angular")))
    [units]
    frequency = "angular"
    <BLANKLINE>
    [qubits]
    A = "2.0 GHz"
    <BLANKLINE>
    """
    source = machine if isinstance(machine, MachineFile) else None
    found = machine.machine if isinstance(machine, MachineFile) else machine
    written = (DIMENSIONLESS if source is None else source.units) if units is None else units
    for path, value, kind in (("machine", found, Machine), ("units", written, Units)):
        if not isinstance(value, kind):
            rule, remedy = f"be a {kind.__name__}", "make one, or read it from a file"
            raise ParameterError(path, rule, repr(value), remedy)
    lines = [*_blocks(found, written)]
    if source is not None:
        lines = [*_titles(source), *lines, *_about(source, written)]
    return "\n".join(lines)


def _titles(source: MachineFile) -> Iterator[str]:
    for key, text in (("name", source.name), ("description", source.description)):
        if text:
            yield f"{key} = {_quoted(text)}\n"


def _about(source: MachineFile, units: Units) -> Iterator[str]:
    about = {key: text for key, text in source.about.texts.items() if text}
    if about:
        yield "[about]"
        yield from (f"{key} = {_quoted(text)}" for key, text in about.items())
        yield ""
    if (figure := source.about.figure) is not None:
        ends = (figure.values.start, figure.values.stop)
        if units != source.units and any(isinstance(end, str) for end in ends):
            rule, remedy = f"be the file's own, {source.units}", "leave them out"
            raise ParameterError("units", f"{rule}, as its figure is spelled in", units, remedy)
        first, last = (_quoted(e) if isinstance(e, str) else repr(e) for e in ends)
        values = {"from": first, "to": last, "points": str(figure.values.points)}
        scale = {} if figure.values.scale == "linear" else {"scale": _quoted(figure.values.scale)}
        yield "[about.figure]"
        yield f"axis = {_listed(figure.axis)}"
        yield f"values = {_table(values | scale)}"
        yield f"observe = {_listed(figure.observe)}"
        yield from [f"label = {_quoted(figure.label)}"] * bool(figure.label)
        yield ""


def _blocks(machine: Machine, units: Units) -> Iterator[str]:
    kinds = list(dict.fromkeys(part.kind for part in machine.subsystems))
    by_table = [s.name for kind in kinds for s in machine.subsystems if s.kind == kind]
    if by_table != [*machine.names]:
        yield f"order = {_listed(machine.names)}\n"
    if units != DIMENSIONLESS:
        yield f'[units]\nfrequency = "{units.convention}"\n'
    for kind in kinds:
        yield from _subsystems([s for s in machine.subsystems if s.kind == kind], units)
    for item in machine.interactions:
        yield from _interaction(item, units)
    for bath in machine.reservoirs:
        yield f"[reservoirs.{_key(bath.name)}]"
        yield from _reset(bath, units) if isinstance(bath, ResetReservoir) else _bath(bath, units)
        yield ""
    if machine.dephasing:
        yield "[dephasing]"
        for name, dephasing in machine.dephasing.items():
            yield f"{_key(name)} = {_value(dephasing.rate, units.rate)}"
        yield ""


def _subsystems(parts: Sequence[Subsystem], units: Units) -> Iterator[str]:
    """Write those of one kind."""
    if isinstance(parts[0], Qubit):
        yield "[qubits]"
        for part in parts:
            yield f"{_key(part.name)} = {_value(part.parameters[''], units.frequency)}"
        yield ""
        return
    for part in parts:
        yield f"[{part.kind}.{_key(part.name)}]"
        values = {k: _value(v, units.frequency) for k, v in part.parameters.items()}
        if isinstance(part, Qudit) and "gap" not in values:
            yield f"levels = [{', '.join(values[f'levels.{n}'] for n in range(part.dimension))}]\n"
            continue
        yield from (f"{key} = {value}" for key, value in values.items())
        yield f"dimension = {part.dimension}\n"


def _interaction(item: Interaction, units: Units) -> Iterator[str]:
    if item.kind not in INTERACTIONS:
        raise _unspelled(item.path, item, INTERACTIONS)
    yield f"[[{item.kind}]]"
    if isinstance(item, Term):
        yield f"name = {_quoted(item.name)}\non = {_listed(item.between)}"
        yield f"operator = {_matrix(item.operator)}"
    elif isinstance(item, Field):
        yield f"on = {_quoted(item.name)}"
    else:
        yield f"between = {_listed(item.between)}"
    for key, strength in item.parameters.items():
        yield f"{key} = {_value(strength, units.frequency)}"
    yield ""


def _reset(bath: ResetReservoir, units: Units) -> Iterator[str]:
    yield f"reset = {_quoted(bath.on)}"
    yield f"rate = {_value(bath.rate, units.rate)}"
    yield f"temperature = {_value(bath.temperature, units.temperature)}"


def _bath(bath: Reservoir, units: Units) -> Iterator[str]:
    if bath.temperature is not None:
        yield f"temperature = {_value(bath.temperature, units.temperature)}"
    if bath.occupation is not None:
        yield f"occupation = {_value(bath.occupation, NUMBER)}"
    absolute = is_absolute(bath.spectrum)
    couplings = {k: _coupling(c, units, absolute=absolute) for k, c in bath.couplings.items()}
    yield f"couplings = {_table(couplings)}"
    table = isinstance(bath.correlation, TabulatedCorrelation)
    if table or len(bath.couplings) > 1:  # of a single one a number means nothing
        yield f"correlation = {_correlation(bath.correlation, units)}"
    if bath.statistics != "bose":
        yield f"statistics = {_quoted(bath.statistics)}"
    if bath.has_chemical_potential:
        yield f"chemical_potential = {_value(bath.chemical_potential, units.frequency)}"
    if not isinstance(bath.spectrum, Flat):
        yield f"spectrum = {_spectrum(bath.spectrum, units)}"
    if delays := bath.correlated.delays:
        yield f"delays = {_table({k: _value(t, units.time) for k, t in delays.items()})}"
    if bath.below_zero != "refuse":
        yield f"below_zero = {_quoted(bath.below_zero)}"


def _coupling(coupling: Coupling, units: Units, *, absolute: bool) -> str:
    if coupling.by_amplitude:
        if units != DIMENSIONLESS and not absolute:
            raise ParameterError(
                "amplitude",
                "be replaced by a rate before it is written with units",
                coupling.amplitude,
                "make the coupling as Coupling(rate=..., sign=...)",
            )
        entries = {"amplitude": _value(coupling.amplitude, NUMBER)}
    else:
        entries = {"rate": _value(coupling.rate, NUMBER if absolute else units.rate)}
    if coupling.sign != 1:
        entries["sign"] = str(coupling.sign)
    operator = coupling.operator
    if not isinstance(operator, str):
        entries["operator"] = _matrix(operator)
    elif operator != "lowering":
        entries["operator"] = _quoted(operator)
    return entries["rate"] if [*entries] == ["rate"] else _table(entries)


def _correlation(between: Any, units: Units) -> str:
    if isinstance(between, TabulatedCorrelation):
        columns = {pair: _value(column, NUMBER) for pair, column in between.values.items()}
        return _table({"frequencies": _value(between.frequencies, units.frequency)} | columns)
    if isinstance(between, Mapping):
        return _table({pair: _value(value, NUMBER) for pair, value in between.items()})
    return _value(between, NUMBER)


def _spectrum(spectrum: Spectrum, units: Units) -> str:
    # One of one's own may have been made of entherm's, and keep the word for it.
    if spectrum.kind not in SPECTRA or type(spectrum) is not SPECTRA[spectrum.kind][1]:
        raise _unspelled("spectrum", spectrum, SPECTRA)
    scales = spectrum_scales(units, absolute=is_absolute(spectrum))
    entries = {"kind": _quoted(spectrum.kind)}
    for key, scale in scales.items():
        value = getattr(spectrum, key, None)
        if value is not None:
            entries[key] = _value(value, scale)
    if isinstance(spectrum, Ohmic):
        entries["shape"] = _quoted(spectrum.shape)
    return _table(entries)


def _unspelled(path: str, part: object, kinds: Iterable[str]) -> ParameterError:
    rule = f"be of a kind that a file can spell: {', '.join(kinds)}"
    return ParameterError(path, rule, repr(part), "keep your own kinds in code")


def _table(entries: Mapping[str, str]) -> str:
    each = ", ".join(f"{_key(key)} = {value}" for key, value in entries.items())
    return f"{{ {each} }}" if each else "{}"


def _matrix(operator: Operator) -> str:
    def spelled(entry: float | complex) -> str:
        real = isinstance(entry, float) or repr(entry.imag) == "0.0"
        return repr(entry.real) if real else _quoted(repr(entry).strip("()"))

    rows = (f"[{', '.join(map(spelled, row))}]" for row in operator.tolist())
    return f"[{', '.join(rows)}]"


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _value(array: Array, scale: Scale) -> str:
    def spelled(node: float | list[Any]) -> str:
        if isinstance(node, list):
            return f"[{', '.join(map(spelled, node))}]"
        if not scale.unit:
            return repr(node)
        # "30.0 mK", not "30.000000000000004 mK", where that is what reads back as the number.
        shown = float(scale.show(node))
        short = f"{float(f'{shown:.15g}')!r} {scale.unit}"
        return _quoted(short if scale.parse(short, "") == node else f"{shown!r} {scale.unit}")

    return spelled(array.tolist())


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, which also asks for one at DEL
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
