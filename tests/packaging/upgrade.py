# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""An upgrade under daemons: those that a package of 0.1.0 has started go on, are stopped and become ready.

Run by `sh tests/packaging/installed`, in a private root, with OLD and NEW, the packages. What stays beside a daemon is of
the old one, for as long as the daemon lives, and its program has no name any more.
"""
import os
import shlex
import subprocess
import unittest

import tap
import upstart_case
from systemd_host import SystemdHost, wait_until

BRIDGE = "/usr/bin/cross-init-bridge"
OLD, NEW = os.environ["OLD"], os.environ["NEW"]
TO_SYSTEMD = ["-t", "systemd", "-N", "--"]
GATE = "/srv/out/gate"


def install(package):
    """As an administrator does it; what was installed before is replaced under those who run it."""
    subprocess.run(["dpkg", "--force-downgrade", "-i", package], check=True, capture_output=True)


def exe(pid):
    """The program of a process, or "" of one that has ended meanwhile."""
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""


class Installed(unittest.TestCase):
    def setUp(self):
        install(OLD)
        self.addCleanup(install, NEW)

    def upgrade(self):
        before = os.stat(BRIDGE).st_ino
        install(NEW)
        self.assertNotEqual(os.stat(BRIDGE).st_ino, before)


class OnUpstart(Installed):
    def job(self, host, *actions, stanzas="expect stop\n"):
        host.job("job", stanzas + "exec %s\n" % shlex.join([BRIDGE, *TO_SYSTEMD, upstart_case.DAEMON, *actions]))

    def babysitters(self, host):
        """Those of the package that was replaced run a program that has no name any more."""
        return [process for process in host.processes() if exe(process.pid).startswith(BRIDGE)]

    def wait_for_babysitter(self, host, daemon):
        """Beside @daemon, which is no longer the bridge itself."""
        wait_until(lambda: exe(host.outer_pid(daemon)) == upstart_case.DAEMON and self.babysitters(host), "a babysitter")

    def test_a_daemon_that_was_ready_is_stopped(self):
        with upstart_case.Host() as host:
            self.job(host, upstart_case.READY, "on-term=notify:STOPPING=1", "on-term=exit:0", "pause")
            self.assertEqual(host.start("job").rc, 0)
            daemon = host.status("job").pid
            self.upgrade()
            self.assertEqual([exe(process.pid) for process in self.babysitters(host)], [BRIDGE + " (deleted)"])
            self.assertEqual(host.status("job").pid, daemon)
            self.assertEqual(host.stop("job").rc, 0)
            wait_until(lambda: not self.babysitters(host), "an end of the babysitter")

    def test_a_daemon_becomes_ready_after_it(self):
        with upstart_case.Host() as host:
            gate = host.gate()
            self.job(host, "wait-file=%s" % gate, upstart_case.READY, "pause")
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            self.wait_for_babysitter(host, host.status("job").pid)
            self.upgrade()
            gate.open()
            host.wait("job", "start/running")
            self.assertEqual(host.stop("job").rc, 0)

    def test_a_daemon_that_is_not_waited_for_goes_on(self):
        """What the old one asks bus-query for; that it has its answer is test_upgrade.py's."""
        with upstart_case.Host() as host:
            gate = host.gate()
            self.job(host, "wait-file=%s" % gate, upstart_case.READY, "pause", stanzas="")
            host.start("job")
            self.wait_for_babysitter(host, host.status("job").pid)
            self.upgrade()
            gate.open()
            host.wait_output("job", upstart_case.NOT_WAITED_FOR)
            host.wait_state(host.status("job").pid, "S", timeout=6)
            self.assertEqual(host.stop("job").rc, 0)

    def test_a_respawned_one_has_the_new_bridge(self):
        with upstart_case.Host() as host:
            self.job(host, upstart_case.READY, "pause", stanzas="expect stop\nrespawn\n")
            self.assertEqual(host.start("job").rc, 0)
            daemon = host.status("job").pid
            self.upgrade()
            host.kill(daemon, 9)
            wait_until(lambda: host.status("job").pid not in (0, None, daemon), "another daemon")
            host.wait("job", "start/running")
            wait_until(lambda: [exe(process.pid) for process in self.babysitters(host)] == [BRIDGE], "the new babysitter alone")
            self.assertEqual(host.stop("job").rc, 0)


class OnSystemd(Installed):
    def setUp(self):
        super().setUp()
        self.host = SystemdHost()
        self.host.__enter__()
        self.addCleanup(self.host.close)
        self.daemon = self.host.install(os.environ["CIB_FAKE_DAEMON"], "fake-daemon")

    def test_a_start_that_was_on_its_way_is_finished(self):
        # The start lasts as long as dpkg takes, on a busy machine longer than this host's limit.
        self.host.service("x", BRIDGE, "-t", "upstart", "-N", "--", self.daemon, "wait-file=" + GATE, "stop", "pause", Type="notify",
                          TimeoutStartSec="infinity")
        self.host.start("--no-block", "x.service")
        wait_until(lambda: any(process.name == "fake-daemon" for process in self.host.processes("x.service")), "the daemon")
        self.upgrade()
        self.host.write(GATE, "")
        self.host.wait_for("x.service", ActiveState="active")
        wait_until(lambda: [process.name for process in self.host.processes("x.service")] == ["fake-daemon"], "an end of the launcher")
        self.assertEqual(self.host.main_pid("x.service"), self.host.processes("x.service")[0].inner_pid)
        self.assertEqual(self.host.stop("x.service").returncode, 0)
        self.assertEqual(self.host.show("x.service", "Result"), {"Result": "success"})

    def test_a_unit_is_restarted(self):
        self.host.service("x", BRIDGE, "-t", "upstart", "-N", "--", self.daemon, "stop", "pause", Type="notify")
        self.assertEqual(self.host.start("x.service").returncode, 0)
        self.upgrade()
        self.assertEqual(self.host.restart("x.service").returncode, 0)
        self.assertEqual(self.host.stop("x.service").returncode, 0)


if __name__ == "__main__":
    tap.main()
