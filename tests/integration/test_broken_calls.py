# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""System calls that the processes that stay live on, and that fail for good, as behind a seccomp list.

What fails once is test_faults.py's. Here nobody may take a processor for himself, nor outlive the daemon.
"""
import errno
import os
import platform
import signal
import subprocess
import sys
import tempfile
import unittest

import tap
from upstart_case import BRIDGE, READY, Host, UpstartTestCase, bridge, run, wait_until

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
CALLS = {"clone": ("56",), "poll": ("7", "271"), "recvmsg": ("47",)}
ERRORS = errno.ENOMEM, errno.EINVAL, errno.EPERM
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def without(call, error):
    return [word for number in CALLS[call] for word in (sys.executable, WITHOUT_CALL, number, str(error))]


def time_of(pid):
    """What the process has used of a processor so far, in seconds."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


@unittest.skipUnless(platform.machine() == "x86_64", "the numbers of the calls are others")
class BrokenCallsTest(UpstartTestCase):
    def rows(self, call):
        return [(without(call, error), shape) for error in ERRORS for shape in ((), ("--supervise",))]

    def assert_they_rest(self, host):
        ours = [process.pid for process in host.babysitters()]
        self.assertTrue(ours)
        before = [time_of(pid) for pid in ours]
        host.wait_quietly(host.status("job").pid, 1.5)
        self.assertLess(max(time_of(pid) - b for pid, b in zip(ours, before)), 0.3)

    def test_clone(self):
        """A file is written to by a process of its own; that there is none may be what is to be said."""
        with tempfile.TemporaryFile("w+") as file:
            for error in errno.EAGAIN, errno.EPERM:
                done = subprocess.run([*without("clone", error), BRIDGE, "-t", "nobody", "--", "x"], stderr=file)
                self.assertEqual(done.returncode, 125)
            file.seek(0)
            self.assertEqual(file.read().count("'nobody' is not a target"), 2)

    def test_poll(self):
        """It is ready, and its end is seen, both a moment later."""
        for prefix, shape in self.rows("poll"):
            with self.subTest(prefix=prefix[2:4], shape=shape), Host() as host:
                host.job("job", "expect stop\n" + run(*prefix, *bridge("--notify", *shape, READY, "pause")))
                result = host.start("job")
                self.assertEqual(result.rc, 0, result.output)
                self.assert_they_rest(host)
                daemon = next(p for p in host.processes() if p.comm == "fake-daemon")
                os.kill(daemon.pid, signal.SIGKILL)
                host.wait("job", "stop/waiting")
                self.assert_nothing_left(host)

    def test_recvmsg(self):
        """It is never ready; that is said, and ends as any start that does not come to an end."""
        for prefix, shape in self.rows("recvmsg"):
            with self.subTest(prefix=prefix[2:4], shape=shape), Host() as host:
                gate = host.gate()
                host.job("job", "expect stop\n" + run(*prefix, *bridge("--notify", "--start-timeout=3", *shape,
                                                                       "wait-file=%s" % gate, READY, "pause")))
                host.start("job", wait=False)
                host.wait("job", "start/spawned")
                wait_until(lambda: "fake-daemon" in [p.comm for p in host.processes()], "daemon")
                gate.open()
                self.assert_they_rest(host)
                host.wait("job", "stop/waiting")
                self.assertIn("cannot receive what the daemon says", host.job_output("job") + "\n".join(host.syslog()))
                self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
