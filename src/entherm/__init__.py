"""entherm: autonomous quantum thermal machines, their steady states and what these are good for."""

__version__ = "0.1.0"

from entherm.bohr import diagonalise
from entherm.entanglement import concurrence_of, entanglement_of_formation
from entherm.equations import Global
from entherm.errors import (
    EnthermError,
    InvalidMachineError,
    NonUniqueSteadyStateError,
    OscillatingCoherenceError,
    ParameterError,
    UnknownNameError,
)
from entherm.liouvillian import liouvillian
from entherm.machine import Machine, two_qubit_machine
from entherm.observables import Observable, concurrence, formation, heat, negativity
from entherm.plan import Reason
from entherm.reservoirs import Coupling, Reservoir, bose_einstein
from entherm.steady_state import SteadyState, steady_state
from entherm.subsystems import Dephasing, Exchange, Qubit, exchange

__all__ = [
    "Coupling",
    "Dephasing",
    "EnthermError",
    "Exchange",
    "Global",
    "InvalidMachineError",
    "Machine",
    "NonUniqueSteadyStateError",
    "Observable",
    "OscillatingCoherenceError",
    "ParameterError",
    "Qubit",
    "Reason",
    "Reservoir",
    "SteadyState",
    "UnknownNameError",
    "__version__",
    "bose_einstein",
    "concurrence",
    "concurrence_of",
    "diagonalise",
    "entanglement_of_formation",
    "exchange",
    "formation",
    "heat",
    "liouvillian",
    "negativity",
    "steady_state",
    "two_qubit_machine",
]
