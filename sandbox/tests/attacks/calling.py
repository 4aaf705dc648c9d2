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
