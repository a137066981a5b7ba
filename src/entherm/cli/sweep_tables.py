"""A sweep as tables for people: what varied, what came out, where it is, what to look at twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from entherm import __version__
from entherm.cli.equations import option_of
from entherm.cli.solution_tables import heading
from entherm.cli.sweep_request import Request
from entherm.cli.swept import Extreme, Swept
from entherm.cli.tables import number, spaced, table, with_unit
from entherm.sweeps.progress import clock, short


def sweep_tables(swept: Swept) -> Group:
    """Return everything that `entherm sweep` prints, in order."""
    request = swept.request
    parts: list[RenderableType] = [Group(heading(request.source), *_start(request)), _axes(request)]
    if swept.estimate is not None:
        parts += [Text("\n".join(_estimate(swept)))]
    else:
        parts += [_variables(swept), *_invalid(swept), *_validity(swept)]
    equation = option_of(request.plan.task.equation)
    about = f"entherm {__version__}, {equation} equation, machine {request.source.machine.hash}"
    return spaced([*parts, Text(about, "dim")])


def _start(request: Request) -> list[RenderableType]:
    if request.initial is None:
        return []
    words = f"A state that is not unique is the one reached from {request.initial}."
    return [Text(words, "yellow")]


def _axes(request: Request) -> Table:
    made = table("Swept", "axis", "from", "to", "points", words=("axis",))
    for axis in request.plan.task.grid.axes:
        named = axis.name != axis.parameters[0].name
        if named:
            made.add_row(axis.name, "", "", str(len(axis)))
        for place, one in enumerate(axis.parameters):
            # What varies together with what stands above it is set in.
            inner = named or place > 0
            path = with_unit(f"{'  ' * inner}{one.path}", one.scale.unit)
            count = "" if inner else str(len(axis))
            made.add_row(path, number(one.shown[0]), number(one.shown[-1]), count)
    return made


def _variables(swept: Swept) -> RenderableType:
    """The smallest and the largest value of each, and what the axes are there."""
    assert swept.dataset is not None
    known = {*swept.dataset.coords}
    groups: dict[tuple[str, ...], dict[str, dict[str, Extreme]]] = {}
    for name, both in swept.extremes.items():
        dims = swept.request.variables[name]
        if known.issuperset(dims):  # the edges of bins tell nothing by themselves
            groups.setdefault(dims, {})[name] = both
    parts: list[RenderableType] = []
    if singles := groups.pop((), {}):
        made = table("Found", "", "", "unit", words=("", "unit"))
        made.columns[1].justify = "right"
        made.show_header = False
        for name, found in singles.items():
            made.add_row(name, _value(found.get("minimum")), _unit(swept, name))
        parts.append(made)
    parts += [_extremes(swept, dims, found) for dims, found in groups.items()]
    return spaced(parts)


def _extremes(swept: Swept, dims: tuple[str, ...], found: dict[str, dict[str, Extreme]]) -> Table:
    heads = [_head(swept, dim) for dim in dims]
    rows = []
    for name, both in found.items():
        for place, word in enumerate(("minimum", "maximum")):
            extreme = both.get(word)
            at = {} if extreme is None else extreme.at
            title = "" if place else with_unit(name, _unit(swept, name))
            cells = [number(at[dim]) if at else "" for dim in dims]
            rows.append([title, word[:3], _value(extreme), *cells])
    made = table("Smallest and largest", "variable", "", "value", words=("variable", ""))
    # Of a number that is broken over two lines, each half reads as a number.
    made.columns[2].no_wrap = True
    apart = _fit(heads, rows)
    made.columns[0].no_wrap = apart
    for head in heads if apart else ["at"]:
        made.add_column(head, justify="right" if apart else "left")
    for title, word, value, *cells in rows:
        told = (f"{head}: {cell}" for head, cell in zip(heads, cells, strict=True) if cell)
        made.add_row(title, word, value, *(cells if apart else ["\n".join(told)]))
    return made


def _fit(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column for each axis has room for its numbers, and for the words of its head."""
    own = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    words = [max(map(len, head.split())) for head in heads]
    widest = max((*own[3:], *words))
    between = 3 * len(own) - 1
    return sum(own[:3]) + len(heads) * widest + between <= Console().width


