"""Makes real wheels for tests: a zip of a module and what pip wants to know of it."""

import zipfile


def write_wheel(folder, name, source, requires=(), command=None):
    """Writes NAME-1.0-py3-none-any.whl with the one module NAME, and returns its path.

    requires: other distributions. command: the name of a program that calls the module's main().
    """
    info = f'{name}-1.0.dist-info'
    needed = [f'Requires-Dist: {each}\n' for each in requires]
    files = {
        f'{name}.py': source,
        f'{info}/METADATA': f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{"".join(needed)}',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    }
    if command:
        files[f'{info}/entry_points.txt'] = f'[console_scripts]\n{command} = {name}:main\n'
    files[f'{info}/RECORD'] = ''.join(f'{path},,\n' for path in [*files, f'{info}/RECORD'])
    path = folder / f'{name}-1.0-py3-none-any.whl'
    with zipfile.ZipFile(path, 'w') as archive:
        for each, text in files.items():
            archive.writestr(each, text)
    return path
