"""A package that stands in for others: Debian's depend on compilers and toolkits that nobody here uses."""

import hashlib
import subprocess

PACKAGE = 'try-console-left-out'

_CONTROL = """\
Package: {package}
Version: 1
Architecture: all
Maintainer: try-console <nobody@localhost>
Provides: {provides}
Description: stands in for packages that are left out of an image
"""

# Above every version that is asked for.
_VERSION = '9999'


def write_repository(folder, names):
    """Makes a repository of this one package in a new folder, and returns the line for it as a source of apt.

    names: the packages that it stands in for.
    """
    control = _CONTROL.format(package=PACKAGE, provides=', '.join(f'{name} (= {_VERSION})' for name in names))
    contents = folder / 'contents' / 'DEBIAN'
    contents.mkdir(parents=True)
    (contents / 'control').write_text(control)
    package = folder / f'{PACKAGE}.deb'
    subprocess.run(['dpkg-deb', '--build', contents.parent, package], check=True, stdout=subprocess.DEVNULL)
    data = package.read_bytes()
    place = f'Filename: ./{package.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n'
    (folder / 'Packages').write_text(control + place)
    return f'deb [trusted=yes] copy:{folder} ./'
