"""Why an equation breaks a law, in one clause each."""

from __future__ import annotations

from entherm.equations import Equation

_BARE_JUMPS = "it makes jumps between bare levels, which the interaction does not leave as they are"
_COLLISIONS = "a reset puts a bare thermal state in place, which the interaction does not leave"
_CLUSTERED = (
    "it is exact for the clustered Hamiltonian, whose levels differ from those of H_S by what the "
    "clusters join"
)
_REDFIELD = (
    "its coherences bring terms beyond the golden rule, and of that order in the rates it is known "
    "only in part"
)
_UNIVERSAL = (
    "each jump operator mixes frequencies, and rates up and down between different lines are those "
    "of no one temperature"
)
_ENERGY = (
    "heat counts H_S, of which a jump between bare levels changes the interaction too: energy that "
    "is work, not heat (Levy, Kosloff 2014); heat='bare' counts it so"
)
_AGAINST = "the interaction does work on bare thermal states of unequal gaps even then"

# By law, then by equation, and by what it counts where that matters.
_REASONS: dict[str, dict[str, str]] = {
    "second law": {
        "Redfield": "its map is not positive, which the proof of the law asks for (Spohn 1978)",
        "UniversalLindblad": _UNIVERSAL,
        "Local total": _ENERGY,
        "Reset total": _ENERGY,
    },
    "zeroth law": {
        "Redfield": _REDFIELD,
        "UniversalLindblad": _UNIVERSAL,
        "Local total": _ENERGY,
        "Reset total": _ENERGY,
        "Local bare": _AGAINST,
        "Reset bare": _AGAINST,
    },
    "Gibbs state": {
        "Unified": _CLUSTERED,
        "Redfield": _REDFIELD,
        "UniversalLindblad": _UNIVERSAL,
        "Local": _BARE_JUMPS,
        "Reset": _COLLISIONS,
    },
    "detailed balance": {
        "Unified": _CLUSTERED,
        "Redfield": _REDFIELD,
        "UniversalLindblad": _UNIVERSAL,
        "Local": _BARE_JUMPS,
        "Reset": _COLLISIONS,
    },
    "positivity": {"Redfield": "its map is not completely positive: nothing is averaged"},
}


def reason_for(law: str, equation: Equation) -> str:
    """Return why `equation` breaks `law`, a clause; of what it should keep, that it should.

    Examples
    --------
    >>> from entherm import Redfield
    >>> reason_for("positivity", Redfield())
    'its map is not completely positive: nothing is averaged'
    """
    known = _REASONS.get(law, {})
    counted = f"{equation.name} {equation.heat}"
    unexpected = "by its derivation it keeps this law: look for numbers out of range"
    return known.get(counted, known.get(equation.name, unexpected))
