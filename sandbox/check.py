"""Says what this host has and lacks for running sandboxes, each lack with what mends it."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

# cgroup.kill came with 5.14, and a /proc of its own with hidepid for each sandbox with 5.8.
LEAST_KERNEL = (5, 14)


def problems():
    """A list of sentences, empty where sandboxes can run. Changes nothing."""
    found = []
    if os.geteuid() != 0:
        found.append('not root: the sandbox daemon makes control groups and mounts; run it with sudo or as a service')
    if platform.machine() != 'x86_64':
        found.append(f'the processor is {platform.machine()}: the system call filter is for x86_64; use such a machine')
    release = platform.release()
    if tuple(int(part) for part in release.split('-')[0].split('.')[:2]) < LEAST_KERNEL:
        found.append(f'the kernel is {release}, and 5.14 is the oldest that will do; install linux-image-amd64 and reboot')
    for kind in ('overlay', 'tmpfs', 'devpts'):
        if kind not in Path('/proc/filesystems').read_text().split():
            found.append(f'the kernel has no {kind} filesystem; load it with: modprobe {kind}')
    for namespace in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'):
        if not Path(f'/proc/self/ns/{namespace}').exists():
            found.append(f'the kernel has no {namespace} namespaces; boot one that has')
    limit = Path('/proc/sys/user/max_user_namespaces')
    if limit.exists() and int(limit.read_text()) == 0:
        found.append('user namespaces are switched off; allow them with: sysctl user.max_user_namespaces=10000')
    if 'cgroup' not in Path('/proc/mounts').read_text():
        found.append('no control groups are mounted; mount them with: mount -t cgroup2 cgroup2 /sys/fs/cgroup')
    if shutil.which('mmdebstrap') is None:
        found.append('mmdebstrap is missing, which builds images; install it with: apt-get install mmdebstrap')
    if importlib.util.find_spec('seccomp') is None:
        found.append('libseccomp for Python is missing; install it with: apt-get install python3-seccomp')
    return found
