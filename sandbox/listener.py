"""The daemon's unix socket: who may connect, and who has."""

import os
import socket
import struct

# struct ucred: pid, uid, gid.
_CREDENTIALS = struct.Struct('3i')


def listen(path, group):
    """Returns a listening socket at a path, which root and one group may reach.

    Raises RuntimeError where a living daemon has the path, or nothing can be made there.
    """
    if os.path.exists(path):
        if _is_served(path):
            raise RuntimeError(
                f'{path} belongs to a living daemon; stop it, or choose another --socket '
                '(for npm start: TRY_CONSOLE_SANDBOX_SOCKET)'
            )
        # A killed one left it.
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.bind(path)
    except OSError as error:
        raise RuntimeError(f'cannot listen at {path}: {error.strerror}; make its folder, or choose another') from None
    os.chown(path, 0, group)
    os.chmod(path, 0o660)
    listener.listen(1024)
    return listener


def uid_of(connection):
    """The user at the other end, as the kernel knows them."""
    return _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[1]


def pid_of_daemon(path):
    """The process that listens at a path. Raises RuntimeError where nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
        except OSError as error:
            raise RuntimeError(f'no daemon listens at {path} ({error.strerror}); give its --socket') from None
        return _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[0]


def _is_served(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
            return True
        except OSError:
            return False
