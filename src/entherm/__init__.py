"""entherm: autonomous quantum thermal machines, their steady states and what these are good for."""

__version__ = "0.1.0"

from entherm import interop
from entherm.bohr import diagonalise
from entherm.comparison import Comparison, compare
from entherm.correlation import TabulatedCorrelation
from entherm.couplings import Coupling
from entherm.decay import Decay, decay
from entherm.dephasing import Dephasing
from entherm.entanglement import concurrence_of, entanglement_of_formation
from entherm.equations import (
    Equation,
    Global,
    Local,
    Redfield,
    Reset,
    Unified,
    UniversalLindblad,
)
from entherm.errors import (
    ConvergenceError,
    EnthermError,
    InvalidMachineError,
    NonUniqueSteadyStateError,
    NotDifferentiableError,
    OscillatingCoherenceError,
    ParameterError,
    UnknownNameError,
)
from entherm.evolution import Evolution, evolve
from entherm.exceptional_points import ExceptionalPoint, exceptional_points
from entherm.failures import Reason
from entherm.gradients import observe
from entherm.initial_states import product_state, thermal_product, thermal_state
from entherm.interactions import (
    Exchange,
    Interaction,
    exchange,
    field,
    hamiltonian_term,
    heisenberg,
    swap,
)
from entherm.invariants import Invariants, invariants
from entherm.liouvillian import liouvillian
from entherm.machine import Machine
from entherm.machine_file import MachineFile, MachineFileError, load, read
from entherm.machine_writer import dumps, save
from entherm.many.estimates import memory_estimate
from entherm.observables import Observable, heat, quanta
from entherm.occupation import bose_einstein, fermi_dirac
from entherm.pair_measures import concurrence, formation, negativity
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.spectra import Flat, Lorentzian, Ohmic, Spectrum
from entherm.steady_state import SteadyState, steady_state
from entherm.subsystems import Oscillator, Qubit, Qudit
from entherm.tabulated import Tabulated
from entherm.two_qubit import two_qubit_machine
from entherm.units import Units
from entherm.validity import Validity

__all__ = [
    "Comparison",
    "ConvergenceError",
    "Coupling",
    "Decay",
    "Dephasing",
    "EnthermError",
    "Equation",
    "Evolution",
    "ExceptionalPoint",
    "Exchange",
    "Flat",
    "Global",
    "Interaction",
    "InvalidMachineError",
    "Invariants",
    "Local",
    "Lorentzian",
    "Machine",
    "MachineFile",
    "MachineFileError",
    "NonUniqueSteadyStateError",
    "NotDifferentiableError",
    "Observable",
    "Ohmic",
    "OscillatingCoherenceError",
    "Oscillator",
    "ParameterError",
    "Qubit",
    "Qudit",
    "Reason",
    "Redfield",
    "Reservoir",
    "Reset",
    "ResetReservoir",
    "Spectrum",
    "SteadyState",
    "Tabulated",
    "TabulatedCorrelation",
    "Unified",
    "Units",
    "UniversalLindblad",
    "UnknownNameError",
    "Validity",
    "__version__",
    "bose_einstein",
    "compare",
    "concurrence",
    "concurrence_of",
    "decay",
    "diagonalise",
    "dumps",
    "entanglement_of_formation",
    "evolve",
    "exceptional_points",
    "exchange",
    "fermi_dirac",
    "field",
    "formation",
    "hamiltonian_term",
    "heat",
    "heisenberg",
    "interop",
    "invariants",
    "liouvillian",
    "load",
    "memory_estimate",
    "negativity",
    "observe",
    "product_state",
    "quanta",
    "read",
    "save",
    "steady_state",
    "swap",
    "thermal_product",
    "thermal_state",
    "two_qubit_machine",
]
