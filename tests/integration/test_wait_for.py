# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--wait-for: nothing is started before what the daemon needs is there.

Under the real systemd, where another service, a device or a file comes late, and under the stand-in
for Upstart. Separate from the tests of the two directions, since it is the same in both and where
nothing is translated. That no moment is missed in between is test_watch's.
"""
import contextlib
import ctypes
import errno
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import tap
import upstart_case
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge
from systemd_host import wait_until

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
PYTHON = "/usr/bin/python3"
HOSTNAMED = "/lib/systemd/systemd-hostnamed"     # Type=dbus, and in every systemd
HOSTNAMED_NAME = "org.freedesktop.hostname1"
NULL = (1, 3)                                    # what /dev/null is: its driver is always there
NO_DRIVER = (511, 77)

LISTEN = """
import signal, socket
listener = socket.socket(socket.AF_%s)
listener.bind(%r)
listener.listen()
signal.pause()
"""


class Systemd(SystemdTestCase):
    def make_node(self, path, numbers):
        full = self.host.path(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        os.mknod(full + ".new", stat.S_IFCHR | 0o600, os.makedev(*numbers))
        os.rename(full + ".new", full)
        self.addCleanup(os.unlink, full)

    def make_link(self, path, target):
        os.symlink(target, self.host.path(path + ".new"))
        os.rename(self.host.path(path + ".new"), self.host.path(path))
        self.addCleanup(os.unlink, self.host.path(path))

    def listen(self, family, address):
        self.host.service("listener", PYTHON, "-c", LISTEN % (family, address), Type="exec")
        self.assert_started("listener.service")

    def own_name(self):
        """By hand, since the packaged unit wants a machine of its own."""
        self.host.service("owner", HOSTNAMED, Type="dbus", BusName=HOSTNAMED_NAME)
        self.assert_started("owner.service")

    def conditions(self):
        """What is waited for, and what makes it come true."""
        return {
            "device:/dev/xen/gntdev": lambda: self.make_node("/dev/xen/gntdev", NULL),
            "device:/dev/late": lambda: self.make_link("/dev/late", "null"),
            "path:/srv/out/a/b/c": lambda: self.host.write("/srv/out/a/b/c", ""),
            "pidfile:/srv/out/pid": lambda: self.host.write("/srv/out/pid", "1\n"),
            "unix:/srv/out/s": lambda: self.listen("UNIX", "/srv/out/s"),
            "unix:@s": lambda: self.listen("UNIX", "\0s"),
            "tcp:127.0.0.1:5001": lambda: self.listen("INET", ("127.0.0.1", 5001)),
            "tcp:localhost:5002": lambda: self.listen("INET6", ("::", 5002)),
            "dbus:" + HOSTNAMED_NAME: self.own_name,
        }

    def start_waiting(self, options, *actions, **directives):
        """Starts x.service, and returns when systemd knows what is waited for."""
        self.host.service("x", *bridge("--target=systemd", *options, *actions),
                          **{"Type": "notify", **directives})
        self.host.start("x.service", "--no-block")
        self.host.wait_for("x.service", StatusText="Waiting for " + options[0].split("=", 1)[1])
        self.assertFalse(self.host.exists(OUT + "/report"))

    def test_each_condition(self):
        for condition, fulfil in self.conditions().items():
            with self.row(condition=condition):
                self.start_waiting(["--wait-for=" + condition], "report=%s/report" % OUT, "notify=READY=1",
                                   "pause")
                fulfil()
                self.host.wait_for("x.service", ActiveState="active", SubState="running", StatusText="")
                self.assert_only_daemon("x.service")
                self.assertEqual(self.bridge_lines(), [])

    def test_a_condition_that_holds_costs_no_wait(self):
        self.host.service("x", *bridge("--target=systemd", "--wait-for=device:/dev/null",
                                       "--wait-for=path:/srv/out", "--wait-for=dbus:org.freedesktop.systemd1",
                                       "notify=READY=1", "pause"), Type="notify")
        self.assert_started("x.service")
        self.assert_only_daemon("x.service")

    def test_a_node_without_a_driver_is_no_device(self):
        self.make_node("/dev/driverless", NO_DRIVER)
        self.host.service("x", *bridge("--target=systemd", "--wait-timeout=1",
                                       "--wait-for=device:/dev/driverless"), Type="exec")
        self.assert_refused("x.service", "--wait-for: device:/dev/driverless did not hold within 1 s",
                            "there is a node, but no driver behind it")

    def test_what_udev_says_is_awaited(self):
        """A udevd without uevents: its directory, and the records that it would write."""
        record = "/run/udev/data/c%d:%d" % NULL
        self.host.write("/run/udev/control", "")
        self.host.write("/run/udev/data/c1:1", "")
        self.addCleanup(os.unlink, self.host.path("/run/udev/control"))
        self.start_waiting(["--wait-for=device:/dev/null"], "notify=READY=1", "pause")
        for text in ("E:SYSTEMD_READY=0\n", "G:systemd\nV:1\n", "I:1\nG:systemd\nQ:systemd\nV:1\n"):
            self.assertEqual(self.host.show("x.service", "ActiveState")["ActiveState"], "activating")
            self.host.write(record + ".new", text)
            os.rename(self.host.path(record + ".new"), self.host.path(record))
        self.addCleanup(os.unlink, self.host.path(record))
        self.host.wait_for("x.service", ActiveState="active")

    def test_all_have_to_hold_at_the_same_time(self):
        self.host.write("/srv/out/a", "")
        self.start_waiting(["--wait-for=path:/srv/out/b", "--wait-for=path:/srv/out/a"], "notify=READY=1",
                           "pause")
        os.unlink(self.host.path("/srv/out/a"))
        self.host.write("/srv/out/b", "")
        self.host.wait_for("x.service", StatusText="Waiting for path:/srv/out/a", ActiveState="activating")
        self.host.write("/srv/out/a", "")
        self.host.wait_for("x.service", ActiveState="active")

    def test_the_command_may_be_what_is_awaited(self):
        command = "/srv/out/fake-daemon"
        self.host.service("x", BRIDGE, "--target=systemd", "--wait-for=path:" + command, "--", command, "pause",
                          Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_for("x.service", StatusText="Waiting for path:" + command)
        os.symlink(DAEMON, self.host.path(command))
        self.host.wait_for("x.service", StatusText="")
        wait_until(lambda: self.daemon_state() == "S", "the daemon")

    def test_the_daemon_of_another_protocol_waits_as_well(self):
        self.host.service("x", *bridge("--target=upstart", "--notify", "--wait-for=path:/srv/out/a", "stop",
                                       "pause"), Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_for("x.service", StatusText="Waiting for path:/srv/out/a")
        self.host.write("/srv/out/a", "")
        self.host.wait_for("x.service", ActiveState="active")
        self.assert_only_daemon("x.service")

    def test_the_start_timeout_does_not_cut_the_wait_short(self):
        self.start_waiting(["--wait-for=path:/srv/out/a", "--wait-timeout=30"], "notify=READY=1", "pause",
                           TimeoutStartSec="1s")
        over = time.monotonic() + 2
        while time.monotonic() < over:
            self.assertEqual(self.host.show("x.service", "ActiveState")["ActiveState"], "activating")
        self.host.write("/srv/out/a", "")
        self.host.wait_for("x.service", ActiveState="active")

    LIMIT, WAIT, SLACK = 3, 4, 1.5

    def watch_hang(self, limit, wait, **properties):
        """The seconds from the end of the wait to the end of a daemon that hangs then."""
        self.start_waiting(["--wait-for=path:/srv/out/a", "--wait-timeout=300"], "pause", TimeoutStartSec="%gs" % limit,
                           **properties)
        over = time.monotonic() + wait
        while time.monotonic() < over:
            self.assertEqual(self.host.show("x.service", "ActiveState")["ActiveState"], "activating")
        self.host.write("/srv/out/a", "")
        start = time.monotonic()
        self.host.wait_for("x.service", timeout_s=40, ActiveState="failed", Result="timeout")
        end, = self.times("x.service", "InactiveEnter")
        return end - start

    def test_a_hang_after_the_wait_is_noticed_at_the_limit(self):
        """As if the daemon had been started when the wait was over, whether that took less or more."""
        for limit, wait in (self.LIMIT, self.WAIT), (self.LIMIT, 0.5), (1, 2), (7, 3):
            with self.subTest(limit=limit, wait=wait):
                seconds = self.watch_hang(limit, wait)
                self.assertGreater(seconds, limit - 0.3)
                self.assertLess(seconds, limit + self.SLACK)
                os.unlink(self.host.path("/srv/out/a"))

    def test_a_hang_after_the_wait_where_systemd_does_not_say_how_long(self):
        """Whatever --wait-timeout would have allowed: systemd is asked for seconds at a time."""
        # What is tried is that nobody answers: neither of the two sockets is there.
        seconds = self.watch_hang(self.LIMIT, self.WAIT, InaccessiblePaths="/run/systemd/private /run/dbus")
        self.assertGreater(seconds, self.LIMIT - 0.3)
        self.assertLess(seconds, 9)

    def test_the_wait_is_told_for_as_long_as_it_lasts(self):
        """Longer than what is asked for at once, under a limit that is over at once."""
        self.start_waiting(["--wait-for=path:/srv/out/a", "--wait-timeout=30"], "notify=READY=1", "pause",
                           TimeoutStartSec="1s")
        over = time.monotonic() + 9
        while time.monotonic() < over:
            self.assertEqual(self.host.show("x.service", "ActiveState")["ActiveState"], "activating")
        self.host.write("/srv/out/a", "")
        self.host.wait_for("x.service", ActiveState="active")

    def test_a_stop_ends_the_wait_and_leaves_nothing(self):
        """KillMode=process: nobody but us ends bus-query, a moment after systemd has looked."""
        for condition in ("path:/nonexistent", "dbus:org.example.Nobody"):
            with self.row(condition=condition):
                self.odd_is_expected = True
                self.start_waiting(["--wait-for=" + condition], KillMode="process")
                self.host.stop("x.service")
                self.assertFalse([text for _, _, text in self.messages() if "timed out" in text])
                wait_until(lambda: not self.host.processes("x.service"), "the end of bus-query")

    def test_a_killed_bus_query_is_started_again(self):
        self.start_waiting(["--wait-for=dbus:" + HOSTNAMED_NAME], "notify=READY=1", "pause")
        query = wait_until(lambda: [p for p in self.host.processes("x.service") if p.name == "bus-query"], "bus-query")
        os.kill(query[0].pid, signal.SIGKILL)
        self.own_name()
        self.host.wait_for("x.service", ActiveState="active")
        self.assert_only_daemon("x.service")

    def test_a_killed_launcher_takes_its_bus_query_along(self):
        self.odd_is_expected = True
        self.start_waiting(["--wait-for=dbus:org.example.Nobody"], KillMode="process")
        wait_until(lambda: len(self.host.processes("x.service")) == 2, "bus-query")
        os.kill(self.main_process("x.service").pid, signal.SIGKILL)
        wait_until(lambda: not self.host.processes("x.service"), "the end of bus-query")

    def test_the_name_of_what_was_missing_is_in_the_journal(self):
        for condition, why in (("path:/nonexistent", "there is no such file"),
                               ("dbus:org.example.Nobody", "nobody owns that name"),
                               ("session-dbus:org.example.Nobody", "the bus cannot be reached"),
                               ("unix:/srv/out/s", "nothing listens there"),
                               ("pidfile:/etc/hostname", "there is no process ID in it")):
            with self.row(condition=condition):
                self.host.service("x", *bridge("--target=systemd", "--wait-timeout=1", "--wait-for=" + condition))
                self.assert_refused("x.service", "--wait-for: %s did not hold within 1 s: %s" % (condition, why))

    def test_without_bus_query_it_does_not_even_begin(self):
        hidden = self.host.path("/srv/bin/bus-query")
        os.rename(hidden, hidden + ".hidden")
        self.addCleanup(os.rename, hidden + ".hidden", hidden)
        self.host.service("x", *bridge("--target=systemd", "--wait-for=dbus:org.example.Nobody"))
        self.assert_refused("x.service", "cannot watch dbus:org.example.Nobody: bus-query is not installed")

    def test_the_daemon_is_what_it_is_without_a_wait(self):
        reports = []
        for options in ([], ["--wait-for=path:/srv/out", "--wait-for=dbus:org.freedesktop.systemd1"]):
            self.host.service("x", *bridge("--target=systemd", *options, "report=%s/report" % OUT, "pause"),
                              Type="exec")
            self.assert_started("x.service")
            report = self.host.wait_file(OUT + "/report")
            main = self.host.show("x.service", "MainPID")["MainPID"]
            reports.append([line for line in re.sub(r"\b%s\b" % main, "PID", report).splitlines()
                            if not line.startswith(("env INVOCATION_ID", "env JOURNAL_STREAM"))])
            self.clear()
        self.assertEqual(*reports)


class SystemBus(SystemdTestCase):
    """A bus that is not what it should be; an instance of its own, in which it can be broken."""

    def start_waiting(self):
        self.host.service("x", *bridge("--target=systemd", "--wait-for=dbus:" + HOSTNAMED_NAME,
                                       "notify=READY=1", "pause"), Type="notify",
                          Environment="DBUS_SYSTEM_BUS_ADDRESS=unix:path=/srv/out/bus")
        self.host.start("x.service", "--no-block")
        self.host.wait_for("x.service", StatusText="Waiting for dbus:" + HOSTNAMED_NAME)

    def start_bus(self):
        self.host.service("bus", "/usr/bin/dbus-daemon", "--system", "--nofork", "--nopidfile",
                          "--address=unix:path=/srv/out/bus", Type="exec")
        self.assert_started("bus.service")

    def wait_bus(self):
        """Its socket is there before anybody listens to it, and is refused until then."""
        def listens():
            with socket.socket(socket.AF_UNIX) as client:
                return client.connect_ex(self.host.path("/srv/out/bus")) == 0
        wait_until(listens, "the bus")

    def own_name(self):
        self.host.service("owner", HOSTNAMED, Type="exec",
                          Environment="DBUS_SYSTEM_BUS_ADDRESS=unix:path=/srv/out/bus")
        self.wait_bus()
        self.assert_started("owner.service")

    def test_one_that_comes_up_later(self):
        self.start_waiting()
        self.start_bus()
        self.own_name()
        self.host.wait_for("x.service", ActiveState="active")

    def test_one_that_is_restarted(self):
        self.start_bus()
        self.start_waiting()
        wait_until(lambda: len(self.host.processes("x.service")) == 2, "bus-query")
        self.host.stop("bus.service")
        os.unlink(self.host.path("/srv/out/bus"))
        self.start_bus()
        self.own_name()
        self.host.wait_for("x.service", ActiveState="active")

    def test_one_that_hangs_and_recovers(self):
        self.start_bus()
        bus = self.main_process("bus.service").pid
        self.wait_bus()
        os.kill(bus, signal.SIGSTOP)
        self.start_waiting()
        os.kill(bus, signal.SIGCONT)
        self.own_name()
        self.host.wait_for("x.service", ActiveState="active")

    def test_one_that_hangs_for_good(self):
        self.start_bus()
        self.wait_bus()
        os.kill(self.main_process("bus.service").pid, signal.SIGSTOP)
        self.host.service("x", *bridge("--target=systemd", "--wait-timeout=1", "--wait-for=dbus:" + HOSTNAMED_NAME),
                          Environment="DBUS_SYSTEM_BUS_ADDRESS=unix:path=/srv/out/bus")
        self.assert_refused("x.service", "did not hold within 1 s: the bus has not answered")


class Alone(unittest.TestCase):
    """Without any host."""

    def test_without_inotify_it_looks(self):
        """As with fs.inotify.max_user_instances used up by others of the user's."""
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        inotify_init1 = {"x86_64": "294", "aarch64": "26"}.get(os.uname().machine)
        if inotify_init1 is None:
            self.skipTest("the number of inotify_init1(2) on this machine is not known here")
        for kind, text in ("path", ""), ("pidfile", "1\n"):
            with self.subTest(kind):
                path = os.path.join(directory, kind)
                process = subprocess.Popen(
                    [sys.executable, WITHOUT_CALL, inotify_init1, str(errno.EMFILE), upstart_case.BRIDGE,
                     "--target=systemd", "--init=none", "--verbose", "--wait-for=%s:%s" % (kind, path), "--",
                     "/bin/true"], stderr=subprocess.PIPE, text=True)
                with process:
                    while "waiting for" not in process.stderr.readline():
                        self.assertIsNone(process.poll())
                    with open(path, "w") as file:
                        file.write(text)
                self.assertEqual(process.returncode, 0)

    def test_a_condition_is_named_once_however_often_the_host_is_told(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as host:
            address, awaited = os.path.join(directory, "notify"), os.path.join(directory, "awaited")
            host.bind(address)
            host.settimeout(10)
            words = ["sh", "-c", 'export SYSTEMD_EXEC_PID=$$; exec "$@"', "sh", upstart_case.BRIDGE, "--target=systemd",
                     "--verbose", "--wait-for=path:" + awaited, "--", "/bin/true"]
            with subprocess.Popen(words, env={"NOTIFY_SOCKET": address}, stderr=subprocess.PIPE, text=True) as process:
                for _ in range(2):
                    self.assertIn(b"Waiting for path:", host.recv(4096))
                with open(awaited, "w"):
                    pass
                lines = process.stderr.read().splitlines()
            self.assertEqual(process.returncode, 0)
            self.assertEqual(len([line for line in lines if "waiting for path:" in line]), 1, lines)

    def wait_in_vain(self, conditions, limit):
        """The end of a wait of one second: (status, what it said, struct rusage)."""
        words = [upstart_case.BRIDGE, "--target=systemd", "--init=none", "--wait-timeout=1",
                 *("--wait-for=" + condition for condition in conditions), "--", "/bin/true"]
        read, write = os.pipe()
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "ulimit -n %d && exec \"$@\"" % limit, "sh", *words], os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, write, 2)])
        os.close(write)
        with os.fdopen(read) as errors:
            said = errors.read()
        _, status, usage = os.wait4(pid, 0)
        return os.waitstatus_to_exitcode(status), said, usage

    def reap_all(self):
        """Waits until no child of ours is left, not even one that came to us as an orphan."""
        with contextlib.suppress(ChildProcessError):
            wait_until(lambda: os.waitpid(-1, os.WNOHANG) is None, "an end of all bus-queries", 5)

    def test_a_bus_query_dies_with_a_launcher_that_ends_at_once(self):
        """On a bus that hangs nothing else would ever end it."""
        children_of = "/proc/%d/task/%d/children"
        pr_set_child_subreaper = 36
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as bus:
            bus.bind(os.path.join(directory, "bus"))
            bus.listen(512)
            env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + bus.getsockname()}
            words = [upstart_case.BRIDGE, "--target=systemd", "--init=none", "--wait-for=dbus:org.example.Nobody",
                     "--", "/bin/true"]
            for _ in range(100):
                pid = os.posix_spawn(words[0], words, env)
                with open(children_of % (pid, pid)) as children:
                    while not children.read():
                        children.seek(0)
                os.kill(pid, signal.SIGKILL)
            self.reap_all()

    def test_it_sleeps_most_of_the_time(self):
        """Also with more conditions than descriptors, and though the kernel's tables take long to read."""
        for kind in "tcp:127.0.0.1:%d", "path:/nonexistent/%d":
            with self.subTest(kind):
                status, said, usage = self.wait_in_vain([kind % i for i in range(1, 17)], limit=8)
                self.assertEqual(status, 125)
                self.assertIn("did not hold within 1 s", said)
                self.assertLess(usage.ru_utime + usage.ru_stime, 0.4)


