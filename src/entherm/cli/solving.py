"""A machine file solved: read, checked, its steady state found."""

from __future__ import annotations

from math import prod

import numpy as np

from entherm import (
    EnthermError,
    Equation,
    InvalidMachineError,
    Machine,
    MachineFile,
    NonUniqueSteadyStateError,
    OscillatingCoherenceError,
    ParameterError,
    SteadyState,
    read,
    steady_state,
)
from entherm.cli.equations import equation_of, in_words
from entherm.cli.solution import Solution, all_qubits
from entherm.initial_states import ket_spelled, spelled_state
from entherm.superoperator import Matrix

# 6 qubits take about ten seconds; every qubit more takes some eight times as long.
MOST_QUBITS, MOST_LEVELS = 6, 128


def solve(
    path: str, initial: str | None = None, equation: str | None = None, shift: str = "absorbed"
) -> Solution:
    """Read a machine file and solve it.

    Parameters
    ----------
    path : str
        A machine file with one machine in it.
    initial : str, optional
        Where to start if the steady state is not unique, as `entherm.initial_states.spelled_state`
        reads it: ``"10"``, ``"01+10"``, ``"thermal"``. Left out: what the file's ``[about]`` says.
    equation : str, optional
        One of `entherm.equation_words.EQUATIONS`. Left out: that of ``[about]``, else global.
    shift : {"absorbed", "explicit"}
        The Lamb shift.

    Raises
    ------
    MachineFileError
        For whatever is wrong with the file, or with its machine; names the line where it can.
    ParameterError
        For an `equation` or `shift` that is none, and an `initial` that is no ket of this machine.

    Examples
    --------
    >>> round(solve("examples/two_qubit.toml").as_dict()["concurrence"]["A-B"], 4)
    0.0993
    """
    source = read(path)
    rule = equation_of(equation or source.about.equation or "global", shift)
    start = None if initial is None else spelled_state(initial, source.machine, "--initial")
    try:
        if start is None and source.about.initial:
            initial = source.about.initial
            start = spelled_state(initial, source.machine, "about.initial")
        require_one_machine(source.machine)
        if start is None:
            require_reservoirs(source.machine)
        state, unique = _steady_state(source.machine, rule, start)
    except EnthermError as error:
        raise located(source, error) from error
    return Solution(source, state, unique, initial)


def located(source: MachineFile, error: EnthermError) -> EnthermError:
    """Return an error with file and line, in the words of the command line.

    Examples
    --------
    >>> source = read("examples/two_qubit.toml")
    >>> str(located(source, EnthermError("It cannot be.")))
    'examples/two_qubit.toml: It cannot be.'
    """
    told = error
    if isinstance(error, NonUniqueSteadyStateError):
        told = error.retold(with_ket(str(error), source.machine))
    elif isinstance(error, OscillatingCoherenceError):
        message = str(error).replace("Argument 'initial'", "--initial")
        told = OscillatingCoherenceError(message, error.frequencies)
    elif isinstance(error, ParameterError) and error.path == "equation":
        rule, value, remedy = map(in_words, (error.rule, str(error.value), error.remedy))
        told = ParameterError("--equation", rule, value, remedy)
    elif isinstance(error, ParameterError):
        told = ParameterError(error.path, in_words(error.rule), error.value, in_words(error.remedy))
    return source.locate(told)


def with_ket(text: str, machine: Machine) -> str:
    """Return a text that tells how the command line is told an initial state.

    Examples
    --------
    >>> with_ket("start with initial=...", read("examples/two_qubit.toml").machine)
    'start with --initial 10 (a bare ket)'
    """
    ket = ket_spelled((1, *[0] * (len(machine.names) - 1)), machine)
    return text.replace("initial=...", f"--initial {ket} (a bare ket)")


def _steady_state(
    machine: Machine, equation: Equation, start: Matrix | None
) -> tuple[SteadyState, bool]:
    """Return the steady state, and whether it is unique."""
    # Overflow is not worth a warning here: what it leaves behind is refused below.
    with np.errstate(all="ignore"):
        try:
            state, unique = steady_state(machine, equation), True
        except NonUniqueSteadyStateError:
            if start is None:
                raise
            state, unique = steady_state(machine, equation, initial=start), False
        finite = np.all(np.isfinite(state.populations))
    if not finite:
        raise InvalidMachineError(
            "The populations are not finite: rates or frequencies leave the range of double "
            "precision; give all values in a unit in which they are nearer to 1."
        )
    return state, unique


def require_one_machine(machine: Machine, command: str = "solve") -> None:
    """Refuse what `entherm solve` is not for: arrays, and machines that take too long.

    Parameters
    ----------
    machine : Machine
    command : {"solve", "compare"}
        Which command is asked.

    Raises
    ------
    ParameterError
        For either.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_one_machine(two_qubit_machine(1.0, 1.0, 0.5))
    """
    function = {"solve": "steady_state"}.get(command, command)
    for path, value in machine.parameters.items():
        if value.ndim:
            raise ParameterError(
                path,
                f"be one number for `entherm {command}`",
                f"a list of {value.size}",
                "give one value, or read the file with entherm.load and solve all points at once "
                f"with entherm.{function}",
            )
    count, levels = len(machine.names), prod(machine.dimensions)
    if count > MOST_QUBITS and all_qubits(machine):
        raise ParameterError(
            "qubits",
            f"be at most {MOST_QUBITS} for `entherm {command}`",
            f"{count}",
            f"leave some out; larger machines are not practical yet, because the time grows about "
            f"8 times with every qubit, and {MOST_QUBITS} take about ten seconds",
        )
    if levels > MOST_LEVELS and not all_qubits(machine):
        largest = max(machine.subsystems, key=lambda part: part.dimension)
        raise ParameterError(
            largest.path,
            f"leave at most {MOST_LEVELS} levels in all for `entherm {command}`",
            f"{' x '.join(map(str, machine.dimensions))} = {levels}",
            "keep fewer levels, or leave a subsystem out; the time grows about 8 times with every "
            "doubling",
        )


def require_reservoirs(machine: Machine) -> None:
    """Refuse a machine without reservoirs.

    Raises
    ------
    ParameterError
        For one.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_reservoirs(two_qubit_machine(1.0, 1.0, 0.5))
    """
    if not machine.reservoirs:
        raise ParameterError(
            "reservoirs",
            "be given",
            "none",
            "without one, any mixture of levels is steady; write [reservoirs.RC] and below it "
            "temperature and couplings",
        )
