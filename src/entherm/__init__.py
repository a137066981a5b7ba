"""entherm: autonomous quantum thermal machines, their steady states and what these are good for."""

__version__ = "0.1.0"

from entherm import interop, zoo
from entherm.about import About
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
from entherm.fluctuations.statistics import CountingStatistics, counting_statistics
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
from entherm.reduced import reduced_state, subsystem_hamiltonian
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.resources.discord import classical_correlation_of, discord_of, mutual_information_of
from entherm.resources.filtering import Filtered, filtered, level_filter
from entherm.resources.heralding import heralded
from entherm.resources.joint_measures import negativity_across
from entherm.resources.multipartite import (
    best_ghz_fidelity_of,
    best_w_fidelity_of,
    genuine_entanglement_of,
    ghz_fidelity_of,
    tripartite_negativity_of,
    w_fidelity_of,
)
from entherm.resources.nonlocality import chsh_of, correlation_matrix_of, steering_of
from entherm.resources.pair_observables import chsh, discord, steering, teleportation_fidelity
from entherm.resources.partial_transpose import logarithmic_negativity, negativity_of_cut
from entherm.resources.teleportation import fully_entangled_fraction_of, teleportation_fidelity_of
from entherm.resources.three_qubit_measures import (
    best_ghz_fidelity,
    best_w_fidelity,
    genuine_entanglement,
    ghz_fidelity,
    tripartite_negativity,
    w_fidelity,
)
from entherm.response.linear import LinearResponse, linear_response
from entherm.response.rectifiers import Rectification, differential_gain, rectification
from entherm.response.thermometry import (
    ThermometricFisher,
    quantum_fisher_information,
    thermometric_fisher,
)
from entherm.span import Span
from entherm.spectra import Flat, Lorentzian, Ohmic, Spectrum
from entherm.steady_state import SteadyState, steady_state
from entherm.subsystems import Oscillator, Qubit, Qudit
from entherm.sweeps.columns import WithAndWithout, with_and_without
from entherm.sweeps.counting import Fraction, Histogram, Mean
from entherm.sweeps.crossings import Contour
from entherm.sweeps.extrema import Maximum, Minimum
from entherm.sweeps.labelled import machine_of
from entherm.sweeps.ledger import StoreError
from entherm.sweeps.opening import open_sweep
from entherm.sweeps.progress import Progress
from entherm.sweeps.reductions import Reduction, Within
from entherm.sweeps.run import sweep
from entherm.tabulated import Tabulated
from entherm.thermodynamics.audit import Audit, audit
from entherm.thermodynamics.free_energy import (
    coherent_ergotropy_of,
    entropy_of,
    ergotropy_of,
    excess_free_energy_of,
    free_energy_of,
)
from entherm.thermodynamics.performance import Performance, performance
from entherm.thermodynamics.transition_heat import TransitionHeat, heat_by_transition
from entherm.thermodynamics.virtual_temperatures import (
    virtual_qubit_temperature,
    virtual_temperature,
)
from entherm.thermodynamics.work_content import (
    coherent_ergotropy,
    ergotropy,
    excess_free_energy,
    free_energy,
)
from entherm.two_qubit import two_qubit_machine
from entherm.units import Units
from entherm.validity import Validity

__all__ = [
    "About",
    "Audit",
    "Comparison",
    "Contour",
    "ConvergenceError",
    "CountingStatistics",
    "Coupling",
    "Decay",
    "Dephasing",
    "EnthermError",
    "Equation",
    "Evolution",
    "ExceptionalPoint",
    "Exchange",
    "Filtered",
    "Flat",
    "Fraction",
    "Global",
    "Histogram",
    "Interaction",
    "InvalidMachineError",
    "Invariants",
    "LinearResponse",
    "Local",
    "Lorentzian",
    "Machine",
    "MachineFile",
    "MachineFileError",
    "Maximum",
    "Mean",
    "Minimum",
    "NonUniqueSteadyStateError",
    "NotDifferentiableError",
    "Observable",
    "Ohmic",
    "OscillatingCoherenceError",
    "Oscillator",
    "ParameterError",
    "Performance",
    "Progress",
    "Qubit",
    "Qudit",
    "Reason",
    "Rectification",
    "Redfield",
    "Reduction",
    "Reservoir",
    "Reset",
    "ResetReservoir",
    "Span",
    "Spectrum",
    "SteadyState",
    "StoreError",
    "Tabulated",
    "TabulatedCorrelation",
    "ThermometricFisher",
    "TransitionHeat",
    "Unified",
    "Units",
    "UniversalLindblad",
    "UnknownNameError",
    "Validity",
    "WithAndWithout",
    "Within",
    "__version__",
    "audit",
    "best_ghz_fidelity",
    "best_ghz_fidelity_of",
    "best_w_fidelity",
    "best_w_fidelity_of",
    "bose_einstein",
    "chsh",
    "chsh_of",
    "classical_correlation_of",
    "coherent_ergotropy",
    "coherent_ergotropy_of",
    "compare",
    "concurrence",
    "concurrence_of",
    "correlation_matrix_of",
    "counting_statistics",
    "decay",
    "diagonalise",
    "differential_gain",
    "discord",
    "discord_of",
    "dumps",
    "entanglement_of_formation",
    "entropy_of",
    "ergotropy",
    "ergotropy_of",
    "evolve",
    "exceptional_points",
    "excess_free_energy",
    "excess_free_energy_of",
    "exchange",
    "fermi_dirac",
    "field",
    "filtered",
    "formation",
    "free_energy",
    "free_energy_of",
    "fully_entangled_fraction_of",
    "genuine_entanglement",
    "genuine_entanglement_of",
    "ghz_fidelity",
    "ghz_fidelity_of",
    "hamiltonian_term",
    "heat",
    "heat_by_transition",
    "heisenberg",
    "heralded",
    "interop",
    "invariants",
    "level_filter",
    "linear_response",
    "liouvillian",
    "load",
    "logarithmic_negativity",
    "machine_of",
    "memory_estimate",
    "mutual_information_of",
    "negativity",
    "negativity_across",
    "negativity_of_cut",
    "observe",
    "open_sweep",
    "performance",
    "product_state",
    "quanta",
    "quantum_fisher_information",
    "read",
    "rectification",
    "reduced_state",
    "save",
    "steady_state",
    "steering",
    "steering_of",
    "subsystem_hamiltonian",
    "swap",
    "sweep",
    "teleportation_fidelity",
    "teleportation_fidelity_of",
    "thermal_product",
    "thermal_state",
    "thermometric_fisher",
    "tripartite_negativity",
    "tripartite_negativity_of",
    "two_qubit_machine",
    "virtual_qubit_temperature",
    "virtual_temperature",
    "w_fidelity",
    "w_fidelity_of",
    "with_and_without",
    "zoo",
]