class Upstart(upstart_case.UpstartTestCase):
    def start_waiting(self, host, stanzas, *words):
        host.job("job", stanzas + upstart_case.run(*upstart_case.bridge("--verbose", *words)))
        host.start("job", wait=False)
        host.wait_output("job", "waiting for")

    def test_a_daemon_that_says_ready(self):
        with upstart_case.Host() as host:
            path = os.path.join(host.dir, "a/b")
            self.start_waiting(host, "expect stop\n", "--notify", "--wait-for=path:" + path, upstart_case.READY,
                               "pause")
            self.assertEqual(host.status("job").state, "spawned")
            os.mkdir(os.path.dirname(path))
            open(path, "w").close()
            host.wait("job", "start/running")
            self.assert_running(host)
            host.stop("job")
            self.assert_nothing_left(host)

    def test_the_xen_store_daemon_of_the_manual(self):
        """Not before the driver's device and the file system that is mounted later are both there."""
        with upstart_case.Host() as host:
            xenbus = os.path.join(host.dir, "xenbus")
            self.start_waiting(host, "expect stop\n", "--notify", "--wait-for=device:/dev/xen/gntdev",
                               "--wait-for=path:" + xenbus, upstart_case.READY, "pause")
            os.mkdir(host.path("/dev/xen"))
            os.mknod(host.path("/dev/xen/gntdev"), stat.S_IFCHR | 0o600, os.makedev(*NULL))
            host.wait_output("job", "waiting for path:" + xenbus)
            self.assertEqual(host.status("job").state, "spawned")
            open(xenbus, "w").close()
            host.wait("job", "start/running")
            self.assert_running(host)
            host.stop("job")
            self.assert_nothing_left(host)

    def test_a_daemon_that_only_runs(self):
        with upstart_case.Host() as host:
            signpost, gate = host.signpost(), host.gate()
            self.start_waiting(host, "", "--wait-for=path:%s" % gate, "touch=%s" % signpost, "pause")
            gate.open()
            signpost.wait()
            host.stop("job")
            self.assert_nothing_left(host)

    def test_a_name_on_the_system_bus(self):
        with upstart_case.Host(system_bus=True) as host:
            signpost = host.signpost()
            self.start_waiting(host, "", "--wait-for=dbus:" + HOSTNAMED_NAME, "touch=%s" % signpost, "pause")
            host.job("owner", upstart_case.run(HOSTNAMED))
            host.start("owner")
            signpost.wait()
            for job in "job", "owner":
                host.stop(job)
            self.assert_nothing_left(host)

    def test_a_stop_ends_the_wait_and_leaves_nothing(self):
        """Of a job without `expect stop`: with it, Upstart sends no signal before the daemon is ready."""
        with upstart_case.Host(system_bus=True) as host:
            self.start_waiting(host, "", "--wait-for=dbus:org.example.Nobody", "pause")
            mark = len(host.log())
            host.stop("job")
            host.wait_log("killed by TERM signal", mark)
            self.assert_nothing_left(host)

    def test_the_end_of_the_time_is_the_end_of_the_job(self):
        with upstart_case.Host() as host:
            host.job("job", "expect stop\n" + upstart_case.run(*upstart_case.bridge(
                "--notify", "--wait-timeout=1", "--wait-for=path:/nonexistent", "pause")))
            self.assert_refused(host, "job", "--wait-for: path:/nonexistent did not hold within 1 s")
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
