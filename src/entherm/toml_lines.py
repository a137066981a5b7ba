"""On which line each key of a TOML document stands.

`tomllib` reads a document without telling where its keys were. This scanner tells where, and
nothing else: it skips values instead of reading them, and relies on `tomllib` having accepted the
text before.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType

_TOKEN = re.compile(
    r"""
    (?P<skipped>[^\S\n]+|\#[^\n]*)
  | \"\"\"(?:\\.|[^\\])*?\"\"\""{0,2}       # up to two quotes may precede the closing three
  | '''.*?''''{0,2}
  | "(?:\\.|[^"\\])*" | '[^']*'
  | [\n\[\]{}=.,]
  | [^\s\[\]{}=.,\#"']+
    """,
    re.VERBOSE | re.DOTALL,
)

_Path = tuple[str | int, ...]


def key_lines(text: str) -> Mapping[str, int]:
    r"""Return the line of every key, by its path.

    Parameters
    ----------
    text : str
        A valid TOML document.

    Returns
    -------
    mapping of str to int
        Path to line, counted from 1. Tables count as keys, and elements of arrays by their index;
        a table that no header names has the line of its first key.

    Examples
    --------
    >>> dict(key_lines("a.b = 1\n[[c]]\nd = [\n  2,\n]"))
    {'a': 1, 'a.b': 1, 'c': 2, 'c.0': 2, 'c.0.d': 3, 'c.0.d.0': 4}
    """
    scanner = _Scanner(text)
    scanner.document()
    return MappingProxyType(scanner.lines)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._last: dict[_Path, int] = {}  # arrays of tables: index of the table being written
        self._tokens: list[tuple[str, int]] = []  # in reverse, the next one last
        line = 1
        for match in _TOKEN.finditer(text):
            if not match["skipped"]:
                self._tokens.append((match[0], line))
            line += match[0].count("\n")
        self._tokens.reverse()

    def document(self) -> None:
        table: _Path = ()
        while self._tokens:
            if self._next_is("\n"):
                self._tokens.pop()
            elif self._next_is("["):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> _Path:
        line = self._tokens.pop()[1]
        is_array = self._next_is("[")
        if is_array:
            self._tokens.pop()
        *parents, name = self._key()
        table: _Path = ()
        for parent in parents:
            table = self._found((*table, parent), line)
            if table in self._last:
                table = (*table, self._last[table])
        table = self._found((*table, name), line)
        if is_array:
            self._last[table] = self._last.get(table, -1) + 1
            table = self._found((*table, self._last[table]), line)
        while self._next_is("]"):
            self._tokens.pop()
        return table

    def _pair(self, table: _Path) -> None:
        line = self._tokens[-1][1]
        for name in self._key():
            table = self._found((*table, name), line)
        self._tokens.pop()  # =
        self._value(table)

    def _key(self) -> list[str]:
        names = [self._name()]
        while self._next_is("."):
            self._tokens.pop()
            names.append(self._name())
        return names

    def _name(self) -> str:
        token = self._tokens.pop()[0]
        return str(tomllib.loads(f"_ = {token}")["_"]) if token[0] in "\"'" else token

    def _value(self, path: _Path) -> None:
        opening = self._tokens[-1][0]
        if opening not in ("[", "{"):
            while self._tokens and not self._next_is(",", "]", "}", "\n"):
                self._tokens.pop()
            return
        self._tokens.pop()
        count = 0
        while not self._next_is("]", "}"):
            if self._next_is(",", "\n"):
                self._tokens.pop()
            elif opening == "{":
                self._pair(path)
            else:
                self._value(self._found((*path, count), self._tokens[-1][1]))
                count += 1
        self._tokens.pop()

    def _found(self, path: _Path, line: int) -> _Path:
        self.lines.setdefault(".".join(map(str, path)), line)
        return path

    def _next_is(self, *tokens: str) -> bool:
        return bool(self._tokens) and self._tokens[-1][0] in tokens
