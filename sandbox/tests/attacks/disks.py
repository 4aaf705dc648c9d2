"""Attacks on the RAM disks: their space, their files, the size of one, and the locks on them."""

import errno
import fcntl
import os
import struct
import subprocess

from attack import refusal, run, syscall

_MB = 1 << 20
_FOLDERS = {'home_mb': '/home/user', 'tmp_mb': '/tmp', 'shm_mb': '/dev/shm'}

# asm-generic/fcntl.h: F_SETLK, and F_OFD_SETLK and F_OFD_SETLKW, whose locks are an open file's.
_SETLK, _OTHER_LOCKS = 6, (37, 38)


def _more_than(limit, count):
    return count > limit and f'{count} of {limit}'


def disks(limits):
    """Each RAM disk holds what was declared, and takes not a byte more."""
    got = {}
    for key, folder in _FOLDERS.items():
        written, files = 0, []
        try:
            while written <= 2 * limits[key] * _MB:
                files.append(os.open(f'{folder}/fill-{len(files)}', os.O_CREAT | os.O_WRONLY))
                for _ in range(8):
                    written += os.write(files[-1], bytes(1 << 16))
        except OSError as error:
            got.update({} if error.errno in (errno.ENOSPC, errno.EMFILE) else {folder: str(error)})
        for number, file in enumerate(files):
            os.close(file)
            os.unlink(f'{folder}/fill-{number}')
        got.update({folder: written} if written > limits[key] * _MB else {})
    return got


def holes_in_files(limits):
    """No space is to be had by fallocate or by a hole that was punched, that writing would not get."""
    file = os.open('/tmp', os.O_TMPFILE | os.O_RDWR)
    got, size = 0, limits['file_mb'] * _MB // 2
    try:
        for _ in range(2 * limits['tmp_mb'] * _MB // size + 1):
            another = os.open('/tmp', os.O_TMPFILE | os.O_RDWR)
            os.posix_fallocate(another, 0, size)
            got += size
            # FALLOC_FL_KEEP_SIZE beyond the end, and PUNCH_HOLE at its beginning.
            refusal(syscall, 285, another, 1, size, size // 2)
            refusal(syscall, 285, another, 3, 0, 4096)
    except OSError:
        pass
    os.close(file)
    return got > limits['tmp_mb'] * _MB and got


def files(limits):
    """Each RAM disk holds no more files, folders and links than were declared."""
    got = {}
    for folder in _FOLDERS.values():
        place, count = f'{folder}/many', 0
        os.mkdir(place)
        try:
            while count < 2 * limits['files']:
                if count % 3 == 0:
                    os.symlink('x' * 200, f'{place}/{count}')
                else:
                    os.mknod(f'{place}/{count}')
                count += 1
        except OSError:
            pass
        got.update({folder: count} if count > limits['files'] else {})
        subprocess.run(['rm', '-r', place])
    return got


def names_of_one_file(limits):
    """A file's names are counted as files are."""
    os.mknod('/dev/shm/one')
    count = 0
    try:
        while count < 2 * limits['files']:
            os.link('/dev/shm/one', f'/dev/shm/name-{count}')
            count += 1
    except OSError:
        pass
    subprocess.run('rm /dev/shm/one /dev/shm/name-*', shell=True)
    return _more_than(limits['files'], count)


def a_deep_tree(limits):
    """A tree of folders is as deep as there are files, and can be removed."""
    os.chdir('/tmp')
    depth = 0
    try:
        while depth < 2 * limits['files']:
            os.mkdir('d')
            os.chdir('d')
            depth += 1
    except OSError:
        pass
    for _ in range(depth):
        os.chdir('..')
        os.rmdir('d')
    return _more_than(limits['files'], depth)


def one_file(limits):
    """One file has at most the declared size, by whichever call it grows."""
    size = (limits['file_mb'] + 1) * _MB
    file = os.open('/home/user', os.O_TMPFILE | os.O_RDWR)
    ways = {'ftruncate': lambda: os.ftruncate(file, size), 'pwrite': lambda: os.pwrite(file, b'x', size),
            'fallocate': lambda: os.posix_fallocate(file, 0, size)}
    return {name: got for name, way in ways.items() if (got := refusal(way)) != 'EFBIG'}


def locks_on_files():
    """Locks on files, which are kernel memory that is charged to nobody, are no more than 200,000."""
    count, file = 0, None
    try:
        while count < 300_000:
            # A file's are looked through for each that is added: not too many in one.
            if count % 2048 == 0:
                file = os.memfd_create('locks')
            fcntl.fcntl(file, _SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, count * 2, 1, 0))
            count += 1
    except OSError as error:
        others = [refusal(fcntl.fcntl, file, command, bytes(32)) for command in _OTHER_LOCKS]
        return count > 200_000 and count or set(others) - {'ENOSYS'} or error.errno != errno.ENOLCK and str(error)
    return count


def locks_on_one_file():
    """No more than 2,000 locks are on one file, which the kernel looks through at each close."""
    files, count = [], 0
    path = '/tmp/locked-by-many'
    open(path, 'w').close()
    try:
        while count < 3_000:
            if count % 200 == 0:
                files.clear()
            files.append(open(path))
            fcntl.flock(files[-1], fcntl.LOCK_SH)
            count += 1
    except OSError as error:
        return count > 2_000 and count or error.errno != errno.ENOLCK and str(error)
    finally:
        os.unlink(path)
    return count


if __name__ == '__main__':
    run(globals())
