"""Run inside a sandbox: system calls that are refused, and what Python needs of them."""


def errors_of_calls(numbers, *arguments):
    import ctypes
    import errno

    libc = ctypes.CDLL(None, use_errno=True)
    longs = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    return [
        errno.errorcode[ctypes.get_errno()] if libc.syscall(ctypes.c_long(number), *longs) == -1 else None
        for number in numbers
    ]


def getpid_by_int_0x80():
    import ctypes
    import mmap

    # mov eax, 20 (getpid); int 0x80; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def socket_errors():
    import errno
    import socket

    got = {}
    for family in (name for name in dir(socket) if name.startswith('AF_')):
        for kind in (socket.SOCK_STREAM, socket.SOCK_RAW):
            try:
                socket.socket(getattr(socket, family), kind).close()
                got[family] = None
                break
            except OSError as error:
                got[family] = errno.errorcode[error.errno]
    return got


def type_by_ioctl():
    import errno
    import fcntl

    try:
        fcntl.ioctl(0, 0x5412, b'x')
    except OSError as error:
        return errno.errorcode[error.errno]


def use_python():
    import asyncio
    import sqlite3
    import subprocess
    import tempfile
    import threading

    done = [subprocess.run(['echo', 'subprocess'], capture_output=True, text=True, check=True).stdout.strip()]
    thread = threading.Thread(target=done.append, args=('threads',))
    thread.start()
    thread.join()

    async def communicate():
        process = await asyncio.create_subprocess_exec('echo', 'asyncio', stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode().strip()

    runner = threading.Thread(target=lambda: done.append(asyncio.run(communicate())))
    runner.start()
    runner.join()
    with sqlite3.connect('/home/user/base') as base:
        base.execute('create table names (name)')
        base.execute('insert into names values (?)', ('sqlite3',))
        done.append(base.execute('select name from names').fetchone()[0])
    with tempfile.NamedTemporaryFile() as file:
        file.write(b'tempfile')
        file.flush()
        done.append(open(file.name).read())
    return done


def use_multiprocessing():
    import multiprocessing

    with multiprocessing.Pool(2) as pool:
        return pool.map(abs, [-1, -2, -3])
