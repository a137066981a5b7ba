"""`entherm reproduce`: the figures and claims of the paper, computed and written into a folder.

Every file is written beside its place and then moved there, so that none is ever half a file.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Group

from entherm import EnthermError, UnknownNameError, __version__
from entherm.cli.doctor import describe_system, installed_versions
from entherm.cli.failures import StoppedError
from entherm.cli.output import OutputError, jsonable
from entherm.cli.progress import Progress
from entherm.cli.tables import spaced, table
from entherm.paper.claims import CLAIMS
from entherm.paper.evidence import Finding
from entherm.paper.figures import FIGURES
from entherm.paper.report import FigureEntry, Provenance, render, verdict_counts
from entherm.plotting import save

Write = Callable[[str], AbstractContextManager[Path]]


class ReproductionError(EnthermError):
    """A figure or a claim cannot be computed; names it."""


@dataclass
class Reproduction:
    """What was written, and what it says.

    Attributes
    ----------
    folder : Path
        Where.
    figures : dict of str to dict
        For each figure its files, and the seconds that it took.
    findings : list of Finding
        The claims.
    seconds : dict of str to float
        For the claims, the report, and all together.
    left_out : tuple of str
        Figures that were not asked for.
    """

    folder: Path
    left_out: tuple[str, ...]
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return it as `entherm reproduce --json` prints it."""
        return {
            "folder": self.folder,
            "report": self.folder / "report.html",
            "claims": self.folder / "claims.json",
            "figures": self.figures,
            "left_out": self.left_out,
            "verdicts": verdict_counts(self.findings),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "provenance": {"entherm": __version__},
        }

    def tables(self) -> Group:
        """Return it as `entherm reproduce` prints it."""
        made = table("Figures", "figure", "seconds", "files", words=("figure", "files"))
        for name, entry in self.figures.items():
            made.add_row(name, f"{entry['seconds']:.1f}", "\n".join(map(str, entry["files"])))
        verdicts = table("Claims", "verdict", "number", words=("verdict",))
        for word, count in verdict_counts(self.findings).items():
            verdicts.add_row(word, str(count))
        end = f"Report: {self.folder / 'report.html'} ({self.seconds['total']:.1f} s in all)"
        missing = (
            f"Not asked for: {', '.join(self.left_out)}, and every claim that is not about "
            f"{', '.join(self.figures)}."
        )
        return spaced([made, verdicts, *([missing] if self.left_out else []), end])


def reproduce(names: Sequence[str], folder: str) -> Reproduction:
    """Compute figures and claims, and write them.

    Parameters
    ----------
    names : sequence of str
        Which figures; none means all of them. Claims are tested for these.
    folder : str
        Where the results go; made if it is not there.

    Raises
    ------
    UnknownNameError
        For a figure that the paper does not have.
    OutputError
        If the folder cannot be written.
    ReproductionError
        If something cannot be computed.
    StoppedError
        From the keyboard; what is written until then stays.
    """
    start = perf_counter()
    for name in names:
        if name not in FIGURES:
            raise UnknownNameError("figure", name, FIGURES)
    chosen = [name for name in FIGURES if name in names or not names]
    claims = [claim for claim in CLAIMS if not names or figures_named(claim.figure) & {*chosen}]
    made = Reproduction(Path(folder), tuple(name for name in FIGURES if name not in chosen))
    entries = []
    try:
        with _results(made.folder) as write, Progress(len(chosen) + len(claims) + 1) as progress:
            for name in chosen:
                progress.begin(name)
                entries.append(_figure(name, made, write))
            begun = perf_counter()
            for claim in claims:
                progress.begin(f"claim {claim.id}")
                with _naming(f"claim {claim.id}"):
                    made.findings.append(claim.evaluate())
            made.seconds["claims"] = perf_counter() - begun
            progress.begin("report")
            made.seconds["total"] = perf_counter() - start
            _write_texts(made, entries, write)
    except KeyboardInterrupt:
        raise StoppedError(_left_behind(made, chosen)) from None
    return made


def figures_named(text: str) -> set[str]:
    """Return the figures that a claim is about.

    Examples
    --------
    >>> sorted(figures_named("Figs. 2(a), 4 and 5"))
    ['fig2', 'fig4', 'fig5']
    >>> figures_named("Sec. 2")
    set()
    """
    found = set()
    for after in re.findall(r"[Ff]ig(?:ure)?s?\.?\s*([\d(),a-z\s–-]+)", text):
        listed = re.sub(r"\([^)]*\)", "", after)
        for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", listed):
            found |= {f"fig{k}" for k in range(int(first), int(last or first) + 1)}
    return found


def _figure(name: str, made: Reproduction, write: Write) -> FigureEntry:
    """Compute, draw and write one figure."""
    start = perf_counter()
    paper_figure = FIGURES[name]
    with _naming(name):
        data = paper_figure.compute()
        drawn = paper_figure.draw(data)
    files = []
    for kind in ("png", "pdf"):
        with write(f"figures/{name}.{kind}") as path:
            save(drawn, path)
        files.append(made.folder / "figures" / f"{name}.{kind}")
    if data.data_vars:
        with write(f"data/{name}.nc") as path:
            data.to_netcdf(path, engine="h5netcdf")
        files.append(made.folder / "data" / f"{name}.nc")
    made.figures[name] = {
        "title": paper_figure.title,
        "seconds": round(perf_counter() - start, 3),
        "files": files,
    }
    return FigureEntry(
        name,
        paper_figure.title,
        paper_figure.caption,
        files[0].read_bytes(),
        json.loads(data.attrs.get("machine_parameters", "{}")),
        data.attrs.get("varied_parameters", ""),
        data.attrs.get("unit", ""),
    )


def _write_texts(made: Reproduction, entries: list[FigureEntry], write: Write) -> None:
    versions = {name: v for name, v in installed_versions().items() if v is not None}
    provenance = Provenance(
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        versions,
        describe_system(),
        made.seconds["total"],
        made.left_out,
    )
    with write("claims.json") as path:
        plain = jsonable([finding.as_dict() for finding in made.findings])
        text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
    with write("report.html") as path:
        path.write_text(render(entries, made.findings, provenance), encoding="utf-8")


@contextmanager
def _results(folder: Path) -> Iterator[Write]:
    """Make the folder, and give a way to write files in it that are whole or not there."""
    with _writing(folder):
        for part in ("figures", "data"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".entherm-", dir=folder))

    @contextmanager
    def write(name: str) -> Iterator[Path]:
        with _writing(folder / name):
            temporary = beside / Path(name).name
            yield temporary
            temporary.replace(folder / name)

    try:
        yield write
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}): name another folder with --out."
        ) from None


@contextmanager
def _naming(what: str) -> Iterator[None]:
    try:
        yield
    except EnthermError as error:
        raise ReproductionError(f"{what} cannot be computed: {error}") from error


def _left_behind(made: Reproduction, chosen: Sequence[str]) -> str:
    rest = [name for name in chosen if name not in made.figures]
    if not made.figures:
        return "interrupted; no figure was written."
    if not rest:
        return (
            f"interrupted; all figures asked for are in {made.folder / 'figures'}, but claims.json "
            "and report.html are not of this run."
        )
    return (
        f"interrupted; {', '.join(made.figures)} are whole, in {made.folder / 'figures'}, and "
        f"`entherm reproduce {' '.join(rest)} --out {shlex.quote(str(made.folder))}` makes the "
        "other figures; claims.json and report.html are not of this run."
    )
