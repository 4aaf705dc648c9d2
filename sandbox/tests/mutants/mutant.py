"""One layer of the sandbox, with the edit that takes it away and the attack that must notice."""

from collections import namedtuple

# Where no sandbox comes of it: it needs no attack to be noticed.
REFUSAL = 'refusal'

# file: of the package. old: stands exactly once in it, or the table is out of date.
Edit = namedtuple('Edit', 'file old new')


class Mutant:
    """layer: what is taken away. notices: "family.attack", "host.check" of host_checks.py, or REFUSAL.

    Where one layer stands behind another, so that the loss of one alone shows nowhere, the edits take both away and
    reason says which stands behind.
    """

    def __init__(self, layer, notices, *edits, reason=''):
        self.layer = layer
        self.notices = notices
        self.edits = edits
        self.reason = reason
