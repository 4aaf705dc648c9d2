"""Runs a seccomp program as the kernel would: to ask it about every system call without making one."""

import struct
from collections import namedtuple

# linux/audit.h
X86_64, I386 = 0xC000003E, 0x40000003

# linux/seccomp.h: what a program may answer; the low 16 bits of ERRNO are the error's number.
ALLOW, NOTIFY, ERRNO = 0x7FFF0000, 0x7FC00000, 0x00050000

Call = namedtuple('Call', 'number architecture arguments', defaults=(X86_64, ()))

_INSTRUCTION = struct.Struct('=HBBI')

# linux/bpf_common.h: only what libseccomp makes use of.
_LOAD, _RETURN, _ALWAYS, _EQUAL, _GREATER, _GREATER_OR_EQUAL, _SET, _AND = 0x20, 6, 0x05, 0x15, 0x25, 0x35, 0x45, 0x54

_JUMPS = {
    _EQUAL: lambda accumulator, constant: accumulator == constant,
    _GREATER: lambda accumulator, constant: accumulator > constant,
    _GREATER_OR_EQUAL: lambda accumulator, constant: accumulator >= constant,
    _SET: lambda accumulator, constant: bool(accumulator & constant),
}


def answer(program, call):
    """What a program (bytes of sock_filter) answers to a call: ALLOW, NOTIFY, or ERRNO with the error's number."""
    arguments = (*call.arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack('=IIQ6Q', call.number, call.architecture, 0, *arguments)
    position = accumulator = 0
    while True:
        code, if_true, if_false, constant = _INSTRUCTION.unpack_from(program, position * _INSTRUCTION.size)
        position += 1
        if code == _LOAD:
            (accumulator,) = struct.unpack_from('=I', data, constant)
        elif code == _AND:
            accumulator &= constant
        elif code == _ALWAYS:
            position += constant
        elif code == _RETURN:
            return constant
        else:
            position += if_true if _JUMPS[code](accumulator, constant) else if_false
