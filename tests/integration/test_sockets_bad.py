# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What is wrong in LISTEN_FDS and UPSTART_FDS: one clear line, exit status 125, nothing started, nothing left.

The bridge is run directly, with the variables of a service manager and --init=NAME, so that no manager is
needed and any garbage can be said. Separate from the tests under a manager, which says no such things.
"""
import fcntl
import os
import resource
import socket
import tempfile
import unittest

import tap

OWN_PID = "own pid"


class Run:
    """One run of the bridge: its exit status, what it said, and whether there was a daemon."""

    def __init__(self, options, env, fds, limit=256):
        """@fds: {number: socket or file}, what is open from 3 on; a value OWN_PID in @env is the process's."""
        with tempfile.TemporaryDirectory(prefix="cib-bad-") as directory:
            mark = os.path.join(directory, "started")
            command = [os.environ["CIB"], *options, "--", os.environ["CIB_FAKE_DAEMON"], "touch=" + mark]
            self.status, self.said = spawn(command, {"PATH": "/usr/bin:/bin", **env}, fds, limit)
            self.has_started = os.path.exists(mark)


def spawn(command, env, fds, limit):
    """(exit status, standard error) of @command, which may have @limit descriptors. Not subprocess, which knows neither numbers nor the pid."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(command, env, fds, write, limit)
    os.close(write)
    with open(read, errors="replace") as stderr:
        said = stderr.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def become(command, env, fds, stderr, limit):
    try:
        aside = {number: fcntl.fcntl(thing.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for number, thing in fds.items()}
        os.dup2(stderr, 2)
        os.closerange(3, 100)
        for number, fd in aside.items():
            os.dup2(fd, number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        pid = str(os.getpid())
        os.execve(command[0], command, {name: pid if text == OWN_PID else text for name, text in env.items()})
    finally:
        os._exit(99)


class Refusals(unittest.TestCase):
    maxDiff = None

    def assert_refused(self, run, *words):
        """One line with all the words, and no control character in it."""
        self.assertEqual(run.status, 125, run.said)
        self.assertRegex(run.said, r"\Across-init-bridge: [^\x00-\x1f\x7f]+\n\Z")
        for word in words:
            self.assertIn(word, run.said)
        self.assertFalse(run.has_started)

    def assert_started(self, run):
        self.assertEqual((run.status, run.said), (0, ""))
        self.assertTrue(run.has_started)

    def listener(self):
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind("")       # an abstract name of the kernel's choice
        listener.listen()
        return listener


class Systemd(Refusals):
    """LISTEN_PID names us; what the others say is wrong."""

    @staticmethod
    def run_with(fds, target="upstart", **env):
        return Run(["-i", "systemd", "-t", target, "--job=job"], {"LISTEN_PID": OWN_PID, **env}, fds)

    def test_count(self):
        listener = self.listener()
        for count in ("", " ", "x", "1x", "x1", "-1", "+1", " 1", "1 ", "1.0", "0x1", "0", "00", "1\n", "1e0",
                      "65537", "2147483648", "4294967297", "18446744073709551617", "9" * 200, "\xe4", "1\t"):
            for target in "upstart", "inetd":
                with self.subTest(count, target=target):
                    self.assert_refused(self.run_with({3: listener}, target, LISTEN_FDS=count),
                                        "LISTEN_FDS=", "is not a number of sockets")

    def test_no_count(self):
        self.assert_refused(self.run_with({3: self.listener()}), "LISTEN_FDS= is not a number of sockets")

    def test_more_than_is_open(self):
        listener = self.listener()
        for fds, count, missing in (({}, "1", 3), ({3: listener}, "2", 4), ({3: listener, 5: listener}, "3", 4),
                                    ({4: listener}, "1", 3), ({3: listener}, "65536", 4), ({3: listener}, "300", 4)):
            with self.subTest(count, fds=list(fds)):
                self.assert_refused(self.run_with(fds, LISTEN_FDS=count),
                                    "LISTEN_FDS=%s, but descriptor %d is not open" % (count, missing))

    def test_names(self):
        fds = {3: self.listener(), 4: self.listener()}
        for names in "", "a", "a:b:c", ":::", "a:b:", "\n", "a;b":
            with self.subTest(names):
                self.assert_refused(self.run_with(fds, LISTEN_FDS="2", LISTEN_FDNAMES=names), "LISTEN_FDNAMES=",
                                    "does not name LISTEN_FDS=2 sockets")

    def test_names_of_any_kind_count(self):
        """Also empty ones, as for sd_listen_fds_with_names(3): the negative control of all above."""
        fds = {3: self.listener(), 4: self.listener()}
        for names in "a:b", ":", "a:a":
            with self.subTest(names):
                self.assert_started(self.run_with(fds, LISTEN_FDS="2", LISTEN_FDNAMES=names))

    def test_kinds_that_cannot_be_said(self):
        read, write = os.pipe()
        connected, peer = socket.socketpair()
        with connected, peer, open(read) as pipe, open(write, "w"), open("/dev/null") as null, \
                socket.socket(socket.AF_UNIX) as idle, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            for name, thing in (("FIFO", pipe), ("no socket", null), ("does not listen", idle),
                                ("datagram", datagram), ("descriptor 4", connected)):
                with self.subTest(name):
                    run = self.run_with({3: self.listener(), 4: thing}, LISTEN_FDS="2")
                    self.assert_refused(run, "descriptor 4", name)

    def test_for_another_process(self):
        """That is not an error, but inherited: nothing is passed on."""
        for pid in "1", "x", "", str(os.getpid()) + "0":
            with self.subTest(pid):
                self.assert_started(self.run_with({3: self.listener()}, LISTEN_PID=pid, LISTEN_FDS="x"))


class Upstart(Refusals):
    """UPSTART_FDS is a list of numbers."""

    @staticmethod
    def run_with(fds, *options, target="systemd", **env):
        return Run(["-i", "upstart", "-t", target, *options], {"UPSTART_JOB": "job", **env}, fds)

    def test_garbage(self):
        for text in ("x", "-1", "+3", "3x", "x3", "0x3", "3,4", "3\n4", "3\t4", "3 x", "1e1", "0", "1", "2", "3 2",
                     "1048577", "2147483651", "4294967299", "18446744073709551619", "9" * 200, "3 " + "9" * 200, "\xe4"):
            for options in (), ("--force-sockets",):
                with self.subTest(text, options=options):
                    self.assert_refused(self.run_with({3: self.listener()}, *options, UPSTART_FDS=text),
                                        "UPSTART_FDS", "descriptor")

    def test_twice(self):
        fds = {3: self.listener(), 4: self.listener()}
        for text in "3 3", "3 4 3", "4  4", "3 03":
            with self.subTest(text):
                self.assert_refused(self.run_with(fds, "--force-sockets", UPSTART_FDS=text), "twice")

    def test_closed(self):
        listener = self.listener()
        for fds, text, number in (({}, "3", 3), ({3: listener}, "3 4", 4), ({3: listener}, "1048576", 1048576),
                                  ({3: listener}, "3 300", 300)):
            with self.subTest(text):
                self.assert_refused(self.run_with(fds, "--force-sockets", UPSTART_FDS=text),
                                    "descriptor %d in UPSTART_FDS is stale: closed" % number)

    def test_of_another_kind(self):
        """As 9 is, if it was the socket's number: Upstart lays the script of a `script` stanza over it."""
        read, write = os.pipe()
        connected, peer = socket.socketpair()
        with connected, peer, open(read) as pipe, open(write, "w"), open("/dev/null") as null, \
                socket.socket(socket.AF_UNIX) as idle, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            for name, thing in (("FIFO", pipe), ("no socket", null), ("does not listen", idle),
                                ("datagram", datagram), ("stale", connected)):
                for target in "systemd", "inetd":
                    with self.subTest(name, target=target):
                        run = self.run_with({9: thing}, "--force-sockets", target=target, UPSTART_FDS="9")
                        self.assert_refused(run, "descriptor 9 in UPSTART_FDS is stale", name)

    def test_is_passed_if_it_is_right(self):
        """The negative control."""
        for text in "3", " 3 ", "3 4", "4   3":
            with self.subTest(text):
                fds = {3: self.listener(), 4: self.listener()}
                self.assert_started(self.run_with(fds, "--force-sockets", UPSTART_FDS=text))


