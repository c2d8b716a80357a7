# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: the readiness of a daemon that gets no time, as at a busy boot.

Separate from the rest of shape attend (test_upstart_attend), because a processor is kept busy on
purpose: meson runs it when no other test does.
"""
import contextlib
import os
import subprocess

import tap
from upstart_case import DAEMON, NOT_WAITED_FOR, READY, USERS, Host, UpstartTestCase, bridge, run

CPU = str(min(os.sched_getaffinity(0)))
STARVED = ("taskset", "-c", CPU, "chrt", "--idle", "0", DAEMON)


@contextlib.contextmanager
def busy(cpu):
    """Somebody takes all the time of one processor."""
    hog = subprocess.Popen(["taskset", "-c", cpu, "sh", "-c", "while :; do :; done"])
    try:
        yield
    finally:
        hog.kill()
        hog.wait()


class BusyTest(UpstartTestCase):
    def test_expected(self):
        """It is the stop that comes late, not PID 1."""
        with Host() as host, busy(CPU):
            for user in USERS * 5:
                job = next(self.names)
                host.job(job, user + "expect stop\n" + run(*bridge("--notify", READY, "pause", command=STARVED)))
                self.assertEqual(host.start(job).rc, 0)
                host.wait_state(host.status(job).pid, "S")
                self.assertEqual(host.bridge_lines(job), [])
                self.assertEqual(host.stop(job).rc, 0)

    def test_not_expected(self):
        """The stop arrives late: that the daemon does not look stopped yet is not a sign that it was continued."""
        with Host() as host, busy(CPU):
            for _ in range(10):
                job = next(self.names)
                host.job(job, run(*bridge("--notify", READY, "pause", command=STARVED)))
                self.assertEqual(host.start(job).rc, 0)
                host.wait_output(job, NOT_WAITED_FOR)
                host.wait_state(host.status(job).pid, "S")
                self.assertEqual(host.stop(job).rc, 0)


if __name__ == "__main__":
    tap.main()
