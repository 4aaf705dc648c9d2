"""What a visitor can see and reach: nothing of the host, of the daemon, or of init."""

import os
import re
import unittest
from pathlib import Path

from sandbox import slots

from . import host
from .attacks import seeing
from .client import Client
from .harness import Daemon


def setUpModule():
    global daemon, one
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)
    one = unittest.enterModuleContext(Client(daemon.socket)).open()


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.status = one.call(seeing.status_of, 'self')

    def test_the_visitor_is_user_1000_in_no_other_group(self):
        self.assertEqual(one.call(seeing.identity), [[1000] * 3, [1000] * 3, []])

    def test_there_is_no_capability_in_any_set(self):
        for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            self.assertEqual(int(self.status[name], 16), 0, name)

    def test_nothing_executed_can_gain_privileges(self):
        self.assertEqual(self.status['NoNewPrivs'], '1')

    def test_system_calls_are_filtered(self):
        self.assertEqual(self.status['Seccomp'], '2')
        self.assertEqual(self.status['Seccomp_filters'], '2')

    def test_what_is_executed_has_no_more(self):
        for name, value in one.call(seeing.status_of_a_program).items():
            if name.startswith(('Cap', 'NoNew', 'Seccomp', 'Uid', 'Gid')):
                self.assertEqual(value, self.status[name], name)

    def test_becoming_root_fails(self):
        self.assertEqual(one.call(seeing.become_root), {'setuid': 'EPERM', 'setgid': 'EPERM', 'setreuid': 'EPERM'})

    def test_init_has_no_more_than_it_needs(self):
        """CHOWN, KILL, SETGID and SETUID, over the two users of its own namespace."""
        for pid in host.inits(daemon.range):
            status = Path(f'/proc/{pid}/status').read_text()
            for name in ('CapPrm', 'CapEff'):
                self.assertEqual(int(re.search(rf'{name}:\t(\w+)', status)[1], 16), 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7)
            self.assertRegex(status, 'CapBnd:\t0000000000000000')
            self.assertRegex(status, 'NoNewPrivs:\t1')
            self.assertRegex(status, 'Seccomp:\t2')

    def test_init_cannot_be_traced_even_by_who_sees_it(self):
        """What is not dumpable belongs, in /proc, to the root of the namespace that executed it: the template's."""
        base = slots.FIRST_ID + daemon.range * slots.RANGE_IDS
        for pid in host.inits(daemon.range):
            self.assertEqual(Path(f'/proc/{pid}/mem').stat().st_uid, base)

    def test_no_process_of_a_sandbox_is_root_on_the_host(self):
        users = {uid for _, uid, _ in host.processes(daemon.range)}
        self.assertEqual(users, {1, 2})


