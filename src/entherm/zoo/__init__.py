"""The zoo: machines of the literature, each a file with its source, a landmark and a picture.

``names`` lists them, ``entry`` tells everything about one, ``machine`` gives the machine itself.
docs/zoo.md shows them all.
"""

from entherm.zoo.entries import Entry, entry, machine, names

__all__ = ["Entry", "entry", "machine", "names"]
