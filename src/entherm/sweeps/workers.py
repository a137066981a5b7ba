"""Who computes the chunks: this process, or the workers of a Dask cluster.

Either way a chunk is computed by the same task from the same numbers, so that the result does not
tell them apart. What a worker that died had in hand is given to others.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from entherm import __version__
from entherm.checks import require_count, require_kind
from entherm.errors import EnthermError, MissingLibraryError
from entherm.kernels import at_most

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")
Job = Callable[[int], Result]
Results = Generator[tuple[int, Result], None, None]

# Chunks that are given out ahead of the oldest one that is not done, for every thread: enough that
# no worker waits, and few results that wait for their turn.
AHEAD = 3
# Seconds after which the size of the cluster, which may grow, is asked for again.
ASKED_AGAIN = 5.0
# Seconds after which a worker gives up that has lost its scheduler, as when that was killed.
ORPHANED = 20
# Seconds in which workers must have come up.
STARTING = 120


def here(job: Job[Result], chunks: Iterable[int]) -> Results[Result]:
    """Do the chunks in this process, with all its threads, one after another.

    Examples
    --------
    >>> [*here(lambda chunk: chunk + 1, [0, 1])]
    [(0, 1), (1, 2)]
    """
    for chunk in chunks:
        yield chunk, job(chunk)


def on_cluster(client: Client, job: Job[Result], chunks: Iterable[int]) -> Results[Result]:
    """Do the chunks on a Dask cluster; yields them as they are done.

    Parameters
    ----------
    client : distributed.Client
    job : callable
        What to do with a chunk; travels to the workers.
    chunks : iterable of int

    Raises
    ------
    EnthermError
        If a chunk ends worker after worker, these have another version of entherm, or the
        scheduler is gone; and whatever the job itself raises.
    """
    from cloudpickle import dumps
    from distributed import Client, as_completed

    remedy = "give a distributed.Client, or workers= for processes of this machine"
    require_kind(client, Client, "client", "be a client of a Dask cluster", remedy)
    # Workers find modules where this process does; the job stays packed until versions agree.
    payload = dumps((__version__, [*sys.path], dumps(job)))
    waiting = iter(chunks)
    done = as_completed(loop=client.loop)
    flying: dict[Any, int] = {}
    order: dict[int, None] = {}  # chunks given out and not taken back, oldest first
    late: set[int] = set()
    room = _Room(client)

    def give_out() -> None:
        for chunk in islice(waiting, max(0, room.chunks - len(order))):
            future = client.submit(_work, payload, chunk, pure=False)
            flying[future] = chunk
            order[chunk] = None
            done.add(future)

    try:
        give_out()
        while flying:
            future = next(done)
            chunk = flying.pop(future)
            result = _result(future, chunk)
            late.add(chunk)
            while order and next(iter(order)) in late:
                oldest = next(iter(order))
                del order[oldest]
                late.discard(oldest)
            give_out()
            yield chunk, result
    except SchedulerLostError:
        flying.clear()  # nobody is there who could call them back
        raise
    finally:
        if flying:
            client.cancel([*flying], force=True)


class SchedulerLostError(EnthermError):
    """The scheduler of a Dask cluster is gone."""


def _result(future: Any, chunk: int) -> Any:
    """What a worker has sent, or one sentence about what happened to it."""
    from distributed.scheduler import KilledWorker

    try:
        return pickle.loads(future.result())
    except KilledWorker as error:
        raise EnthermError(
            f"Chunk {chunk} ended {error.allowed_failures + 1} workers one after another, "
            "which the system kills when memory runs out: give fewer points to a chunk "
            "(chunk_points), or more memory to a worker."
        ) from None
    except CancelledError:
        raise SchedulerLostError(
            "The connection to the Dask scheduler was lost: start a cluster, and make the same "
            "call again; with out=, what is finished is kept."
        ) from None


class _Room:
    """How many chunks may be out: by the threads of a cluster, which comes and goes."""

    def __init__(self, client: Client) -> None:
        self._client, self._asked, self._chunks = client, -ASKED_AGAIN, 0

    @property
    def chunks(self) -> int:
        if time.monotonic() - self._asked > ASKED_AGAIN:
            self._asked = time.monotonic()
            self._chunks = AHEAD * max(1, sum(self._client.ncores().values()))
        return self._chunks


def _work(payload: bytes, chunk: int) -> bytes:
    # A worker has a process, or a thread of one, for each chunk: that is its share. In one piece,
    # a result passes the scheduler as it is; of nested arrays, each would be taken out and put in.
    with at_most(1):
        return pickle.dumps(_job(payload)(chunk), pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=4)
def _job(payload: bytes) -> Job[Any]:
    from cloudpickle import loads

    theirs, path, packed = loads(payload)
    if theirs != __version__:
        raise EnthermError(
            f"This worker has entherm {__version__}, the sweep is of {theirs}: install one version."
        )
    sys.path += [place for place in path if place not in sys.path]
    found: Job[Any] = loads(packed)
    return found


def on_workers(workers: int, job: Job[Result], chunks: Iterable[int]) -> Results[Result]:
    """Do the chunks on so many processes of this machine, which end with the work.

    Examples
    --------
    >>> [*on_workers(2, abs, [])]
    []
    """
    if waiting := [*chunks]:
        with local_cluster(workers) as client:
            yield from on_cluster(client, job, waiting)


def required_workers(workers: object) -> int:
    """Return a number of worker processes; refuse what is none, and to go without Dask.

    Raises
    ------
    ParameterError
        For what is no number of workers.
    MissingLibraryError
        Without the extra ``entherm[dask]``.

    Examples
    --------
    >>> required_workers(2)
    2
    """
    count = require_count(workers, "workers", "give 2, or leave it out for this process alone")
    require_dask()
    return count


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """Start so many worker processes, of one thread each, on this machine; end them afterwards.

    Raises
    ------
    EnthermError
        On Windows.
    """
    if os.name == "nt":
        told = "Worker processes cannot be started from here on Windows"
        raise EnthermError(f"{told}: start a Dask cluster, and give its client.")
    from distributed import Client, Scheduler
    from distributed.deploy.spec import SpecCluster

    # Processes of their own, which never import the user's script again as those of
    # `multiprocessing` do: no `if __name__ == "__main__":` is needed around a sweep.
    own = {"nthreads": 1, "memory_limit": 0, "host": "127.0.0.1", "death_timeout": ORPHANED}
    worker = {"cls": _apart(), "options": {"worker_kwargs": own | _QUIET}}
    # Ports of their own also for what Dask tells of itself: its usual one warns when it is taken.
    own_ports = {"port": 0, "dashboard_address": "127.0.0.1:0"}
    scheduler = {"host": "127.0.0.1", "dashboard": False, **own_ports}
    with (
        SpecCluster(
            workers=dict.fromkeys(range(workers), worker),
            worker=worker,
            scheduler={"cls": Scheduler, "options": scheduler},
            **_QUIET,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        try:
            client.wait_for_workers(workers, timeout=STARTING)
        except TimeoutError:
            told = f"No {workers} worker processes came up within {STARTING} s"
            raise EnthermError(
                f"{told}: see what they write on stderr, or sweep without workers."
            ) from None
        yield client


_QUIET = {"silence_logs": 40}  # logging.ERROR
# Dask has workers give memory back at once. The arrays of a chunk are then faulted in anew for the
# next one, which takes two thirds of the time: let glibc keep them.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}


def _apart() -> Any:
    """Return what starts a worker in a process group of its own.

    Ctrl-C in a terminal reaches a whole group: workers are ended by the process that started them,
    not by tracebacks of their own.
    """
    from distributed.deploy.subprocess import SubprocessWorker

    class Apart(SubprocessWorker):  # type: ignore[misc, unused-ignore]
        async def _start(self) -> None:
            spec = json.dumps({"cls": self.worker_class, "opts": self.worker_kwargs})
            words = (sys.executable, "-m", "dask", "spec", self.scheduler, "--spec", spec)
            self.process = await asyncio.create_subprocess_exec(
                *words, process_group=0, env=os.environ | _MEMORY
            )

    return Apart


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to the scheduler of a Dask cluster, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    EnthermError
        If nobody answers there.
    """
    require_dask()
    from distributed import Client

    try:
        # One that is the default, and fails, would be Dask's scheduler of all reads to come.
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        told = f"No Dask scheduler answers at {address} ({error})"
        raise EnthermError(
            f"{told}: start one with `dask scheduler`, and see its address."
        ) from None
    with client:
        yield client


def require_dask() -> None:
    """Refuse without `distributed`.

    Raises
    ------
    MissingLibraryError
        Says what to install.

    Examples
    --------
    >>> require_dask()
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        told = "Several workers need Dask, which is not installed"
        raise MissingLibraryError(f"{told}: pip install 'entherm[dask]'.") from None
