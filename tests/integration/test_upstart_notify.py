# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: the whole of sd_notify(3), and who may speak.

test_upstart_attend has the readiness of a job; here is all else that a daemon for systemd may send,
what becomes of it on a host that knows none of it, and what strangers, floods and limits can do. The
reading of messages is in the unit tests; here are the cases that need real processes.
"""
import errno
import os
import platform
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import tap
from upstart_case import (AS_USER, BRIDGE, DAEMON, DROP_PRIVILEGES, READY, USERS, Host, UpstartTestCase, attended,
                          bridge, run, wait_until)

MAX = 4096          # NOTIFY_BUFFER_MAX
WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
SYS_SETSOCKOPT, SO_PASSPIDFD = 54, 76
BURST = 10          # lines that are logged at once

# Sends a unix socket in which a connection waits that takes an hour to close; and then is a daemon.
LINGER = """import array, os, socket, struct, sys
def send(sock, text, fd, *to):
    sock.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))], 0, *to)
with socket.create_server(("127.0.0.1", 0)) as server:
    ours = socket.create_connection(server.getsockname())
    peer = server.accept()[0]
peer.set_inheritable(True)
ours.setblocking(False)
try:
    while True:
        ours.send(bytes(4096))
except BlockingIOError:
    pass
ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
send(a, b"x", ours.fileno())
address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
send(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), b"X=1", b.fileno(), address)
for sock in a, b, ours:
    sock.close()
os.execv(sys.argv[1], sys.argv[1:])
"""


# Says READY=1 as the process PID, which has ended.
REUSE = """
import os, socket, sys
pid, address = int(sys.argv[1]), sys.argv[2]
for _ in range(50):     # others may be quicker to take the number, or what comes after it
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(pid - 1))
    child = os.fork()
    if child == 0:
        if os.getpid() == pid:
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", address)
        os._exit(0)
    if os.waitpid(child, 0)[1] or child == pid:
        break
if child != pid:
    sys.exit("this was process %d" % child)
