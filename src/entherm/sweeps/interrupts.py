"""Ctrl-C, put off for a moment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a block of some milliseconds come to its end before Ctrl-C takes effect.

    Whoever waits for an event loop of another thread, as Zarr does, and is interrupted, leaves
    work behind that nobody waits for, and Python complains of it on stderr.

    Examples
    --------
    >>> with uninterrupted():
    ...     pass
    """
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(before):
        yield
        return
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(signal.SIGINT, None)
