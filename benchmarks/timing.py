"""Wall-clock times of jobs that take turns, and what was demanded of them.

Machines are shared and noisy: all times of a row come from one run, in which the jobs take turns,
and what counts are the ratios of their medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite

ENOUGH_S = 60.0

# Threads of a linear-algebra pool wait actively for some time after their last task, and would
# take a core from whoever comes next.
SETTLE_S = 0.3


@dataclass(frozen=True)
class Job:
    """Something to be timed: a name, how many points it solves, and the call.

    What `prepare` returns is handed to the call, and its making is not timed. `reference` names
    the job that it is compared with.
    """

    name: str
    points: int
    call: Callable[..., object]
    prepare: Callable[[], object] | None = None
    reference: str = "entherm"

    def timed(self) -> float:
        """Seconds of one call."""
        prepared = () if self.prepare is None else (self.prepare(),)
        time.sleep(SETTLE_S)
        start = time.perf_counter()
        self.call(*prepared)
        return time.perf_counter() - start


@dataclass(frozen=True)
class Timing:
    """Seconds of one job in each round."""

    name: str
    points: int
    seconds: tuple[float, ...]
    reference: str = "entherm"
    unit: str = "points"

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Points a second, of the median round."""
        return self.points / self.median

    def as_dict(self) -> dict[str, object]:
        seconds = [float(f"{s:.4g}") for s in self.seconds]
        return {
            "name": self.name,
            "reference": self.reference,
            "points": self.points,
            "unit": self.unit,
            "median": float(f"{self.median:.4g}"),
            "fastest": min(seconds),
            "slowest": max(seconds),
            "rounds": len(seconds),
        }


@dataclass(frozen=True)
class Demand:
    """One figure that the row must show; `sense` is "at least" or "at most"."""

    what: str
    sense: str
    demanded: float
    measured: float
    unit: str

    @property
    def met(self) -> bool:
        if self.sense == "at least":
            return self.measured >= self.demanded
        return self.measured <= self.demanded

    @property
    def ratio(self) -> float:
        """Above one where the demand is met, whichever its sense."""
        more, less = self.measured, self.demanded
        if self.sense == "at most":
            more, less = less, more
        return more / less if less else 1.0

    def as_dict(self) -> dict[str, object]:
        known = isfinite(self.measured)
        return {
            "what": self.what,
            "sense": self.sense,
            "unit": self.unit,
            "demanded": float(f"{self.demanded:.4g}"),
            "measured": float(f"{self.measured:.4g}") if known else None,
            "ratio": float(f"{self.ratio:.3g}") if known else None,
            "met": self.met,
        }


@dataclass(frozen=True)
class Check:
    """How far a peer's numbers are from entherm's, and how far they may be."""

    peer: str
    points: int
    difference: float
    tolerance: float

    def as_dict(self) -> dict[str, object]:
        return vars(self) | {"difference": float(f"{self.difference:.2g}")}


@dataclass
class Row:
    """One row of the table, as it fills."""

    key: str
    work: str
    timings: list[Timing] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    skipped: str = ""
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extra: dict[str, object] = field(default_factory=dict)

    def demand(
        self, what: str, sense: str, demanded: float, measured: float, unit: str = ""
    ) -> None:
        self.demands.append(Demand(what, sense, demanded, measured, unit))

    def as_dict(self) -> dict[str, object]:
        parts = {
            name: [part.as_dict() for part in getattr(self, name)]
            for name in ("timings", "demands", "checks")
        }
        return {
            "work": self.work,
            "skipped": self.skipped,
            **parts,
            "notes": self.notes,
            "extra": rounded(self.extra),
        }


def rounded(value: object) -> object:
    """Four figures of every number within."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


class WrongPeerError(AssertionError):
    """A peer's numbers are not entherm's: its time would mean nothing."""


def agree(row: Row, peer: str, points: int, difference: float, tolerance: float) -> None:
    """Note a comparison in `row`; refuse to time what is wrong (NaN included)."""
    row.checks.append(Check(peer, points, float(difference), tolerance))
    if not difference <= tolerance:
        raise WrongPeerError(
            f"{row.key}: {peer} differs from entherm by {difference:.3g} on {points} points, "
            f"and may by {tolerance:.3g}"
        )


def say(text: str) -> None:
    """Progress, on the standard error."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def take_turns(row: Row, jobs: list[Job], rounds: int) -> dict[str, Timing]:
    """Time the jobs in turn, `rounds` times over; the timings are also put into `row`.

    One that has had a minute waits the other rounds out.
    """
    seconds: dict[str, list[float]] = {job.name: [] for job in jobs}
    for number in range(rounds):
        said = []
        for job in jobs:
            if sum(seconds[job.name]) > ENOUGH_S:
                continue
            seconds[job.name].append(job.timed())
            said.append(f"{job.name} {seconds[job.name][-1]:.3g} s")
        say(f"{row.key} round {number + 1}/{rounds}: " + ", ".join(said))
    timings = {
        job.name: Timing(job.name, job.points, tuple(seconds[job.name]), job.reference)
        for job in jobs
    }
    row.timings.extend(timings.values())
    return timings
