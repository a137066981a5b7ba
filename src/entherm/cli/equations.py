"""The master equations by the words of the command line."""

from __future__ import annotations

import re
from dataclasses import fields

from entherm import Equation, Global, Local, Redfield, Reset, Unified, UniversalLindblad
from entherm.errors import UnknownNameError

EQUATIONS: dict[str, Equation] = {
    "global": Global(),
    "unified": Unified(),
    "redfield": Redfield(),
    "universal-lindblad": UniversalLindblad(),
    "local": Local(),
    "local-bare": Local(heat="bare"),
    "reset": Reset(),
}


def word_of(equation: Equation) -> str:
    """Return the word for a kind of equation, whatever its options.

    Examples
    --------
    >>> word_of(UniversalLindblad()), word_of(Local(heat="bare"))
    ('universal-lindblad', 'local')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", equation.name).lower()


WORDS = {equation.name: word_of(equation) for equation in EQUATIONS.values()}


def equation_of(word: str) -> Equation:
    """Return the equation that a word of the command line names.

    Raises
    ------
    UnknownNameError
        For another word; suggests the nearest.

    Examples
    --------
    >>> equation_of("local-bare").heat
    'bare'
    """
    if word not in EQUATIONS:
        raise UnknownNameError("--equation", word, EQUATIONS)
    return EQUATIONS[word]


def option_of(equation: Equation) -> str:
    """Return what to write behind ``--equation`` for an equation; its word if nothing does.

    Examples
    --------
    >>> option_of(Local(heat="bare")), option_of(Local(threshold=3.0))
    ('local-bare', 'local')
    """
    found = (word for word, known in EQUATIONS.items() if known == equation)
    return next(found, word_of(equation))


def in_words(text: str) -> str:
    """Return a text with the words of the command line in it instead of classes.

    Examples
    --------
    >>> in_words("Not UniversalLindblad: the Redfield state is fine; be Local() or Reset().")
    'Not universal-lindblad: the Redfield state is fine; be local or reset.'
    """
    names = "|".join(WORDS)
    return re.sub(rf"\b({names})(?:\(\)|(?=:))", lambda found: WORDS[found[1]], text)


def described(equation: Equation) -> dict[str, object]:
    """Return name and options of an equation, for JSON.

    Examples
    --------
    >>> described(Global())
    {'name': 'global', 'options': {'dephasing': 'as_written', 'lamb_shift': 'absorbed'}}
    """
    options = {f.name: getattr(equation, f.name) for f in fields(equation)}  # type: ignore[arg-type]
    return {"name": word_of(equation), "options": options}
