"""Run inside a sandbox: look for what should not be seen, and touch what should not be touched."""


def read(path):
    return open(path).read()


def read_all(paths):
    return {path: open(path, 'rb').read(100).decode(errors='replace') for path in paths}


def list_folder(path):
    import os

    return sorted(os.listdir(path))


def write_errors(paths):
    import errno
    import os

    got = {}
    for path in paths:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            got[path] = None
        except OSError as error:
            got[path] = errno.errorcode[error.errno]
    return got


def status_of(pid):
    return dict(line.split(':', 1) for line in open(f'/proc/{pid}/status').read().replace('\t', '').splitlines())


def status_of_a_program():
    import subprocess

    text = subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True).stdout
    return dict(line.split(':', 1) for line in text.replace('\t', '').splitlines())


def identity():
    import os

    return [os.getresuid(), os.getresgid(), os.getgroups()]


def become_root():
    import errno
    import os

    got = {}
    for name, arguments in (('setuid', (0,)), ('setgid', (0,)), ('setreuid', (0, 0))):
        try:
            getattr(os, name)(*arguments)
            got[name] = None
        except OSError as error:
            got[name] = errno.errorcode[error.errno]
    return got


def make_node():
    import errno
    import os
    import stat

    try:
        os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(254, 0))
    except OSError as error:
        return errno.errorcode[error.errno]


def climb_out():
    import os

    return sorted(os.listdir('/' + '../' * 20))


def visible_processes():
    import os

    return sorted(name for name in os.listdir('/proc') if name.isdigit())


def own_process():
    import os

    return [str(os.getpid())]


def attack_process(pid):
    import errno
    import os

    attempts = {
        'status': lambda: open(f'/proc/{pid}/status'),
        'mem': lambda: open(f'/proc/{pid}/mem', 'r+b'),
        'fd': lambda: os.listdir(f'/proc/{pid}/fd'),
        'root': lambda: os.listdir(f'/proc/{pid}/root'),
        'environ': lambda: open(f'/proc/{pid}/environ'),
        'SIGKILL': lambda: os.kill(pid, 9),
        'SIGSTOP': lambda: os.kill(pid, 19),
        'everyone': lambda: os.kill(-1, 0),
        'priority': lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
    }
    got = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            got[name] = None
        except OSError as error:
            got[name] = errno.errorcode[error.errno]
    return got


def descriptor_links():
    import os

    links = {}
    for number in os.listdir('/proc/self/fd'):
        try:
            links[number] = os.readlink(f'/proc/self/fd/{number}')
        except FileNotFoundError:
            pass
    return links


def connected_sockets():
    """Those whose other end is not in this process."""
    import os
    import socket

    foreign = []
    for number in map(int, os.listdir('/proc/self/fd')):
        try:
            pair = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        pid = pair.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4]
        if int.from_bytes(pid, 'little') != os.getpid():
            foreign.append(number)
        pair.close()
    return foreign


def environment_at_start():
    text = open('/proc/self/environ').read()
    return dict(pair.split('=', 1) for pair in text.split('\0') if pair)


def import_error(name):
    import importlib

    try:
        importlib.import_module(name)
    except ImportError as error:
        return type(error).__name__


def modules_of(package):
    import sys

    return [name for name in sys.modules if name.split('.')[0] == package]


def network_devices():
    return [line.split(':')[0].strip() for line in open('/proc/net/dev').read().splitlines()[2:]]


def random_values():
    import os
    import random
    import secrets
    import tempfile
    import uuid

    return {
        'random': random.random(),
        'secrets': secrets.token_hex(),
        'urandom': os.urandom(8).hex(),
        'uuid1': str(uuid.uuid1()),
        'uuid4': str(uuid.uuid4()),
        'tempfile': tempfile.mktemp(),
    }
