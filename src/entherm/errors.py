"""The errors entherm raises: each says what is wrong, where, the value, the rule and the remedy.

`ParameterError` belongs to one parameter and carries its path (``reservoirs.RC.temperature``), the
same path that `Machine.replace` takes and a machine file spells, so that whoever read the value
from a file can add the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self, TypeVar

from numpy.typing import NDArray


class EnthermError(Exception):
    """Base of every error that entherm raises on purpose; it survives the way between processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)

    def retold(self, message: str) -> Self:
        """Return the same findings with another message."""
        return _restored(type(self), (message,), self.__dict__)


Error = TypeVar("Error", bound=EnthermError)


def _restored(kind: type[Error], args: tuple[Any, ...], state: dict[str, Any]) -> Error:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ParameterError(EnthermError, ValueError):
    """A parameter breaks a rule.

    Parameters
    ----------
    path : str
        Which parameter, e.g. ``"Omega"`` or ``"reservoirs.RC.temperature"``.
    rule : str
        What it must do, after the word "must": ``"be finite"``.
    value : object
        The offending value (of an array, the first offending element).
    remedy : str
        What to do about it.

    Examples
    --------
    >>> print(ParameterError("T_C", "be >= 0", -1.0, "give an absolute temperature"))
    Argument 'T_C' must be >= 0, got -1.0: give an absolute temperature.
    """

    def __init__(self, path: str, rule: str, value: object, remedy: str) -> None:
        self.path, self.rule, self.value, self.remedy = path, rule, value, remedy
        end = "" if remedy.endswith("?") else "."
        super().__init__(f"Argument '{path}' must {rule}, got {value}: {remedy}{end}")

    def at(self, path: str) -> ParameterError:
        """Return the same complaint about a longer path, told by whoever knows the whole of it."""
        return ParameterError(path, self.rule, self.value, self.remedy)


class UnknownNameError(ParameterError):
    """A name (of a qubit, reservoir, parameter, key) that is not there; says what is.

    Examples
    --------
    >>> print(UnknownNameError("reservoirs", "RCC", ["RA", "RC"]))
    Argument 'reservoirs' must be one of RA, RC, got 'RCC': did you mean 'RC'?
    """

    def __init__(self, path: str, name: object, available: Iterable[str]) -> None:
        names = list(available)
        folded = {known.casefold(): known for known in reversed(names)}
        close = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
        remedy = f"did you mean '{folded[close[0]]}'?" if close else "check the spelling"
        rule = f"be one of {', '.join(names)}" if names else "name something (there is nothing)"
        super().__init__(path, rule, repr(name), remedy)


class InvalidMachineError(EnthermError):
    """The equation has no meaning at these parameters: a transition at which nothing is defined.

    Attributes
    ----------
    path : str or None
        The parameter to blame, where one is.
    value, bound : float or None
        What it is, and what it must stay below in size; in internal units.
    """

    def __init__(
        self,
        message: str,
        path: str | None = None,
        value: float | None = None,
        bound: float | None = None,
    ) -> None:
        self.path, self.value, self.bound = path, value, bound
        super().__init__(message)


class NonUniqueSteadyStateError(EnthermError):
    """The machine has more than one steady state; names what is dark and the way out.

    What needs the whole generator is left empty where the machine is too large for it
    (`entherm.invariants`).

    Attributes
    ----------
    kernel_dimension : int
        Number of linearly independent stationary states.
    dark_states : tuple of str
        Each pure stationary state, spelled in the bare basis.
    conserved_quantities : tuple of ndarray, shape (d, d)
        Hermitian operators in the bare basis whose expectation value never changes.
    decoherence_free : tuple of int
        Dimension (2 and more) of each subspace whose coherence lasts.
    peripheral_frequencies : tuple of float
        Angular frequencies at which some coherence oscillates for ever.
    """

    def __init__(
        self,
        message: str,
        kernel_dimension: int,
        dark_states: tuple[str, ...],
        conserved_quantities: tuple[NDArray[Any], ...] = (),
        decoherence_free: tuple[int, ...] = (),
        peripheral_frequencies: tuple[float, ...] = (),
    ) -> None:
        self.kernel_dimension, self.dark_states = kernel_dimension, dark_states
        self.conserved_quantities = conserved_quantities
        self.decoherence_free = decoherence_free
        self.peripheral_frequencies = peripheral_frequencies
        super().__init__(message)


class ConvergenceError(EnthermError):
    """An iteration did not come to its end.

    Attributes
    ----------
    residual : float
        What is left, as a fraction of the scale that the message names.
    iterations : int
        Products of the generator with a vector that it took.
    """

    def __init__(self, message: str, residual: float, iterations: int) -> None:
        self.residual, self.iterations = residual, iterations
        super().__init__(message)


class NotDifferentiableError(EnthermError):
    """A derivative is asked for at a point where there is none: a kink, or a divergence."""


class OscillatingCoherenceError(EnthermError):
    """From this initial state the machine never settles: a coherence oscillates for ever.

    Attributes
    ----------
    frequencies : tuple of float
        Angular frequencies of the coherences that do not decay.
    """

    def __init__(self, message: str, frequencies: tuple[float, ...]) -> None:
        self.frequencies = frequencies
        super().__init__(message)


class MissingLibraryError(EnthermError, ImportError):
    """A library that entherm does not depend on is needed here and not installed."""
