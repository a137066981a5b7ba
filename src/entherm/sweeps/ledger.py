"""The ledger of a store: what the sweep is, and which chunks are finished, a line each.

Lines are only ever added. Each ends with a checksum of what stands before it, so that a line that
was cut off by an interruption is told from one that was edited: the first can only be the last
line, and its chunk is computed again; the second is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from entherm.errors import EnthermError

NAME = "ledger.jsonl"
# Of the format: a store of another one is refused.
VERSION = 1


class StoreError(EnthermError):
    """A store of a sweep cannot be used, or not be written; nothing in it is lost."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A finished chunk.

    Attributes
    ----------
    chunk : int
    invalid : dict of str to dict of str to int
        How many points have no steady state, by variable and reason.
    """

    chunk: int
    invalid: dict[str, dict[str, int]]


@dataclass(frozen=True, eq=False)
class Ledger:
    """What a ledger file says.

    Attributes
    ----------
    path : Path
    identity : dict
        What the sweep is; see `entherm.sweeps.identity`.
    block : tuple of int
        Shape of a chunk.
    entries : dict of int to Entry
        By chunk.
    sound : int
        Bytes up to the end of the last whole line.
    """

    path: Path
    identity: dict[str, Any]
    block: tuple[int, ...]
    entries: dict[int, Entry]
    sound: int


def begin(folder: Path, identity: Mapping[str, Any], block: tuple[int, ...]) -> Ledger:
    """Write the first line of a ledger, whole or not at all."""
    path = folder / NAME
    head = {"ledger": VERSION, "identity": dict(identity), "block": list(block)}
    line = _line(head)
    temporary = path.with_suffix(".new")
    temporary.write_bytes(line)
    temporary.replace(path)
    return Ledger(path, dict(identity), block, {}, len(line))


def read(folder: Path, chunks: int | None = None) -> Ledger:
    """Read a ledger.

    Parameters
    ----------
    folder : Path
        The store.
    chunks : int, optional
        How many chunks there are, where that is known.

    Raises
    ------
    StoreError
        For a ledger that is empty, that was edited, or of another format.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    end = content.rfind(b"\n") + 1
    head, *rest = [*_parsed(path, content[:end])] or [{}]
    if head.get("ledger", VERSION) != VERSION:
        told = f"must have the format {VERSION}, has {head['ledger']}"
        raise StoreError(f"{path} {told}: read it with the version of entherm that wrote it.")
    if not {"identity", "block"} <= {*head}:
        remedy = f"bring {NAME} back from a copy, or sweep into another folder"
        raise StoreError(f"{path} must begin with what the sweep is, and does not: {remedy}.")
    return Ledger(path, head["identity"], tuple(head["block"]), _entries(path, rest, chunks), end)


def _entries(path: Path, rest: list[dict[str, Any]], chunks: int | None) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for line, entry in enumerate(rest, 2):
        chunk: int = entry.get("chunk", -1)
        if chunk < 0:
            told = "names no chunk"
        elif chunk in found:
            told = f"names chunk {chunk} again"
        elif chunks is not None and chunk >= chunks:
            told = f"names chunk {chunk}, and there are {chunks}, from 0 on"
        else:
            told = ""
        if told:
            raise StoreError(f"{path}:{line} {told}: delete the line, or bring back a copy.")
        found[chunk] = Entry(chunk, entry["invalid"])
    return found


class LedgerWriter:
    """Adds lines to a ledger; a line that was cut off is taken away first.

    Parameters
    ----------
    ledger : Ledger
    """

    def __init__(self, ledger: Ledger) -> None:
        self._stream = ledger.path.open("ab", buffering=0)
        if self._stream.tell() > ledger.sound:
            self._stream.truncate(ledger.sound)

    def add(self, entry: Entry) -> None:
        """Note a finished chunk.

        Raises
        ------
        OSError
            If the line cannot be written.
        """
        line = _line({"chunk": entry.chunk, "invalid": entry.invalid})
        # A disk that is nearly full takes a part, and says so only at the next attempt.
        while line:
            line = line[self._stream.write(line) :]

    def __enter__(self) -> LedgerWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _line(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=True)
    return f"{text} {crc32(text.encode()):08x}\n".encode()


def _parsed(path: Path, content: bytes) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(content.splitlines(), 1):
        text, _, check = line.rpartition(b" ")
        if f"{crc32(text):08x}".encode() != check:
            told = "its checksum does not fit what it says: it was edited or damaged"
            remedy = "bring back a copy, or delete this line and its chunk is computed again"
            first = "bring back a copy, or sweep into another folder"
            raise StoreError(f"{path}:{number}: {told}; {remedy if number > 1 else first}.")
        yield json.loads(text)
