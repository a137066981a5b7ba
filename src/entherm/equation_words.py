"""The master equations by the words that files and the command line name them with."""

from __future__ import annotations

from entherm.equations import (
    Equation,
    Global,
    Local,
    Redfield,
    Reset,
    Unified,
    UniversalLindblad,
)
from entherm.errors import UnknownNameError

EQUATIONS: dict[str, Equation] = {
    "global": Global(),
    "unified": Unified(),
    "redfield": Redfield(),
    "universal-lindblad": UniversalLindblad(),
    "local": Local(),
    "local-bare": Local(heat="bare"),
    "reset": Reset(),
    "reset-bare": Reset(heat="bare"),
}


def equation_named(word: str, path: str = "equation") -> Equation:
    """Return the master equation that a word names.

    Parameters
    ----------
    word : str
    path : str
        Where the word stands, for the error.

    Raises
    ------
    UnknownNameError
        For another word; suggests the nearest.

    Examples
    --------
    >>> equation_named("local-bare").heat
    'bare'
    """
    if word not in EQUATIONS:
        raise UnknownNameError(path, word, EQUATIONS)
    return EQUATIONS[word]
