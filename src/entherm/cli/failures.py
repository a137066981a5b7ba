"""How a command fails: one line on stderr, an exit code, and with --json an object on stdout.

========  ======================================================================
exit code meaning
========  ======================================================================
0         done
1         `doctor` found something wrong, or entherm itself has a bug
2         what was asked for cannot be done: the words, the file, the machine
130       interrupted from the keyboard
141       whoever read the output stopped reading
========  ======================================================================

With ``--json`` stdout still holds exactly one object: ``{"error": {"kind", "message", "file",
"line", ...}}``. The line on stderr is the same with and without.
"""

from __future__ import annotations

import sys
import traceback

import typer

from entherm.cli.output import print_json
from entherm.errors import EnthermError

DONE, BUG, REFUSED, INTERRUPTED = 0, 1, 2, 130

# What an error knows beyond its message, where it does.
_DETAILS = ("path", "dark_states", "kernel_dimension", "frequencies")


class StoppedError(EnthermError):
    """The user pressed Ctrl-C; the message says what is left behind."""


def report(error: BaseException, *, as_json: bool) -> int:
    """Tell the user about `error`, and return the exit code.

    Parameters
    ----------
    error : BaseException
        Whatever ended the command.
    as_json : bool
        Whether the user asked for JSON.

    Returns
    -------
    int
        The exit code.
    """
    code, message = _judged(error)
    print(f"entherm: {' '.join(message.split())}", file=sys.stderr)
    if as_json:
        print_json({"error": described(error, message)})
    return code


def described(error: BaseException, message: str) -> dict[str, object]:
    """Return what is known of an error, for JSON.

    Examples
    --------
    >>> described(EnthermError("no"), "no")
    {'kind': 'EnthermError', 'message': 'no', 'file': None, 'line': None}
    """
    # A machine file puts its name in front of an error and keeps the error itself as the cause.
    cause = error.__cause__ if isinstance(error.__cause__, EnthermError) else error
    details = {name: getattr(cause, name) for name in _DETAILS if hasattr(cause, name)}
    return {
        "kind": type(cause).__name__,
        "message": message,
        "file": getattr(error, "file", None),
        "line": getattr(error, "line", None),
        **details,
    }


def _judged(error: BaseException) -> tuple[int, str]:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "interrupted."
    if isinstance(error, StoppedError):
        return INTERRUPTED, str(error)
    if isinstance(error, EnthermError):
        return REFUSED, str(error)
    if isinstance(error, typer.TyperException):
        spelled = getattr(error, "format_message", error.__str__)()
        return REFUSED, f"{spelled.rstrip('.')}; see {_help_of(error)}."
    if isinstance(error, MemoryError):
        return REFUSED, f"The memory does not suffice ({error}); ask for fewer points or qubits."
    if sys.flags.dev_mode:
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {last[0].filename}:{last[0].lineno}" if last else ""
    kind = type(error).__name__
    return BUG, f"This is a bug in entherm: {kind}{where}: {error} (python -X dev shows the way)."


def _help_of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'entherm'} --help"
