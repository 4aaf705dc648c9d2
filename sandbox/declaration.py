"""A declaration as a table of values that are not trusted: read from TOML, put upon its base, asked for by type."""

import re
import tomllib
from pathlib import Path

# The longest chain of declarations upon declarations; a longer one is a circle.
MAX_BASES = 8

# They are one value, and no collection to add to.
_REPLACED_WHOLE = ('command', 'network')


class BadEnvironment(ValueError):
    """The declaration is missing or wrong. The message names the file, the key and the remedy."""


def read(name, folders):
    """Reads NAME.toml from the first folder that has it, and what it is based on. Raises BadEnvironment.

    One that is based on its own name stands upon the one of that name in a later folder.
    """
    table, later = _read_file(name, folders)
    for _ in range(MAX_BASES):
        if 'base' not in table.values:
            return table
        base = table.values.pop('base')
        if not isinstance(base, str):
            raise table.refuse('base', base, 'give the name of another environment')
        below, later = _read_file(base, later if base == name else folders)
        table, name = below.overlaid(table), base
    raise table.refuse('base', base, 'its bases are a circle; take one of them out')


def _read_file(name, folders):
    """Returns the table, and the folders after the one where it was."""
    paths = [Path(folder) / f'{name}.toml' for folder in folders]
    at = next((at for at, path in enumerate(paths) if path.is_file()), None)
    if not re.fullmatch(r'[a-z][a-z0-9-]{0,31}', name):
        remedy = 'give a small letter, and then small letters, digits and "-"'
        raise BadEnvironment(f'{name!r} is no name of an environment; {remedy}')
    if at is None:
        known = sorted({path.stem for folder in folders for path in Path(folder).glob('*.toml')})
        where = ' or '.join(str(folder) for folder in folders)
        raise BadEnvironment(f'there is no environment {name!r} in {where}; use one of {known}')
    try:
        return Table(paths[at], tomllib.loads(paths[at].read_text())), folders[at + 1:]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadEnvironment(f'{paths[at]}: not TOML: {error}') from None


class Table:
    """Values by key, each with the file that it comes from: errors name it, and paths are relative to it."""

    def __init__(self, path, values):
        self.values = values
        self._path = path
        # By key; for what is in a table, by "table.key"; for what is in a list, one for each item.
        self._origins = {}
        for key, value in values.items():
            self._origins[key] = [path] * len(value) if isinstance(value, list) else path
            if isinstance(value, dict):
                self._origins.update({f'{key}.{name}': path for name in value})

    def overlaid(self, upper):
        """This one with another upon it: its lists are appended, its tables merged, all else replaced."""
        merged = Table(upper._path, {**self.values, **upper.values})
        merged._origins = {**self._origins, **upper._origins}
        for key in (self.values.keys() & upper.values.keys()).difference(_REPLACED_WHOLE):
            below, above = self.values[key], upper.values[key]
            if isinstance(below, dict) and isinstance(above, dict):
                merged.values[key] = {**below, **above}
            elif isinstance(below, list) and isinstance(above, list):
                merged.values[key] = below + above
                merged._origins[key] = self._origins[key] + upper._origins[key]
        return merged

    def refuse_together(self, key, remedy):
        """The error to raise for values that are wrong beside one another: they may come from several files."""
        return BadEnvironment(f'{self._path}: {key}: {remedy}')

    def refuse(self, key, value, remedy):
        """The error to raise for a value."""
        return BadEnvironment(f'{self._origin(key)}: {key} = {value!r}: {remedy}')

    def _origin(self, key):
        origin = self._origins.get(key, self._path)
        return origin if isinstance(origin, Path) else [self._path, *origin][-1]

    def require(self, *known):
        """Raises BadEnvironment for a key that is not known, or missing."""
        self._require('', self.values, known)

    def strings(self, key, pattern):
        """A list of strings that all match a pattern, as a tuple. Raises BadEnvironment."""
        return tuple(item for item, _ in self.located_strings(key, pattern))

    def located_strings(self, key, pattern):
        """The same as pairs, each string with the path of the file that it comes from."""
        value = self.values[key]
        if not isinstance(value, list):
            raise self.refuse(key, value, 'it must be a list of strings')
        located = list(zip(value, self._origins[key], strict=True))
        for item, path in located:
            if not _matches(item, pattern):
                raise BadEnvironment(f'{path}: {key}: {item!r} in the list is none that can be there ({pattern})')
        return located

    def numbers(self, key, known):
        """A table of exactly the known whole numbers, as a dict. Raises BadEnvironment."""
        table = self._table(key)
        self._require(f'{key}.', table, known)
        for name, value in table.items():
            if type(value) is not int or not 1 <= value <= 1_000_000:
                raise self.refuse(f'{key}.{name}', value, 'it must be a whole number from 1 to 1,000,000')
        return table

    def variables(self, key):
        """A table of environment variables, as a dict. Raises BadEnvironment."""
        table = self._table(key)
        for name, value in table.items():
            if not _matches(name, r'[A-Za-z_][A-Za-z0-9_]*') or not _matches(value, r'[^\0]*'):
                raise self.refuse(f'{key}.{name}', value, 'it must be the name of a variable and a string')
        return table

    def _table(self, key):
        value = self.values[key]
        if not isinstance(value, dict):
            raise self.refuse(key, value, f'it must be a table, [{key}]')
        return value

    def _require(self, prefix, table, known):
        for key in table:
            if key not in known:
                allowed = sorted(known if prefix else (*known, 'base'))
                remedy = f'remove it, or use one of {allowed}'
                raise BadEnvironment(f'{self._origin(prefix + key)}: {prefix}{key} is not known; {remedy}')
        for key in known:
            if key not in table:
                remedy = 'add it, or what has it: base = "ipython"'
                raise BadEnvironment(f'{self._path}: {prefix}{key} is missing; {remedy}')


def _matches(value, pattern):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None
