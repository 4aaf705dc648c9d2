"""Control groups: one for each slot, with the limits of whatever runs there, on cgroup v1 and v2.

On v1 the controllers are hierarchies of their own, and a v2 hierarchy without controllers is used beside them:
only v2 can kill a whole group at once and tell when it is empty.
"""

import errno
import os
import time
from pathlib import Path

from .counters import Counters

CONTROLLERS = ('memory', 'pids', 'cpu')

# The scheduler's accounting period. The shorter it is, the less a throttled prompt stalls.
PERIOD_US = 100_000

# The buffers of all TCP and UDP sockets of a sandbox on v1, beside its memory; v2 counts them as memory.
SOCKET_BYTES = 16 << 20

# How long killed processes may take to be gone from their groups.
REMOVE_DEADLINE_S = 5

# How often to look for processes that are still where none may be.
MOVE_ROUNDS = 10

# Nodes that may be opened on v1: those of /dev and pseudo terminals. v2 has no such files; there the mounts are
# without devices, and no one may make nodes.
_DEVICES = ('c 1:3 rw', 'c 1:5 rw', 'c 1:7 rw', 'c 1:8 rw', 'c 1:9 rw', 'c 5:0 rw', 'c 5:2 rw', 'c 136:* rw')


class ControlGroups:
    """The parent of all groups of one daemon, named `name` in each hierarchy."""

    def __init__(self, hierarchies, unified, name):
        """hierarchies: v1 controller to folder, or {} on v2. unified: folder of the v2 hierarchy."""
        self.version = 1 if hierarchies else 2
        self.name = name
        self._parents = {controller: folder / name for controller, folder in hierarchies.items()}
        self._unified = unified / name
        self._unified_root = unified

    def prepare(self):
        """Makes the parent folders, and on v2 hands the controllers down to them. Raises OSError."""
        for parent in (*self._parents.values(), self._unified):
            parent.mkdir(exist_ok=True)
        if self.version == 2:
            self._move_ourselves_to_a_leaf()
            for folder in (self._unified_root, self._unified):
                _write(folder / 'cgroup.subtree_control', ' '.join(f'+{name}' for name in CONTROLLERS))

    def _move_ourselves_to_a_leaf(self):
        """v2 gives controllers only to groups below one that holds no process itself, unless that is the root."""
        if (self._unified_root / 'cgroup.type').exists():
            leaf = self._unified_root / 'daemon'
            leaf.mkdir(exist_ok=True)
            # Again, for those that were forked meanwhile; what goes on for longer, the next write refuses.
            for _ in range(MOVE_ROUNDS):
                for pid in (self._unified_root / 'cgroup.procs').read_text().split():
                    _move(pid, leaf)

    def group(self, name):
        """The group of one slot; made, with the rights to devices, if it is not there."""
        folders = {controller: parent / name for controller, parent in self._parents.items()}
        unified = self._unified / name
        for folder in (*folders.values(), unified):
            folder.mkdir(exist_ok=True)
        if 'devices' in folders:
            _write(folders['devices'] / 'devices.deny', 'a')
            for rule in _DEVICES:
                _write(folders['devices'] / 'devices.allow', rule)
        return Group(folders, unified)

    def remove(self):
        """Kills what lives in any group and removes all folders. Raises OSError where one stays busy."""
        remove((self._unified, *self._parents.values()))


class Group:
    """One slot's group. Its folders stay for as long as the daemon runs: making them is slow, reuse is cheap."""

    def __init__(self, folders, unified):
        self._folders = folders
        self._unified = unified
        self.events = os.open(unified / 'cgroup.events', os.O_RDONLY | os.O_CLOEXEC)
        self.counters = Counters(folders, unified)

    def limit(self, limits):
        """Writes an environment's limits. One process more than the visitor's may exist: init."""
        memory = limits.memory_mb << 20
        if self._folders:
            # Memory and swap together may never be less than memory alone, so that it makes room first and then
            # follows: no swap. The file is missing where swap is not accounted.
            _write_if_there(self._folders['memory'] / 'memory.memsw.limit_in_bytes', -1)
            _write(self._folders['memory'] / 'memory.limit_in_bytes', memory)
            _write_if_there(self._folders['memory'] / 'memory.memsw.limit_in_bytes', memory)
            # What sockets of the internet's families hold is counted apart, and only where it has a limit.
            _write_if_there(self._folders['memory'] / 'memory.kmem.tcp.limit_in_bytes', SOCKET_BYTES)
            _write(self._folders['pids'] / 'pids.max', limits.processes + 1)
            _write(self._folders['cpu'] / 'cpu.cfs_period_us', PERIOD_US)
        else:
            _write(self._unified / 'memory.max', memory)
            _write_if_there(self._unified / 'memory.swap.max', 0)
            _write(self._unified / 'pids.max', limits.processes + 1)
        self._set_cpu(limits.cpu_percent * PERIOD_US // 100, limits.cpu_burst_percent * PERIOD_US // 100)

    def slow_down(self, limits):
        """Puts all that runs inside into the slow lane, until the next limit()."""
        self._set_cpu(limits.slow_percent * PERIOD_US // 100, 0)

    def attach(self, pid):
        """Puts a process in. What it forks is in as well."""
        # First where it can be killed.
        for folder in (self._unified, *self._folders.values()):
            _write(folder / 'cgroup.procs', pid)

    def kill(self):
        """Kills everything inside at once. The quota is lifted first: dying takes processor time."""
        self._set_cpu(None, 0)
        _write(self._unified / 'cgroup.kill', 1)

    def is_empty(self):
        """Whether no process is left. `events` becomes readable for POLLPRI when this changes."""
        return b'populated 0' in os.pread(self.events, 256, 0)

    def close(self):
        os.close(self.events)
        self.counters.close()

    def _set_cpu(self, quota_us, burst_us):
        """quota_us: per period, or None for no limit."""
        if self._folders:
            quota, burst = self._folders['cpu'] / 'cpu.cfs_quota_us', self._folders['cpu'] / 'cpu.cfs_burst_us'
            value = -1 if quota_us is None else quota_us
        else:
            quota, burst = self._unified / 'cpu.max', self._unified / 'cpu.max.burst'
            value = f'{"max" if quota_us is None else quota_us} {PERIOD_US}'
        # The kernel takes no burst above the quota, not even for a moment.
        _write_if_there(burst, 0)
        _write(quota, value)
        if burst_us:
            _write_if_there(burst, burst_us)


def remove(parents):
    """Kills what lives below parent folders of one name in several hierarchies, and removes them.

    Raises OSError where one stays busy.
    """
    give_up = time.monotonic() + REMOVE_DEADLINE_S
    while True:
        try:
            # Only the v2 folder has this, and without it none of the others gets empty.
            for parent in parents:
                _write_if_there(parent / 'cgroup.kill', 1)
            for parent in filter(Path.exists, parents):
                for child in filter(Path.is_dir, parent.iterdir()):
                    child.rmdir()
                parent.rmdir()
            return
        except OSError as error:
            # The kernel takes a moment to let go of the killed, and a fork on its way in comes late.
            if error.errno != errno.EBUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _move(pid, folder):
    try:
        _write(folder / 'cgroup.procs', pid)
    except ProcessLookupError:
        pass  # it has ended


def _write(path, value):
    # Not through a buffered file: it loses the error when it is collected.
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    except OSError as error:
        raise OSError(error.errno, f'{error.strerror}: writing {value!r}', str(path)) from None
    finally:
        os.close(fd)


def _write_if_there(path, value):
    try:
        _write(path, value)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
