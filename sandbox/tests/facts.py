"""What attacks are told of the world outside, and what is planted there for them to find."""

import ctypes
import dataclasses
import secrets
import socket
from pathlib import Path

from sandbox import environment, slots

from .harness import IMAGES, REPOSITORY

# What one session has and no other shall find; and a key of the old kind for what processes share.
MARK = f'mark-{secrets.token_hex(16)}'
IPC_KEY = 0x7472795F

# A key in the keyring of whoever starts the daemon, and an abstract socket of the host's.
KEY = 'planted-by-tests'
SOCKET = f'{KEY}-socket'

_ADD_KEY, _KEYCTL, _JOIN_SESSION_KEYRING, _SESSION = 248, 250, 1, -3


def facts(daemon, name='ipython', **more):
    """name: the environment's. Words are inverted, or every attack would find what it was told."""
    declared = environment.load(name)
    words = {socket.gethostname(), str(REPOSITORY), str(Path(daemon.socket).parent), str(IMAGES), str(slots.FOLDER)}
    words |= {Path('/proc/sys/kernel/random/boot_id').read_text().strip(), MARK}
    return {
        'limits': dataclasses.asdict(declared.limits),
        'variables': list(declared.variables),
        'host_name': socket.gethostname(),
        # A short name is a part of other words.
        'host_words': [_inverted(word) for word in sorted(words) if len(word) > 5],
        'mark': _inverted(MARK),
        'key': KEY,
        'abstract_names': [SOCKET],
        'ipc_key': IPC_KEY,
        **more,
    }


def plant_key():
    """Gives this process, and the daemons that it starts, a session keyring with a key."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_KEYCTL, _JOIN_SESSION_KEYRING, None) == -1:
        raise OSError(ctypes.get_errno(), 'keyctl')
    if libc.syscall(_ADD_KEY, b'user', KEY.encode(), b'secret', ctypes.c_size_t(6), _SESSION) == -1:
        raise OSError(ctypes.get_errno(), 'add_key')


def plant_socket():
    """Returns a listening abstract socket of the host's, to be closed."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f'\0{SOCKET}')
    listener.listen()
    return listener


def _inverted(word):
    return bytes(255 - byte for byte in word.encode()).hex()