def _head(swept: Swept, dim: str) -> str:
    assert swept.dataset is not None
    about = swept.dataset[dim].attrs
    return with_unit(str(about.get("long_name", dim)), _unit(swept, dim))


def _value(extreme: Extreme | None) -> str:
    return "not defined" if extreme is None else number(extreme.value)


def _unit(swept: Swept, name: str) -> str:
    assert swept.dataset is not None
    unit = str(swept.dataset[name].attrs.get("units", "1"))
    return "" if unit == "1" else unit


def _invalid(swept: Swept) -> Iterator[RenderableType]:
    if not swept.invalid:
        return
    made = table("No steady state", "why", "", "points", words=("why", ""))
    made.show_header = False
    for variable, counts in swept.invalid.items():
        without = variable.removeprefix("reason").replace("_", " ").strip()
        for reason, count in counts.items():
            made.add_row(reason.replace("_", " "), without, str(count), style="yellow")
    yield made


def _validity(swept: Swept) -> Iterator[RenderableType]:
    validity, beyond = swept.validity, swept.beyond
    if "note" in validity:
        yield Text(f"Whether this equation is to be trusted is not known: {validity['note']}.")
        return
    looked = f"{validity['points']} of {validity['of']} points looked at"
    if not beyond:
        yield Text(f"No figure of validity is beyond its limit ({looked}).", "green")
        return
    made = table("Is this equation to be trusted here?", "figure", "largest", "limit", "beyond at",
                 words=("figure",))  # fmt: skip
    for name, figure in beyond.items():
        share = f"{figure['points_beyond']} of {validity['points']} points"
        values = number(figure["largest"]), number(figure["look_twice_above"])
        made.add_row(name, *values, share, style="yellow")
    made.caption = f"{looked}; entherm compare tells about other equations."
    yield made


def whereabouts(swept: Swept) -> str:
    """Return how it was computed and where it is, in lines as long as paths are."""
    lines = [*_whereabouts(swept)]
    return "".join(f"{line}\n" for line in ("", *lines)) if lines else ""


def _whereabouts(swept: Swept) -> Iterator[str]:
    if swept.estimate is not None:
        return
    assert swept.moment is not None
    moment, asked, (_, chunks) = swept.moment, swept.request.asked, swept.chunks
    counted = f"{moment.points} points in {chunks} chunk{'s' * (chunks != 1)}"
    before = f", {moment.before} of them before" if moment.before else ""
    if moment.now:
        yield f"{counted}{before}; {_seconds(moment.seconds)}, {short(moment.rate)} points/s."
    else:
        yield f"{counted}: all were in {asked.out} already."
    if asked.out is not None:
        yield f"Stored in {asked.out}; in Python:"
        yield f'    ds = entherm.open_sweep("{asked.out}")'
    for file in asked.exports:
        yield f"Exported: {file}"
    if asked.drawing is not None:
        yield f"Drawn: {asked.drawing}"


def _estimate(swept: Swept) -> Iterator[str]:
    assert swept.estimate is not None
    found, asked = swept.estimate, swept.request.asked
    done, chunks = swept.chunks
    who = "one thread of the cluster" if asked.dask is not None else "this machine"
    if asked.workers is not None:
        who = f"{asked.workers} workers"
    what = "reductions" if swept.request.plan.reductions else "points"
    about = f" ({short(found.points)})" if found.points >= 10_000 else ""
    yield f"points    {found.points}{about} in {chunks} chunk{'s' * (chunks != 1)}"
    yield f"size      {_bytes(found.size)} of {what}, before they are compressed"
    yield f"rate      {short(found.rate)} points/s on {who}, by one chunk that was computed"
    yield f"time      {_seconds(found.seconds)}"
    if done:
        yield f"finished  {done} of {chunks} chunks are in {asked.out} already"
    yield "Nothing was written."


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 1.0 else clock(seconds)


def _bytes(size: int) -> str:
    return f"{short(size).rstrip()}{'B' if size >= 1000 else ' B'}"
