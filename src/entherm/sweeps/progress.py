"""How far a sweep is: what is done, how fast, and how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE = 1.0  # seconds in which nobody asks what is going on


@dataclass(frozen=True)
class Progress:
    """A moment of a sweep.

    Attributes
    ----------
    points : int
        Of the whole sweep.
    before : int
        Points that were finished before this run began.
    now : int
        Points that this run has finished.
    seconds : float
        Since this run began.

    Examples
    --------
    >>> moment = Progress(1000, 200, 400, 2.0)
    >>> moment.rate, moment.remaining, moment.done
    (200.0, 2.0, 600)
    """

    points: int
    before: int
    now: int
    seconds: float

    @property
    def done(self) -> int:
        """Points that are finished."""
        return self.before + self.now

    @property
    def rate(self) -> float:
        """Points a second, of this run."""
        return self.now / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def remaining(self) -> float:
        """Seconds that are left at this rate; infinite as long as nothing is known."""
        left = self.points - self.done
        return 0.0 if not left else left / self.rate if self.rate else float("inf")


Report = Callable[[Progress], None]


@contextmanager
def shown(description: str = "sweep") -> Iterator[Report]:
    """Show a bar with rate and remaining time on stderr: on a terminal, and after a second.

    Examples
    --------
    >>> with shown() as report:
    ...     report(Progress(10, 0, 10, 0.1))
    """
    if not sys.stderr.isatty():
        yield lambda moment: None
        return
    bar = _bar()
    task: Any = None
    begun = time.monotonic()

    def report(moment: Progress) -> None:
        nonlocal task
        if task is None and time.monotonic() - begun > PATIENCE:
            task = bar.add_task(description, total=moment.points, rate="")
            bar.start()
        if task is not None:
            words = f"{short(moment.rate)} points/s, {clock(moment.remaining)} left"
            bar.update(task, completed=moment.done, rate=words)

    try:
        yield report
    finally:
        if task is not None:
            bar.stop()


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        console=Console(file=sys.stderr),
        transient=True,
    )


def short(number: float) -> str:
    """Spell a large number in three digits.

    Examples
    --------
    >>> short(84_000_000.0), short(12_300.0), short(0.25)
    ('84 M', '12.3 k', '0.25')
    """
    for size, letter in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= 0.9995 * size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def clock(seconds: float) -> str:
    """Spell a duration.

    Examples
    --------
    >>> clock(3.2), clock(125.0), clock(7_300.0), clock(float("inf"))
    ('3 s', '2 min 5 s', '2 h 1 min', '?')
    """
    if seconds == float("inf"):
        return "?"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
