"""Errors of a sweep in the words of the command line: options instead of arguments of Python."""

from __future__ import annotations

import re
from collections.abc import Collection

from entherm import EnthermError, InvalidMachineError, MachineFile, ParameterError, StoreError
from entherm.cli.equations import in_words
from entherm.cli.solving import located
from entherm.errors import MissingLibraryError
from entherm.machine_file import in_units
from entherm.parameter_words import scale_of

# Where an argument of `entherm.sweep`, or of what it is made of, comes from.
_OPTIONS = {
    "axes": "--axis",
    "observables": "--observe",
    "reduce": "--reduce",
    "over": "--reduce",
    "along": "--reduce",
    "out": "--out",
    "workers": "--workers",
    "chunk_points": "--chunk-points",
}
_NUMBER = r"-?\d[\d.]*(?:e[+-]?\d+)?"
_ENDS = {".from": "FROM", ".to": "TO"}
_SPELLED = {
    'out="run.zarr"': "--out run.zarr",
    "out= without reduce=": "--out without --reduce",
    "reduce=": "--reduce",
    "on_invalid='nan'": "--mark-invalid",
    "(chunk_points)": "(--chunk-points)",
    "make the same call again": "give the same command again",
    "on a logarithmic scale": "with :log",
    "leave out scale": "leave out :log",
    "a number without quotes, such as 1.5": "a number such as 1.5",
    "give one of them another name": "call the axis NAME by --axis NAME=PATH=VALUES",
    "give a mapping from names to observables": "observe one of them in a sweep of its own",
}


def told(source: MachineFile, error: EnthermError, swept: Collection[str] = ()) -> EnthermError:
    """Return an error of a sweep as the command line tells it.

    What an option is to blame for is called by the option; the rest by file and line.

    Parameters
    ----------
    source : MachineFile
    error : EnthermError
        Of `entherm.sweep`, or of a reduction, picture or table of its result.
    swept : collection of str
        Parameters that the axes give values to: for these, the file is not to blame.

    Examples
    --------
    >>> from entherm import read
    >>> source = read("examples/two_qubit.toml")
    >>> print(told(source, ParameterError("qubits.A", "be > 0", -1.0, "raise it"), ["qubits.A"]))
    Argument '--axis qubits.A' must be > 0, got -1: raise it.
    >>> print(told(source, ParameterError("qubits.B", "be one number", "two", "take one")))
    examples/two_qubit.toml:8: qubits.B must be one number, got two: take one.
    """
    if isinstance(error, StoreError | MissingLibraryError) or type(error) is EnthermError:
        return error.retold(in_options(str(error)))
    if isinstance(error, InvalidMachineError) and error.path in swept:
        return _off_the_axes(source, error)
    if not isinstance(error, ParameterError):
        return located(source, error.retold(in_options(str(error))))
    rule, remedy = in_options(error.rule), in_options(error.remedy)
    if option := error.path if error.path.startswith("--") else _option_of(error, swept):
        value = _spelled(source, error.path, error.value)
        return ParameterError(option, in_words(rule), value, in_words(remedy))
    return located(source, ParameterError(error.path, rule, error.value, remedy))


def _off_the_axes(source: MachineFile, error: InvalidMachineError) -> EnthermError:
    """What is wrong with a value on an axis: the line of the file has another one."""
    assert error.path is not None
    text = in_words(in_units(in_options(str(error)), source.units))
    value = _spelled(source, error.path, error.value)
    text = text.replace(f"Argument '{error.path}'", f"Argument '--axis {error.path}'")
    return EnthermError(re.sub(rf", got {_NUMBER}", f", got {value}", text, count=1))


def _option_of(error: ParameterError, swept: Collection[str]) -> str:
    """The option to blame; empty if none is."""
    path = error.path
    if path in swept:
        return f"--axis {path}"
    if path == "machine":  # of which `sweep` itself says only what fits into memory
        named = {"points of": "--axis", "reductions keep": "--reduce"}
        return next((own for word, own in named.items() if word in str(error.value)), "")
    for end, field in _ENDS.items():
        if path.removesuffix(end) in swept:
            return f"--axis {path.removesuffix(end)}: {field}"
    return _OPTIONS.get(path.partition("[")[0], "")


def _spelled(source: MachineFile, path: str, value: object) -> object:
    """A value of a parameter in the unit of the file, where it was converted before."""
    for end in _ENDS:
        path = path.removesuffix(end)
    number = re.match(rf"(?:np\.float64\()?({_NUMBER})\)?(?= \(|$)", str(value))
    if number is None or path not in source.machine.parameters:
        return value
    scale = scale_of(path, source.machine, source.units)
    shown = f"{float(scale.show(float(number[1]))):.6g} {scale.unit}".strip()
    return f"{shown}{str(value)[number.end() :]}"


def in_options(text: str) -> str:
    """Return a text with options of the command line in it instead of arguments of Python.

    Examples
    --------
    >>> in_options("leave such points out of the axes, or mark them: on_invalid='nan'")
    'leave such points out of the axes, or mark them: --mark-invalid'
    """
    for python, option in _SPELLED.items():
        text = text.replace(python, option)
    return text
