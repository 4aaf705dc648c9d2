"""Run inside a sandbox that has a proxy: programs that connect to it, in good faith and in bad."""


def talk(sent, half_close):
    """Connects, sends, and returns all that came back until the end."""
    import socket

    with socket.create_connection(('127.0.0.1', 3128)) as proxy:
        proxy.sendall(sent.encode())
        if half_close:
            proxy.shutdown(socket.SHUT_WR)
        came = b''
        while data := proxy.recv(65536):
            came += data
    return came.decode()


def hold(count):
    """Opens connections and keeps them; returns how many the kernel took."""
    import builtins
    import socket

    builtins.held = [socket.create_connection(('127.0.0.1', 3128), 5) for _ in range(count)]
    return len(builtins.held)


def let_go(count):
    import builtins

    for each in builtins.held[:count]:
        each.close()
    del builtins.held[:count]


def reset():
    """Breaks one off, so that the other side gets a reset and no end."""
    import builtins
    import socket
    import struct

    each = builtins.held.pop()
    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    each.close()


def send_on(index, text):
    import builtins

    builtins.held[index].sendall(text.encode())


def send_bytes(index, count):
    import builtins

    builtins.held[index].sendall(bytes(count))


def receive_on(index, count):
    """So many bytes, or what there is until the end."""
    import builtins

    came = b''
    while len(came) < count and (data := builtins.held[index].recv(count - len(came))):
        came += data
    return came.decode()


def error_on(index):
    """How a held connection ends."""
    import builtins

    try:
        return builtins.held[index].recv(1).decode()
    except OSError as error:
        return type(error).__name__


def push(index):
    """Sends until nothing more is taken. Returns the number of bytes, which the kernel and init hold."""
    import builtins
    import time

    each = builtins.held[index]
    each.setblocking(False)
    total, quiet = 0, 0
    while quiet < 20:
        try:
            total += each.send(bytes(65536))
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.02)
    each.setblocking(True)
    return total


def flood(seconds):
    """Opens and drops connections as fast as it can."""
    import socket
    import time

    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        try:
            socket.create_connection(('127.0.0.1', 3128), 0.1).close()
            count += 1
        except OSError:
            pass
    return count


def take_port():
    import errno
    import socket

    got = []
    for options in ((), (socket.SO_REUSEADDR,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)):
        with socket.socket() as tried:
            for option in options:
                tried.setsockopt(socket.SOL_SOCKET, option, 1)
            try:
                tried.bind(('127.0.0.1', 3128))
                tried.listen()
                got.append(None)
            except OSError as error:
                got.append(errno.errorcode[error.errno])
    return got


def proxies():
    """What programs are told, by both ways of asking, in this process and in one that is executed."""
    import os
    import subprocess
    import sys

    names = ('http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY')
    code = f'import os; print(*[os.environ[name] for name in {names}])'
    executed = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout.split()
    return [os.environ[name] for name in names], executed
