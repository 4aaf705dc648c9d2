"""Run inside a sandbox: uses of ordinary system calls that are refused, and those that libraries need."""


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
