"""What the kernel has counted in one control group: processes killed for memory, forks refused, processor time.

The counts go on from one sandbox of a slot to the next.
"""

import os
import re
import select

_KILLED = re.compile(rb'^oom_kill (\d+)$', re.MULTILINE)
_REFUSED = re.compile(rb'^max (\d+)$', re.MULTILINE)
_USED_US = re.compile(rb'^usage_usec (\d+)$', re.MULTILINE)

# A file of counts is shorter, in bytes.
_FILE_BYTES = 1024


class Counters:
    """The files of one group, kept open. Reading them costs some microseconds."""

    def __init__(self, folders, unified):
        """folders: v1 controller to the group's folder, {} on v2. unified: its folder in the v2 hierarchy."""
        memory = folders['memory'] / 'memory.oom_control' if folders else unified / 'memory.events'
        self._memory = _open(memory)
        self._processes = _open(folders.get('pids', unified) / 'pids.events')
        # It counts without the controller, too.
        self._cpu = _open(unified / 'cpu.stat')
        self._killing = self._ask_for_killings(folders) if folders else None

    def _ask_for_killings(self, folders):
        killing = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        control = os.open(folders['memory'] / 'cgroup.event_control', os.O_WRONLY | os.O_CLOEXEC)
        os.write(control, f'{killing} {self._memory}'.encode())
        os.close(control)
        return killing

    def triggers(self):
        """Pairs of a descriptor and the epoll event that says that a count is about to change, or has, until read().

        v1 tells nothing of refused forks.
        """
        if self._killing is not None:
            return [(self._killing, select.EPOLLIN)]
        return [(self._memory, select.EPOLLPRI), (self._processes, select.EPOLLPRI)]

    def read(self):
        """(processes killed for memory, forks refused) so far. Raises OSError where the group is gone."""
        if self._killing is not None:
            try:
                os.eventfd_read(self._killing)
            except BlockingIOError:
                pass
        return _count(self._memory, _KILLED), _count(self._processes, _REFUSED)

    def cpu_seconds(self):
        """Processor time of all that ever ran in the group. Raises OSError where the group is gone."""
        return _count(self._cpu, _USED_US) / 1_000_000

    def close(self):
        for descriptor in (self._memory, self._processes, self._cpu, self._killing):
            if descriptor is not None:
                os.close(descriptor)


def _open(path):
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _count(descriptor, pattern):
    return int(pattern.search(os.pread(descriptor, _FILE_BYTES, 0))[1])
