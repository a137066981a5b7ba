"""The command line: `entherm reproduce | solve | sweep | compare | machines | cite | doctor`.

Each command takes ``--json`` and then prints one object on stdout, whatever happens; see `failures`
for the exit codes. What a command needs is imported when it runs, so that ``entherm --help``
answers at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperCommand

from entherm import __version__
from entherm.cli import sweep_options

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; of errors too: {error: {...}}.")
]

Initial = Annotated[
    str | None,
    typer.Option(
        metavar="KET",
        help="Where to start if the steady state is not unique: 10, or 01+10 "
        "(bare kets, 1 excited, qubits in the order of the file); or thermal "
        "(each at the temperature of its own reservoir).",
    ),
]
LambShift = Annotated[
    str,
    typer.Option(
        "--lamb-shift",
        metavar="SHIFT",
        help="absorbed: gaps and strengths in FILE are the dressed ones; explicit: they are bare, "
        "and the reservoirs shift them (global, unified, redfield, local, local-bare).",
    ),
]

EquationWord = Annotated[
    str | None,
    typer.Option(
        "--equation",
        "-e",
        metavar="NAME",
        help="The master equation: global, unified, redfield, universal-lindblad, local, "
        "local-bare (local, its heat counted bare), reset, or reset-bare. Left out: the one "
        "that FILE tells of in [about], else global.",
    ),
]

app = typer.Typer(
    help="Autonomous quantum thermal machines: steady states, entanglement, heat, and limits.",
    rich_markup_mode=None,  # rich takes as long to import as all the rest of --help
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Command(TyperCommand):
    """A command whose help spells its arguments as other commands do: FILE, [FIGURE]..."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        # typer writes {FILE} where an argument is required, and the types of Python.
        required = re.sub(r"\{([A-Z]+)\}", r"\1", super().get_help(ctx))
        return re.sub(r"(?m)^(  [A-Z]+) <[a-z\[\]]+>", r"\1", required)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those of the process.
    """
    sys.exit(_exit_code(list(sys.argv[1:] if arguments is None else arguments)))


def _exit_code(words: list[str]) -> int:
    from entherm.cli.failures import INTERRUPTED, report

    for stream in (sys.stdout, sys.stderr):
        # λ and ⟩ must not end a command on a terminal that has no such letter.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    as_json = "--json" in words
    try:
        code = int(app(words, prog_name="entherm", standalone_mode=False) or 0)
        return report(KeyboardInterrupt(), as_json=as_json) if code == INTERRUPTED else code
    except (Exception, KeyboardInterrupt) as error:
        return report(error, as_json=as_json)


@app.callback(invoke_without_command=True)
def _entherm(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    from entherm.cli.output import print_text

    if version:
        print_text(f"entherm {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print_text(f"{context.get_help()}\n")


@app.command(cls=_Command)
def reproduce(
    figures: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIGURE", help="fig1 to fig7; left out, all of them."),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="Where the results go.")
    ] = "out",
    as_json: Json = False,
) -> None:
    """Reproduce the figures of the paper, and test its claims.

    Writes figures (PNG, PDF), their data (netCDF), claims.json, and report.html, which shows them
    all. With some figures named, only the claims about those are tested.
    """
    from entherm.cli.output import print_json, print_tables
    from entherm.cli.reproduction import reproduce as reproduced

    made = reproduced(figures or [], out)
    if as_json:
        print_json(made.as_dict())
    else:
        print_tables(made.tables())


@app.command(cls=_Command)
def solve(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A machine file (TOML).")],
    initial: Initial = None,
    equation: EquationWord = None,
    lamb_shift: LambShift = "absorbed",
    as_json: Json = False,
) -> None:
    """Solve the machine in FILE.

    Prints levels, entanglement, heat, effective temperatures, rates, and whether the equation is
    to be trusted. Numbers are in the units of the file. In JSON, ±∞ is the text "inf" or "-inf",
    and what is not defined is null.
    """
    from entherm.cli.output import print_json, print_tables
    from entherm.cli.solving import solve as solved

    solution = solved(file, initial, equation, lamb_shift)
    if as_json:
        print_json(solution.as_dict())
        return
    from entherm.cli.solution_tables import solution_tables

    print_tables(solution_tables(solution))


@app.command("sweep", cls=_Command)
def sweep_axes(  # noqa: PLR0913, PLR0917  a command has its options
    file: Annotated[str, typer.Argument(metavar="FILE", help="A machine file (TOML).")],
    axis: sweep_options.Axes = None,
    observe: sweep_options.Observe = None,
    without: sweep_options.Without = None,
    equation: EquationWord = None,
    initial: Initial = None,
    lamb_shift: LambShift = "absorbed",
    mark_invalid: sweep_options.Mark = False,
    reduce: sweep_options.Reduce = None,
    out: sweep_options.Out = None,
    workers: sweep_options.Workers = None,
    dask: sweep_options.Dask = None,
    chunk_points: sweep_options.ChunkPoints = None,
    export: sweep_options.Export = None,
    draw: sweep_options.Draw = None,
    dry_run: sweep_options.DryRun = False,
    as_json: Json = False,
) -> None:
    """Sweep parameters of the machine in FILE.

    Computes observables over all points of a grid, of one axis or more, and prints the smallest
    and the largest values. An interrupted sweep into a store goes on where it was when
    the same command is given again. Numbers are in the units of the file.
    """
    from entherm.cli.output import print_json, print_tables, print_text
    from entherm.cli.sweep_request import Asked
    from entherm.cli.sweeping import estimated, swept

    asked = Asked(
        file, axis or (), observe or (), without or (), reduce or (), equation, initial, lamb_shift,
        mark_invalid, out, chunk_points, workers, dask, export or (), draw,
    )  # fmt: skip
    found = estimated(asked) if dry_run else swept(asked)
    if as_json:
        print_json(found.as_dict())
        return
    from entherm.cli.sweep_tables import sweep_tables, whereabouts

    print_tables(sweep_tables(found))
    print_text(whereabouts(found))


@app.command("compare", cls=_Command)
def compare_equations(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A machine file (TOML).")],
    initial: Initial = None,
    lamb_shift: LambShift = "absorbed",
    as_json: Json = False,
) -> None:
    """Solve the machine in FILE under every equation.

    Prints entanglement, heat and entropy production side by side, which figures are beyond their
    limits, which equation to take, and why. Numbers are in the units of the file.
    """
    from entherm.cli.comparing import compare_file
    from entherm.cli.output import print_json, print_tables

    compared = compare_file(file, initial, lamb_shift)
    if as_json:
        print_json(compared.as_dict())
        return
    from entherm.cli.comparison_tables import comparison_tables

    print_tables(comparison_tables(compared))


@app.command(cls=_Command)
def machines(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One of them; left out, a list of all.")
    ] = None,
    write: Annotated[
        str | None, typer.Option("--write", metavar="FILE", help="Copy its machine file.")
    ] = None,
    draw: Annotated[
        str | None,
        typer.Option("--draw", metavar="FILE", help="Draw it: .png, .svg or .pdf."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show machines of the literature.

    Lists them, or tells of one where it is from, what it shows, which equation it takes and why,
    and its solution. With --write or --draw, does that instead.
    """
    from entherm.cli.machines import delivered, listed, shown
    from entherm.cli.output import print_json, print_tables, print_text

    if write is not None or draw is not None:
        made = delivered(name, write, draw)
        if as_json:
            print_json({"name": name, **made})
        else:
            print_text("".join(f"{word}: {path}\n" for word, path in made.items()))
        return
    found = listed() if name is None else shown(name)
    if as_json:
        print_json(found.as_dict())
    else:
        print_tables(found.tables())


@app.command(cls=_Command)
def cite(as_json: Json = False) -> None:
    """Print BibTeX of the paper and of entherm."""
    from entherm.cli.output import print_json, print_text
    from entherm.paper.citation import REFERENCES

    if as_json:
        print_json({name: {**r.fields, "bibtex": r.bibtex} for name, r in REFERENCES.items()})
    else:
        print_text("\n\n".join(r.bibtex for r in REFERENCES.values()) + "\n")


@app.command(cls=_Command)
def doctor(as_json: Json = False) -> None:
    """Check this installation.

    Versions, the kernel cache, one number of the paper, and the compiled engine against NumPy.
    The exit code is 1 if something is not in order.
    """
    from entherm.cli.doctor import diagnose
    from entherm.cli.output import print_json, print_tables

    diagnosis = diagnose()
    if as_json:
        print_json(diagnosis.as_dict())
    else:
        print_tables(diagnosis.tables())
    if not diagnosis.passed:
        raise typer.Exit(1)
