"""The reproduction as one HTML page that stands alone: figures, claims, where they come from.

Images and style are inside the page; it runs no script and asks no server for anything.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from entherm.paper.citation import PAPER, REFERENCES, SHORT
from entherm.paper.evidence import CONDITIONAL, CONFIRMED, REFUTED, Finding, note_on

# Verdict to the class of its badge.
BADGES = {CONFIRMED: "yes", CONDITIONAL: "partly", REFUTED: "no"}

FIGURE_DPI = 300  # of `entherm.plotting.save`
OPEN_CASES, OPEN_LETTERS = 3, 500  # evidence beyond either is folded
ENLARGEMENT = 1.3  # figures have the type of a printed column, small for a screen


@dataclass(frozen=True)
class FigureEntry:
    """A figure on the page.

    Attributes
    ----------
    name, title, caption : str
        ``"fig2"``, its heading, and what it shows.
    png : bytes
        The image.
    parameters : mapping of str to float
        What is the same everywhere in it, by parameter path.
    varied : str
        What is not, in words.
    unit : str
        Of both.
    """

    name: str
    title: str
    caption: str
    png: bytes
    parameters: Mapping[str, float] = field(default_factory=dict)
    varied: str = ""
    unit: str = ""

    @property
    def source(self) -> str:
        """The image as a data URL."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"

    @property
    def width(self) -> int:
        """Width on the page in CSS pixels, so that type has one size in all figures."""
        pixels = int.from_bytes(self.png[16:20], "big")  # of the header chunk, IHDR
        return round(pixels * ENLARGEMENT * 96 / FIGURE_DPI)

    @property
    def settings(self) -> str:
        """Parameters and what is varied, in one line.

        Examples
        --------
        >>> FigureEntry(
        ...     "fig2", "", "", b"", {"qubits.A": 20.0}, "reservoirs.RC.temperature"
        ... ).settings
        'qubits.A = 20; varied: reservoirs.RC.temperature'
        """
        fixed = ", ".join(f"{path} = {value:.12g}" for path, value in self.parameters.items())
        return "; ".join(filter(None, [fixed, f"varied: {self.varied}" if self.varied else ""]))


@dataclass(frozen=True)
class Provenance:
    """Where the numbers come from.

    Attributes
    ----------
    date : str
        When they were computed.
    versions : mapping of str to str
        Of entherm and what it runs on.
    computer : mapping of str to str
        Python, operating system, cores.
    seconds : float
        How long it took.
    left_out : sequence of str
        Figures that were not asked for.
    """

    date: str
    versions: Mapping[str, str]
    computer: Mapping[str, str]
    seconds: float
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class ClaimEntry:
    """A finding on the page: its note taken apart into cases and a remark.

    Attributes
    ----------
    finding : Finding
        What was found.
    """

    finding: Finding

    @property
    def remark(self) -> str:
        """What the note says beyond the cases."""
        return self.finding.note.removeprefix(note_on(self.finding.evidence)).strip()

    @property
    def summary(self) -> str:
        """What the cases say together, where they are too long to stand open; else nothing.

        Examples
        --------
        >>> from entherm.paper.evidence import Case
        >>> case = Case("Fig. 2", True, samples=9, decided=9, violations=0, worst=0.1)
        >>> ClaimEntry(Finding("", "", "", "", "", "", "", (case,) * 4)).summary
        '4 cases: 4 hold'
        """
        cases = self.finding.evidence
        if len(cases) <= OPEN_CASES and len(self.finding.note) <= OPEN_LETTERS:
            return ""
        fail = sum(case.violations > 0 for case in cases)
        hold = sum(case.decided > 0 for case in cases) - fail
        counts = {"hold": hold, "fail": fail, "undecided": len(cases) - hold - fail}
        words = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"{len(cases)} case{'s' * (len(cases) > 1)}: {words}"


def verdict_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Count the findings by verdict; verdicts that none has are there too.

    Raises
    ------
    ValueError
        For a verdict that is none.

    Examples
    --------
    >>> verdict_counts([])
    {'confirmed': 0, 'confirmed under conditions': 0, 'refuted': 0}
    """
    counts = dict.fromkeys(BADGES, 0)
    for finding in findings:
        if finding.verdict not in counts:
            raise ValueError(f"{finding.verdict!r} is no verdict; one of {', '.join(BADGES)}")
        counts[finding.verdict] += 1
    return counts


def with_subscripts(text: object) -> Markup:
    """Return text as HTML, its symbols set like T_C with a subscript.

    Examples
    --------
    >>> str(with_subscripts("T_C < T & Γ_C^(A), epsilon_A"))
    'T<sub>C</sub> &lt; T &amp; Γ<sub>C</sub><sup>(A)</sup>, epsilon_A'
    """
    subscripts = re.sub(r"(?<!\w)([^\W\d_])_([^\W_]+)", r"\1<sub>\2</sub>", str(escape(text)))
    return Markup(re.sub(r"\^(\([AB]\))", r"<sup>\1</sup>", subscripts))


def render(
    figures: Sequence[FigureEntry], findings: Sequence[Finding], provenance: Provenance
) -> str:
    """Return the page.

    Parameters
    ----------
    figures : sequence of FigureEntry
        In the order of the paper.
    findings : sequence of Finding
        In the order of the paper.
    provenance : Provenance
        Where both come from.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        For a verdict that is none.

    Examples
    --------
    >>> page = render([], [], Provenance("2026-01-01", {}, {}, 1.0))
    >>> page.startswith("<!doctype html>")
    True
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["symbols"] = with_subscripts
    source = files("entherm.paper").joinpath("report.html.j2").read_text(encoding="utf-8")
    counts = verdict_counts(findings)
    return environment.from_string(source).render(
        badges=BADGES,
        by_verdict={word: [f for f in findings if f.verdict == word] for word in counts},
        claims=[ClaimEntry(finding) for finding in findings],
        figures=figures,
        authors=", ".join(PAPER.authors),
        paper=PAPER.fields,
        provenance=provenance,
        references=REFERENCES,
        short=SHORT,
        shown=all(
            case.counterexample or case.detail
            for finding in findings
            for case in finding.evidence
            if case.violations
        ),
    )
