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
from entherm.failures import Reason
from entherm.liouvillian import liouvillian
from entherm.machine import Machine
from entherm.machine_file import MachineFile, MachineFileError, load, read
from entherm.machine_writer import dumps, save
from entherm.observables import Observable, concurrence, formation, heat, negativity
from entherm.reservoirs import Coupling, Reservoir, bose_einstein
from entherm.steady_state import SteadyState, steady_state
from entherm.subsystems import Dephasing, Exchange, Qubit, exchange
from entherm.two_qubit import two_qubit_machine
from entherm.units import Units
from entherm.validity import Validity

__all__ = [
    "Coupling",
    "Dephasing",
    "EnthermError",
    "Exchange",
    "Global",
    "InvalidMachineError",
    "Machine",
    "MachineFile",
    "MachineFileError",
    "NonUniqueSteadyStateError",
    "Observable",
    "OscillatingCoherenceError",
    "ParameterError",
    "Qubit",
    "Reason",
    "Reservoir",
    "SteadyState",
    "Units",
    "UnknownNameError",
    "Validity",
    "__version__",
    "bose_einstein",
    "concurrence",
    "concurrence_of",
    "diagonalise",
    "dumps",
    "entanglement_of_formation",
    "exchange",
    "formation",
    "heat",
    "liouvillian",
    "load",
    "negativity",
    "read",
    "save",
    "steady_state",
    "two_qubit_machine",
]
