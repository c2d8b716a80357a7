# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Daemons that speak s6's protocol, a newline on a descriptor, where nobody else reads one.

On a real systemd the daemon is handed over, under the stand-in for Upstart it is attended. Under
s6-supervise itself it is in the tests of the managers.
"""
import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import unittest

import tap
import upstart_case
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase
from systemd_host import wait_until
from upstart_case import USERS, Host, UpstartTestCase, run

NEWLINE = r"\n"
# How a daemon may say it; what it writes afterwards must neither raise a signal nor be waited for.
WAYS = {
    "at once": ("put=9:" + NEWLINE,),
    "behind a version": ("put=9:1.0" + NEWLINE,),
    "in several writes": ("put=9:a", "put=9:b", "put=9:" + NEWLINE),
    "and more": ("put=9:" + NEWLINE, "put=9:more", "put=9:" + "x" * 1000),
    "and closed": ("put=9:" + NEWLINE, "close-fd=9"),
}


# One of these is the number that a pipe of ours gets by chance.
NUMBERS = range(3, 13)

# Programs of s6's that say it: a script that becomes one, and what is there when it is ready.
SPEAKERS = {
    "s6-log": ("mkfifo {dir}/fifo; exec <>{dir}/fifo; exec s6-log -d 9 t {dir}/log", "log/current"),
    "s6-svscan": ("mkdir {dir}/scan; exec s6-svscan -d 9 {dir}/scan", "scan/.s6-svscan/control"),
}


def daemon(*actions, option="--daemon-fd=9", bridge=BRIDGE, program=DAEMON):
    return [bridge, "-t", "s6", "-N", option, "--", program, *actions]


class OnSystemd(SystemdTestCase):
    def test_a_newline_is_readiness(self):
        for name, actions in WAYS.items():
            for user in ({}, {"User": "nobody"}):
                with self.row(name, **user):
                    self.host.service("x", *daemon(*actions, "pause"), Type="notify", **user)
                    self.assert_started("x.service")
                    self.assert_only_daemon("x.service")
                    self.assertEqual(self.bridge_lines(), [])

    def test_not_before_it(self):
        self.host.service("x", *daemon("put=9:almost", "touch=%s/on" % OUT, "pause"), Type="notify",
                          TimeoutStartSec="2")
        self.odd_is_expected = True
        self.host.start("x.service")
        self.host.wait_for("x.service", ActiveState="failed")
        self.assertTrue(self.host.exists(OUT + "/on"))
        self.assertIn("newline:9 held (-N): no newline has been written", "\n".join(self.bridge_lines()))

    def test_an_end_before_it(self):
        self.host.service("x", *daemon("exit=7"), Type="notify")
        self.host.start("x.service")
        self.host.wait_for("x.service", ActiveState="failed", ExecMainStatus="7")

    def test_the_number_is_told(self):
        self.host.service("x", *daemon("report=%s/report" % OUT, "put=11:" + NEWLINE, "pause",
                                       option="--daemon-fd=11:READY_FD"), Type="notify")
        self.assert_started("x.service")
        report = self.report()
        self.assertEqual(report.env["READY_FD"], "11")
        self.assertNotIn("NOTIFY_SOCKET", report.env)
        self.assertEqual([fd for fd in report.fds if fd > 2], [11])

    def test_programs_of_s6s(self):
        for name, (script, made) in SPEAKERS.items():
            with self.row(name):
                if not shutil.which(name):
                    self.skipTest("needs the package s6")
                script = "rm -rf {dir}/*; ".format(dir=OUT) + script.format(dir=OUT)
                self.host.service("x", BRIDGE, "-t", "s6", "-N", "--daemon-fd=9", "--", "/bin/sh", "-c", script, Type="notify")
                self.assert_started("x.service")
                self.assertTrue(self.host.exists(OUT + "/" + made))
                self.assertEqual(self.main_process("x.service").name, name)
                self.assertEqual(self.bridge_lines(), [])

    def test_any_number_will_do(self):
        for number in NUMBERS:
            with self.row(number):
                self.host.service("x", *daemon("put=%d:%s" % (number, NEWLINE), "report=%s/report" % OUT, "pause",
                                               option="--daemon-fd=%d" % number), Type="notify")
                self.assert_started("x.service")
                self.assertEqual([fd for fd in self.report().fds if fd > 2], [number])

    def test_a_bad_number_is_refused(self):
        for bad in ("--daemon-fd=x", "--daemon-fd=2", "--daemon-fd=9:", "--daemon-fd=9:A=B", "--daemon-fd=-1"):
            with self.row(bad):
                self.host.service("x", *daemon("pause", option=bad), Type="notify")
                self.assert_refused("x.service", "--daemon-fd")


def may_trace():
    """Whether we have CAP_SYS_PTRACE, for what a covered process has open."""
    with open("/proc/self/status", encoding="ascii") as file:
        effective = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff:"))
    return bool(effective & 1 << 19)


class OnASocket(unittest.TestCase):
    """A host that reads datagrams, with no manager around."""

    @unittest.skipUnless(may_trace(), "needs CAP_SYS_PTRACE: what a covered process has open")
    def test_a_newline_that_comes_with_the_end_is_read(self):
        """Both are there when the babysitter looks."""
        host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(host.close)
        host.bind("")
        host.settimeout(10)
        process = subprocess.Popen([os.environ["CIB"], "-i", "datagram", "-t", "s6", "-N", "--daemon-fd=9", "--",
                                    "/bin/sh", "-c", "echo; read _; echo >&9"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, "NOTIFY_SOCKET": "@" + host.getsockname()[1:].decode()})
        process.stdout.readline()
        pipe = os.readlink("/proc/%d/fd/9" % process.pid)

        def others():
            found = set()
            for path in glob.glob("/proc/[0-9]*/fd/*"):
                with contextlib.suppress(OSError):      # it has ended, or closed it
                    if os.readlink(path) == pipe:
                        found.add(int(path.split("/")[2]))
            return found - {process.pid}

        wait_until(lambda: len(others()) == 1, "the babysitter alone")  # whoever has made it has gone
        babysitter, = others()
        os.kill(babysitter, signal.SIGSTOP)
        try:
            process.stdin.write(b"\n")
            process.stdin.close()
            process.wait(10)    # not for the end of its output, which the babysitter may still have
        finally:
            os.kill(babysitter, signal.SIGCONT)
        self.assertEqual(host.recv(100).split(b"\n")[0], b"READY=1")


class OnUpstart(UpstartTestCase):
    def test_a_newline_is_readiness(self):
        with Host() as host:
            for user in USERS:
                for name, actions in WAYS.items():
                    with self.subTest(name, user=user):
                        job = next(self.names)
                        words = daemon(*actions, "pause", bridge=upstart_case.BRIDGE, program=upstart_case.DAEMON)
                        host.job(job, user + "expect stop\n" + run(*words))
                        self.assertEqual(host.start(job).rc, 0)
                        pid = host.status(job).pid
                        host.wait_state(pid, "S")
                        self.assertEqual(host.bridge_lines(job), [])
                        wait_until(lambda: self.is_alone(host, pid), "an end of the babysitter")
                        self.assertEqual(host.stop(job).rc, 0)

    def test_any_number_will_do(self):
        with Host() as host:
            for number in NUMBERS:
                with self.subTest(number):
                    job = next(self.names)
                    words = daemon("put=%d:%s" % (number, NEWLINE), "pause", option="--daemon-fd=%d" % number,
                                   bridge=upstart_case.BRIDGE, program=upstart_case.DAEMON)
                    host.job(job, "expect stop\n" + run(*words))
                    self.assertEqual(host.start(job).rc, 0)
                    self.assertEqual(host.stop(job).rc, 0)

    def test_programs_of_s6s(self):
        for name, (script, made) in SPEAKERS.items():
            with self.subTest(name), Host() as host:
                if not shutil.which(name):
                    self.skipTest("needs the package s6")
                words = [upstart_case.BRIDGE, "-t", "s6", "-N", "--daemon-fd=9", "--", "/bin/sh", "-c",
                         script.format(dir=host.dir)]
                host.job("job", "expect stop\n" + run(*words))
                self.assert_started(host)
                self.assertTrue(os.path.exists(os.path.join(host.dir, made)))
                self.assertEqual(host.bridge_lines("job"), [])
                self.assertEqual(host.stop("job").rc, 0)

    @staticmethod
    def is_alone(host, pid):
        """Nothing is left to carry."""
        return not [p for p in host.processes() if "cross-init-brid" in str(p)] or pid is None


if __name__ == "__main__":
    unittest.util._MAX_LENGTH = 2000
    tap.main()