"""


def of_length(length, end):
    """A message of this many bytes that ends with these."""
    return "notify=STATUS=" + "x" * (length - len("STATUS=") - len(end) - 1) + r"\n" + end


class SaidTest(UpstartTestCase):
    """What a daemon says, and what of it is logged."""

    def lines(self, host, *words, stanzas=""):
        """Runs a daemon through these actions; what is logged in its name, and what the bridge remarks."""
        job, post = next(self.names), host.signpost(next(self.names))
        host.job(job, stanzas + attended(*words, "barrier", "touch=%s" % post, "pause"))
        host.start(job)
        post.wait()
        said = host.said(job)
        self.assert_running(host, job)
        host.stop(job)
        remarks = host.bridge_lines(job) + host.complaints()
        host.syslog_lines.clear()
        return said, remarks

    def test_what_is_logged(self):
        rows = (
            ([], [READY], []),
            ([], [READY, "notify=STATUS=Working on it"], ["status: Working on it"]),
            ([], ["notify=STATUS=before", READY], ["status: before"]),
            ([], [r"notify=READY=1\nSTATUS=both"], ["status: both"]),
            ([], [READY, r"notify=STATUS=bad\x1b[2J\tend"], [r"status: bad\x1b[2J\x09end"]),
            ([], [READY, r"notify=STATUS=\xff"], ["status: (not UTF-8)"]),
            ([], [READY, "notify=STATUS=<0>fake[1]: x"], ["status: <0>fake[1]: x"]),
            ([], [READY, r"notify=ERRNO=13\nBUSERROR=a.b"], ["error: 13 (Permission denied); D-Bus error: a.b"]),
            ([], [READY, r"notify=EXIT_STATUS=3\nVARLINKERROR=c"], ["Varlink error: c; exit status: 3"]),
            ([], [READY, "notify=WATCHDOG=trigger"], ["wants to be ended as if its watchdog had expired"]),
            ([], [READY, "notify=STATUS=a", "notify=STATUS=a"], ["status: a"]),
            ([], [READY, "notify=RELOADING=1", READY, "notify=STOPPING=1"], []),
            (["--log=status"], [READY, "notify=STATUS=a"], ["status: a"]),
            (["--log=none"], ["notify=STATUS=a", READY, r"notify=STATUS=b\nERRNO=1"], []),
            (["--log=all"], [READY, r"notify=RELOADING=1\nMONOTONIC_USEC=1", READY, "notify=STOPPING=1", READY],
             ["ready", "reloading", "reloaded", "stopping"]),
            (["--log=all"], [r"notify=READY=1\nSTATUS=up\nMAINPID=1"], ["ready; status: up"]),
            (["--log=all"], [READY, "notify=WATCHDOG_USEC=5", "notify=WATCHDOG=1", "notify=X_FOO=1"],
             ["ready", "watchdog time in us: 5"]),
        )
        with Host() as host:
            for options, actions, expected in rows:
                for user in USERS:
                    with self.subTest(options=options, actions=actions, user=user):
                        self.assertEqual(self.lines(host, *options, *actions, stanzas=user)[0], expected)

    def test_tag_is_the_job_and_the_daemon(self):
        with Host() as host:
            post = host.signpost()
            host.job("deep/job", attended(READY, "notify=STATUS=x", "barrier", "touch=%s" % post, "pause"))
            host.start("deep/job")
            post.wait()
            self.assertEqual(host.syslog(), ["<30>deep/job[%d]: status: x" % host.status("deep/job").pid])
            host.stop("deep/job")

    def test_tag_has_the_pid_of_who_said_it(self):
        """A helper's error, which systemd-notify(1) sends when it fails, is not the daemon's."""
        with Host() as host:
            post = host.signpost()
            host.job("job", attended("--notify-access=all", READY, r"notify-child=ERRNO=22", "barrier",
                                     "touch=%s" % post, "pause"))
            host.start("job")
            post.wait()
            line, = host.syslog()
            self.assertRegex(line, r"^<30>job\[\d+\]: error: 22 \(Invalid argument\)$")
            self.assertNotIn("[%d]" % host.status("job").pid, line)
            host.stop("job")

    def test_without_syslog_the_kernel_gets_it(self):
        with Host(syslog=False) as host:
            host.job("job", attended(READY, "notify=STATUS=x", "pause"))
            host.start("job")
            wait_until(lambda: re.search(r"<30>job\[\d+\]: status: x", host.kmsg()), "line in /dev/kmsg")
            host.stop("job")

    def test_a_flood_is_limited_and_the_last_is_kept(self):
        with Host() as host:
            post = host.signpost()
            states = ["notify=STATUS=%d" % n for n in range(100)]
            host.job("job", attended(READY, *states[:50], "barrier", *states[50:], "barrier", "touch=%s" % post, "pause"))
            host.start("job")
            post.wait()
            self.assertEqual(host.said("job"), ["status: %d" % n for n in range(BURST)])
            host.stop("job")
            host.wait_end_of_babysitters()
            self.assertEqual(host.said("job")[BURST:], ["status: 99 (%d lines before it were left out)" % (89)])

    def test_what_upstart_cannot_do_is_remarked_once(self):
        main_pid, fd_store = "names another main process", "wants descriptors to be kept"
        rows = (
            (["notify=MAINPID=1"] * 3, [main_pid]),
            (["notify=MAINPID=0"], [main_pid]),
            (["notify-fds=1:MAINPIDFD=1"], [main_pid]),
            (["notify=MAINPID=-1"], []),
            (["notify-fds=3:FDSTORE=1", "notify-fds=253:FDSTORE=1"], [fd_store]),
            ([r"notify-fds=1:FDSTORE=1\nMAINPID=1"], [main_pid, fd_store]),
            (["notify-child=MAINPID=1", "notify-child=FDSTORE=1"], []),
            (["notify=WATCHDOG=1", "notify=WATCHDOG_USEC=0", "notify=EXTEND_TIMEOUT_USEC=1"], []),
        )
        with Host() as host:
            for actions, expected in rows:
                for before in True, False:
                    with self.subTest(actions=actions, before=before):
                        order = [*actions, "barrier", READY] if before else [READY, *actions]
                        remarks = self.lines(host, *order)[1]
                        self.assertEqual(len(remarks), len(expected), remarks)
                        for remark, words in zip(remarks, expected):
                            self.assertIn(words, remark)

    def test_main_pid_of_the_daemon_itself(self):
        """haproxy says so, and scripts by systemd-notify."""
        with Host() as host:
            post = host.signpost()
            script = "systemd-notify --pid=$$ --ready --status=up; echo > %s; exec %s pause" % (post, DAEMON)
            host.job("job", "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--", "sh", "-c", script))
            host.start("job")
            post.wait()
            self.assertEqual(host.said("job"), ["status: up"])
            self.assertEqual(host.bridge_lines("job") + host.complaints(), [])
            host.stop("job")


class LimitTest(UpstartTestCase):
    """Lengths, descriptors and what a limit makes of them."""

    def check_ready(self, host, *actions, remark=None, stanzas="", wrap=()):
        """These are no readiness, and take nothing away from the one that follows."""
        job, post, gate = next(self.names), host.signpost(next(self.names)), host.gate(next(self.names))
        words = bridge("--notify", *actions, "barrier", "touch=%s" % post, "wait-file=%s" % gate, READY, "pause")
        host.job(job, stanzas + "expect stop\n" + run(*wrap, *words))
        host.start(job, wait=False)
        post.wait()
        self.assert_state(host, job, "start", "spawned")
        fds = host.fds_of(host.babysitter().pid)
        self.assertLessEqual(len(fds), 5, fds)  # nothing that was sent has stayed
        gate.open()
        host.wait(job, "start/running")
        self.assertEqual([remark in line for line in host.bridge_lines(job)], [True] if remark else [])
        host.stop(job)
        self.assert_nothing_left(host)

    def test_length(self):
        with Host() as host:
            self.check_ready(host, of_length(MAX + 1, "READY=1"), remark="it has %d bytes, and %d are allowed" % (MAX + 1, MAX))
            for length in MAX - 1, MAX:
                job = next(self.names)
                host.job(job, attended(of_length(length, "READY=1"), "pause"))
                self.assert_started(host, job)
                host.stop(job)

    def test_barriers_of_every_form_end(self):
        rows = (
            ["notify-fds=0:BARRIER=1"],
            ["notify-fds=1:BARRIER=1"],
            ["notify-fds=2:BARRIER=1"],
            [r"notify-fds=1:BARRIER=1\nREADY=1"],
            [r"notify-fds=1:READY=1\nBARRIER=1"],
            [r"notify-fds=1:BARRIER=1\n"],
            ["barrier"] * 100,
            ["barrier-child"],
        )
        with Host() as host:
            for actions in rows:
                with self.subTest(actions=actions[0]):
                    self.check_ready(host, *actions)

    def test_descriptors_never_stay(self):
        with Host() as host:
            self.check_ready(host, *["notify-fds=253:X=1"] * 20)
            self.check_ready(host, *["notify-fds=8:STATUS=x"] * 3, wrap=("prlimit", "--nofile=16:16"))

    def test_more_descriptors_than_the_babysitter_may_have(self):
        """None of them is wanted: the message counts, and those that did fit are closed."""
        with Host() as host:
            posts, gate = [host.signpost("signpost%d" % n) for n in range(2)], host.gate()
            host.job("job", attended("touch=%s" % posts[0], "wait-file=%s" % gate, "notify-fds=253:READY=1",
                                     "barrier", "touch=%s" % posts[1], "pause"))
            host.start("job", wait=False)
            posts[0].wait()
            sitter = host.babysitter()
            resource.prlimit(sitter.pid, resource.RLIMIT_NOFILE, (16, 16))
            gate.open()
            posts[1].wait()
            host.wait("job", "start/running")
            self.assertLessEqual(len(host.fds_of(sitter.pid)), 5)
            self.assertEqual(host.bridge_lines("job"), [])
            host.stop("job")

    def send_lingering(self, host, user, *options, then):
        """A job that sends LINGER's to its babysitter, which is the last to close it; returns the job's name."""
        path = os.path.join(host.dir, "linger.py")
        with open(path, "w") as file:
            file.write(LINGER)
        os.chmod(host.dir, 0o755)
        posts = [host.signpost(next(self.names)) for _ in range(2)]
        job, gate = next(self.names), host.gate(next(self.names))
        script = shlex.join((DAEMON, "touch=%s" % posts[0], "wait-file=%s" % gate, "exit=0")) + " && exec " + \
            shlex.join(("/usr/bin/python3", path, DAEMON, *then, "touch=%s" % posts[1], "pause"))
        host.job(job, user + "expect stop\n" + run(*bridge("--notify", *options, command=("sh", "-c", script))))
        host.start(job, wait=False)
        posts[0].wait()
        sitter = host.babysitter()
        os.kill(sitter.pid, signal.SIGSTOP)  # until the daemon has closed what it sends
        gate.open()
        posts[1].wait()
        os.kill(sitter.pid, signal.SIGCONT)
        return job

    def test_what_takes_long_to_close_does_not_hold_up_the_rest(self):
        """The start timeout among it."""
        with Host() as host:
            for user in USERS:
                with self.subTest(user=user):
                    mark = len(host.log())
                    job = self.send_lingering(host, user, "--start-timeout=2", then=[])
                    host.wait_log("killed by TERM signal", mark)
                    host.wait(job, "stop/waiting")
                    self.assert_nothing_left(host)

    def test_what_takes_long_to_close_does_not_delay_readiness(self):
        """READY=1 waits behind it in the queue."""
        with Host() as host:
            for user in USERS:
                with self.subTest(user=user):
                    job = self.send_lingering(host, user, then=[READY])
                    host.wait(job, "start/running")
                    self.assertEqual(host.bridge_lines(job), [])
                    host.stop(job)
                    self.assert_nothing_left(host)

    def test_a_babysitter_that_is_held_up_loses_nothing(self):
        """Twelve and more senders block on a full queue meanwhile, and go on afterwards."""
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            host.job("job", attended("touch=%s" % post, "wait-file=%s" % gate, *["notify=STATUS=%d" % n for n in range(30)], READY, "barrier",
                                     "touch=%s" % post, "pause"))
            host.start("job", wait=False)
            post.wait()
            sitter = host.babysitter()
            os.kill(sitter.pid, signal.SIGSTOP)
            gate.open()
            host.wait_quietly(host.status("job").pid, 1)
            self.assert_state(host, "job", "start", "spawned")
            os.kill(sitter.pid, signal.SIGCONT)
            post.wait()
            self.assert_running(host)
            self.assertEqual(host.said("job"), ["status: %d" % n for n in range(BURST)])
            host.stop("job")

    def test_load(self):
        """A hundred thousand messages before readiness, and as many after it."""
        n = 50000
        with Host() as host:
            post = host.signpost()
            host.job("job", attended("notify-repeat=%d:WATCHDOG=1" % n, "notify-repeat=%d:STATUS=x" % n, READY,
                                     "notify-repeat=%d:STATUS=y" % n, "notify-repeat=%d:WATCHDOG=1" % n, "barrier",
                                     "touch=%s" % post, "pause"))
            began = time.monotonic()
            host.start("job", timeout=120)
            before = self.memory(host)
            post.wait(120)
            print("# 2 x %d messages before and after READY=1: %.1f s; babysitter's memory %s, then %s KiB" % (
                n, time.monotonic() - began, before, self.memory(host)), file=sys.stderr)
            self.assertLessEqual(self.memory(host), before + 8)
            self.assertEqual(host.said("job"), ["status: x", "status: y"])
            host.stop("job")

    @staticmethod
    def memory(host):
        with open("/proc/%d/smaps_rollup" % host.babysitter().pid) as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(("Private_Dirty:", "Private_Clean:")))

    def test_a_flood_does_not_hold_up_the_end(self):
        """WATCHDOG=1 without pause, while the job is stopped."""
        with Host() as host:
            post = host.signpost()
            host.job("job", attended(READY, "touch=%s" % post, "notify-repeat=100000000:WATCHDOG=1"))
            host.start("job")
            post.wait()
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_what_nobody_wants_is_dropped_by_the_kernel(self):
        """From the first such message after readiness on, not even a babysitter that is held up holds it up."""
        rows = (("WATCHDOG=1",), ("WATCHDOG=1", "--log=none"), ("STATUS=x", "--log=none"))
        for text, *options in rows:
            with self.subTest(text=text, options=options), Host() as host:
                posts, gates = [[make("%s%d" % (make.__name__, n)) for n in range(2)] for make in (host.signpost, host.gate)]
                host.job("job", attended(*options, READY, "wait-file=%s" % gates[0], "notify=" + text, "barrier",
                                         "touch=%s" % posts[0], "wait-file=%s" % gates[1],
                                         "notify-repeat=1000:" + text, "touch=%s" % posts[1], "pause"))
                host.start("job")
                sitter = host.babysitter()
                wait_until(lambda: os.readlink("/proc/%d/fd/2" % sitter.pid) == "/dev/null", "readiness to be settled")
                gates[0].open()
                posts[0].wait()
                os.kill(sitter.pid, signal.SIGSTOP)
                gates[1].open()
                posts[1].wait()
                os.kill(sitter.pid, signal.SIGCONT)
                self.assertEqual(host.said("job"), [])
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)

    def test_last_words(self):
        """The end and what was said before it are there at the same moment: first what was said."""
        with Host() as host:
            for number in range(20):
                job, post, gate = next(self.names), host.signpost(next(self.names)), host.gate(next(self.names))
                host.job(job, attended(READY, "touch=%s" % post, "wait-file=%s" % gate,
                                       "notify=STATUS=farewell", "exit=1"))
                host.start(job)
                post.wait()
                sitter = host.babysitter()
                os.kill(sitter.pid, signal.SIGSTOP)
                gate.open()
                host.wait(job, "stop/waiting")
                os.kill(sitter.pid, signal.SIGCONT)
                host.wait_end_of_babysitters()
                self.assertEqual(host.said(job), ["status: farewell"])
                if number % 5 == 4:
                    host.syslog_lines.clear()


    @unittest.skipUnless(platform.machine() == "x86_64", "the number of setsockopt(2) is another one")
    def test_kernel_without_pidfds_of_senders(self):
        """Before Linux 6.5 (SO_PASSPIDFD) the pid has to do for what is read after the end."""
        without = [sys.executable, WITHOUT_CALL, "%d:%d" % (SYS_SETSOCKOPT, SO_PASSPIDFD), str(errno.ENOPROTOOPT)]
        with Host() as host:
            for _ in range(10):
                job, mark = next(self.names), len(host.log())
                words = bridge("--notify", READY, "notify=STATUS=last", "exit=7")
                host.job(job, "expect stop\n" + run(*without, *words))
                host.start(job)
                host.wait_log("terminated with status 7", mark)
                host.wait_end_of_babysitters()
                self.assertEqual(host.said(job), ["status: last"])
                self.assert_nothing_left(host)

    def test_readiness_and_the_end_at_once(self):
        """It was ready: nobody is told that it was not."""
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            host.job("job", attended("touch=%s" % post, "wait-file=%s" % gate, READY, "exit=1"))
            host.start("job", wait=False)
            post.wait()
            sitter = host.babysitter()
            os.kill(sitter.pid, signal.SIGSTOP)
            gate.open()
            host.wait("job", "stop/waiting")
            os.kill(sitter.pid, signal.SIGCONT)
            host.wait_end_of_babysitters()
            self.assertEqual(host.bridge_lines("job") + host.syslog(), [])


class SenderTest(UpstartTestCase):
    """Whose message counts. What is refused costs a debug line at most, and nothing else."""

    SENDERS = {
        # the action, and whether it counts with --notify-access=main and all, for a daemon of root's
        "the daemon": ("notify", True, True),
        "a thread": ("notify-thread", True, True),
        "a child": ("notify-child", False, True),
        "a grandchild": ("notify-grandchild", False, True),
        "a child that has ended": ("notify-orphan", False, True),
        "a child in the daemon's name": ("notify-faked", True, True),
    }

    def is_counted(self, host, action, access, user):
        job, post = next(self.names), host.signpost(next(self.names))
        host.job(job, user + attended("--notify-access=" + access, READY, "%s=STATUS=heard" % action, "barrier",
                                      "touch=%s" % post, "pause"))
        host.start(job)
        post.wait()
        said = host.said(job)
        self.assertEqual(host.bridge_lines(job) + host.complaints(), [])
        host.stop(job)
        host.syslog_lines.clear()
        return said == ["status: heard"]

    def test_senders(self):
        with Host() as host:
            for name, (action, main, everybody) in self.SENDERS.items():
                for access, expected in ("main", main), ("all", everybody):
                    for user in USERS:
                        with self.subTest(name, access=access, user=user):
                            # Only root may send in another's name.
                            if user and action == "notify-faked":
                                expected = access == "all"
                            self.assertEqual(self.is_counted(host, action, access, user), expected)

    def start_with_all(self, host, wrap, *others):
        """A job of --notify-access=all whose daemon is @wrap's; returns its name and address."""
        job, path = next(self.names), os.path.join(host.dir, next(self.names))
        os.chmod(host.dir, 0o777)
        script = "".join("{ %s; } & " % other for other in others) + "exec %s %s" % (
            wrap, shlex.join((DAEMON, "report=%s" % path, READY, "pause")))
        host.job(job, "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--notify-access=all", "--", "sh", "-c", script))
        host.start(job)
        return job, host.read_report(os.path.basename(path)).env["NOTIFY_SOCKET"]

    def test_another_user_among_the_daemon_s_processes(self):
        """Workers, and what was started by su, whatever user main process and sender have."""
        send = "setpriv --reuid=%s --clear-groups " + shlex.join((DAEMON, "notify=STATUS=heard"))
        with Host() as host:
            for wrap, uid in (("", 12345), ("setpriv --reuid=12345 --clear-groups", 54321),
                              ("setpriv --reuid=12345 --clear-groups", 12345), ("setpriv --reuid=12345 --clear-groups", 0)):
                with self.subTest(wrap=wrap, uid=uid):
                    post, gate = host.signpost(next(self.names)), host.gate(next(self.names))
                    # The sender waits for the daemon to have its user, and for its message to be read.
                    job, _ = self.start_with_all(host, wrap, "while [ ! -e %s ]; do :; done; %s barrier; echo > %s" % (
                        gate, send % uid, post))
                    gate.open()
                    post.wait()
                    self.assertEqual(host.said(job), ["status: heard"])
                    self.assertEqual(host.bridge_lines(job) + host.complaints(), [])
                    host.stop(job)

    def test_another_user_from_elsewhere(self):
        """Not with `all` either, though he can reach the socket, and is in the same cgroup; root can."""
        rows = (("", 12345, False), ("setpriv --reuid=12345 --clear-groups", 54321, False),
                ("setpriv --reuid=12345 --clear-groups", 12345, True), ("setpriv --reuid=12345 --clear-groups", 0, True))
        with Host() as host:
            for wrap, uid, expected in rows:
                with self.subTest(wrap=wrap, uid=uid):
                    job, address = self.start_with_all(host, wrap)
                    self.assertEqual(host.run([DAEMON, "notify=STATUS=heard", "barrier"], uid=uid,
                                              env={"NOTIFY_SOCKET": address}).returncode, 0)
                    self.assertEqual(host.said(job), ["status: heard"] if expected else [])
                    self.assertEqual(host.bridge_lines(job) + host.complaints(), [])
                    host.stop(job)

    def test_what_is_advised_has_not_been_tried(self):
        rows = (
            ("--notify-access=main", ["notify-child=READY=1"], "use --notify-access=all"),
            ("--notify-access=all", ["notify=NOTIFYACCESS=main", "notify-child=READY=1"], "(NOTIFYACCESS=)"),
        )
        with Host() as host:
            for access, actions, expected in rows:
                with self.subTest(access=access):
                    job = next(self.names)
                    host.job(job, attended(access, *actions, READY, "pause"))
                    self.assert_started(host, job)
                    lines = host.bridge_lines(job)
                    self.assertEqual(["a READY=1 was ignored" in line and expected in line for line in lines], [True], lines)
                    host.stop(job)
            job, path = next(self.names), os.path.join(host.dir, next(self.names))
            post, gate = host.signpost(next(self.names)), host.gate(next(self.names))
            host.job(job, attended("--notify-access=all", "report=%s" % path, "touch=%s" % post, "wait-file=%s" % gate,
                                   READY, "pause"))
            host.start(job, wait=False)
            post.wait()
            address = host.read_report(os.path.basename(path)).env["NOTIFY_SOCKET"]
            self.assertEqual(host.run([DAEMON, READY, "barrier"], uid=12345, env={"NOTIFY_SOCKET": address}).returncode, 0)
            self.assert_state(host, job, "start", "spawned")
            gate.open()
            host.wait(job, "start/running")
            lines = host.bridge_lines(job)
            self.assertEqual(["user 12345: neither root's" in line for line in lines], [True], lines)
            host.stop(job)

    def test_another_pid_namespace(self):
        """Below ours its processes have a number, and are none that may speak."""
        with Host() as host:
            post = host.signpost()
            script = "unshare --pid --fork %s; exec %s" % (
                shlex.join((DAEMON, "notify=STATUS=heard", "barrier")),
                shlex.join((DAEMON, READY, "touch=%s" % post, "pause")))
            host.job("job", "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--", "sh", "-c", script))
            host.start("job")
            post.wait()
            self.assertEqual(host.said("job"), [])
            host.stop("job")

    def test_the_daemon_s_pid_after_its_end(self):
        """Whoever gets it next does not say READY=1 for the daemon, also if both are seen at once."""
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            host.job("job", attended("report=%s" % os.path.join(host.dir, "report"), "touch=%s" % post,
                                     "wait-file=%s" % gate, "exit=0"))
            host.start("job", wait=False)
            post.wait()
            sitter, main = host.babysitter(), host.status("job").pid
            # The number of a process is not given anew as long as it is that of a group or session.
            wait_until(lambda: os.getsid(sitter.pid) == sitter.pid, "session of the babysitter's own")
            os.kill(sitter.pid, signal.SIGSTOP)
            gate.open()
            host.wait("job", "stop/waiting")
            address = host.read_report().env["NOTIFY_SOCKET"]
            said = host.run([sys.executable, "-c", REUSE, str(main), address])
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            os.kill(sitter.pid, signal.SIGCONT)
            host.wait_end_of_babysitters()
            lines = host.syslog()  # what was said of the stranger went to the job's closed console
            self.assertEqual(["has ended before it sent READY=1" in line for line in lines], [True], lines)

    def test_refused_messages_are_told_with_verbose_once(self):
        with Host() as host:
            post = host.signpost()
            host.job("job", attended("--verbose", *["notify-child=STATUS=x"] * 5, READY,
                                     *["notify-child=READY=1"] * 5, "barrier", "touch=%s" % post, "pause"))
            host.start("job")
            post.wait()
            host.wait_output("job", "may not speak")
            lines = [line for line in host.bridge_lines("job") + host.syslog() if "may not speak" in line]
            self.assertEqual(len(lines), 1, lines)
            host.stop("job")

    def test_access_can_be_narrowed(self):
        """And given back, but not widened."""
        rows = (
            ("all", "main", ["notify-child"], False),
            ("all", "none", ["notify-child", "notify"], False),
            ("all", "nonsense", ["notify-child"], True),
            ("all", "all", ["notify-child"], True),
            ("main", "all", ["notify-child"], False),
            ("main", "exec", ["notify"], True),
            ("main", "none", ["notify"], False),
        )
        with Host() as host:
            for access, wanted, actions, expected in rows:
                with self.subTest(access=access, wanted=wanted):
                    job, post = next(self.names), host.signpost(next(self.names))
                    host.job(job, attended("--notify-access=" + access, READY, "notify=NOTIFYACCESS=" + wanted,
                                           *[action + "=STATUS=heard" for action in actions], "barrier",
                                           "touch=%s" % post, "pause"))
                    host.start(job)
                    post.wait()
                    self.assertEqual(host.said(job), ["status: heard"] if expected else [])
                    host.stop(job)
                    host.syslog_lines.clear()


