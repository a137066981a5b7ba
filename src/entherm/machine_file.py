"""Machine files: a machine as TOML, with units or without; every error tells line and remedy."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from entherm.about import About
from entherm.errors import EnthermError, InvalidMachineError, ParameterError
from entherm.machine import Machine
from entherm.machine_schema import INTERACTIONS, MachineTables
from entherm.toml_lines import key_lines
from entherm.units import Units

_MAX_BYTES = 1_000_000  # a thousand times the usual; /dev/zero is not read to its end


class MachineFileError(EnthermError):
    """A machine file is wrong, or what it describes is; says where, what, and the remedy.

    Attributes
    ----------
    file : str
        The file as it was named.
    line : int or None
        Counted from 1; None where no line is to blame.

    Examples
    --------
    >>> print(MachineFileError("m.toml", 3, "qubits.A must be > 0, got -1.0: swap the levels."))
    m.toml:3: qubits.A must be > 0, got -1.0: swap the levels.
    """

    def __init__(self, file: str, line: int | None, statement: str) -> None:
        self.file, self.line = file, line
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{_printable(place)}: {_printable(statement)}")


@dataclass(frozen=True, eq=False)
class MachineFile:
    """What a machine file says.

    Attributes
    ----------
    machine : Machine
        In internal units.
    units : Units
        The file's own, to print results the way the file spells its values.
    file : str
        Where it was read.
    name, description : str
        For people; empty if not given.
    about : About
        Source, landmark, picture; empty if not given.
    """

    machine: Machine
    units: Units
    file: str
    name: str
    description: str
    about: About
    _source: _Source = field(repr=False)

    def locate(self, error: EnthermError) -> MachineFileError:
        """Return `error`, wherever this machine raised it, with the file and line in front.

        Examples
        --------
        >>> machine_file = reads("qubits.A = 1.0", "m.toml")
        >>> print(machine_file.locate(ParameterError("qubits.A", "be < 1", 1.0, "lower it")))
        m.toml:1: qubits.A must be < 1, got 1.0: lower it.
        """
        return self._source.locate(error, in_units(str(error), self.units))


def load(path: str | os.PathLike[str]) -> Machine:
    """Return the machine that a file describes.

    Parameters
    ----------
    path : path-like
        A TOML file; see ``examples/``.

    Raises
    ------
    MachineFileError
        For whatever is wrong with it.

    Examples
    --------
    >>> load("examples/two_qubit.toml").names
    ('A', 'B')
    """
    return read(path).machine


def read(path: str | os.PathLike[str]) -> MachineFile:
    """Return what a machine file says: the machine, and the units that it is written in.

    Parameters
    ----------
    path : path-like
        A TOML file; see ``examples/``.

    Raises
    ------
    MachineFileError
        For whatever is wrong with it.

    Examples
    --------
    >>> read("examples/circuit_qed.toml").units
    Units(convention='cyclic')
    """
    file = require_path(path)
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise MachineFileError(file, None, f"cannot be read ({reason}): check the path.") from None
    if len(content) > _MAX_BYTES:
        statement = (
            f"must have at most {_MAX_BYTES} bytes, has more: check that it is a machine file; "
            "long axes belong into a sweep."
        )
        raise MachineFileError(file, None, statement)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        statement = f"must be UTF-8 text, has a byte 0x{content[error.start]:02x}: save it so."
        raise MachineFileError(file, line, statement) from None
    return reads(text, file)


def require_path(path: object) -> str:
    """Return the text of a path, or refuse what is none.

    Examples
    --------
    >>> require_path(Path("examples") / "two_qubit.toml")
    'examples/two_qubit.toml'
    """
    if not isinstance(path, str | os.PathLike):
        raise ParameterError("path", "be a path", repr(path), "give text such as 'machine.toml'")
    return os.fsdecode(path)


def reads(text: str, file: str = "<text>") -> MachineFile:
    r"""Return what the text of a machine file says.

    Parameters
    ----------
    text : str
        A TOML document.
    file : str
        Its name, for errors.

    Raises
    ------
    MachineFileError
        For whatever is wrong with it.

    Examples
    --------
    >>> machine_file = reads('units.frequency = "cyclic"\nqubits.A = "1 GHz"')
    >>> float(machine_file.machine.subsystems[0].gap)  # 10⁹ rad/s
    6.283185307
    >>> reads("qubits.A = 1.0\nqubit.B = 1.0", "m.toml")
    Traceback (most recent call last):
    ...
    entherm.machine_file.MachineFileError: m.toml:2: qubit must be one of ...: did you mean ...
    """
    try:
        source = _Source.of(text, file)
        tables = MachineTables.of(source.document)
        units, about = tables.read_units(), tables.read_about()
        machine = tables.read_machine(source.lines)
        if about.figure is not None:
            about.figure.require_axis(machine.parameters)
    except ParameterError as error:
        raise source.locate(error) from None
    except RecursionError:
        raise MachineFileError(file, None, "is nested too deeply: unfold the lists.") from None
    return MachineFile(machine, units, file, tables.name, tables.description, about, source)


@dataclass(frozen=True, eq=False)
class _Source:
    """A file taken apart, to say where a parameter stands in it and how it is spelled."""

    file: str
    lines: Mapping[str, int]
    document: Mapping[str, Any]

    @classmethod
    def of(cls, text: str, file: str) -> _Source:
        try:
            return cls(file, document=tomllib.loads(text), lines=key_lines(text))
        except ValueError as error:  # a TOMLDecodeError, or an integer of 5000 digits
            reason = str(error)
        line = None
        if at := re.search(r" \(at (?:line (\d+), (column \d+)|end of document)\)$", reason):
            line = int(at[1] or text.rstrip().count("\n") + 1)
            reason = f"{reason[: at.start()]} ({at[2] or 'at its end'})"
        raise MachineFileError(file, line, f"is not valid TOML: {reason}{_toml_remedy(reason)}.")

    def locate(self, error: EnthermError, statement: str = "") -> MachineFileError:
        path = self._in_file(getattr(error, "path", None) or "")
        statement = statement or str(error)
        if isinstance(error, ParameterError):
            remedy = _FINITE if error.rule == "be finite" else error.remedy
            end = "" if remedy.endswith("?") else "."
            value = _printable(self._spelled(path, error), limit=100)
            statement = f"{self._named(error.path)} must {error.rule}, got {value}: {remedy}{end}"
        elif isinstance(error, InvalidMachineError) and path:
            spelled = f", got {_printable(self._spelled(path, error), limit=100)}"
            statement = re.sub(rf", got {_NUMBER}", lambda _: spelled, statement, count=1)
            statement = statement.replace(f"Argument '{error.path}'", str(error.path))
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return MachineFileError(self.file, self.lines.get(path), in_toml(statement))

    def _in_file(self, path: str) -> str:
        """Turn exchange.A-B.strength into exchange.0.strength."""
        owners = {n: p for p, n in self._entries.items() if f"{path}.".startswith(f"{n}.")}
        name = max(owners, key=len, default="")  # names may hold dots
        return f"{owners[name]}{path[len(name) :]}" if owners else path

    def _named(self, path: str) -> str:
        """Turn exchange.0.strength into exchange.A-B.strength, as `Machine` spells it."""
        place = ".".join(path.split(".")[:2])
        name = self._entries.get(place)
        return path if name is None else f"{name}{path[len(place) :]}"

    @cached_property
    def _entries(self) -> Mapping[str, str]:
        """Every interaction that has its name: exchange.0 is called exchange.A-B."""
        found: dict[str, str] = {}
        for kind in INTERACTIONS:
            entries = self.document.get(kind)
            for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                name = _name_of(kind, entry if isinstance(entry, dict) else {})
                if name is not None:
                    found[f"{kind}.{index}"] = f"{kind}.{name}"
        return found

    def _spelled(self, path: str, error: ParameterError | InvalidMachineError) -> str:
        """Return the value as the file has it where it was converted before it was refused."""
        node: Any = self.document
        for key in path.split("."):
            if isinstance(node, list) and key.isdecimal():
                node = dict(enumerate(node)).get(int(key))
            elif isinstance(node, dict):
                node = node.get(key)
        first = node[0] if isinstance(node, list) and node else node
        # what was refused before it was converted is quoted already, with what is wrong about it
        quoted = str(error.value).startswith(("'", '"', "["))
        return repr(node) if isinstance(first, str) and not quoted else str(error.value)


def _name_of(kind: str, entry: Mapping[str, object]) -> str | None:
    if kind in ("field", "term"):
        name = entry.get("on" if kind == "field" else "name")
        return name if isinstance(name, str) else None
    between = entry.get("between")
    names = [n for n in between if isinstance(n, str)] if isinstance(between, list) else []
    # Only what a machine could have: each of two or three subsystems once.
    proper = names == between and len({*names}) == (3 if kind == "swap" else 2) == len(names)
    return "-".join(names) if proper else None


_FINITE = "write a finite number (the largest that a double holds is 1.8e308)"


def _toml_remedy(reason: str) -> str:
    if re.match("Cannot (overwrite|declare|mutate)", reason):
        return "; give each key and each table once"
    if re.match("Expected newline|Invalid value", reason):
        return "; a quantity with its unit is put in quotes"
    return ""


def in_units(told: str, units: Units) -> str:
    """Return what an error says, its frequencies in the units of a file instead of internal ones.

    Examples
    --------
    >>> in_units("It must have a positive Bohr frequency, got -6.28319: raise it.", Units("cyclic"))
    'It must have a positive Bohr frequency, got -1 GHz: raise it.'
    """
    scale = units.frequency

    def shown(found: re.Match[str]) -> str:
        return f"{float(scale.show(float(found[0]))):.6g} {scale.unit}".strip()

    return re.sub(_FREQUENCIES, lambda found: found[1] + re.sub(_NUMBER, shown, found[2]), told)


_NUMBER = r"-?\d[\d.]*(?:e[+-]?\d+)?(?<!\.)"
# Where errors name frequencies that no file has: those of levels.
_FREQUENCIES = (
    r"(positive Bohr frequency, got |of its bosons, got |chemical potential |sqrt\([^)]*\) = |"
    rf"\bomega_1 = |oscillates for ever at frequency |oscillating at )({_NUMBER}(?:, {_NUMBER})*)"
)


def in_toml(text: str) -> str:
    """Return a text with arguments of Python in it as a machine file spells them.

    Examples
    --------
    >>> in_toml("couple by operator='x', or spectrum=Ohmic(...)")
    'couple by operator = "x", or spectrum = { kind = "ohmic", ... }'
    """
    spelled = re.sub(r"\b(operator|below_zero|statistics)='(\w+)'", r'\1 = "\2"', text)
    return spelled.replace("spectrum=Ohmic(...)", 'spectrum = { kind = "ohmic", ... }')


def _printable(text: str, limit: int = 800) -> str:
    """Make one line of reasonable length of what may quote anything from a file."""
    clean = "".join(
        c if c.isprintable() else " " if c.isspace() else f"\\x{ord(c):02x}" for c in text
    )
    half = limit // 2
    return clean if len(clean) <= limit else f"{clean[:half]} ... {clean[-half:]}"
