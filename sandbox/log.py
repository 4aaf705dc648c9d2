"""The daemon's log: one JSON object a line on standard output, without anything that a visitor typed or saw."""

import datetime
import json


def log(event, **fields):
    """event: what happened, in a few fixed words; what varies goes into the fields."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec='milliseconds')
    try:
        print(json.dumps({'time': now, 'event': event, **fields}), flush=True)
    except OSError:
        pass  # whoever read the log has gone; the work, cleaning up above all, goes on