class PlaceTest(UpstartTestCase):
    """Where the private socket is."""

    def test_daemon_in_another_root(self):
        """It says READY=1 from in there."""
        with Host() as host:
            os.mkdir(host.dir + "/root")
            host.job("job", attended("--notify-socket=abstract", "chroot=%s/root" % host.dir, *DROP_PRIVILEGES, READY,
                                     "pause"))
            self.assert_started(host)
            self.assertEqual([name for name in os.listdir(host.path("/run")) if name.startswith("cross")], [])
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_daemon_in_another_network(self):
        """It reaches a path."""
        with Host() as host:
            host.job("job", "expect stop\n" + run(*bridge("--notify", READY, "pause",
                                                          command=("unshare", "--net", DAEMON))))
            self.assert_started(host)
            host.stop("job")

    def test_only_a_path(self):
        with Host() as host:
            host.job("job", attended("--notify-socket=path", READY, "pause"))
            self.assert_started(host)
            host.stop("job")
            host.job("user", AS_USER + attended("--notify-socket=path", READY, "pause"))
            self.assert_refused(host, "user", "XDG_RUNTIME_DIR")

    def test_what_is_weaker_than_asked_for_is_said(self):
        """auto: where root has no place in /run, or a user none in a directory that he names; and what is usual is not."""
        words = bridge("--notify", READY, "pause")
        mounted = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o %s none /run; exec " + shlex.join(words)]
        rows = (
            ("", [*mounted[:-1], mounted[-1] % "ro"], "path in /run: Read-only file system"),
            ("", [*mounted[:-1], mounted[-1] % "nr_inodes=1"], "path in /run: No space left on device"),
            ("", words, None),
            (AS_USER, words, None),
            (AS_USER, bridge("--notify", "--verbose", READY, "pause"), "has an abstract name"),
            (AS_USER + "env XDG_RUNTIME_DIR=/missing\n", words, "path in $XDG_RUNTIME_DIR: No such file or directory"),
            ("", bridge("--notify", "--notify-socket=abstract", READY, "pause"), None),
        )
        with Host() as host:
            for stanzas, command, expected in rows:
                with self.subTest(stanzas=stanzas, expected=expected):
                    job = next(self.names)
                    host.job(job, stanzas + "expect stop\n" + run(*command))
                    self.assert_started(host, job)
                    lines = [line for line in host.bridge_lines(job) if "abstract name" in line]
                    self.assertEqual([expected in line for line in lines], [True] if expected else [], lines)
                    host.stop(job)
                    self.assert_nothing_left(host)

    def test_end_after_ready_keeps_an_abstract_name(self):
        with Host() as host:
            host.job("job", AS_USER + attended("--end-after-ready", READY, "pause"))
            self.assert_started(host)
            host.wait_output("job", "--end-after-ready")
            self.assertEqual(len(host.babysitters()), 1)
            host.stop("job")

    def test_behind_another_bridge(self):
        """What it would tell systemd would go to the other one's babysitter."""
        for place in "path", "abstract":
            with self.subTest(place), Host() as host:
                inner = (BRIDGE, "-t", "upstart", "-i", "systemd", "-N", "--", DAEMON, "stop", "pause")
                host.job("job", "expect stop\n" + run(*bridge("--notify", "--notify-socket=" + place, command=inner)))
                host.start("job", wait=False)
                host.wait("job", "stop/waiting")
                host.wait_output("job", "not systemd's but the private socket of another cross-init-bridge")


