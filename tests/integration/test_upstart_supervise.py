# SPDX-License-Identifier: GPL-3.0-or-later
"""Under the stand-in for Upstart: the parent that stays (shape supervise).

Separate from the readiness of attend, which is the same babysitter's work: here is what a parent in
between must do, and must not be noticed by. Nobody knows of the daemon but us, so each test looks for
it by its name; the host's process is the parent.
"""
import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import tap
from upstart_case import (AS_USER, BRIDGE, DAEMON, DROP_PRIVILEGES, READY, Host, UpstartTestCase, attended, bridge,
                          normalise, run, wait_until)
from upstart_host import read_stat, wait_for_end

USERS = ("", AS_USER)


def supervised(*words):
    """The stanzas of a job whose daemon says READY=1 and has a parent."""
    return attended("--supervise", *words)


def daemons(host):
    return [process for process in host.processes() if process.comm == "fake-daemon" and process.state != "Z"]


class SuperviseTestCase(UpstartTestCase):
    def daemon(self, host, count=1):
        found = daemons(host)
        self.assertEqual(len(found), count, host.processes())
        return found[0]

    def ended(self, process, timeout=15):
        with contextlib.suppress(ProcessLookupError):
            pidfd = os.pidfd_open(process.pid)
            self.assertTrue(wait_for_end(pidfd, timeout), process)
            os.close(pidfd)


class ReadinessTest(SuperviseTestCase):
    def test_ready(self):
        with Host() as host:
            for user in USERS:
                with self.subTest(user=user):
                    job = next(self.names)
                    host.job(job, user + supervised(READY, "pause"))
                    self.assert_started(host, job)
                    self.assertEqual(self.daemon(host).state, "S")
                    self.assertEqual(host.bridge_lines(job), [])
                    self.assertEqual(host.stop(job).rc, 0)
                    self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
