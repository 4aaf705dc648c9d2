"""Run inside a sandbox: uses of ordinary system calls that are refused, and those that libraries need."""


def errors_of_fcntl(commands):
    import ctypes
    import errno
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    folder = os.open('/usr/bin', os.O_RDONLY)
    got = []
    for command in commands:
        # 1 is DN_ACCESS for one and F_WRLCK for the other.
        failed = libc.syscall(72, folder, ctypes.c_ulong(command), ctypes.c_ulong(1)) == -1
        got.append(errno.errorcode[ctypes.get_errno()] if failed else None)
    os.close(folder)
    return got


def evict(path):
    """Reads a file, advises the kernel to drop it and reads it again: the advice's answer, and blocks from a disk."""
    import ctypes
    import os
    import resource

    libc = ctypes.CDLL(None, use_errno=True)
    with open(path, 'rb', buffering=0) as file:
        file.read()
        answer = libc.posix_fadvise(file.fileno(), ctypes.c_long(0), ctypes.c_long(0), os.POSIX_FADV_DONTNEED)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_inblock
        file.seek(0)
        file.read()
    return answer, resource.getrusage(resource.RUSAGE_SELF).ru_inblock - before


def errors_of_madvise(advice):
    import errno
    import mmap

    got = []
    with mmap.mmap(-1, 1 << 20) as memory:
        for each in advice:
            try:
                memory.madvise(each)
                got.append(None)
            except OSError as error:
                got.append(errno.errorcode[error.errno])
    return got


def error_of_mincore():
    import ctypes
    import errno
    import mmap

    libc = ctypes.CDLL(None, use_errno=True)
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE), bytes(1)) == -1:
        return errno.errorcode[ctypes.get_errno()]


def error_of_attaching_a_filter():
    import ctypes
    import errno
    import socket
    import struct

    # One instruction: ret 0xFFFF, which lets everything through.
    program = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0xFFFF))
    header = struct.pack('=HxxxxxxQ', 1, ctypes.addressof(program))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        try:
            receiver.setsockopt(socket.SOL_SOCKET, 26, header)
        except OSError as error:
            return errno.errorcode[error.errno]


def errors_out_of_band():
    import errno
    import socket

    one, other = socket.socketpair()
    attempts = {
        'send': lambda: one.send(b'x', socket.MSG_OOB),
        'sendmsg': lambda: one.sendmsg([b'x'], [], socket.MSG_OOB),
        'recv': lambda: other.recv(1, socket.MSG_OOB),
        'recvmsg': lambda: other.recvmsg(1, 0, socket.MSG_OOB),
    }
    got = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            got[name] = None
        except OSError as error:
            got[name] = errno.errorcode[error.errno]
    return got


def use_sockets_locks_and_memory():
    import asyncio
    import fcntl
    import mmap
    import multiprocessing
    import os
    import socket
    import threading

    done = []

    async def answer(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def converse():
        async with await asyncio.start_unix_server(answer, '/tmp/meet'):
            reader, writer = await asyncio.open_unix_connection('/tmp/meet')
            writer.write(b'asyncio\n')
            done.append((await reader.readline()).decode().strip())
            writer.close()

    runner = threading.Thread(target=lambda: asyncio.run(converse()))
    runner.start()
    runner.join()

    one, other = socket.socketpair()
    reading, writing = os.pipe()
    os.write(writing, b'descriptors')
    socket.send_fds(one, [b'x'], [reading])
    (passed,) = socket.recv_fds(other, 1, 1)[1]
    done.append(os.read(passed, 20).decode())

    with open('/tmp/locked', 'w') as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        done.append('lock')
    file = os.memfd_create('sealed', os.MFD_ALLOW_SEALING)
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    done += ['seal'] if fcntl.fcntl(file, fcntl.F_GET_SEALS) == fcntl.F_SEAL_WRITE else []

    one.settimeout(0.01)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
    try:
        one.recv(1)
    except TimeoutError:
        done.append('timeout')

    with mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory[:5] = b'stale'
        memory.madvise(mmap.MADV_DONTNEED)
        done += ['fresh memory'] if memory[:5] == bytes(5) else []

    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    process = context.Process(target=queue.put, args=('queue',))
    process.start()
    done.append(queue.get())
    process.join()
    return done
