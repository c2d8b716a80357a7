# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A host that reads a newline from a descriptor, and a target that nobody else knows: tests/unit/example.

They are linked into a bridge of the tests' own, by one file and one row each. What is shown here is that
nothing else has to know of a new host: the launcher keeps its descriptor out of the daemon's way, and the
babysitter says to it what its machine wants said.
"""
import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import unittest

import tap

BRIDGE = os.environ["CIB_EXAMPLE"]
DAEMON = os.environ["CIB_FAKE_DAEMON"]
PATIENCE_S = 20
FIRST_SOCKET = 3
PR_SET_CHILD_SUBREAPER = 36


def wait_readable(fd):
    return bool(select.select([fd], [], [], PATIENCE_S)[0])


class ExampleTest(unittest.TestCase):
    def setUp(self):
        # What the bridge leaves behind comes to us, and has to end.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        directory = tempfile.mkdtemp(prefix="cib-example-")
        self.addCleanup(shutil.rmtree, directory)
        self.report = os.path.join(directory, "report")
        self.ours, self.theirs = os.pipe()
        self.addCleanup(lambda: os.close(self.ours))

    def start(self, *words, number=None):
        """With the pipe's writing end at @number."""
        number = number or self.theirs
        process = subprocess.Popen([BRIDGE, *words], pass_fds=[number], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: os.dup2(self.theirs, number),
                                   env={"EXAMPLE_FD": str(number), "PATH": os.environ["PATH"]})
        os.close(self.theirs)
        return process

    def end(self, process, how=signal.SIGTERM):
        process.send_signal(how)
        process.communicate(timeout=PATIENCE_S)
        self.reap_all()

    def reap_all(self):
        """Everything that was started has ended, or is about to."""
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.alarm(PATIENCE_S)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        finally:
            signal.alarm(0)

    def test_readiness_is_a_newline(self):
        for target in ("systemd", "example"):
            with self.subTest(target=target):
                process = self.start("-t", target, "-N", "--", DAEMON, "report=" + self.report, "notify=READY=1", "pause")
                self.assertTrue(wait_readable(self.ours))
                self.assertEqual(os.read(self.ours, 16), b"\n")
                self.assertTrue(wait_readable(self.ours))
                self.assertEqual(os.read(self.ours, 16), b"", "closed once it is said")
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=PATIENCE_S)
                with open(self.report) as file:
                    report = file.read()
                self.assertNotIn("EXAMPLE_FD", report)
                self.assertEqual(re.findall(r"^fd ([3-9]|[1-9][0-9]) ", report, re.M), [])
                self.reap_all()
            os.close(self.ours)
            self.ours, self.theirs = os.pipe()
        os.close(self.theirs)

    def test_an_end_before_readiness_closes_it_unwritten(self):
        process = self.start("-t", "systemd", "-N", "--", DAEMON, "exit=3")
        self.assertTrue(wait_readable(self.ours))
        self.assertEqual(os.read(self.ours, 16), b"")
        self.assertEqual(process.wait(PATIENCE_S), 3)
        process.communicate()
        self.reap_all()

    def test_it_is_out_of_the_way_of_the_sockets(self):
        """--listen puts a socket where the host's descriptor is."""
        process = self.start("-t", "systemd", "-N", "--listen=@cib-example-%d" % os.getpid(), "--", DAEMON,
                             "notify=READY=1", "pause", number=FIRST_SOCKET)
        self.assertTrue(wait_readable(self.ours))
        self.assertEqual(os.read(self.ours, 16), b"\n")
        self.end(process)

    def test_what_cannot_be_told_is_refused(self):
        process = self.start("-t", "inetd", "-N", "--", DAEMON)
        self.assertIn("-N: a daemon that speaks inetd's protocol does not say when it is ready",
                      process.communicate(timeout=PATIENCE_S)[1])
        self.assertEqual(process.returncode, 125)

    def test_a_stop_is_a_newline_too(self):
        """Said by the parent that has seen it, which stays."""
        process = self.start("-t", "upstart", "-N", "--", DAEMON, "stop", "print=on", "exit=5")
        self.assertTrue(wait_readable(self.ours))
        self.assertEqual(os.read(self.ours, 16), b"\n")
        self.assertIn("on", process.communicate(timeout=PATIENCE_S)[0])
        self.assertEqual(process.returncode, 5)
        self.reap_all()

    def test_the_names_are_in_help_and_refusals(self):
        run = subprocess.run([BRIDGE, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("systemd, upstart, inetd, s6, forking or example\n", run.stdout)
        self.assertIn("example, systemd, upstart, s6, ", run.stdout)
        run = subprocess.run([BRIDGE, "-t", "x", "d"], capture_output=True, text=True, check=False)
        self.assertIn("use systemd, upstart, inetd, s6, forking or example", run.stderr)
        os.close(self.theirs)


if __name__ == "__main__":
    tap.main()
