"""Run inside a sandbox: try to come before others, to the processor and when memory is short."""


def priority_limits():
    import resource

    return {name: resource.getrlimit(getattr(resource, f'RLIMIT_{name}')) for name in ('RTPRIO', 'NICE')}


def errors_of_policies():
    import errno
    import os

    got = {}
    for name in ('SCHED_FIFO', 'SCHED_RR'):
        try:
            os.sched_setscheduler(0, getattr(os, name), os.sched_param(1))
            got[name] = None
        except OSError as error:
            got[name] = errno.errorcode[error.errno]
    return got


def errors_of_niceness(values):
    """In a child: what was raised stays so."""
    import errno
    import os

    reading, writing = os.pipe()
    if os.fork() == 0:
        for value in values:
            try:
                os.setpriority(os.PRIO_PROCESS, 0, value)
                os.write(writing, b'None ')
            except OSError as error:
                os.write(writing, errno.errorcode[error.errno].encode() + b' ')
        os._exit(0)
    os.wait()
    return [None if word == 'None' else word for word in os.read(reading, 1000).decode().split()]


def oom_score():
    return int(open('/proc/self/oom_score_adj').read())


def errors_of_oom_scores(scores):
    """In a child, for the same reason."""
    import errno
    import os

    reading, writing = os.pipe()
    if os.fork() == 0:
        for score in scores:
            try:
                with open('/proc/self/oom_score_adj', 'wb', buffering=0) as file:
                    file.write(str(score).encode())
                os.write(writing, b'None ')
            except OSError as error:
                os.write(writing, errno.errorcode[error.errno].encode() + b' ')
        os._exit(0)
    os.wait()
    return [None if word == 'None' else word for word in os.read(reading, 1000).decode().split()]
