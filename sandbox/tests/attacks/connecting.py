"""Run inside a sandbox that has a network of its own: what works there, and what it must not reach."""


def serve_http():
    """A server as a visitor starts it, and a client beside it: what the client got, by both protocols."""
    import socket
    import subprocess
    import sys
    import time
    import urllib.request

    with open('/tmp/page.txt', 'w') as file:
        file.write('served')
    got = []
    for address, url in (('127.0.0.1', 'http://127.0.0.1:8000'), ('::1', 'http://[::1]:8000')):
        command = [sys.executable, '-m', 'http.server', '8000', '--bind', address, '--directory', '/tmp']
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(500):
                try:
                    socket.create_connection((address, 8000)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.01)
            got.append(urllib.request.urlopen(f'{url}/page.txt').read().decode())
        finally:
            server.kill()
            server.wait()
    return got


def use_libraries():
    """Event loops, managers and datagrams: those that worked."""
    import asyncio
    import multiprocessing.managers
    import socket
    import threading

    done = []

    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def converse():
        async with await asyncio.start_server(answer, 'localhost', 8001):
            reader, writer = await asyncio.open_connection('localhost', 8001)
            writer.write(b'asyncio\n')
            done.append((await reader.readline()).decode().strip())
            writer.close()

    runner = threading.Thread(target=lambda: asyncio.run(converse()))
    runner.start()
    runner.join()

    manager = multiprocessing.managers.SyncManager(('127.0.0.1', 0), ctx=multiprocessing.get_context('fork'))
    manager.start()
    shared = manager.dict()
    shared['manager'] = True
    done += list(shared.keys())
    manager.shutdown()

    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, socket.SOCK_DGRAM) as other:
            one.bind((address, 0))
            other.sendto(b'datagram', one.getsockname())
            done.append(one.recv(100).decode())
    return done


def socket_errors(wanted):
    """wanted: triples of family, type and protocol."""
    import errno
    import socket

    got = []
    for each in wanted:
        try:
            socket.socket(*each).close()
            got.append(None)
        except OSError as error:
            got.append(errno.errorcode[error.errno])
    return got


def option_errors(options):
    """options: pairs of level and option, set to 1 on a fresh TCP socket of the newer family."""
    import errno
    import socket

    got = []
    for level, option in options:
        with socket.socket(socket.AF_INET6) as tried:
            try:
                tried.setsockopt(level, option, 1)
                got.append(None)
            except OSError as error:
                got.append(errno.errorcode[error.errno])
    return got


def connect_error(host, port):
    import errno
    import socket

    try:
        socket.create_connection((host, port), 2).close()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def bind_error(port):
    import errno
    import socket

    with socket.socket() as tried:
        try:
            tried.bind(('127.0.0.1', port))
        except OSError as error:
            return errno.errorcode[error.errno]


def interface_errors():
    """Tries to configure the interface, as far as there are calls to try it with."""
    import errno
    import fcntl
    import socket
    import struct

    address = struct.pack('16sHH4s8x', b'lo', socket.AF_INET, 0, bytes((10, 0, 0, 1)))
    requests = {
        'down': (0x8914, struct.pack('16sH14x', b'lo', 0)),
        'address': (0x8916, address),
        'route': (0x890B, bytes(120)),
        'bridge': (0x89A0, b'br0\0'),
    }
    got = {}
    with socket.socket() as any_socket:
        for name, (number, argument) in requests.items():
            try:
                fcntl.ioctl(any_socket, number, argument)
                got[name] = None
            except OSError as error:
                got[name] = errno.errorcode[error.errno]
    return got


def leave_traces():
    """Connects and closes, so that the kernel keeps something; leaves a listener too."""
    import socket

    server = socket.create_server(('127.0.0.1', 8002))
    for _ in range(20):
        socket.create_connection(('127.0.0.1', 8002)).close()
        server.accept()[0].close()
    return len(open('/proc/net/tcp').readlines())


def traces():
    """Lines of the tables of sockets, and the counters of packets and connections that are not 0."""
    found = []
    for name in ('tcp', 'tcp6', 'udp', 'udp6'):
        with open(f'/proc/net/{name}') as file:
            found += file.readlines()[1:]
    with open('/proc/net/dev') as file:
        found += [line for line in file if 'lo:' in line and line.split()[1] != '0']
    with open('/proc/net/snmp') as file:
        (counts,) = [line.split() for line in file if line.startswith('Tcp: ') and 'Max' not in line]
    # Connections that were opened, to others and by others.
    found += [count for count in counts[5:7] if count != '0']
    return found


def fill_buffers(processes, pairs):
    """Connections whose buffers are full on both sides, held by children that stay, and full sockets of datagrams."""
    import builtins
    import os
    import socket
    import time

    held = builtins.held = []
    for number in range(processes):
        if os.fork() == 0:
            server = socket.create_server(('127.0.0.1', 7000 + number), backlog=8)
            for _ in range(pairs):
                held += [socket.create_connection(server.getsockname()), server.accept()[0]]
                for end in held[-2:]:
                    end.setblocking(False)
                    try:
                        while end.send(bytes(1 << 16)):
                            pass
                    except BlockingIOError:
                        pass
            open(f'/tmp/filled-{number}', 'w').close()
            time.sleep(100)
            os._exit(0)
    for number in range(pairs):
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.bind(('127.0.0.1', 0))
        held.append(receiver)
        for _ in range(50):
            receiver.sendto(bytes(60_000), receiver.getsockname())
    while not all(os.path.exists(f'/tmp/filled-{number}') for number in range(processes)):
        time.sleep(0.01)
