"""Attacks on what the sandbox was forked from: what its memory, descriptors and modules still hold."""

import importlib
import os
import re
import socket
import sys

from attack import refusal, run

# What the visitor's program is told, beside what the environment declares.
_VARIABLES = {'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TERM', 'COLORTERM', 'PATH', 'PYTHONUSERBASE'}

# What a shell adds by itself.
_OF_SHELLS = {'PWD', 'OLDPWD', 'SHLVL', '_', 'COLUMNS', 'LINES', 'PS1'}

# How much of memory is read at once, in bytes; what lies across two reads is found in one of them.
_CHUNK = 1 << 20
_INVERTED = bytes(255 - number for number in range(256))


def _memory(pid):
    """The memory of a process that can be read, in parts."""
    with open(f'/proc/{pid}/maps') as file:
        places = [re.match(r'(\w+)-(\w+) r..p .* (\S*)$', line.strip() + ' ') for line in file]
    memory = os.open(f'/proc/{pid}/mem', os.O_RDONLY)
    for place in filter(None, places):
        start, end = int(place[1], 16), int(place[2], 16)
        for at in range(start, end, _CHUNK):
            try:
                yield os.pread(memory, min(_CHUNK + 256, end - at), at)
            except OSError:
                pass
    os.close(memory)


def words_in_memory(host_words):
    """Nothing of the host, of the daemon and of other sessions is in the memory that was forked."""
    # They come inverted, and the memory is inverted here: so none of them is in it because it was looked for.
    words = [bytes.fromhex(word) for word in host_words]
    found = set()
    for part in _memory(os.getppid()):
        inverted = part.translate(_INVERTED)
        found.update(word.translate(_INVERTED) for word in words if word in inverted)
    return sorted(found)


def words_in_the_environment(host_words):
    """Nothing of the host is in the variables and arguments that the program was started with."""
    words = [bytes.fromhex(word).translate(_INVERTED) for word in host_words]
    text = open(f'/proc/{os.getppid()}/environ', 'rb').read() + open(f'/proc/{os.getppid()}/cmdline', 'rb').read()
    # A program that was executed here has these facts among its arguments, and they are not plain.
    return [word for word in words if word in text]


def variables(variables):
    """The program has the variables that were declared, and no others."""
    pairs = open(f'/proc/{os.getppid()}/environ').read().split('\0')
    return sorted({pair.partition('=')[0] for pair in pairs if pair} - _VARIABLES - _OF_SHELLS - set(variables))


def descriptors():
    """What is open are the terminal and what the program has opened for itself."""
    pid = os.getppid()
    found = []
    for number in sorted(map(int, os.listdir(f'/proc/{pid}/fd'))):
        try:
            link = os.readlink(f'/proc/{pid}/fd/{number}')
        except FileNotFoundError:
            continue  # closed since it was listed
        own = r'/dev/pts/\d+' if number < 3 else r'pipe:.*|socket:.*|anon_inode:\[eventpoll\]'
        if not re.fullmatch(own, link) or link.startswith('socket:') and _is_of_another(number):
            found.append((number, link))
    return found


def _is_of_another(number):
    """Whether the other end of a socket, which a fork of its process holds too, is another's."""
    try:
        end = socket.socket(fileno=os.dup(number))
    except OSError:
        return False
    pid = int.from_bytes(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], 'little')
    return pid not in (os.getpid(), os.getppid())


def namespaces_left_open():
    """No descriptor of a namespace, a folder above, a key or a filter is left."""
    folder = f'/proc/{os.getppid()}/fd'
    kinds = r'(net|user|mnt|pid|ipc|uts|cgroup):|anon_inode:(seccomp|\[pidfd|bpf)|/(?!dev/pts)'
    return [link for number in os.listdir(folder) if re.match(kinds, link := os.readlink(f'{folder}/{number}'))]


def code_of_the_sandbox():
    """The sandbox's own code is neither loaded nor there to be imported."""
    loaded = [name for name in sys.modules if name.partition('.')[0] == 'sandbox']
    try:
        importlib.import_module('sandbox')
        return loaded + ['imported']
    except ImportError:
        return loaded + [path for path in sys.path if 'try-console' in path]


def files_that_are_mapped():
    """What is mapped are files of the image, the program's own memory, and nothing that was deleted."""
    with open(f'/proc/{os.getppid()}/maps') as file:
        paths = {line.split(maxsplit=5)[5].strip() for line in file if len(line.split(maxsplit=5)) == 6}
    return [path for path in paths if not path.startswith('[') and refusal(os.stat, path)]


def where_it_is():
    """The program's folder and root are the visitor's, and its executable is the image's."""
    links = {name: os.readlink(f'/proc/{os.getppid()}/{name}') for name in ('root', 'exe', 'cwd')}
    return links if links['root'] != '/' or not links['exe'].startswith('/usr/bin/') else None


def timers_and_signals():
    """No timer, no waiting signal and no alarm comes from the template."""
    import signal

    waiting = signal.sigpending()
    timers = [signal.getitimer(kind) for kind in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)]
    path = f'/proc/{os.getppid()}/timers'
    listed = open(path).read() if os.path.exists(path) else ''
    return waiting or [timer for timer in timers if timer != (0, 0)] or listed


if __name__ == '__main__':
    run(globals())
