# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Daemons whose first thread has ended and whose others go on, under each host and in each shape.

/proc shows such a process as a zombie. Apart from the other tests since it concerns all that follows a
daemon, with pidfds and without, and nothing that is said.
"""
import errno
import os
import signal
import sys

import tap
import systemd_case
from upstart_case import NOT_WAITED_FOR, READY, Host, UpstartTestCase, bridge, run, wait_until

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
PIDFD_OPEN = 434
KERNELS = (), (sys.executable, WITHOUT_CALL, str(PIDFD_OPEN), str(errno.ENOSYS))
AS_NOBODY = ("/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")     # after Python, which may be root's alone
LEAVE = "leave-first-thread"


def states(pid):
    """Of its threads."""
    found = []
    for name in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, name)) as file:
            found.append(file.read().rpartition(")")[2].split()[0])
    return sorted(found)


def rests(daemon):
    """It runs as it should, and nobody has left it stopped."""
    wait_until(lambda: states(daemon.pid) == ["S", "Z"], "daemon that rests, without its first thread", 2)


def is_settled(host):
    """Everybody of ours knows that the host knows."""
    return all(host.fds_of(process.pid)[2] == "/dev/null" for process in host.babysitters())


class Upstart(UpstartTestCase):
    def rows(self):
        return [(kernel, user, options) for kernel in KERNELS for user in ((), AS_NOBODY)
                for options in ((), ("--supervise",))]

    def each(self, check):
        for kernel, user, options in self.rows():
            with self.subTest(kernel=kernel[1:], user=user, options=options), Host() as host:
                check(host, (*kernel, *user, *bridge("--notify", *options, LEAVE, READY, "pause")))

    def daemon(self, host):
        return next(process for process in host.processes() if process.comm == "fake-daemon")

    def test_ready_and_ended(self):
        def check(host, words):
            host.job("job", "expect stop\n" + run(*words))
            result = host.start("job", timeout=8)
            self.assertEqual(result.rc, 0, result.output)
            rests(self.daemon(host))
            wait_until(lambda: is_settled(host), "end of our use of stderr")
            self.assertEqual(host.stop("job").rc, 0)
            self.assertEqual(host.bridge_lines("job") + host.complaints(), [])
            self.assert_nothing_left(host)
        self.each(check)

    def test_its_end_is_seen(self):
        def check(host, words):
            host.job("job", "expect stop\n" + run(*words))
            self.assertEqual(host.start("job", timeout=8).rc, 0)
            wait_until(lambda: is_settled(host), "end of our use of stderr")
            mark = len(host.log())
            os.kill(self.daemon(host).pid, signal.SIGSEGV)
            host.wait_log("job main process", mark)
            self.assertIn("killed by SEGV signal", "\n".join(host.log()[mark:]))
            self.assert_nothing_left(host)
        self.each(check)

    def test_without_the_stanza(self):
        """It is continued at once, and told of; nobody waits until the babysitter gives up."""
        def check(host, words):
            host.job("job", run(*words))
            host.start("job", wait=False)
            host.wait_output("job", NOT_WAITED_FOR, timeout=8)
            rests(self.daemon(host))
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)
        self.each(check)


class Systemd(systemd_case.SystemdTestCase):
    def test_hand_over(self):
        """systemd calls it a zombie when it is told of it: then we stay, and say so."""
        for shape, said in ((), ["the daemon's first thread has ended"]), (("--supervise",), []):
            with self.row(shape=shape):
                self.host.service("x", *systemd_case.upstart_daemon(*shape, LEAVE, "stop", "pause"), Type="notify")
                self.assert_started("x.service")
                daemon = next(p for p in self.host.processes("x.service") if p.name == "fake-daemon")
                rests(daemon)
                self.host.stop("x.service")
                self.assertEqual(self.host.show("x.service", "Result"), {"Result": "success"})
                lines = self.bridge_lines()
                self.assertEqual(len(lines), len(said), lines)
                self.assertIn("".join(said), "".join(lines))


if __name__ == "__main__":
    tap.main()
