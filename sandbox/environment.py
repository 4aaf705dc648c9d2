"""Reads what an environment is from its declaration, NAME.toml, and refuses what it does not know."""

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from . import declaration
from .declaration import BadEnvironment

# The declarations that come with the product.
SHIPPED = Path(__file__).parent / 'environments'

# Where an operator puts theirs.
OPERATORS = Path('/etc/try-console/environments')

# Memory that must be left beside full RAM disks, in MB: their pages outlive the killing of processes, and
# a sandbox whose memory is all files could not even start Python.
MEMORY_BESIDE_FILES_MB = 60

# Variables that launch.py sets.
RESERVED_VARIABLES = frozenset('HOME USER LOGNAME SHELL PATH PYTHONUSERBASE'.split())

# As a command: the IPython that the template has made ready, forked and not executed.
IPYTHON = 'ipython'

# The network policies: no sockets but the kernel's own; one network interface to itself alone; beside that one,
# named hosts through the server's proxy.
NONE, LOOPBACK, PROXY = 'none', 'loopback', 'proxy'

_PACKAGE = r'[a-z0-9][a-z0-9+.-]+'
_HOST = r'(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]'


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use. MB are 1,048,576 bytes; percents are of one core."""

    memory_mb: int
    processes: int
    cpu_percent: int
    cpu_burst_percent: int
    cpu_seconds: int
    slow_percent: int
    home_mb: int
    tmp_mb: int
    shm_mb: int
    files: int
    open_files: int
    file_mb: int
    terminals: int
    connections: int
    network_mb: int


@dataclass(frozen=True)
class Template:
    """When a template is replaced: after so many launches or minutes."""

    launches: int
    minutes: int


@dataclass(frozen=True)
class Environment:
    """One declaration, validated.

    leave_out: packages that others depend on and that the image shall not have. wheels: folders, absolute.
    command: IPYTHON, or a tuple of program and arguments. network: NONE, LOOPBACK or PROXY. hosts: what the proxy
    lets through. variables: a dict from name to value.
    """

    name: str
    packages: tuple[str, ...]
    leave_out: tuple[str, ...]
    wheels: tuple[Path, ...]
    imports: tuple[str, ...]
    command: str | tuple[str, ...]
    network: str
    hosts: tuple[str, ...]
    variables: dict[str, str]
    limits: Limits
    template: Template

    @property
    def facts(self):
        """What the console server is told of it, for JSON."""
        return {'network': self.network, 'hosts': self.hosts, 'limits': asdict(self.limits)}


def load(name, folders=(SHIPPED,)):
    """Reads NAME.toml from the first folder that has it. Raises BadEnvironment."""
    table = declaration.read(name, folders)
    table.require('packages', 'leave_out', 'wheels', 'imports', 'command', 'network', 'variables', 'limits', 'template')
    limits = Limits(**table.numbers('limits', [field.name for field in fields(Limits)]))
    _check_limits(table, limits)
    network, hosts = _network(table)
    return Environment(
        name=name,
        packages=table.strings('packages', _PACKAGE),
        leave_out=table.strings('leave_out', _PACKAGE),
        wheels=_wheels(table),
        imports=table.strings('imports', r'[A-Za-z_][\w.]*( as [A-Za-z_]\w*)?'),
        command=_command(table),
        network=network,
        hosts=hosts,
        variables=_variables(table),
        limits=limits,
        template=Template(**table.numbers('template', [field.name for field in fields(Template)])),
    )


def names(folders=(SHIPPED,)):
    """The names of all environments that are declared, sorted."""
    return sorted({path.stem for folder in folders for path in Path(folder).glob('*.toml')})


def _check_limits(table, limits):
    if limits.cpu_burst_percent > limits.cpu_percent:
        raise table.refuse_together(
            'limits.cpu_burst_percent',
            f'{limits.cpu_burst_percent} is above the quota, which the kernel does not take; lower it to cpu_percent, '
            f'{limits.cpu_percent}, or below',
        )
    if limits.slow_percent > limits.cpu_percent:
        raise table.refuse_together(
            'limits.slow_percent',
            f'{limits.slow_percent} would make the slow lane the faster one; lower it to cpu_percent, '
            f'{limits.cpu_percent}, or below',
        )
    beside = limits.memory_mb - limits.home_mb - limits.tmp_mb - limits.shm_mb
    if beside < MEMORY_BESIDE_FILES_MB:
        raise table.refuse_together(
            'limits.memory_mb',
            f'of {limits.memory_mb} MB home_mb, tmp_mb and shm_mb leave {beside} MB; leave at least '
            f'{MEMORY_BESIDE_FILES_MB}, by raising it or lowering one of them',
        )


def _wheels(table):
    folders = []
    for text, where in table.located_strings('wheels', r'[^\0]+'):
        folder = (where.parent / text).resolve()
        if folder.is_file():
            raise BadEnvironment(f'{where}: wheels: {folder} is a file; give the folder that it lies in')
        if not any(folder.glob('*.whl')):
            raise BadEnvironment(f'{where}: wheels: {folder} holds no *.whl; put them there, or correct the path')
        folders.append(folder)
    return tuple(folders)


def _command(table):
    value = table.values['command']
    if value == IPYTHON:
        return IPYTHON
    if isinstance(value, str) or not value:
        raise table.refuse('command', value, f'give "{IPYTHON}", or a list of a program and its arguments')
    return table.strings('command', r'[^\0]+')


def _variables(table):
    variables = table.variables('variables')
    for name in RESERVED_VARIABLES.intersection(variables):
        raise table.refuse(f'variables.{name}', variables[name], 'every sandbox has its own; remove it')
    return variables


def _network(table):
    value = table.values['network']
    if isinstance(value, str) and value in (NONE, LOOPBACK):
        return value, ()
    hosts = value.get('allow') if isinstance(value, dict) and set(value) == {'allow'} else None
    if isinstance(hosts, list) and hosts and all(isinstance(host, str) and re.fullmatch(_HOST, host) for host in hosts):
        return PROXY, tuple(hosts)
    raise table.refuse(
        'network', value,
        f'give "{NONE}", "{LOOPBACK}" or {{ allow = ["pypi.org"] }}, with whole names of hosts in lower case',
    )