class Limits(Refusals):
    """As many descriptors as there may be are open already, and the message says so."""

    def test_no_room_to_move(self):
        fds = {3: self.listener(), 4: self.listener()}
        for limit in range(6, 9):
            with self.subTest(limit):
                run = Run(["-i", "upstart", "-t", "systemd", "--force-sockets"],
                          {"UPSTART_JOB": "job", "UPSTART_FDS": "4 3"}, fds, limit)
                if run.status == 0:
                    self.assertGreater(limit, 6)
                    self.assert_started(run)
                else:
                    self.assert_refused(run, "limit of open files")

    def test_no_room_to_listen(self):
        """One of the numbers that were free is not allowed: a leaked listener, closed by now, was below."""
        fds = {3: self.listener(), 5: self.listener()}
        run = Run(["-i", "upstart", "-t", "systemd", "--adopt=no", "--listen=@cib-bad-%d" % os.getpid()],
                  {"UPSTART_JOB": "job"}, fds, 5)
        self.assert_refused(run, "--listen=", "raise the limit of open files")


class Options(Refusals):
    """What can be wrong in --listen and --fdname beyond their syntax, which the unit tests know."""

    @staticmethod
    def run_with(*options):
        return Run(["-i", "none", "-t", "systemd", *options], {}, {})

    def test_names(self):
        self.assert_refused(self.run_with("--listen=@cib-bad-%d" % os.getpid(), "--fdname=a:b"), "2 names for 1 socket")
        self.assert_refused(self.run_with("--fdname=a\nb"), "--fdname: 'a?b'")
        self.assert_refused(self.run_with("--fdname=" + "x" * 256), "--fdname")

    def test_addresses(self):
        for address in "", "0", "localhost:80", "run/x", "/" + "x" * 200, "@", "@" + "x" * 108, "udp:/x", "fifo:@x", "a\nb":
            with self.subTest(address):
                self.assert_refused(self.run_with("--listen=" + address), "--listen: '")

    def test_nobody_waits_for_readiness(self):
        self.assert_refused(self.run_with("-N", "--listen=80"), "-N on host none")


if __name__ == "__main__":
    tap.main()
