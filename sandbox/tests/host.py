"""What of one daemon's sandboxes can be seen on the host: compared before and after, it shows what was left."""

import contextlib
import os
import re
from collections import Counter
from pathlib import Path

from sandbox import slots

from .harness import eventually

_HIERARCHIES = Path('/sys/fs/cgroup')


def processes(number, first=1, whole=True):
    """The pids, uids and names of all processes with user ids of a range, from its `first` one on.

    The first of all, 0, is the template's; 1 and 2 are root and user of the first slot, and so on.
    whole: without those that hold nothing any more but their entry in the table: the kernel is about to strike it.
    """
    base = slots.FIRST_ID + number * slots.RANGE_IDS
    found = []
    for status in Path('/proc').glob('[0-9]*/status'):
        try:
            text = status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        uid = int(re.search(r'^Uid:\s+(\d+)', text, re.MULTILINE)[1])
        if base + first <= uid < base + slots.RANGE_IDS and ('VmSize' in text or not whole):
            found.append((int(status.parent.name), uid - base, text.split(maxsplit=2)[1]))
    return found


def inits(number):
    """The pids of each sandbox's pid 1: they are users 1, 3, …"""
    return [pid for pid, uid, _ in processes(number) if uid % 2]


def tasks(number):
    """How many processes and threads all sandboxes of a range have."""
    count = 0
    for pid, _, _ in processes(number, whole=False):
        with contextlib.suppress(OSError):
            count += len(os.listdir(f'/proc/{pid}/task'))
    return count


def namespaces(pid):
    """Each namespace of a process, as its links in /proc name it."""
    return [os.readlink(link) for link in Path(f'/proc/{pid}/ns').iterdir()]


def cpu_ticks(pid):
    """Processor time that a process has used, in ticks of the kernel's clock."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


def memory_kb(pid):
    """What a process holds for itself alone, in KB."""
    text = Path(f'/proc/{pid}/smaps_rollup').read_text()
    return int(re.search(r'^Private_Dirty:\s+(\d+)', text, re.MULTILINE)[1])


def groups(number):
    """The control group folders of a range, in all hierarchies."""
    parents = _HIERARCHIES.rglob(f'{slots.RANGE_PREFIX}{number}')
    return [Path(place) for parent in parents for place, _, _ in os.walk(parent)]


def daemons():
    """The folders, and the control group folders, of all daemons on this host."""
    found = {f'{path}' for path in slots.FOLDER.glob(f'{slots.RANGE_PREFIX}*') if path.is_dir()}
    return found | {f'{path}' for path in _HIERARCHIES.rglob(f'{slots.RANGE_PREFIX}*')}


def host_state(daemon, number):
    """A Counter of everything that a sandbox brings into being; `after - before` is what was left.

    The daemon's and the template's descriptors are counted too: what they hold is not gone.
    """
    found = processes(number, first=0, whole=False)
    state = Counter(f'process {name} of user {uid}' for _, uid, name in found)
    state['network namespace'] = len({_namespace(pid) for pid, _, _ in found})
    state['pseudo terminal'] = _terminals_of_nobody_else({pid for pid, _, _ in found})
    state.update(f'mount {line}' for line in Path('/proc/mounts').read_text().splitlines())
    for folder in groups(number):
        state[f'group {folder}'] += 1
        state[f'process in {folder}'] += len((folder / 'cgroup.procs').read_text().split())
    state.update(f'file {path}' for path in (slots.FOLDER / f'{slots.RANGE_PREFIX}{number}').rglob('*'))
    if daemon.process.poll() is None:
        state['descriptor of the daemon'] = len(os.listdir(f'/proc/{daemon.pid}/fd'))
        state['descriptor of the template'] = len(os.listdir(f'/proc/{daemon.template_pid}/fd'))
    return state


def leftovers(daemon, number, before):
    """What is there beyond `before`, once it has had its time to go: an empty Counter, it is hoped."""
    left = Counter()

    def is_gone():
        left.clear()
        left.update(host_state(daemon, number) - before)
        return not left

    eventually(is_gone)
    return left


def _terminals_of_nobody_else(pids):
    """Pseudo terminals of the whole host, but for those whose other side a process beside `pids` holds."""
    count = int(Path('/proc/sys/kernel/pty/nr').read_text())
    others = set()
    for folder in Path('/proc').glob('[0-9]*/fd'):
        with contextlib.suppress(OSError):
            for link in folder.iterdir() if int(folder.parent.name) not in pids else ():
                if os.readlink(link).endswith('ptmx'):
                    index = re.search(r'tty-index:\s+(\d+)', (folder.parent / 'fdinfo' / link.name).read_text())
                    others.add((os.readlink(folder.parent / 'ns' / 'mnt'), index and index[1]))
    return count - len(others)


def _namespace(pid):
    try:
        return os.readlink(f'/proc/{pid}/ns/net')
    except OSError:
        return None
