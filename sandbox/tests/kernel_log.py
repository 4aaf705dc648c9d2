"""The kernel's log: what it has said since a moment, but for its reports of limits that a sandbox has met."""

import os
import re

# One record, in bytes.
_RECORD = 8192

# Between these it tells of a kill for memory, a hundred lines at most; the last comes alone where it has told often.
_KILL_BEGINS, _KILL_ENDS = 'invoked oom-killer', 'Killed process'
# The last is of daemons of other tests, whose image is missing.
_NOT_OURS = re.compile(
    'fork rejected by pids controller|oom_reaper: reaped process|no killable processes|callbacks suppressed|'
    'overlayfs: failed to resolve'
)


class KernelLog:
    """Reads from its making on; nothing, where the host does not let it be read."""

    def __init__(self):
        try:
            self._file = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._file, 0, os.SEEK_END)
        except OSError:
            self._file = os.open('/dev/null', os.O_RDONLY)

    def close(self):
        os.close(self._file)

    def lines(self):
        """What was said since, a line for each record."""
        return list(_without_kills(self._records()))

    def _records(self):
        while True:
            try:
                record = os.read(self._file, _RECORD)
            except BlockingIOError:
                return
            except BrokenPipeError:
                # It has told so much that some is lost: only its reports of kills are as long.
                yield _KILL_BEGINS
                continue
            if not record:
                return
            yield record.decode(errors='replace').partition(';')[2].partition('\n')[0]


def _without_kills(lines):
    is_telling = False
    for line in lines:
        if _KILL_BEGINS in line:
            is_telling = True
        elif _KILL_ENDS in line:
            is_telling = False
        elif not is_telling and not _NOT_OURS.search(line):
            yield line