class TimeoutTest(UpstartTestCase):
    """--start-timeout: Upstart itself would wait for ever."""

    def test_a_daemon_that_is_never_ready(self):
        rows = (
            ("", ["pause"], "killed by TERM signal", 1),
            (AS_USER, ["pause"], "killed by TERM signal", 1),
            ("", ["on-term=exit:3", "pause"], "terminated with status 3", 1),
            ("", ["fork-child", "notify-child=READY=1", "pause"], "killed by TERM signal", 1),
            ("", ["--supervise", "pause"], "killed by TERM signal", 1),
            ("", ["--supervise", "fork-child", "pause"], "killed by TERM signal", 1),
        )
        with Host() as host:
            for stanzas, actions, says, rc in rows:
                with self.subTest(actions=actions, stanzas=stanzas):
                    job, mark = next(self.names), len(host.log())
                    host.job(job, stanzas + attended("--start-timeout=1", *actions))
                    self.assertEqual(host.start(job).rc, rc)
                    host.wait_log(says, mark)
                    self.assertEqual([line for line in host.bridge_lines(job) if "within 1 s" not in line
                                      and "--notify-access" not in line], [])
                    self.assertEqual(len([line for line in host.bridge_lines(job) if "within 1 s" in line]), 1)
                    host.wait_end_of_babysitters()
                    self.assert_nothing_left(host)  # the group is ended, not only the main process

    def test_a_daemon_that_ignores_the_signal(self):
        with Host() as host:
            mark = len(host.log())
            host.job("job", attended("--start-timeout=1", "on-term=ignore", "pause"))
            self.assertEqual(host.start("job").rc, 1)
            host.wait_log("killed by KILL signal", mark)
            self.assert_nothing_left(host)

    def test_readiness_in_time(self):
        with Host() as host:
            host.job("job", attended("--start-timeout=1", READY, "pause"))
            pid = self.assert_started(host)
            host.wait_quietly(pid, 1.5)
            self.assertEqual(host.bridge_lines("job"), [])
            host.stop("job")

    def test_more_time(self):
        with Host() as host:
            gate = host.gate()
            host.job("job", attended("--start-timeout=1", "notify=EXTEND_TIMEOUT_USEC=60000000",
                                     "notify=EXTEND_TIMEOUT_USEC=1", "wait-file=%s" % gate, READY, "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            host.wait_quietly(host.status("job").pid, 1.5)
            gate.open()
            host.wait("job", "start/running")
            host.stop("job")


LISTENER = """
import signal, socket
tcp, unix = socket.socket(), socket.socket(socket.AF_UNIX)
tcp.bind(("127.0.0.1", 0))
unix.bind("{path}")
tcp.listen()
unix.listen()
signal.pause()
"""


class LongWaitTest(UpstartTestCase):
    """A start that does not come to an end is not without a word: what is seen is said after 10 s."""

    def add_listener(self, host):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        script = os.path.join(directory, "daemon.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(LISTENER.format(path=os.path.join(directory, "socket")))
        host.job("listens", "expect stop\n" + run(*bridge("--notify", command=(sys.executable, script))))
        return directory

    def others(self, host):
        """Daemons behind something else, or that are known by their names: (job, command, what is said)."""
        stopped = "%s stop pause; :" % DAEMON
        behind = r"it has a %%s, process \d+ \(%s\), which has stopped itself: " % os.path.basename(DAEMON)[:15]
        yield "shell", ("sh", "-c", stopped), behind % "child" + "put 'exec' before it"
        yield "shells", ("sh", "-c", "sh -c '%s'; :" % stopped), behind % "descendant" + "put 'exec' before it"
        # tini(1) and su(1) are in no way special: what counts is that they stay, and are no shell.
        wrapper = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
        yield ("wrapper", (sys.executable, "-c", wrapper, DAEMON, "stop", "pause"), behind % "child" +
               r"but python3?[0-9.]* is the process that counts: leave it out \(in place of su: setpriv\)")
        shy = os.path.join(host.dir, "syslog-ng")
        shutil.copy(DAEMON, shy)
        yield "shy", (shy, "pause"), "syslog-ng sends it only where it sees systemd itself: use --ready-when instead of -N"

    def test_at_what_it_listens_instead_is_said(self):
        """A typo in the port: what was meant is in the same line."""
        with Host() as host:
            directory = self.add_listener(host)
            script = os.path.join(directory, "daemon.py")
            host.job("job", "expect stop\n" + run(*bridge("--ready-when=tcp:127.0.0.1:1", "--start-timeout=5",
                                                          command=(sys.executable, script))))
            host.start("job")
            lines = [line for line in host.bridge_lines("job") + host.complaints() if "--start-timeout" in line]
            self.assertRegex(lines[0], r"tcp:127\.0\.0\.1:1 did not hold within 5 s \(--ready-when, --start-timeout\): nothing "
                             r"listens there; it listens at tcp:127\.0\.0\.1:\d+, unix:%s/socket; ending the daemon "
                             r"\(process \d+\)$" % re.escape(directory))
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)

    def test_a_forgotten_option_is_noticed(self):
        """expect stop, and no -N: initctl start would hang for ever, without a word."""
        with Host() as host:
            host.job("waits", "expect stop\n" + run(*bridge("pause")))
            host.job("user", "setuid nobody\n" + run(*bridge("pause")))
            host.job("forks", "expect fork\n" + run(*bridge("fork-exit", "pause")))
            host.job("runs", run(*bridge("pause")))
            host.start("waits", wait=False)
            for job in "user", "forks", "runs":
                self.assert_started(host, job)
            # Where Upstart traces it, nothing is forked.
            wait_until(lambda: len(host.babysitters()) == 3, "those who ask")
            host.wait_output("waits", "-N is missing", timeout=30)
            line, = host.bridge_lines("waits")
            pid = host.status("waits").pid
            self.assertEqual(line, "cross-init-bridge: upstart has waited for 10 s until the daemon, process %d, is ready, and "
                             "nobody will tell it, since -N is missing: add -N, or take 'expect stop' out of the job; to end it "
                             "now, kill the daemon" % pid)
            wait_until(lambda: [line for line in host.complaints() if "-N is missing" in line], "the same in the log")
            host.wait_end_of_babysitters()
            for job in "user", "forks", "runs":
                self.assertEqual(host.bridge_lines(job), [])
                host.stop(job)
            host.kill(pid, signal.SIGKILL)
            host.wait("waits", "stop/waiting")
            self.assert_nothing_left(host)

    def test_who_asks_goes_with_the_daemon(self):
        with Host() as host:
            host.job("job", run(*bridge("pause")))
            self.assert_started(host)
            host.stop("job")
            host.wait_end_of_babysitters(2)
            self.assert_nothing_left(host)

    def test_explain_asks_what_the_job_has(self):
        with Host() as host:
            rows = {"waits": ("expect stop\n", bridge("--explain", "pause"), "warning: upstart waits until the daemon is ready, "
                              "and nobody will tell it, since -N is missing: add -N, or take 'expect stop' out of the job"),
                    "not": ("", bridge("--notify", "--explain", "pause"), "warning: upstart does not wait until the daemon is "
                            "ready: put 'expect stop' into the job, or leave out -N"),
                    "right": ("expect stop\n", bridge("--notify", "--explain", "pause"), None),
                    "neither": ("", bridge("--explain", "pause"), None),
                    "before": ("pre-start ", bridge("--notify", "--explain", "pause"), None)}
            for job, (stanza, words, warning) in rows.items():
                with self.subTest(job):
                    host.job(job, stanza + run(*words) + ("exec true\n" if stanza == "pre-start " else ""))
                    host.start(job, wait=False)
                    host.wait_output(job, "program: ")
                    host.wait(job, "stop/waiting")      # and of what it prints
                    found = [line for line in host.job_output(job).splitlines() if line.startswith("warning: ")]
                    self.assertEqual(found, [warning] if warning else [])

    def test_what_has_gone_into_the_background_is_seen(self):
        with Host() as host:
            host.job("job", attended("fork-exit", "pause"))
            host.start("job")
            line, = wait_until(lambda: [line for line in host.complaints() if "has ended before" in line], "line in syslog")
            self.assertRegex(line, r"the daemon, process \d+, has ended before it sent READY=1; process \d+ \(fake-daemon\) of it "
                             "goes on: if the daemon has gone into the background, keep it in the foreground$")
            for process in host.processes():
                if process.comm == "fake-daemon":
                    os.kill(process.pid, signal.SIGKILL)
            self.assert_nothing_left(host)

    def test_a_stop_is_named_where_nobody_waits_for_one(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(directory + "/notify")
            words = [BRIDGE, "-i", "datagram", "-t", "systemd", "-N", "--", DAEMON, "stop", "pause"]
            bridge = subprocess.Popen(words, env={**os.environ, "NOTIFY_SOCKET": directory + "/notify"},
                                      stderr=subprocess.PIPE, text=True)
            try:
                said = bridge.stderr.readline()
            finally:
                bridge.kill()
                bridge.wait()
                bridge.stderr.close()
        self.assertRegex(said, r"has not sent READY=1 within 10 s: it has sent nothing; it has stopped itself, as a daemon for "
                         "upstart does: -t upstart; nobody waits for that$")

    def test_who_has_said_it_and_when_is_told_with_verbose(self):
        with Host() as host:
            host.job("job", attended("--verbose", READY, "pause"))
            pid = self.assert_started(host)
            line = [line for line in host.wait_output("job", "ready after") if "ready after" in line]
            self.assertRegex(line[0], r"^cross-init-bridge: ready after \d+\.\d{3} s, said by process %d$" % pid)
            host.stop("job")
            host.job("when", "expect stop\n" + run(*bridge("--ready-when=path:/", "--verbose", "pause")))
            self.assert_started(host, "when")
            line = [line for line in host.wait_output("when", "ready after") if "ready after" in line]
            self.assertRegex(line[0], r"ready after \d+\.\d{3} s: path:/ holds$")
            host.stop("when")

    def test_what_is_seen_is_said(self):
        limit = r"; it is ended in 80 s if nothing changes \(--start-timeout; with 0, never\)"
        rows = {
            "silent": (["pause"], "it has sent nothing" + limit),
            "speaks": (["notify=STATUS=x", "pause"], "it has sent other notifications" + limit),
            "parent": (["fork-child", "notify-child=READY=1", "pause"], r"process \d+( \(fake-daemon\))?, user 0, has, which may "
                       r"not: --notify-access=all allows it; it has a child, process \d+ \(fake-daemon\)" + limit),
            "stops": (["stop", "pause"], "it has sent nothing; upstart does not wait for it: it has stopped itself, as a daemon made "
                      "for upstart does, which needs no bridge here, or 'expect stop' is missing in the job" + limit),
            "endless": (["--start-timeout=0", "pause"], "it has sent nothing; upstart waits without a limit"),
        }
        with Host() as host:
            for job, (actions, _) in rows.items():
                host.job(job, attended(*actions))
            for job, words, said in self.others(host):
                host.job(job, "expect stop\n" + run(*bridge("--notify", command=words)))
                rows[job] = (None, "it has sent nothing; " + said + limit)
            directory = self.add_listener(host)
            rows["listens"] = (None, r"it has sent nothing; it listens at tcp:127\.0\.0\.1:\d+, unix:%s/socket, "
                               "which --ready-when can wait for" % re.escape(directory) + limit)
            for job in rows:
                host.start(job, wait=False)
            for job, (_, said) in rows.items():
                with self.subTest(job):
                    host.wait_output(job, "within 10 s", timeout=30)
                    line = [line for line in host.bridge_lines(job) if "within 10 s" in line]
                    self.assertEqual(len(line), 1)
                    self.assertRegex(line[0], r"^cross-init-bridge: the daemon, process \d+, has not sent READY=1 "
                                     "within 10 s: " + said + "$")
            for job in rows:
                os.killpg(host.outer_pid(host.status(job).pid), signal.SIGKILL)
            host.wait_end_of_babysitters()


if __name__ == "__main__":
    tap.main()
