"""What a fork of the template does to itself to become a sandbox: a checklist of calls, each with its reason.

Everything here runs inside the template's user namespace, as nobody on the host. `enter()` makes the process
init, pid 1 of its own world; `become_user()` makes a fork of init the visitor's.
"""

import fcntl
import os
import resource
import signal
import socket
import termios

from . import linux

# Inside a sandbox: its own root, and the visitor.
ROOT_ID = 0
USER_ID = 1000

HOME = '/home/user'

# Of /proc, beside the processes, only these stay: what ps, top, free and uptime read, and what libraries ask.
PROC_KEPT = frozenset(
    'cpuinfo filesystems loadavg meminfo mounts net self stat sys thread-self uptime version'.split()
)

# Signals that may wait for one user, so that a flood of them stays small.
PENDING_SIGNALS = 256


def leave_host_namespaces():
    """First step, in the fork that the daemon has just put into the sandbox's cgroups. It has a network already."""
    # The control group namespace comes after joining the groups, or their place on the host would show.
    linux.unshare(
        linux.CLONE_NEWNS | linux.CLONE_NEWCGROUP | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWPID
    )


def enter(users, slot, owner, limits, program):
    """Second step, in pid 1 of the new process namespace: becomes root of the sandbox and of nothing else.

    users: descriptor of the slot's user namespace, in which 0 and 1000 are the slot's two host users.
    slot: its number. owner: what user 1000 is called in the template's user namespace, to own the RAM disks.
    limits: a dict as in the environment's [limits]. program: init's system call filter.
    """
    _build_root(slot, owner, limits)
    # This user namespace owns none of the others: its root may not mount, configure the network or trace.
    linux.setns(users, linux.CLONE_NEWUSER)
    os.setgroups([])
    os.setresgid(ROOT_ID, ROOT_ID, ROOT_ID)
    os.setresuid(ROOT_ID, ROOT_ID, ROOT_ID)
    linux.new_session_keyring()
    _set_limits(limits)
    # Nobody may trace init or read its memory, whatever else goes wrong.
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_SECUREBITS, linux.SECUREBITS)
    linux.drop_bounding_set()
    # To hand terminals to `user` and to signal and end what runs in them.
    linux.set_capabilities((linux.CAP_CHOWN, linux.CAP_KILL, linux.CAP_SETGID, linux.CAP_SETUID))
    linux.load_seccomp(program)


def become_user(terminal, lifeline, program, channel):
    """Third step, in a fork of init: the visitor, on the terminal whose descriptor is given.

    channel: descriptor of the socket to init, for the filter's listener. Of what init held, only `lifeline` is still
    open in the end.
    """
    os.setsid()
    for fd in (0, 1, 2):
        os.dup2(terminal, fd)
    kept = sorted((lifeline, channel))
    os.closerange(3, kept[0])
    os.closerange(kept[0] + 1, kept[1])
    linux.close_from(kept[1] + 1)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.setgroups([])
    os.setresgid(USER_ID, USER_ID, USER_ID)
    os.setresuid(USER_ID, USER_ID, USER_ID)
    linux.set_capabilities(())
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.umask(0o022)
    os.chdir(HOME)
    # Whoever held the listener could let calls through; init answers it, and nothing of the visitor's has run yet.
    listener = linux.load_seccomp_with_listener(program)
    with socket.socket(fileno=channel) as init:
        socket.send_fds(init, [b'1'], [listener])
    os.close(listener)


def let_go(lifeline):
    """Last step: nothing of init's is left, and only now may the visitor's other processes look into this one."""
    os.close(lifeline)
    # Undumpable since init, which also makes /proc/self root's.
    linux.prctl(linux.PR_SET_DUMPABLE, 1)
    # When memory is short the visitor's processes go before init, which tells why.
    with open('/proc/self/oom_score_adj', 'wb', buffering=0) as file:
        file.write(b'500')


def _build_root(slot, owner, limits):
    """Makes the mount tree. Paths of the host show nowhere in it, mountinfo included."""
    linux.mount(None, '/', None, linux.MS_REC | linux.MS_PRIVATE)
    safe = linux.MS_NOSUID | linux.MS_NODEV
    # An overlay of our own: on one that is shared neighbours would meet each other's locks on files.
    linux.mount('overlay', '/mnt/root', 'overlay', safe | linux.MS_RDONLY, 'lowerdir=/mnt/code:/mnt/image')
    os.chdir('/mnt/root')
    linux.mount(f'/mnt/dev/{slot}', 'dev', None, linux.MS_BIND)
    masked = [name for name in os.listdir('/proc') if not name.isdigit() and name not in PROC_KEPT]
    linux.mount('proc', 'proc', 'proc', safe | linux.MS_NOEXEC, 'hidepid=2')
    # The last names the host, the same for every visitor.
    for name in (*masked, 'sys/kernel/random/boot_id'):
        _mask(f'proc/{name}')
    linux.mount('proc/sys', 'proc/sys', None, linux.MS_BIND | linux.MS_REC)
    linux.mount(None, 'proc/sys', None, linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | safe | linux.MS_NOEXEC)
    # A pseudo terminal for each terminal, and as many for the visitor's tmux and pexpect.
    linux.mount(
        'devpts', 'dev/pts', 'devpts', linux.MS_NOSUID | linux.MS_NOEXEC,
        f'newinstance,ptmxmode=0666,mode=0600,uid={owner},gid={owner},max={2 * limits["terminals"]}',
    )
    _ram_disk('home/user', limits['home_mb'], limits['files'], f'mode=0700,uid={owner},gid={owner}', safe)
    _ram_disk('tmp', limits['tmp_mb'], limits['files'], 'mode=1777', safe)
    _ram_disk('dev/shm', limits['shm_mb'], limits['files'], 'mode=1777', safe | linux.MS_NOEXEC)
    # The old root is stacked below the new one and then taken away with everything that hangs on it.
    linux.pivot_root('.', '.')
    linux.umount('.', linux.MNT_DETACH)
    os.chdir('/')


def _mask(path):
    if os.path.isdir(path):
        linux.mount('tmpfs', path, 'tmpfs', linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV, 'size=4k,nr_inodes=1')
    else:
        linux.mount('dev/null', path, None, linux.MS_BIND)


def _ram_disk(path, size_mb, files, options, flags):
    linux.mount('tmpfs', path, 'tmpfs', flags, f'size={size_mb}m,nr_inodes={files},{options}')


def _set_limits(limits):
    file_bytes = limits['file_mb'] << 20
    for name, value in (
        ('NOFILE', limits['open_files']),
        # One more than the control group lets in, which is to be met first: it counts, and so the visitor can be told.
        ('NPROC', limits['processes'] + 1),
        # Bounds files that have no disk too, such as memfd_create makes.
        ('FSIZE', file_bytes),
        ('MEMLOCK', 0),
        ('MSGQUEUE', 0),
        ('SIGPENDING', PENDING_SIGNALS),
        # No priority above others', whatever the host allows its root.
        ('RTPRIO', 0),
        ('NICE', 0),
        # 1 and not 0: a core pattern that is a pipe ignores 0.
        ('CORE', 1),
    ):
        number = getattr(resource, f'RLIMIT_{name}')
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))
