"""What tests run inside a sandbox.

Files that import `attack` are attacks of one family each, and programs: `python3 filesystem.py` runs one by hand where
attack.py and taken.py lie beside it, and `python3 -m sandbox.tests.attacking filesystem` prints a line to paste into a
Bash console instead. The functions of all other files import for themselves: each is sent alone, as a line to type.
"""

import base64
import inspect
import json
import re
import textwrap
import zlib

# Runs a function and prints what came of it, in a way that the echo of the typed line is never taken for it.
_CALL = """
import base64, json, traceback
{source}
try:
    came = {{'value': {name}(*{arguments!r})}}
except BaseException:
    came = {{'error': traceback.format_exc()}}
print('«' + base64.b64encode(json.dumps(came).encode()).decode() + '»')
"""
_RESULT = re.compile(r'«([A-Za-z0-9+/=]+)»')


def line_for(function, arguments=()):
    """The line that calls a function in the visitor's own IPython, in a namespace of its own."""
    source = textwrap.dedent(inspect.getsource(function))
    code = _CALL.format(source=source, name=function.__name__, arguments=arguments)
    packed = base64.b64encode(zlib.compress(code.encode())).decode()
    # Pasted in brackets, so that the prompt takes it at once and not letter by letter.
    return f"\x1b[200~exec(__import__('zlib').decompress(__import__('base64').b64decode('{packed}')), {{}})\x1b[201~"


def result_in(text):
    """What the function returned. Raises AssertionError with the traceback where it raised."""
    came = json.loads(base64.b64decode(_RESULT.search(text)[1]))
    if 'error' in came:
        raise AssertionError(f'in the sandbox: {came["error"]}')
    return came['value']
