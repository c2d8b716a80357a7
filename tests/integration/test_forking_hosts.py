# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-t forking under the stand-in for Upstart and a real systemd; other managers: support/managers/cases.py.

Separate from test_forking.py, where the test itself is the host: here is what these two learn.
"""
import signal

import tap
from systemd_case import BRIDGE as UNIT_BRIDGE
from systemd_case import DAEMON as UNIT_DAEMON
from systemd_case import SystemdTestCase
from upstart_case import BRIDGE, DAEMON, Host, UpstartTestCase, run, wait_until

PID_FILE = "/run/d.pid"


def forking(*words):
    """The words of a daemon that goes to the background, behind the bridge."""
    options = [word for word in words if word.startswith("-")]
    actions = [word for word in words if not word.startswith("-")]
    return [BRIDGE, "-t", "forking", "--daemon-pidfile=" + PID_FILE, *options, "--", DAEMON, *actions]


def daemons(host):
    return [process for process in host.processes() if process.comm == "fake-daemon" and process.state != "Z"]


GO = ("on-term=exit:0", "fork-exit", "setsid", "pid-file=" + PID_FILE, "pause")


class OnUpstart(UpstartTestCase):
    def test_a_job_is_running_when_the_daemon_is_in_the_background(self):
        with Host() as host:
            host.job("job", "expect stop\n" + run(*forking("-N", *GO)))
            for _ in range(3):
                pid = self.assert_started(host)
                daemon, = daemons(host)
                self.assertNotEqual(daemon.inner, pid)
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)
            self.assertEqual(host.bridge_lines("job"), [])

    def test_a_job_without_expect(self):
        with Host() as host:
            host.job("job", run(*forking(*GO)))
            self.assert_started(host)
            wait_until(lambda: len(daemons(host)) == 1, "daemon")
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_a_killed_daemon_is_respawned(self):
        with Host() as host:
            host.job("job", "expect stop\nrespawn\n" + run(*forking("-N", *GO)))
            self.assert_started(host)
            for _ in range(3):
                daemon, = daemons(host)
                host.kill(daemon.inner, signal.SIGKILL)
                wait_until(lambda old=daemon: [found for found in daemons(host) if found.inner != old.inner],
                           "next life")
                host.wait("job", "start/running")
                wait_until(lambda: len(daemons(host)) == 1, "daemon alone")
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_a_start_that_fails(self):
        with Host() as host:
            host.job("job", "expect stop\n" + run(*forking("-N", "exit=3")))
            self.assertNotEqual(host.start("job").rc, 0)
            host.wait_log("terminated with status 3")
            self.assert_nothing_left(host)

    def test_expect_daemon_is_left_to_upstart(self):
        with Host() as host:
            actions = ("on-term=exit:0", "fork-exit", "setsid", "fork-exit", "pause")
            host.job("job", "expect daemon\n" + run(*forking(*actions)))
            pid = self.assert_started(host)
            wait_until(lambda: [daemon.inner for daemon in daemons(host)] == [pid], "an end of those that have forked")
            self.assertEqual(host.stop("job").rc, 0)
            host.job("other", "expect daemon\n" + run(*forking("-N", *actions)))
            self.assert_refused(host, "other", "expect stop")


class OnSystemd(SystemdTestCase):
    def test_type_forking_is_left_to_systemd(self):
        self.host.service("x", UNIT_BRIDGE, "-t", "forking", "--", UNIT_DAEMON, "fork-exit", "setsid",
                          "pause", Type="forking")
        self.assert_started("x.service")
        self.assertEqual(self.main_process("x.service").name, "fake-daemon")
        self.assert_only_daemon("x.service")

    def test_readiness_is_not_carried_there(self):
        self.host.service("x", UNIT_BRIDGE, "-t", "forking", "-N", "--daemon-pidfile=/run/x.pid", "--", UNIT_DAEMON,
                          Type="forking")
        self.assert_refused("x.service", "'Type=forking' and 'PIDFile=/run/x.pid'")


del SystemdTestCase, UpstartTestCase

if __name__ == "__main__":
    tap.main()