class Files(unittest.TestCase):
    def test_the_root_filesystem_cannot_be_written(self):
        paths = '/x /usr/x /etc/passwd /etc/x /bin/ls /dev/x /var/x /run/x'.split()
        got = one.call(seeing.write_errors, paths)
        self.assertEqual(set(got.values()), {'EROFS'}, got)

    def test_home_tmp_and_shm_can_be_written(self):
        got = one.call(seeing.write_errors, ['/home/user/x', '/tmp/x', '/dev/shm/x'])
        self.assertEqual(set(got.values()), {None}, got)

    def test_no_mount_shows_a_path_or_disk_of_the_host(self):
        text = one.call(seeing.read, '/proc/self/mountinfo')
        self.assertIn(' /home/user ', text)
        for path in ('/var/lib', '/run', 'try-console', '/dev/vd', '/dev/sd', '/dev/nvme', '/dev/mapper'):
            self.assertNotIn(path, text)
        for line in text.splitlines():
            self.assertIn(re.search(r' - (\w+) ', line)[1], ('overlay', 'tmpfs', 'proc', 'devpts'), line)
            self.assertRegex(line.split()[3], r'^/(null|sys)?$', line)

    def test_no_mount_allows_devices_or_set_user_ids_but_the_device_folder(self):
        for line in one.call(seeing.read, '/proc/self/mountinfo').splitlines():
            _, _, _, place, target, options = line.split()[:6]
            self.assertIn('nosuid', options, line)
            if not target.startswith('/dev') and place != '/null':
                self.assertIn('nodev', options, line)

    def test_devices_are_the_harmless_ones(self):
        self.assertEqual(one.call(seeing.list_folder, '/dev'), [
            'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero',
        ])

    def test_no_node_can_be_made(self):
        self.assertEqual(one.call(seeing.make_node), 'EPERM')

    def test_sys_is_empty(self):
        self.assertEqual(one.call(seeing.list_folder, '/sys'), [])

    def test_masked_files_of_proc_are_empty(self):
        names = 'keys kallsyms kcore sysrq-trigger cmdline interrupts timer_list slabinfo modules'.split()
        got = one.call(seeing.read_all, [f'/proc/{name}' for name in names if Path('/proc', name).exists()])
        self.assertEqual(set(got.values()), {''}, got)

    def test_the_hosts_name_for_its_boot_is_not_told(self):
        self.assertEqual(one.call(seeing.read, '/proc/sys/kernel/random/boot_id'), '')

    def test_masked_folders_of_proc_are_empty(self):
        for name in ('bus', 'fs', 'irq', 'scsi', 'acpi', 'driver', 'pressure', 'sysvipc'):
            if Path('/proc', name).is_dir():
                self.assertEqual(one.call(seeing.list_folder, f'/proc/{name}'), [], name)

    def test_what_top_and_free_read_is_there(self):
        for line in ('!free', '!uptime', '!ps aux', '!top -bn1'):
            self.assertNotIn('rror', one.run(line), line)

    def test_no_setting_of_the_kernel_can_be_written(self):
        names = 'kernel/core_pattern kernel/hostname vm/swappiness'.split()
        got = one.call(seeing.write_errors, [f'/proc/sys/{name}' for name in names])
        self.assertLessEqual(set(got.values()), {'EROFS', 'EACCES'}, got)

    def test_the_settings_of_the_kernel_are_mounted_read_only(self):
        """The files' modes alone would not keep the sandbox's root from writing."""
        lines = one.call(seeing.read, '/proc/self/mountinfo').splitlines()
        (options,) = [line.split()[5] for line in lines if line.split()[4] == '/proc/sys']
        self.assertIn('ro', options.split(','))

    def test_a_descriptor_of_the_old_root_is_not_left(self):
        self.assertEqual(one.call(seeing.climb_out), one.call(seeing.list_folder, '/'))


class Processes(unittest.TestCase):
    def test_the_visitor_sees_their_own_processes_and_no_others(self):
        self.assertEqual(one.call(seeing.visible_processes), one.call(seeing.own_process))

    def test_init_cannot_be_read_or_signalled(self):
        got = one.call(seeing.attack_process, 1)
        self.assertEqual(set(got.values()) - {'ENOENT', 'EPERM', 'EACCES', 'ESRCH'}, set(), got)
        self.assertIn('42', one.run('6*7'))

    def test_descriptors_are_the_terminal_and_event_loops_of_its_own(self):
        links = one.call(seeing.descriptor_links)
        self.assertEqual({links.pop(number) for number in ('0', '1', '2')}, {'/dev/pts/0'})
        for number, link in links.items():
            self.assertRegex(link, r'^(socket:|anon_inode:\[eventpoll\]|/proc/\d+/fd)', number)
        self.assertEqual(one.call(seeing.connected_sockets), [])

    def test_the_environment_holds_what_was_declared(self):
        names = {'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TERM', 'COLORTERM', 'PATH', 'PYTHONUSERBASE'}
        self.assertEqual(set(one.call(seeing.environment_at_start)), names)

    def test_the_sandboxs_own_code_is_not_there_to_import(self):
        self.assertEqual(one.call(seeing.import_error, 'sandbox'), 'ModuleNotFoundError')
        self.assertIn('ModuleNotFoundError', one.run('!python3 -c "import sandbox"'))
        self.assertEqual(one.call(seeing.modules_of, 'sandbox'), [])

    def test_every_namespace_is_its_own(self):
        for pid in host.inits(daemon.range):
            for kind in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'):
                own, hosts = (os.readlink(f'/proc/{which}/ns/{kind}') for which in (pid, 'self'))
                self.assertNotEqual(own, hosts, kind)

    def test_there_is_no_network(self):
        self.assertEqual(one.call(seeing.network_devices), ['lo'])
        self.assertIn('try-console', one.run('!uname -n'))

    def test_the_control_groups_place_on_the_host_does_not_show(self):
        self.assertNotIn('try-console', one.call(seeing.read, '/proc/self/cgroup'))
