"""Attacks on files: to write the image, to leave the root, to find the host's files and to make devices of files."""

import ctypes
import os
import re
import stat
import subprocess

from attack import got_through, libc, mounts, refusal, run, syscall

_KINDS = {'overlay', 'tmpfs', 'proc', 'devpts'}
_WRITABLE = {'/home/user', '/tmp', '/dev/shm', '/dev/pts', '/proc'}

# asm/unistd_64.h
_NAME_TO_HANDLE, _OPEN_BY_HANDLE, _MOUNT, _CHROOT, _PIVOT_ROOT, _UNSHARE, _UMOUNT = 303, 304, 165, 161, 155, 272, 166
_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _FSPICK, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 433, 442


def write_the_image():
    """No file of the image can be written, replaced, linked or removed."""
    calls = {path: lambda path=path: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)) for path in (
        '/x', '/usr/x', '/etc/passwd', '/etc/ld.so.preload', '/bin/ls', '/dev/x', '/var/x', '/run/x', '/root/x',
        '/usr/lib/python3/dist-packages/x.py', '/usr/lib/try-console/sandbox/init.py', '/proc/self/root/x',
    )}
    calls.update({
        'rename': lambda: os.rename('/bin/ls', '/bin/x'), 'link': lambda: os.link('/bin/ls', '/bin/x'),
        'unlink': lambda: os.unlink('/bin/ls'), 'mkdir': lambda: os.mkdir('/x'), 'chmod': lambda: os.chmod('/', 0o777),
        'O_TMPFILE': lambda: os.open('/usr', os.O_TMPFILE | os.O_RDWR), 'truncate': lambda: os.truncate('/bin/ls', 0),
        'utime': lambda: os.utime('/bin/ls'), 'setxattr': lambda: os.setxattr('/bin/ls', 'user.x', b''),
    })
    return got_through(calls, 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ENOTSUP')


def write_through_memory():
    """What is written into a file's pages in one's own memory is not in the file."""
    before = open('/bin/true', 'rb').read()
    file = os.open('/bin/true', os.O_RDONLY)
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(4096), 1, 2, file, ctypes.c_long(0))
    memory = os.open('/proc/self/mem', os.O_RDWR)
    refusal(os.pwrite, memory, b'BREACHED', address)
    shared = libc.mmap(None, ctypes.c_size_t(4096), 3, 1, file, ctypes.c_long(0))
    changed = open('/bin/true', 'rb').read() != before
    return ['written'] * changed + ['mapped to write'] * (shared not in (None, ctypes.c_void_p(-1).value))


def climb_out():
    """No chain of .., no link and no descriptor leads above the root."""
    here = os.stat('/')
    ways = ['/..', '/' + '../' * 40, '/proc/self/root/..', '/proc/self/cwd/' + '../' * 20, '/proc/self/task/../../..']
    found = [way for way in ways if not os.path.samestat(os.stat(way), here)]
    top = os.open('/', os.O_PATH)
    above = os.open('..', os.O_PATH, dir_fd=top)
    return found + ([] if os.path.samestat(os.fstat(above), here) else ['..'])


def one_root():
    """One mount is the root, and the one that was there before it has gone."""
    return [mount for mount in mounts() if mount[1] == '/'][1:]


def paths_of_the_host():
    """No mount tells a path or a disk of the host."""
    told = []
    for root, target, _, kind, source, options in mounts():
        words = ('/var/lib', '/run', 'try-console', '/dev/', 'upperdir', 'ext4', 'xfs', 'btrfs')
        own = re.fullmatch(r'/|/sys|/\d+(/null)?', root)
        if kind not in _KINDS or not own or any(word in source + options for word in words):
            told.append((root, target, kind, source, options))
    return told


def loose_mounts():
    """Every mount is without set-user-id programs, and without devices but /dev and the masks that come from it."""
    return [
        (target, options) for root, target, options, *_ in mounts()
        if 'nosuid' not in options
        or 'nodev' not in options and target != '/dev' and target != '/dev/pts' and not root.endswith('/null')
    ]


def writable_mounts():
    """The home, /tmp, /dev/shm and the pseudo terminals are all that is mounted to be written, beside /proc."""
    return [target for _, target, options, *_ in mounts() if 'ro' not in options and target not in _WRITABLE]


def programs_in_shared_memory():
    """Nothing in /dev, /dev/shm and /proc can be executed."""
    with open('/dev/shm/program', 'w') as file:
        file.write('#!/bin/sh\n')
    os.chmod('/dev/shm/program', 0o755)
    outcome = refusal(subprocess.run, ['/dev/shm/program'])
    os.unlink('/dev/shm/program')
    kinds = [target for _, target, options, *_ in mounts() if target.startswith(('/dev', '/proc/sys/')) and
             'noexec' not in options]
    return kinds + [outcome] * (outcome != 'EACCES')


