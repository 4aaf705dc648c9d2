"""Starts a template: puts a fork of the daemon into an environment's image and executes Python there.

What runs before `execve` is ours and is root on the host; what runs after it comes from the image and is nobody.
"""

import os
import signal
import socket
import stat

from . import linux

# The descriptor of a template's control socket.
CONTROL = 3

# Where the guest's side of this package lies in every image, and what executes it.
CODE_PATH = '/usr/lib/try-console'
_BOOTSTRAP = f'import sys; sys.path.insert(0, {CODE_PATH!r}); from sandbox.template import main; main()'

# The modules of this package that the guest needs; the rest never enters an image.
GUEST_MODULES = (
    'command', 'freshness', 'init', 'interpreter', 'jail', 'lifeline', 'linux', 'locks', 'loopback', 'notices',
    'offline', 'outbox', 'relay', 'scratch', 'stream', 'template', 'terminal', 'wire',
)

# What a sandbox takes its host to be called.
HOSTNAME = 'try-console'

# What the visitor's processes get, in /proc/<pid>/environ too, which shows the template's.
ENVIRONMENT = {
    'HOME': '/home/user',
    'USER': 'user',
    'LOGNAME': 'user',
    'SHELL': '/bin/bash',
    'LANG': 'C.UTF-8',
    'TERM': 'xterm-256color',
    'COLORTERM': 'truecolor',
    'PATH': '/home/user/.pypackages/bin:/usr/local/bin:/usr/bin:/bin',
    'PYTHONUSERBASE': '/home/user/.pypackages',
}

# Device nodes of every sandbox: name and minor number; the major number is 1 but for tty.
_DEVICES = {'null': 3, 'zero': 5, 'full': 7, 'random': 8, 'urandom': 9}

# Of one /dev: its folder, the nodes and tty, five links and two folders.
_DEVICE_INODES = 1 + len(_DEVICES) + 1 + 5 + 2


def write_layers(layers):
    """Makes a folder for what templates of one environment mount: an image, and our code above it."""
    package = os.path.join(layers, 'code', *CODE_PATH.split('/'), 'sandbox')
    os.makedirs(package)
    os.makedirs(os.path.join(layers, 'code', 'home', 'user'))
    os.mkdir(os.path.join(layers, 'root'))
    for name in GUEST_MODULES:
        source = os.path.join(os.path.dirname(__file__), f'{name}.py')
        with open(source, 'rb') as reading, open(os.path.join(package, f'{name}.py'), 'wb') as writing:
            writing.write(reading.read())
            os.fchmod(writing.fileno(), 0o644)


def start(layers, image, variables, slots):
    """Forks. Returns (pid, control socket). The caller answers b'unshared' on it with map_users() and b'mapped'.

    layers: the folder that write_layers() has made; one template starts there at a time. image: the path of its root
    folder. variables: what the environment declares, a dict. slots: how many sandboxes there may be. Raises OSError.
    """
    link = os.path.join(layers, 'image')
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(image, link)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        os.dup2(theirs.fileno(), CONTROL)
        _become_template(layers, {**variables, **ENVIRONMENT}, slots)
    except BaseException as error:
        os.write(CONTROL, f'{type(error).__name__}: {error}'.encode())
    finally:
        os._exit(1)


def map_users(pid, base, slots):
    """Gives a template its users: its root is `base` on the host, and each slot gets the next two."""
    mapping = f'0 {base} 1\n1 {base + 1} {2 * slots}\n'
    for name in ('uid_map', 'gid_map'):
        with open(f'/proc/{pid}/{name}', 'w') as file:
            file.write(mapping)


def _become_template(layers, variables, slots):
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.umask(0o022)
    null = os.open('/dev/null', os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    linux.close_from(CONTROL + 1)

    # As root, because this is also the least that the visitors' processes can go back to.
    with open('/proc/self/oom_score_adj', 'w') as file:
        file.write('0')
    _build_root(layers, slots)
    # From here on nothing on the host is ours, and no network is.
    linux.unshare(linux.CLONE_NEWUSER)
    os.write(CONTROL, b'unshared')
    if os.read(CONTROL, 16) != b'mapped':
        os._exit(1)
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    linux.unshare(linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    # Every sandbox copies it; and libraries remember what the host was called when they asked.
    linux.sethostname(HOSTNAME)
    # After the change of user, which would clear it.
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.set_inheritable(CONTROL, True)
    os.chdir('/')
    os.execve('/usr/bin/python3', ['python3', '-I', '-c', _BOOTSTRAP], variables)


def _build_root(layers, slots):
    """The image, read only, with the code above it; below /mnt what the sandboxes make their own roots of."""
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, '/', None, linux.MS_REC | linux.MS_PRIVATE)
    os.chdir(layers)
    safe = linux.MS_NOSUID | linux.MS_NODEV
    # An overlay of relative names: a bind mount would show its place on the host in every mountinfo.
    linux.mount('overlay', 'root', 'overlay', safe | linux.MS_RDONLY, 'lowerdir=code:image')
    os.chdir('root')
    linux.mount('tmpfs', 'mnt', 'tmpfs', safe | linux.MS_NOEXEC, 'mode=0755,size=16k,nr_inodes=8')
    for name in ('code', 'image', 'dev', 'root'):
        os.mkdir(f'mnt/{name}')
    for name in ('code', 'image'):
        linux.mount(f'../{name}', f'mnt/{name}', None, linux.MS_BIND)
        linux.mount(None, f'mnt/{name}', None, linux.MS_BIND | linux.MS_REMOUNT | safe | linux.MS_RDONLY)
    # A /dev for each slot: locks on a node, and the times of /dev/tty, are seen by all that share it.
    names = ['template', *map(str, range(slots))]
    options = f'mode=0755,size=64k,nr_inodes={len(names) * _DEVICE_INODES + 1}'
    linux.mount('tmpfs', 'mnt/dev', 'tmpfs', linux.MS_NOSUID | linux.MS_NOEXEC, options)
    for name in names:
        _make_devices(f'mnt/dev/{name}')
    flags = linux.MS_NOSUID | linux.MS_NOEXEC | linux.MS_RDONLY
    linux.mount(None, 'mnt/dev', None, linux.MS_REMOUNT | flags, options)
    linux.mount('mnt/dev/template', 'dev', None, linux.MS_BIND)
    linux.mount('devpts', 'dev/pts', 'devpts', linux.MS_NOSUID | linux.MS_NOEXEC, 'newinstance,ptmxmode=0666,max=4')
    linux.mount('proc', 'proc', 'proc', safe | linux.MS_NOEXEC)
    for folder in ('tmp', 'home/user'):
        linux.mount('tmpfs', folder, 'tmpfs', safe, 'mode=1777,size=16m,nr_inodes=1024')
    linux.pivot_root('.', '.')
    linux.umount('.', linux.MNT_DETACH)


def _make_devices(folder):
    os.mkdir(folder)
    previous = os.umask(0)
    for name, minor in _DEVICES.items():
        os.mknod(f'{folder}/{name}', stat.S_IFCHR | 0o666, os.makedev(1, minor))
    os.mknod(f'{folder}/tty', stat.S_IFCHR | 0o666, os.makedev(5, 0))
    os.umask(previous)
    for name, target in (
        ('ptmx', 'pts/ptmx'), ('fd', '/proc/self/fd'),
        ('stdin', '/proc/self/fd/0'), ('stdout', '/proc/self/fd/1'), ('stderr', '/proc/self/fd/2'),
    ):
        os.symlink(target, f'{folder}/{name}')
    for name in ('pts', 'shm'):
        os.mkdir(f'{folder}/{name}')
