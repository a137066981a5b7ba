"""The master equations by the words of the command line."""

from __future__ import annotations

import re
from dataclasses import fields, replace

from entherm import Equation
from entherm.checks import require_choice
from entherm.equation_words import EQUATIONS
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine_file import in_toml

SHIFTS = ("absorbed", "explicit")


def word_of(equation: Equation) -> str:
    """Return the word for a kind of equation, whatever its options.

    Examples
    --------
    >>> from entherm import Local, UniversalLindblad
    >>> word_of(UniversalLindblad()), word_of(Local(heat="bare"))
    ('universal-lindblad', 'local')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", equation.name).lower()


WORDS = {equation.name: word_of(equation) for equation in EQUATIONS.values()}


def equation_of(word: str, shift: str = "absorbed") -> Equation:
    """Return the equation that a word of the command line names.

    Parameters
    ----------
    word : str
    shift : {"absorbed", "explicit"}
        Behind ``--lamb-shift``.

    Raises
    ------
    UnknownNameError
        For another word; suggests the nearest.
    ParameterError
        For another shift, or an explicit one where the equation has none.

    Examples
    --------
    >>> equation_of("local-bare").heat, equation_of("unified", "explicit").lamb_shift
    ('bare', 'explicit')
    """
    if word not in EQUATIONS:
        raise UnknownNameError("--equation", word, EQUATIONS)
    require_shift(shift)
    if shift != "absorbed" and not _takes_shift(EQUATIONS[word]):
        taking = [known for known, equation in EQUATIONS.items() if _takes_shift(equation)]
        remedy = f"it is an option of {', '.join(taking)}"
        rule = f"be absorbed with --equation {word}"
        raise ParameterError("--lamb-shift", rule, shift, remedy)
    return shifted(EQUATIONS[word], shift)


def require_shift(shift: str) -> None:
    """Refuse what is no choice of the Lamb shift.

    Examples
    --------
    >>> require_shift("explicit")
    """
    require_choice(shift, "--lamb-shift", SHIFTS)


def shifted(equation: Equation, shift: str) -> Equation:
    """Return an equation with a choice of the Lamb shift; unchanged if it has none.

    Examples
    --------
    >>> from entherm import Redfield, Reset
    >>> shifted(Redfield(), "explicit"), shifted(Reset(), "explicit")
    (Redfield(lamb_shift='explicit'), Reset(heat='total'))
    """
    return replace(equation, lamb_shift=shift) if _takes_shift(equation) else equation  # type: ignore[type-var]


def _takes_shift(equation: Equation) -> bool:
    return "lamb_shift" in {f.name for f in fields(equation)}  # type: ignore[arg-type]


def option_of(equation: Equation) -> str:
    """Return what to write behind ``--equation`` for an equation; its word if nothing does.

    Examples
    --------
    >>> from entherm import Global, Local
    >>> option_of(Local(heat="bare")), option_of(Local(threshold=3.0))
    ('local-bare', 'local')
    >>> option_of(Global(lamb_shift="explicit"))
    'global --lamb-shift explicit'
    """
    for shift in SHIFTS:
        for word, known in EQUATIONS.items():
            if shifted(known, shift) == equation:
                return word if shift == "absorbed" else f"{word} --lamb-shift {shift}"
    return word_of(equation)


def in_words(text: str) -> str:
    """Return a text with the words of the command line in it instead of Python.

    Examples
    --------
    >>> in_words("Not UniversalLindblad: the Redfield state is fine; be Local() or Reset().")
    'Not universal-lindblad: the Redfield state is fine; be local or reset.'
    >>> in_words("No result from Global, Unified and Redfield.")
    'No result from global, unified and redfield.'
    >>> in_words("lamb_shift='explicit' adds it; couple by operator='x'.")
    '--lamb-shift explicit adds it; couple by operator = "x".'
    """
    names = "|".join(WORDS)
    text = re.sub(
        rf"\b({names})(?:\(\)|(?=[:,.]| and | joins ))", lambda found: WORDS[found[1]], text
    )
    return in_toml(re.sub(r"\blamb_shift='(\w+)'", r"--lamb-shift \1", text))


def described(equation: Equation) -> dict[str, object]:
    """Return name and options of an equation, for JSON.

    Examples
    --------
    >>> from entherm import Global
    >>> described(Global())
    {'name': 'global', 'options': {'dephasing': 'as_written', 'lamb_shift': 'absorbed'}}
    """
    options = {f.name: getattr(equation, f.name) for f in fields(equation)}  # type: ignore[arg-type]
    return {"name": word_of(equation), "options": options}
