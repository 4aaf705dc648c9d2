"""What came from one terminal, as bytes and as text."""

import re

# Bash's, at the end of what is shown, and the first of either environment.
BASH_PROMPT = r'user@try-console:[^\r\n]*\$ $'
FIRST_PROMPT = rf'In \[1\]: |{BASH_PROMPT}'

_ESCAPES = re.compile(r'\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_=>])')


class Terminal:
    """What came from one terminal."""

    def __init__(self):
        self.output = bytearray()
        # Where what the last line typed has brought begins.
        self.mark = 0
        # Bytes typed, and those of them that init says were taken.
        self.typed = 0
        self.accepted = 0

    def prompts(self):
        """The number in IPython's newest prompt, 0 before the first."""
        shown = _ESCAPES.sub('', self.output.decode(errors='replace'))
        return max(map(int, re.findall(r'In \[(\d+)\]: ', shown)), default=0)

    def text(self):
        return _ESCAPES.sub('', self.output[self.mark:].decode(errors='replace'))
