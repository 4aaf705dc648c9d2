"""Says what this host has and lacks for running sandboxes, each lack with what mends it."""

import importlib.util
import os
import platform
import re
import shutil
from pathlib import Path

# cgroup.kill came with 5.14, and a /proc of its own with hidepid for each sandbox with 5.8.
LEAST_KERNEL = (5, 14)

# CAP_CHOWN, KILL, SETGID, SETUID, SETPCAP, SYS_ADMIN and MKNOD (linux/capability.h).
CAPABILITIES = sum(1 << number for number in (0, 5, 6, 7, 8, 21, 27))


def problems():
    """A list of sentences, empty where sandboxes can run. Changes nothing."""
    found = []
    if os.geteuid() != 0:
        found.append('not root: the sandbox daemon makes control groups and mounts; run it with sudo or as a service')
    if platform.machine() != 'x86_64':
        found.append(f'the processor is {platform.machine()}: the system call filter is for x86_64; use such a machine')
    release = platform.release()
    if tuple(int(part) for part in re.findall(r'\d+', release)[:2]) < LEAST_KERNEL:
        found.append(f'the kernel is {release}, and at least 5.14 is needed; install linux-image-amd64 and reboot')
    missing = CAPABILITIES & ~int(re.search(r'^CapEff:\s+(\w+)', Path('/proc/self/status').read_text(), re.M)[1], 16)
    if os.geteuid() == 0 and missing:
        found.append(f'root lacks the capabilities {missing:#x}, as in a container; run it on a machine of its own')
    for kind in ('overlay', 'tmpfs', 'devpts'):
        if not _has_filesystem(kind, release):
            found.append(f'the kernel has no {kind} filesystem; boot one that has, such as linux-image-amd64')
    for namespace in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'):
        if not Path(f'/proc/self/ns/{namespace}').exists():
            found.append(f'the kernel has no {namespace} namespaces; boot one that has')
    for setting, wanted in (('user.max_user_namespaces', 10000), ('kernel.unprivileged_userns_clone', 1)):
        path = Path('/proc/sys', *setting.split('.'))
        if path.exists() and int(path.read_text()) == 0:
            found.append(f'user namespaces are switched off; allow them with: sysctl {setting}={wanted}')
    if 'cgroup' not in Path('/proc/mounts').read_text():
        found.append('no control groups are mounted; mount them with: mount -t cgroup2 cgroup2 /sys/fs/cgroup')
    if shutil.which('mmdebstrap') is None:
        found.append('mmdebstrap is missing, which builds images; install it with: apt-get install mmdebstrap')
    if importlib.util.find_spec('seccomp') is None:
        found.append('libseccomp for Python is missing; install it with: apt-get install python3-seccomp')
    return found


def _has_filesystem(kind, release):
    """Whether it is built in or loaded, or would be loaded by the first mount."""
    if kind in Path('/proc/filesystems').read_text().split():
        return True
    modules = Path(f'/lib/modules/{release}/modules.dep')
    return modules.exists() and f'/{kind}.ko' in modules.read_text()
