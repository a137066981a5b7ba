"""The report: it stands alone, escapes what it shows, and says every verdict in words."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from entherm.paper.evidence import Case, Finding, note_on
from entherm.paper.figures import FIGURES
from entherm.paper.report import (
    BADGES,
    FigureEntry,
    Provenance,
    render,
    verdict_counts,
    with_subscripts,
)

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636060606000000005000157a5e7b50000000049454e44ae426082"
)
NASTY = "<script>alert('x')</script> & \"quotes\" T_C < T"
CASES = (
    Case("Fig. 2, T_C < T", True, samples=9, decided=8, violations=0, worst=0.1),
    Case("detuned", False, samples=7, decided=7, violations=2, worst=-0.1, detail="Δε = 8"),
    Case("Ω < 0", False, samples=5, decided=0, violations=0, worst=0.0),
)
PROVENANCE = Provenance(
    "2026-01-02 03:04 UTC", {"entherm": "0.1.0"}, {"python": "CPython 3.11"}, 41.8
)
VOID = {"meta", "img", "br", "col"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; complains about tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [v for k in ("src", "href", "srcset", "action") if (v := given.get(k))]
        self.ids += [v for v in [given.get("id")] if v]
        assert not any(name.startswith("on") for name in given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words += data


def finding(verdict: str = "refuted", text: str = "ΔC > 0", name: str = "sign") -> Finding:
    note = f"{note_on(CASES)} {text}"
    return Finding(name, "Fig. 2", text, text, text, verdict, note, CASES)


def figure(text: str = "Gain") -> FigureEntry:
    return FigureEntry("fig2", text, text, PIXEL, {"qubits.A": 20.0}, "T_C", "Γ")


def test_a_page_stands_alone() -> None:
    text = render([figure()], [finding()], PROVENANCE)
    page = Page(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    for link in page.links:
        assert link.startswith(("data:image/png;base64,", "#"))
    assert all(link[1:] in page.ids for link in page.links if link.startswith("#"))
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "@import" not in text
    assert "url(" not in text


def test_what_is_shown_is_escaped() -> None:
    nasty = render([figure(NASTY)], [finding(text=NASTY)], PROVENANCE)
    assert "<script" not in nasty
    assert Page(nasty).words.count("<script>alert('x')</script> & \"quotes\" TC < T") == 6


def test_provenance_is_told() -> None:
    words = Page(render([figure()], [finding()], PROVENANCE)).words
    for told in (
        *("2026-01-02 03:04 UTC", "CPython 3.11", "entherm 0.1.0", "41.8 s", "Armin Tavakoli"),
        *("qubits.A = 20; varied: T_C", "@misc{Man", "@misc{entherm"),
    ):
        assert told in words


@pytest.mark.parametrize("verdict", BADGES)
def test_a_verdict_is_a_colour_and_a_word(verdict: str) -> None:
    text = render([], [finding(verdict)], PROVENANCE)
    assert f'<span class="badge {BADGES[verdict]}">{verdict}</span>' in text


def test_another_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="'maybe' is no verdict"):
        render([], [finding("maybe")], PROVENANCE)


def test_verdicts_are_counted() -> None:
    findings = [finding(name="a"), finding("confirmed", name="b"), finding(name="c")]
    assert verdict_counts(findings) == {
        "confirmed": 1,
        "confirmed under conditions": 0,
        "refuted": 2,
    }
    counts = re.findall(r"<strong>(\d+)</strong> ([a-z ]+)", render([], findings, PROVENANCE))
    assert counts == [("1", "confirmed"), ("0", "confirmed under conditions"), ("2", "refuted")]


def test_evidence_is_shown_case_by_case() -> None:
    words = " ".join(Page(render([], [finding()], PROVENANCE)).words.split())
    assert "holds Fig. 2, TC < T (as stated): 8 of 9 tests, the rest decide nothing" in words
    assert "fails detuned: 2 of 7 tests; Δε = 8" in words
    assert "undecided Ω < 0: none of 5 decides anything" in words
    assert words.count("ΔC > 0") == 4  # statement, paper, ours, and the remark of the note, once


def test_a_part_says_that_it_is_one() -> None:
    part = Provenance("today", {}, {}, 1.0, left_out=("fig1", "fig3"))
    words = " ".join(Page(render([], [], part)).words.split())
    assert "This is a part of the reproduction: fig1, fig3" in words
    assert "None of the claims" in words
    assert "This is a part" not in Page(render([], [], PROVENANCE)).words


def test_subscripts() -> None:
    shown = {
        "T_C": "T<sub>C</sub>",
        "ΔC = C_ABC − C_AB": "ΔC = C<sub>ABC</sub> − C<sub>AB</sub>",
        "Γ_C^(A)": "Γ<sub>C</sub><sup>(A)</sup>",
        "epsilon_A=20, Gamma_CA": "epsilon_A=20, Gamma_CA",
        "a < b": "a &lt; b",
    }
    assert {text: str(with_subscripts(text)) for text in shown} == shown


def test_the_captions_of_the_paper_leave_no_markup_behind() -> None:
    entries = [FigureEntry(f.name, f.title, f.caption, PIXEL) for f in FIGURES.values()]
    words = Page(render(entries, [], PROVENANCE)).words
    assert "$" not in words
    assert "\\" not in words
    assert not re.search(r"\b[A-Za-zΓε]_[A-Za-z]", words.partition("Where this comes from")[0])


def test_only_long_evidence_is_folded() -> None:
    short = Page(render([], [finding()], PROVENANCE))
    assert "details" not in short.tags
    long = Page(render([], [replace(finding(), evidence=CASES * 2)], PROVENANCE))
    assert long.tags.count("details") == 1
    assert "6 cases: 2 hold, 2 fail, 2 undecided" in long.words


def test_an_example_is_promised_only_where_each_failure_has_one() -> None:
    bare = replace(CASES[1], detail="")
    pages = [
        " ".join(
            Page(
                render([], [replace(finding(), evidence=(*CASES, *more))], PROVENANCE)
            ).words.split()
        )
        for more in ((), (bare,))
    ]
    assert "Each failure comes with an example" in pages[0]
    assert "Nearly every failure comes with an example" in pages[1]
