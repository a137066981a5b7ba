"""By how much a current out of a reservoir lowers its entropy."""

from __future__ import annotations

import numpy as np

from entherm.errors import ParameterError
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.thermodynamics.entropy import entropy_of_quanta

ONE_WAY = "it never gives back what it takes"


def affinity(bath: Reservoir | ResetReservoir, of: str) -> Array:
    r"""What multiplies a current in the entropy production, σ = −Σ A_ν J_ν.

    1/T of heat, and of energy without a chemical potential; ln((n + 1)/n) of the quanta of a
    reservoir known by its occupation n, or ln((1 − F)/F) of fermions.

    Parameters
    ----------
    bath : Reservoir or ResetReservoir
    of : {"heat", "energy", "quanta"}

    Raises
    ------
    ParameterError
        Where the entropy of the reservoir is no finite multiple of what is counted.

    Examples
    --------
    >>> float(affinity(Reservoir("R", 4.0, {"A": 1.0}), "heat"))
    0.25
    """
    path = f"reservoirs.{bath.name}"
    if isinstance(bath, Reservoir) and bath.temperature is None:
        if of == "quanta":
            found = entropy_of_quanta(-1.0, bath)
            if not np.all(np.isfinite(found)):
                rule = "leave room both ways for a fluctuation symmetry"
                got = float(np.asarray(bath.occupation)[~np.isfinite(found)].flat[0])
                raise ParameterError(f"{path}.occupation", rule, got, ONE_WAY)
            return found
        remedy = "count of='quanta', with which the entropy of an occupation goes"
        raise ParameterError(path, f"have a temperature to count {of} by", "an occupation", remedy)
    biased = isinstance(bath, Reservoir) and bath.has_chemical_potential
    if of == "quanta" or (of == "energy" and biased):
        told = "quanta of several energies" if of == "quanta" else "a chemical potential"
        rule, remedy = f"have an entropy that goes with its {of}", "count of='heat'"
        raise ParameterError(path, rule, told, remedy)
    temperature = np.asarray(bath.temperature)
    if np.any(temperature == 0.0):
        rule = "not be 0 for a fluctuation symmetry"
        raise ParameterError(f"{path}.temperature", rule, 0.0, ONE_WAY)
    return 1.0 / temperature
