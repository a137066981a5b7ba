"""What a reservoir is, in the units of a file: one entry of the JSON of `entherm solve`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from entherm import (
    Coupling,
    Machine,
    ParameterError,
    Reservoir,
    ResetReservoir,
    TabulatedCorrelation,
    Units,
)
from entherm.cli.output import shown
from entherm.parameters import Array
from entherm.reservoir_tables import is_absolute, spectrum_scales
from entherm.spectra import Spectrum
from entherm.units import DIMENSIONLESS, NUMBER, relaxation_time

# Through these operators a first excited state relaxes at twice the rate of the coupling.
RELAXING = ("lowering", "x", "y")


def reservoir_entry(
    machine: Machine, bath: Reservoir | ResetReservoir, units: Units
) -> dict[str, Any]:
    """Return what a reservoir is, with its rates in 1/s and the T₁ that they mean.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> machine = two_qubit_machine(1.0, 1.0, 0.5, T_C=0.1)
    >>> entry = reservoir_entry(machine, machine.reservoir("RC"), DIMENSIONLESS)
    >>> float(entry["temperature"]), entry["couplings"]["A"]["operator"]
    (0.1, 'lowering')
    """
    if isinstance(bath, ResetReservoir):
        return {
            "temperature": shown(units.temperature, bath.temperature),
            "reset": {"on": bath.on, "rate": shown(units.rate, bath.rate)},
        }
    warmth = bath.temperature
    rate = NUMBER if is_absolute(bath.spectrum) else units.rate
    delays = {k: shown(units.time, t) for k, t in bath.correlated.delays.items()}
    return {
        "temperature": None if warmth is None else shown(units.temperature, warmth),
        "occupation": bath.occupation,
        "statistics": bath.statistics,
        "chemical_potential": shown(units.frequency, bath.chemical_potential),
        "spectrum": _spectrum(bath.spectrum, units),
        "correlation": _correlation(bath.correlation, units),
        "delays": delays,
        "couplings": {
            name: {
                "rate": shown(rate, coupling.rate),
                **times_meant(units, "T1", _decay(machine, bath, name)),
                "sign": -1 if np.any(coupling.amplitude < 0) else 1,
                "operator": _operator(coupling),
            }
            for name, coupling in bath.couplings.items()
        },
    }


def _decay(machine: Machine, bath: Reservoir, name: str) -> Array | None:
    """Γ f at the lowest gap of a subsystem that relaxes through this coupling, else None."""
    operator = bath.coupling(name).operator
    if name not in machine.names or not isinstance(operator, str):
        return None
    excited, ground = machine.subsystems[machine.site(name)].energies[-2:]
    if operator not in RELAXING or np.any(excited <= ground):
        return None
    try:
        density = bath.spectrum.density(excited - ground)
    except ParameterError:  # a table that ends below the bare gap
        return None
    return np.asarray(bath.coupling(name).rate * density)


def times_meant(units: Units, name: str, rate: Array | None) -> dict[str, object]:
    """Return the time that a rate means, in a file with units; None where it means none.

    Examples
    --------
    >>> times_meant(DIMENSIONLESS, "T1", None)
    {}
    """
    if units == DIMENSIONLESS:
        return {}
    return {name: None if rate is None else shown(units.time, relaxation_time(rate))}


def _spectrum(spectrum: Spectrum, units: Units) -> dict[str, object]:
    scales = spectrum_scales(units, absolute=False)
    numbers = {key: shown(scales[key], value) for key, value in spectrum.parameters.items()}
    return {"kind": spectrum.kind, **numbers}


def _correlation(between: Any, units: Units) -> object:
    if isinstance(between, TabulatedCorrelation):
        return {"frequencies": shown(units.frequency, between.frequencies), **between.values}
    return dict(between) if isinstance(between, Mapping) else between


def _operator(coupling: Coupling) -> object:
    operator = coupling.operator
    if isinstance(operator, str):
        return operator
    # JSON has no complex numbers: real parts, or pairs of real and imaginary part.
    rows = np.stack([operator.real, operator.imag], -1) if np.iscomplexobj(operator) else operator
    return rows.tolist()
