"""Run inside a sandbox: fill its disks, files and tables of descriptors, and report how far that went."""


def fill_disk(folder):
    import errno

    written = 0
    try:
        for number in range(100):
            with open(f'{folder}/fill-{number}', 'wb', buffering=0) as file:
                for _ in range(16):
                    written += file.write(bytes(1 << 16))
    except OSError as error:
        return written, errno.errorcode[error.errno]


def make_files(folder):
    import errno
    import os

    made = 0
    try:
        while True:
            os.close(os.open(f'{folder}/file-{made}', os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError as error:
        return made, errno.errorcode[error.errno]


def grow_file(path, megabytes):
    import errno
    import os

    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        os.ftruncate(file, megabytes << 20)
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        os.close(file)


def grow_memory_file(megabytes):
    import errno
    import os

    file = os.memfd_create('file')
    try:
        for _ in range(megabytes):
            os.write(file, bytes(1 << 20))
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        os.close(file)


def abort_child():
    import os

    pid = os.fork()
    if pid == 0:
        os.abort()
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status), [name for name in os.listdir('.') if name.startswith('core')]


def open_until_error():
    import errno
    import os

    opened = []
    try:
        while True:
            opened.append(os.open('/dev/null', os.O_RDONLY))
    except OSError as error:
        return len(opened), errno.errorcode[error.errno]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def open_terminals():
    import errno
    import os

    opened = []
    try:
        while True:
            opened.append(os.openpty())
    except OSError as error:
        return len(opened), errno.errorcode[error.errno]
    finally:
        for pair in opened:
            for descriptor in pair:
                os.close(descriptor)


def keep_terminals_open():
    import os

    try:
        while True:
            os.openpty()
    except OSError:
        pass
