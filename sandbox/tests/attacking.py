"""Sends a file of attacks into a sandbox through its terminal, and reads what they print.

By hand: `python3 -m sandbox.tests.attacking NAME` prints what is to be pasted into a console with Bash.
"""

import ast
import base64
import json
import re
import sys
import zlib
from collections import namedtuple
from pathlib import Path

FOLDER = Path(__file__).parent / 'attacks'

# verdict: HELD, BREACH, SKIPPED or BROKEN, which is neither: the attack itself failed. text: the whole line.
Attack = namedtuple('Attack', 'verdict text')

# What the files of attacks import, beside the standard library.
_HELPERS = ('attack', 'taken')

# The longest that one file may take, in seconds, on a busy machine.
DEADLINE_S = 120

_SCRIPT = """
import sys, types
kept = sys.argv
sys.argv = [{family!r} + '.py', {facts!r}]
for name, source in {helpers!r}.items():
    sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name + '.py', 'exec'), sys.modules[name].__dict__)
try:
    exec(compile({source!r}, {family!r} + '.py', 'exec'), {{'__name__': '__main__'}})
finally:
    sys.argv = kept
"""
_LINE = re.compile(r'(HELD|BREACH|SKIPPED|BROKEN) \w+: .*')


def attacks_in(family):
    """The names of the attacks in a file, as attack.py finds them."""
    tree = ast.parse((FOLDER / f'{family}.py').read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith('_')]


def run(client, family, facts, command=None, terminal=1):
    """Runs a file of attacks in an open terminal. Returns a list of Attack.

    facts: what the attacks are told, for JSON. command: a program to execute it, where the terminal is a shell's;
    else it is Python's.
    """
    line = line_for(family, facts, command)
    shown = client.run(f'\x1b[200~{line}\x1b[201~', terminal, DEADLINE_S).replace('\r', '')
    return [Attack(found[1], found[0]) for found in _LINE.finditer(shown)]


def line_for(family, facts, command=None):
    """What is to be typed to run a file of attacks."""
    source, *others = ((FOLDER / f'{name}.py').read_text() for name in (family, *_HELPERS))
    script = _SCRIPT.format(
        family=family, facts=json.dumps(facts), helpers=dict(zip(_HELPERS, others)), source=source,
    )
    packed = base64.b64encode(zlib.compress(script.encode(), 9)).decode()
    line = f"exec(__import__('zlib').decompress(__import__('base64').b64decode('{packed}')), {{}})"
    return line if command is None else f'{command} -c "{line}"'


if __name__ == '__main__':
    print(line_for(sys.argv[1], {}, 'python3'))
