"""What only the host can see of a sandbox: each check returns what is wrong, or None."""

import contextlib
import fcntl
import os
import pwd
import re
import signal
import socket
import subprocess
from pathlib import Path

from sandbox import environment, slots

from . import host
from .attacks import planting, staying
from .client import Client
from .ending import MANY
from .harness import Daemon, eventually

# linux/capability.h: CHOWN, KILL, SETGID and SETUID.
_FOUR = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7
# linux/nsfs.h
_NS_GET_USERNS = 0xB701

_LIMITS = {'memory.limit_in_bytes', 'memory.max', 'cpu.cfs_quota_us', 'cpu.max', 'pids.max'}

# How long something that should not last is waited for, in seconds: the end of a storm takes milliseconds.
_SOON_S = 3

# How often it is tried to see one daemon sweep.
_SWEEPS = 10


def users_of_sandboxes(daemon):
    """Every process of a sandbox is its root or its user."""
    with Client(daemon.socket) as client:
        client.open()
        found = host.processes(daemon.range, first=0)
        users = {uid for pid, uid, _ in found if pid != daemon.template_pid}
        return users - {1, 2} or None


def init_is_not_dumpable(daemon):
    """What is not dumpable belongs, in /proc, to the root of the namespace that executed it: the template's."""
    with Client(daemon.socket) as client:
        client.open()
        base = slots.FIRST_ID + daemon.range * slots.RANGE_IDS
        owners = {Path(f'/proc/{pid}/mem').stat().st_uid for pid in host.inits(daemon.range)}
        return owners - {base} or None


def init_has_four_capabilities(daemon):
    with Client(daemon.socket) as client:
        client.open()
        for pid in host.inits(daemon.range):
            status = Path(f'/proc/{pid}/status').read_text()
            sets = {name: int(re.search(rf'{name}:\t(\w+)', status)[1], 16) for name in ('CapPrm', 'CapEff', 'CapBnd')}
            if sets != {'CapPrm': _FOUR, 'CapEff': _FOUR, 'CapBnd': 0}:
                return sets


def network_is_not_the_sandboxs(daemon):
    """The network belongs to the template's users, so that the sandbox's root has no say in it."""
    with Client(daemon.socket) as client:
        client.open()
        (pid,) = host.inits(daemon.range)
        with open(f'/proc/{pid}/ns/net') as network:
            owner = fcntl.ioctl(network, _NS_GET_USERNS)
        inode = os.fstat(owner).st_ino
        os.close(owner)
        return 'its own' if inode == os.stat(f'/proc/{pid}/ns/user').st_ino else None


def groups_say_what_was_declared(daemon):
    """Every process of a sandbox is in a group of each controller, with the limits of the declaration."""
    limits = environment.load('ipython').limits
    with Client(daemon.socket) as client:
        client.open()
        (pid,) = host.inits(daemon.range)
        files = {}
        for folder in host.groups(daemon.range):
            if str(pid) in (folder / 'cgroup.procs').read_text().split():
                files.update((path.name, path.read_text().strip()) for path in folder.iterdir() if path.name in _LIMITS)
    v1 = {'memory.limit_in_bytes': limits.memory_mb << 20, 'cpu.cfs_quota_us': limits.cpu_percent * 1000}
    v2 = {'memory.max': limits.memory_mb << 20, 'cpu.max': f'{limits.cpu_percent * 1000} 100000'}
    wanted = {**(v2 if 'memory.max' in files else v1), 'pids.max': limits.processes + 1}
    return {name: files.get(name) for name, value in wanted.items() if files.get(name) != str(value)} or None


def nothing_is_left(daemon):
    """Of a storm and of what hides, once the server has hung up."""
    for attack in (staying.storm, staying.hide):
        with Client(daemon.socket) as client:
            client.open().start(attack)
            eventually(lambda: len(host.processes(daemon.range)) >= MANY)
            client.socket.shutdown(socket.SHUT_WR)
            if not eventually(lambda: not host.processes(daemon.range), _SOON_S):
                return host.processes(daemon.range)


def nothing_runs_without_the_daemon(daemon):
    with Client(daemon.socket) as client:
        client.open().start(planting.flood)
        client.expect('xxx')
        number = daemon.range
        daemon.kill()
        # As if one lived that has these ids, or the next daemon of anybody's would sweep the group.
        lock = slots.try_lock(number)
        try:
            if not eventually(lambda: not host.processes(number, first=0), _SOON_S):
                return host.processes(number, first=0)
        finally:
            os.close(lock)


def a_stopped_template_ends(daemon):
    pid = daemon.template_pid
    os.kill(pid, signal.SIGSTOP)
    daemon.kill()
    if not eventually(lambda: not os.path.exists(f'/proc/{pid}'), _SOON_S):
        os.kill(pid, signal.SIGKILL)
        return pid


def leftovers_are_swept(daemon):
    """A group and a folder of a daemon that was killed are gone once the next one serves."""
    name = f'{slots.RANGE_PREFIX}{slots.RANGES - 2}'
    paths = [slots.FOLDER / name, host.groups(daemon.range)[0].parent / name]
    # Any daemon of this host may sweep it first, and then nothing is shown.
    for _ in range(_SWEEPS):
        following = Daemon(code=daemon.code)
        try:
            for path in paths:
                path.mkdir(exist_ok=True)
            following.start()
            if left := [str(path) for path in paths if path.exists()]:
                return left
            if any(entry.get('group') == name for entry in following.log()):
                return None
        finally:
            following.stop()
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    path.rmdir()
    raise AssertionError('other daemons sweep all the time')


def strangers_are_refused(daemon):
    """Another user than the server's gets no connection that answers."""
    stranger = pwd.getpwnam('nobody')
    script = f'import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(2); s.connect({daemon.socket!r}); '
    script += 's.send(bytes(64)); print(len(s.recv(100)))'
    done = subprocess.run(
        ['/usr/bin/python3', '-c', script], user=stranger.pw_uid, group=stranger.pw_gid, extra_groups=[],
        capture_output=True, text=True, cwd='/',
    )
    return done.stdout if done.returncode == 0 and done.stdout.strip() != '0' else None
