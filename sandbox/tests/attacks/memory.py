"""Attacks on the machine's memory: each takes as much of one kind as it gets, up to twice what was declared."""

import mmap
import os

from attack import refusal, run, status
from taken import MB, end_children, hold_in_child, more_than


def ordinary(limits):
    """A process gets no more memory than was declared."""
    return more_than(limits['memory_mb'], lambda: map(bytearray.__len__, _kept(lambda: bytearray(b'x' * MB))))


def _kept(make):
    kept = []
    while True:
        kept.append(make())
        yield kept[-1]


def of_many_processes(limits):
    """All processes together get no more than was declared."""

    def take():
        while True:
            hold_in_child(lambda: bytearray(b'x' * 8 * MB))
            yield from range(8)

    try:
        return more_than(limits['memory_mb'], take)
    finally:
        end_children()


def shared_and_nameless(limits):
    """Memory that is mapped to be shared counts."""

    def make():
        memory = mmap.mmap(-1, MB)
        memory.write(b'x' * MB)
        return memory

    return more_than(limits['memory_mb'], lambda: _kept(make))


def huge_pages(limits):
    """Memory in huge pages counts."""

    def make():
        memory = mmap.mmap(-1, 4 * MB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(14)
        for at in range(0, 4 * MB, 4096):
            memory[at] = 1
        return memory

    return more_than(limits['memory_mb'], lambda: (part for each in _kept(make) for part in range(4)))


def files_in_memory(limits):
    """What memfd_create makes counts, in however many files."""

    def take():
        for number in range(200):
            file = os.memfd_create(f'{number}')
            for _ in range(min(8, limits['file_mb'])):
                os.write(file, b'x' * MB)
                yield

    return more_than(limits['memory_mb'], take)


def one_file_in_memory(limits):
    """A file that memfd_create makes has at most the declared size, by whichever call it grows."""
    file = os.memfd_create('file')
    size = (limits['file_mb'] + 1) * MB
    ways = {'ftruncate': lambda: os.ftruncate(file, size), 'fallocate': lambda: os.posix_fallocate(file, 0, size),
            'pwrite': lambda: os.pwrite(file, b'x', size)}
    return {name: refusal(way) for name, way in ways.items() if refusal(way) != 'EFBIG'}


def swap():
    """What is memory stays memory: none of it goes to a disk."""
    return status()['VmSwap'].split()[0] != '0' and status()['VmSwap']


if __name__ == '__main__':
    run(globals())
