"""The daemon's log: one JSON object a line on standard output, without anything that a visitor typed or saw."""

import datetime
import json
import os
import select

# A pipe that says it is writable takes this many bytes without waiting (PIPE_BUF); a longer line is cut.
LINE_BYTES = 4096

_OUTPUT = 1


def log(event, **fields):
    """event: what happened, in a few fixed words; what varies goes into the fields.

    Never waits and never raises: a log that nobody reads must not keep sandboxes from being cleaned up. What could
    not be written is lost.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec='milliseconds')
    line = json.dumps({'time': now, 'event': event, **fields}).encode()
    try:
        if select.select([], [_OUTPUT], [], 0)[1]:
            os.write(_OUTPUT, line[: LINE_BYTES - 1] + b'\n')
    except OSError:
        pass  # whoever read it has gone
