"""How to cite the paper and the software: the one place that holds both, with their BibTeX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from entherm import __version__


@dataclass(frozen=True)
class Reference:
    """Something to cite.

    Attributes
    ----------
    key : str
        Of its BibTeX entry.
    kind : str
        Type of its BibTeX entry: ``"misc"``.
    fields : mapping of str to str
        Of its BibTeX entry; authors are separated by " and ".
    """

    key: str
    kind: str
    fields: Mapping[str, str]

    @property
    def authors(self) -> tuple[str, ...]:
        """Their names, given names first.

        Examples
        --------
        >>> PAPER.authors[0]
        'Zhong-Xiao Man'
        """
        names = self.fields["author"].split(" and ")
        return tuple(" ".join(reversed(name.split(", "))).strip("{}") for name in names)

    @property
    def bibtex(self) -> str:
        """The BibTeX entry.

        Examples
        --------
        >>> print(Reference("bell", "article", {"title": "On the {EPR} paradox"}).bibtex)
        @article{bell,
          title = {On the {EPR} paradox},
        }
        """
        lines = (f"  {name} = {{{value}}}," for name, value in self.fields.items())
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


# Authors and title are what the paper's text gives; its journal is left to the reader's database.
PAPER = Reference(
    "Man",
    "misc",
    {
        "author": "Man, Zhong-Xiao and Tavakoli, Armin and Brask, Jonatan Bohr and Hu, Li-Zhen "
        "and Xia, Yun-Jie",
        "title": "Improving autonomous thermal entanglement generation using a common reservoir",
    },
)
SOFTWARE = Reference(
    "entherm",
    "misc",  # the styles of classic BibTeX know no @software
    {
        "author": "{The entherm developers}",
        "title": "entherm: autonomous quantum thermal machines",
        "note": f"Version {__version__}",
    },
)
REFERENCES = {"paper": PAPER, "software": SOFTWARE}
SHORT = "Man, Tavakoli, Brask, Hu, Xia"
