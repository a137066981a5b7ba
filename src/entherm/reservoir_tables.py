"""The tables of a machine file that describe reservoirs, and the reservoirs that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from entherm.correlation import TabulatedCorrelation
from entherm.couplings import Coupling
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine_tables import as_rate, checked, inside, read_operator, require_known
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.spectra import Flat, Lorentzian, Ohmic, Spectrum
from entherm.tabulated import Tabulated
from entherm.units import DIMENSIONLESS, NUMBER, Scale, Units


@dataclass(frozen=True, kw_only=True)
class _ReservoirTable:
    temperature: object = None
    couplings: dict[str, object]
    correlation: object = 1.0
    occupation: object = None
    statistics: object = "bose"
    chemical_potential: object = None
    spectrum: object = None
    delays: dict[str, object] | None = None
    below_zero: object = "refuse"


@dataclass(frozen=True)
class _ResetTable:
    reset: str
    rate: object
    temperature: object


@dataclass(frozen=True)
class _CouplingTable:
    rate: object = None
    sign: object = 1
    amplitude: object = None
    operator: object = "lowering"


@dataclass(frozen=True)
class _FlatTable:
    kind: str


@dataclass(frozen=True)
class _OhmicTable:
    kind: str
    reference: object
    cutoff: object = None
    exponent: object = None
    shape: object = None


@dataclass(frozen=True)
class _LorentzianTable:
    kind: str
    centre: object
    width: object
    reference: object = None


@dataclass(frozen=True)
class _TabulatedTable:
    kind: str
    frequencies: object
    values: object
    reference: object = None


SPECTRA: dict[str, tuple[type[Any], type[Spectrum]]] = {
    "flat": (_FlatTable, Flat),
    "ohmic": (_OhmicTable, Ohmic),
    "lorentzian": (_LorentzianTable, Lorentzian),
    "tabulated": (_TabulatedTable, Tabulated),
}


def read_reservoir(
    name: str, entry: object, names: Sequence[str], units: Units
) -> Reservoir | ResetReservoir:
    """Return the reservoir that a table ``[reservoirs.NAME]`` means.

    Parameters
    ----------
    name : str
    entry : object
        What the file has there.
    names : sequence of str
        The subsystems.
    units : Units
        Of the file.

    Raises
    ------
    ParameterError
        For an unknown or missing key, and whatever a reservoir refuses.

    Examples
    --------
    >>> entry = {"temperature": 1.0, "couplings": {"A": {"rate": 0.1, "operator": "x"}}}
    >>> read_reservoir("R", entry, ["A"], DIMENSIONLESS).couplings["A"].operator
    'x'
    """
    where = f"reservoirs.{name}"
    if isinstance(entry, dict) and ("reset" in entry or "rate" in entry):
        return _reset(name, checked(_ResetTable, entry, where), names, units)
    table = checked(_ReservoirTable, entry, where)
    if table.temperature is None and table.occupation is None:
        remedy = "write temperature = 1.0, or occupation = 0.5 for noise of given strength"
        raise ParameterError(f"{where}.temperature", "be given", "nothing", remedy)
    if table.temperature is not None and table.occupation is not None:
        rule, got = "be left out beside a temperature", repr(table.occupation)
        raise ParameterError(f"{where}.occupation", rule, got, "keep one of the two")
    for key in table.couplings:
        parts = [key] if key in names else key.split("-")
        for part in parts:
            if part not in names:
                raise UnknownNameError(f"{where}.couplings.{key}", part, names)
    spectrum = _spectrum(table.spectrum, f"{where}.spectrum", units)
    couplings = {
        key: _coupling(value, f"{where}.couplings.{key}", units, absolute=is_absolute(spectrum))
        for key, value in table.couplings.items()
    }

    def parsed(key: str, scale: Scale) -> Array | None:
        value = getattr(table, key)
        return None if value is None else scale.parse(value, f"{where}.{key}")

    mu = parsed("chemical_potential", units.frequency)
    return Reservoir(
        name,
        parsed("temperature", units.temperature),
        couplings,
        _correlation(table.correlation, f"{where}.correlation", tuple(couplings), units),
        statistics=table.statistics,  # type: ignore[arg-type]
        chemical_potential=0.0 if mu is None else mu,
        occupation=parsed("occupation", NUMBER),
        spectrum=spectrum,
        delays=_delays(table.delays, f"{where}.delays", tuple(couplings), units),
        below_zero=table.below_zero,  # type: ignore[arg-type]
    )


def _reset(name: str, table: _ResetTable, names: Sequence[str], units: Units) -> ResetReservoir:
    where = f"reservoirs.{name}"
    if table.reset not in names:
        raise UnknownNameError(f"{where}.reset", table.reset, names)
    return ResetReservoir(
        name,
        table.reset,
        units.rate.parse(table.rate, f"{where}.rate"),
        units.temperature.parse(table.temperature, f"{where}.temperature"),
    )


def _coupling(value: object, path: str, units: Units, *, absolute: bool) -> Coupling:
    table = checked(_CouplingTable, as_rate(value), path)
    if (table.rate is None) == (table.amplitude is None):
        remedy = "write { rate = ..., sign = 1 }"
        raise ParameterError(path, "have either a rate or an amplitude", repr(value), remedy)
    sign = table.sign
    if isinstance(sign, bool) or not isinstance(sign, int):
        raise ParameterError(f"{path}.sign", "be 1 or -1", repr(sign), "write sign = -1")
    operator = read_operator(table.operator, f"{path}.operator")
    with inside(path):
        if table.amplitude is None:
            scale = NUMBER if absolute else units.rate
            return Coupling(scale.parse(table.rate, "rate"), sign, operator=operator)
        if units != DIMENSIONLESS and not absolute:
            raise ParameterError(
                "amplitude",
                "be left out of a file with [units]",
                repr(table.amplitude),
                "the root of a rate has no unit of its own; write { rate = ..., sign = 1 }",
            )
        amplitude = NUMBER.parse(table.amplitude, "amplitude")
        return Coupling(amplitude=amplitude, sign=sign, operator=operator)


def _spectrum(value: object, path: str, units: Units) -> Spectrum | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        remedy = 'write spectrum = { kind = "ohmic", reference = 10.0 }'
        raise ParameterError(path, "be a table", repr(value), remedy)
    if "kind" not in value:
        remedy = f"write kind = and one of {', '.join(map(repr, SPECTRA))}"
        raise ParameterError(f"{path}.kind", "be given", "nothing", remedy)
    if value["kind"] not in [*SPECTRA]:
        raise UnknownNameError(f"{path}.kind", value["kind"], SPECTRA)
    schema, spectrum = SPECTRA[value["kind"]]
    table = checked(schema, value, path)
    absolute = spectrum is Tabulated and table.reference is None
    scales = spectrum_scales(units, absolute=absolute)
    arguments = {k.name: getattr(table, k.name) for k in fields(schema) if k.name != "kind"}
    with inside(path):
        return spectrum(
            **{
                key: scales[key].parse(given, key) if key in scales else given
                for key, given in arguments.items()
                if given is not None
            }
        )


def spectrum_scales(units: Units, *, absolute: bool) -> dict[str, Scale]:
    """Return in what each number of a spectrum is written; `absolute` as in `is_absolute`.

    Examples
    --------
    >>> spectrum_scales(Units("cyclic"), absolute=False)["cutoff"].unit
    'GHz'
    """
    frequencies = ("reference", "cutoff", "centre", "width", "frequencies")
    return {
        **dict.fromkeys(frequencies, units.frequency),
        "exponent": NUMBER,
        "values": units.rate if absolute else NUMBER,
    }


def is_absolute(spectrum: Spectrum | None) -> bool:
    """Whether a spectrum is itself a rate Γ(ω), so that couplings are numbers that multiply it.

    Examples
    --------
    >>> is_absolute(Tabulated([0.0, 1.0], [0.0, 2.0])), is_absolute(None)
    (True, False)
    """
    return isinstance(spectrum, Tabulated) and spectrum.reference is None


def _correlation(value: object, path: str, touched: tuple[str, ...], units: Units) -> Any:
    if not isinstance(value, dict):
        return NUMBER.parse(value, path)
    columns: dict[str, Array] = {}
    spellings = [(f"{a}-{b}", f"{b}-{a}") for a, b in combinations(touched, 2)]
    for key, column in value.items():
        if key == "frequencies":
            continue
        pair = next((both for both in spellings if key in both), None)
        if pair is None:
            known = [*(both[0] for both in spellings), "frequencies"]
            raise UnknownNameError(f"{path}.{key}", key, known)
        if columns.keys() & {*pair}:
            remedy = f"{pair[0]} and {pair[1]} are one"
            raise ParameterError(f"{path}.{key}", "name each pair once", repr(key), remedy)
        columns[key] = NUMBER.parse(column, f"{path}.{key}")
    if "frequencies" not in value:
        return columns
    grid = units.frequency.parse(value["frequencies"], f"{path}.frequencies")
    with inside(path):
        return TabulatedCorrelation(grid, columns)


def _delays(
    table: dict[str, object] | None, path: str, touched: tuple[str, ...], units: Units
) -> dict[str, Array] | None:
    if table is None:
        return None
    require_known(path, table, touched)
    return {key: units.time.parse(value, f"{path}.{key}") for key, value in table.items()}
