"""The options of `entherm sweep`, as its help tells them."""

from __future__ import annotations

from typing import Annotated

import typer

Axes = Annotated[
    list[str] | None,
    typer.Option(
        "--axis",
        metavar="PATH=VALUES",
        help="A parameter and its values: FROM:TO:POINTS, FROM:TO:POINTS:log, or V1,V2,V3; with "
        "units if FILE has units (1mK:30mK:200). PATH,PATH=VALUES vary together, and "
        "NAME=PATH,PATH=VALUES calls the axis NAME. Repeat it for further axes; the last varies "
        "fastest.",
    ),
]
Observe = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD",
        help='What is computed: concurrence, "concurrence A-B", "heat RC", "population 4", '
        '"entropy production", ... Repeat it for more.',
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RESERVOIR",
        help="Compute all of it (left out: the concurrence) without this reservoir, too, and the "
        "difference. Repeatable.",
    ),
]
Mark = Annotated[
    bool,
    typer.Option(
        "--mark-invalid",
        help="Points without a steady state become NaN with a reason, and are counted; without "
        "it, the first one ends the sweep.",
    ),
]
Reduce = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT",
        help="Keep this of the points instead of the points: maximum:concurrence, minimum:heat_RC, "
        'mean:concurrence, "fraction:concurrence>0", histogram:concurrence:0:1:100, '
        "contour:concurrence=0:AXIS. Behind it may stand "
        '" over AXIS,AXIS" and " where heat_RC<0". Repeatable.',
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FOLDER",
        help="Write all points into this store, run.zarr. An interrupted sweep goes on there when "
        "the same command is given again. Left out, points are kept in memory until the end.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Compute in N processes; left out, in this one with all its threads."
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Compute on the Dask cluster whose scheduler is at ADDRESS, tcp://10.0.0.1:8786.",
    ),
]
ChunkPoints = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="About how many points are one task; left out, by what a point costs."
    ),
]
Export = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Write the result as NetCDF (.nc) or text (.csv), too."),
]
Draw = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Draw it (.png, .svg, .pdf): curves along one axis, or over two axes a map of what "
        "comes first.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say how many points and bytes it is, and, from one chunk that is computed, how long "
        "it takes; write nothing.",
    ),
]
