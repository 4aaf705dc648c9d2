"""Reads what an environment is from its declaration, environments/NAME.toml, and refuses what it does not know."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

FOLDER = Path(__file__).parent / 'environments'

# Memory that must be left beside full RAM disks, in MB: their pages outlive the killing of processes, and
# a sandbox whose memory is all files could not even start Python.
MEMORY_BESIDE_FILES_MB = 60


class BadEnvironment(ValueError):
    """The declaration is missing or wrong. The message names the file, the key and the remedy."""


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use. MB are 1,048,576 bytes; percents are of one core."""

    memory_mb: int
    processes: int
    cpu_percent: int
    cpu_burst_percent: int
    home_mb: int
    tmp_mb: int
    shm_mb: int
    files: int
    open_files: int
    file_mb: int
    terminals: int


@dataclass(frozen=True)
class Template:
    """When a template is replaced: after so many launches or minutes."""

    launches: int
    minutes: int


@dataclass(frozen=True)
class Environment:
    """One declaration, validated."""

    name: str
    packages: tuple[str, ...]
    imports: tuple[str, ...]
    limits: Limits
    template: Template


def load(name, folder=FOLDER):
    """Reads environments/NAME.toml. Raises BadEnvironment."""
    path = Path(folder) / f'{name}.toml'
    if not re.fullmatch(r'[a-z][a-z0-9-]{0,31}', name) or not path.is_file():
        raise BadEnvironment(f'there is no environment {name!r} in {folder}; use one of {names(folder)}')
    try:
        data = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadEnvironment(f'{path}: not TOML: {error}') from None
    _check_keys(path, '', data, ('packages', 'imports', 'limits', 'template'))
    limits = _numbers(path, 'limits', data['limits'], Limits)
    if limits.cpu_burst_percent > limits.cpu_percent:
        raise BadEnvironment(
            f'{path}: limits.cpu_burst_percent = {limits.cpu_burst_percent}: the kernel takes no burst above the '
            f'quota; lower it to cpu_percent, {limits.cpu_percent}, or below'
        )
    beside = limits.memory_mb - limits.home_mb - limits.tmp_mb - limits.shm_mb
    if beside < MEMORY_BESIDE_FILES_MB:
        raise BadEnvironment(
            f'{path}: limits.memory_mb = {limits.memory_mb}: home_mb, tmp_mb and shm_mb leave {beside} MB of it; '
            f'leave at least {MEMORY_BESIDE_FILES_MB}, by raising it or lowering one of them'
        )
    return Environment(
        name=name,
        packages=_strings(path, 'packages', data['packages'], r'[a-z0-9][a-z0-9+.-]+'),
        imports=_strings(path, 'imports', data['imports'], r'[A-Za-z_][\w.]*'),
        limits=limits,
        template=_numbers(path, 'template', data['template'], Template),
    )


def names(folder=FOLDER):
    """The names of all environments that are declared, sorted."""
    return sorted(path.stem for path in Path(folder).glob('*.toml'))


def _check_keys(path, prefix, table, known):
    for key in table:
        if key not in known:
            raise BadEnvironment(f'{path}: {prefix}{key} is not known; remove it, or use one of {sorted(known)}')
    for key in known:
        if key not in table:
            raise BadEnvironment(f'{path}: {prefix}{key} is missing; add it')


def _strings(path, key, value, pattern):
    if not isinstance(value, list) or not all(isinstance(item, str) and re.fullmatch(pattern, item) for item in value):
        raise BadEnvironment(f'{path}: {key} = {value!r}; it must be a list of names that match {pattern}')
    return tuple(value)


def _numbers(path, name, table, kind):
    if not isinstance(table, dict):
        raise BadEnvironment(f'{path}: {name} = {table!r}; it must be a table, [{name}]')
    known = [field.name for field in fields(kind)]
    _check_keys(path, f'{name}.', table, known)
    for key, value in table.items():
        if type(value) is not int or not 1 <= value <= 1_000_000:
            raise BadEnvironment(f'{path}: {name}.{key} = {value!r}; it must be a whole number from 1 to 1,000,000')
    return kind(**table)
