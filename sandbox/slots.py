"""Slots: what a sandbox needs of the host, made once and used again: control groups and a pair of user ids."""

import fcntl
import os
import re
from pathlib import Path

from .log import log

# One for the host, because user ids and control groups are: every daemon finds the others' locks here.
FOLDER = Path('/run/try-console')

# Host user ids, above what distributions and containers hand out by default. Each daemon takes one range, for
# itself alone: the first id is the templates', then come two for each slot.
FIRST_ID = 1_900_000_000
RANGE_IDS = 4096
RANGES = 64

MAX_SLOTS = (RANGE_IDS - 1) // 2

# A daemon's control groups and folder are called so, with the number of its range.
RANGE_PREFIX = 'try-console-'
RANGE_PATTERN = re.compile(rf'{RANGE_PREFIX}\d{{1,2}}')


class IdRange:
    """A range of host user ids that no other living daemon has, held by a lock that dies with the process."""

    def __init__(self, number, lock):
        self.number = number
        self.base = FIRST_ID + number * RANGE_IDS
        self.name = f'{RANGE_PREFIX}{number}'
        self._lock = lock


def claim_range():
    """Takes the first free range. Raises RuntimeError where all are taken."""
    for number in range(RANGES):
        lock = try_lock(number)
        if lock is not None:
            return IdRange(number, lock)
    raise RuntimeError(f'all {RANGES} ranges of user ids are taken (locks in {FOLDER}); stop another sandbox daemon')


def try_lock(number):
    """Returns a descriptor that holds the range, or None where a living daemon has it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = os.open(FOLDER / f'{RANGE_PREFIX}{number}.lock', os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


class Slot:
    """One of them. `root` and `user` are what 0 and 1000 inside are called in a template's user namespace."""

    def __init__(self, number, group):
        self.number = number
        self.group = group
        self.root = 1 + 2 * number
        self.user = 2 + 2 * number
        self.is_broken = False

    def retire(self, error):
        """It is not used again: whatever is wrong with it, or with the host, is for a person to see."""
        log('slot is broken', slot=self.number, error=str(error))
        self.is_broken = True


class Slots:
    """All slots of a daemon. `take` and `give_back` are all there is; nothing else may hold one."""

    def __init__(self, count, groups):
        self.count = count
        self._groups = groups
        self._free = []
        self._made = 0

    def take(self):
        """A free slot, or None. The one that was used last comes first: its namespaces are warm."""
        if self._free:
            return self._free.pop()
        if self._made == self.count:
            return None
        slot = Slot(self._made, self._groups.group(f'slot-{self._made}'))
        self._made += 1
        return slot

    def give_back(self, slot):
        """The slot must be empty: no process, no namespace of the last sandbox. A broken one is not taken."""
        if not slot.is_broken:
            self._free.append(slot)