def set_user_id_programs():
    """No set-user-id bit that can be set here, nor any of the image's, makes another user of who executes it."""
    path = '/home/user/whoami'
    with open('/usr/bin/id', 'rb') as reading, open(path, 'wb') as writing:
        writing.write(reading.read())
    os.chmod(path, 0o6755)
    programs = [path, '/usr/bin/su', '/usr/bin/newgrp', '/usr/bin/passwd', '/usr/bin/mount']
    found = []
    for program in filter(os.path.exists, programs):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.dup2(writing, 1)
            os.execv('/bin/sh', ['sh', '-c', f'{path} -u; {program} --version >&2 </dev/null 2>/dev/null; id -u'])
        os.close(writing)
        os.wait()
        users = set(os.read(reading, 1000).split())
        found += [(program, users)] if users != {b'1000'} else []
    os.unlink(path)
    return found


def device_nodes():
    """No device but the harmless ones can be made or opened, wherever a node of it may be."""
    calls = {f'mknod {folder} {kind:o}': lambda folder=folder, kind=kind: os.mknod(
        f'{folder}/node', kind | 0o666, os.makedev(1, 1)
    ) for folder in ('/home/user', '/tmp', '/dev/shm') for kind in (stat.S_IFBLK, stat.S_IFCHR)}
    return got_through(calls, 'EPERM', 'EACCES')


def handles_of_files():
    """No file can be opened by its number instead of its name, which knows no root."""
    handle, place = ctypes.create_string_buffer(8 + 128), ctypes.create_string_buffer(4)
    calls = {
        'name_to_handle_at': lambda: syscall(_NAME_TO_HANDLE, 0xFFFFFF9C, b'/', handle, place, 0),
        'open_by_handle_at': lambda: syscall(_OPEN_BY_HANDLE, 0xFFFFFF9C, handle, os.O_RDONLY),
    }
    return got_through(calls, 'EPERM')


def change_the_mounts():
    """Nothing can be mounted, unmounted or moved, by any of the calls for it."""
    calls = {
        'mount': lambda: syscall(_MOUNT, b'tmpfs', b'/tmp', b'tmpfs', 0, b''),
        'remount': lambda: syscall(_MOUNT, b'', b'/', b'', 32 | 4096, b''),
        'umount': lambda: syscall(_UMOUNT, b'/proc/keys', 2), 'chroot': lambda: syscall(_CHROOT, b'/tmp'),
        'pivot_root': lambda: syscall(_PIVOT_ROOT, b'/tmp', b'/tmp'),
        'unshare': lambda: syscall(_UNSHARE, 0x10020000),
        'open_tree': lambda: syscall(_OPEN_TREE, 0xFFFFFF9C, b'/', 1), 'fsopen': lambda: syscall(_FSOPEN, b'tmpfs', 0),
        'move_mount': lambda: syscall(_MOVE_MOUNT, 0xFFFFFF9C, b'/tmp', 0xFFFFFF9C, b'/home', 0),
        'fsconfig': lambda: syscall(_FSCONFIG, 3, 6, 0, 0, 0), 'fsmount': lambda: syscall(_FSMOUNT, 3, 0, 0),
        'fspick': lambda: syscall(_FSPICK, 0xFFFFFF9C, b'/', 0),
        'mount_setattr': lambda: syscall(_MOUNT_SETATTR, 0xFFFFFF9C, b'/', 0, bytes(32), 32),
    }
    return got_through(calls, 'EPERM', 'ENOSYS')


def tricks_with_links():
    """A link, hard or symbolic, opens nothing that its name would not."""
    os.symlink('/proc/1/root', '/tmp/link')
    os.symlink('loop', '/tmp/loop')
    unnamed = os.open('/tmp', os.O_TMPFILE | os.O_RDWR)
    calls = {
        'the root of init': lambda: os.listdir('/tmp/link'), 'a loop': lambda: os.open('/tmp/loop', os.O_RDONLY),
        'a link to the image': lambda: os.link('/etc/passwd', '/tmp/passwd'),
        'a nameless file across mounts': lambda: os.link(
            f'/proc/self/fd/{unnamed}', '/home/user/x', follow_symlinks=True
        ),
        'the template': lambda: os.listdir('/mnt/usr'), 'the old root': lambda: os.listdir('/proc/self/root/mnt/usr'),
    }
    try:
        return got_through(calls, 'ENOENT', 'EACCES', 'ELOOP', 'EXDEV', 'EPERM')
    finally:
        os.unlink('/tmp/link')
        os.unlink('/tmp/loop')


if __name__ == '__main__':
    run(globals())
