"""What the sandbox sees: its root, /proc, /dev and RAM disks."""

from .mutant import REFUSAL, Edit, Mutant

MUTANTS = (
    Mutant(
        'the old root taken away', 'filesystem.one_root',
        Edit('jail.py', "    linux.umount('.', linux.MNT_DETACH)\n    os.chdir('/')", "    os.chdir('/')"),
    ),
    Mutant('the root changed', 'proc.other_processes', Edit('jail.py', "    linux.pivot_root('.', '.')\n", '')),
    Mutant(
        "the host's root taken away", REFUSAL,
        Edit(
            'launch.py',
            "    linux.pivot_root('.', '.')\n    linux.umount('.', linux.MNT_DETACH)\n",
            "    linux.pivot_root('.', '.')\n",
        ),
        reason='the kernel makes no user namespace for who has a root below another',
    ),
    Mutant("other users' processes hidden", 'proc.other_processes', Edit('jail.py', "'hidepid=2'", "''")),
    Mutant(
        'files of /proc masked', 'proc.what_is_masked',
        Edit('jail.py', "(*masked, 'sys/kernel/random/boot_id')", "('sys/kernel/random/boot_id',)"),
    ),
    Mutant(
        "the boot's name masked", 'proc.the_name_of_the_boot',
        Edit('jail.py', "(*masked, 'sys/kernel/random/boot_id')", 'masked'),
    ),
    Mutant(
        'settings of the kernel read only', 'proc.settings_of_the_kernel',
        Edit('jail.py', 'linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY', 'linux.MS_BIND | linux.MS_REMOUNT'),
    ),
    Mutant(
        'the image without set-user-id programs', 'filesystem.loose_mounts',
        Edit('jail.py', "safe | linux.MS_RDONLY, 'lowerdir", "linux.MS_NODEV | linux.MS_RDONLY, 'lowerdir"),
    ),
    Mutant(
        'the image without devices', 'filesystem.loose_mounts',
        Edit('jail.py', "safe | linux.MS_RDONLY, 'lowerdir", "linux.MS_NOSUID | linux.MS_RDONLY, 'lowerdir"),
    ),
    Mutant(
        'an overlay of its own', 'neighbours.locks_on_the_image',
        Edit(
            'jail.py',
            "linux.mount('overlay', '/mnt/root', 'overlay', safe | linux.MS_RDONLY, 'lowerdir=/mnt/code:/mnt/image')",
            "linux.mount('/mnt/root', '/mnt/root', None, linux.MS_BIND)",
        ),
        Edit(
            'launch.py', "    linux.mount('tmpfs', 'mnt/dev',",
            "    linux.mount('.', 'mnt/root', None, linux.MS_BIND)\n    linux.mount('tmpfs', 'mnt/dev',",
        ),
    ),
    Mutant(
        'a /dev of its own', 'neighbours.locks_on_the_image',
        Edit('jail.py', "linux.mount(f'/mnt/dev/{slot}', 'dev'", "linux.mount('/mnt/dev/0', 'dev'"),
    ),
    Mutant(
        '/dev read only', 'filesystem.write_the_image',
        Edit('launch.py', 'linux.MS_NOSUID | linux.MS_NOEXEC | linux.MS_RDONLY', 'linux.MS_NOSUID | linux.MS_NOEXEC'),
        Edit('launch.py', '    os.mkdir(folder)\n', '    os.mkdir(folder)\n    os.chmod(folder, 0o777)\n'),
        reason="the folder's mode stands behind",
    ),
    Mutant(
        'RAM disks without set-user-id programs and devices', 'filesystem.loose_mounts',
        Edit(
            'jail.py',
            "linux.mount('tmpfs', path, 'tmpfs', flags, f'size",
            "linux.mount('tmpfs', path, 'tmpfs', 0, f'size",
        ),
    ),
    Mutant(
        'nothing executed in shared memory', 'filesystem.programs_in_shared_memory',
        Edit('jail.py', "'mode=1777', safe | linux.MS_NOEXEC)", "'mode=1777', safe)"),
    ),
    Mutant('the size of RAM disks', 'disks.disks', Edit('jail.py', 'size={size_mb}m,', 'size=90%,')),
    Mutant('the number of files', 'disks.files', Edit('jail.py', 'nr_inodes={files},', '')),
    Mutant(
        'the number of pseudo terminals', 'counts.pseudo_terminals',
        Edit('jail.py', ',max={2 * limits["terminals"]}', ''),
    ),
    Mutant(
        'no devices but the harmless ones', 'devices.which_can_be_opened',
        Edit('launch.py', "'urandom': 9}", "'urandom': 9, 'kmsg': 11}"),
        Edit('cgroups.py', "_write(folders['devices'] / 'devices.deny', 'a')", 'pass'),
        reason='the control group refuses what has a node, and what has none needs no refusal',
    ),
)
