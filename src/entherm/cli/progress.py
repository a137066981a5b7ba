"""A progress bar on stderr, for people who wait: only on a terminal, and only after a second."""

from __future__ import annotations

import sys
from threading import Timer
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

PATIENCE = 1.0  # seconds in which nobody asks what is going on


class Progress:
    """Counts steps; a context manager that clears its line at the end.

    Parameters
    ----------
    total : int
        Number of steps.

    Examples
    --------
    >>> with Progress(2) as progress:
    ...     progress.begin("fig1")
    ...     progress.begin("fig2")
    """

    def __init__(self, total: int) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total)
        self._begun = 0
        self._timer = Timer(PATIENCE, self._bar.start)
        self._timer.daemon = True

    def begin(self, step: str) -> None:
        """Say which step comes next; those before it are done."""
        self._bar.update(self._task, description=step, completed=self._begun)
        self._begun += 1

    def __enter__(self) -> Progress:
        if self._bar.console.is_terminal:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._bar.live.is_started:
            self._bar.stop()
