# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: the readiness of a daemon for systemd (shape attend).

Separate from the sockets and from real daemons, because here each row is one thing that a daemon, a
job or an init may do, and what must come of it.

These are the cases in which the 2014 predecessor failed ("stuck": the job stays in `spawned`, and
`initctl start` and then `initctl stop` hang). "Case N" in a test is the row of that number.

  1  anything before READY=1: STATUS, EXTEND_TIMEOUT_USEC, MAINPID, RELOADING, BARRIER, FDSTORE, a
     message over 4 KiB: stuck; the helper spins with all signals blocked and outlives the daemon
  2  a root daemon drops privileges, then sends READY=1: EACCES, stuck
  3  READY=1 from a child, or from systemd-notify run as a user: ignored silently, stuck
  4  a job without `expect stop`: the daemon is frozen (T) while the job says running
  5  a daemon that waits for all its children blocks on the helper, a child it does not know
  6  the helper is killed before READY=1: no program can cure it
  7  MAINPID= and the parent exits: test_upstart_supervise
  8  STOPPING=1 during shutdown: ENOENT, the group's SIGTERM took the helper first
  9  a daemon that drops privileges and exits: helper and directory remain up to 60 s
  10 inet6, two sockets, a stale UPSTART_FDS, another job's listener: test_upstart_sockets
  11 variables left to the daemon: UPSTART_INSTANCE, UPSTART_EVENTS, PROTO, PORT, ADDR, SOCKET_PATH
  12 haproxy -Ws: test_upstart_daemons
"""
import errno
import os
import shlex
import signal
import sys
import time

import tap
from upstart_case import (AS_USER, BRIDGE, DAEMON, DROP_PRIVILEGES, ENDS, NOT_WAITED_FOR, READY, USERS, Host,
                          UpstartTestCase, attended, bridge, needs_root, normalise, run, wait_until)
from upstart_host import read_stat

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")

NOT_ALLOWED = "--notify-access=all"
NO_REACTION = "has not reacted"

# What may come before READY=1 and is none (case 1). A row is the daemon's actions.
EARLIER = {
    "status": ["notify=STATUS=hello"],
    "extend timeout": ["notify=EXTEND_TIMEOUT_USEC=1000000"],
    "main pid": ["notify=MAINPID=1"],
    "reloading": [r"notify=RELOADING=1\nMONOTONIC_USEC=1"],
    "stopping": ["notify=STOPPING=1"],
    "errno": [r"notify=ERRNO=2\nBUSERROR=x.y\nEXIT_STATUS=1"],
    "watchdog": [r"notify=WATCHDOG=1\nWATCHDOG_USEC=1000"],
    "barrier": ["barrier"],
    "a barrier with company": [r"notify-fds=1:BARRIER=1\nREADY=1"],  # ignored whole, sd_notify(3)
    "fd store": [r"notify-fds=3:FDSTORE=1\nFDNAME=x"],
    "all the descriptors that fit": ["notify-fds=253:FDSTORE=1"],
    "descriptors for nothing": ["notify-fds=2:"],
    "more than 4 KiB": ["notify=STATUS=" + "x" * 5000],
    "more than 64 KiB": ["notify=STATUS=" + "x" * 70000],
    "NUL inside": [r"notify=STATUS=a\0b\nREADY=1"],
    "empty": ["notify="],
    "only line ends": [r"notify=\n\n\n"],
    "garbage": [r"notify=\xff\xfe=\x80", "notify==", "notify=READY"],
    "no readiness": ["notify=READY=0", "notify=READY=10", "notify=XREADY=1", "notify= READY=1"],
    "a thousand": ["notify-repeat=1000:STATUS=x"],
    "from a child": ["notify-child=STATUS=x"],
    "privileges dropped": ["notify=STATUS=x", *DROP_PRIVILEGES, "notify=STATUS=y"],
}

# READY=1 as it may be said.
WAYS = {
    "alone": [READY],
    "with a line end": [r"notify=READY=1\n"],
    "with a NUL at the end": [r"notify=READY=1\0"],
    "last of several": [r"notify=STATUS=x\nERRNO=1\nREADY=1"],
    "first of several": [r"notify=READY=1\nSTATUS=x"],
    "with descriptors": ["notify-fds=2:READY=1"],
    "twice": [READY, READY],
    "followed by much": [READY, "notify-repeat=200:STATUS=x"],
    "a reload after it": [READY, r"notify=RELOADING=1\nMONOTONIC_USEC=1", READY],
    "privileges dropped": [*DROP_PRIVILEGES, READY],  # case 2
    "own session": ["setsid", "setpgid", READY],
    "helpers": ["fork-child", "fork-child", READY, "fork-child"],
    "long": [r"notify=STATUS=%s\nREADY=1" % ("x" * 3000)],
}


# All that can be survived, those that the C library keeps to itself as well.
EVERY_SIGNAL = [signum for signum in range(1, 65) if signum not in (signal.SIGKILL, signal.SIGSTOP)]

# What the babysitter has to say about some of these.
REMARKS = {
    "main pid": "names another main process",
    "fd store": "wants descriptors to be kept",
    "all the descriptors that fit": "wants descriptors to be kept",
    "more than 4 KiB": "dropped a notification",
    "more than 64 KiB": "dropped a notification",
}


# Said for root where Upstart does not answer: whether sockets are missing nobody knows then.
SOCKETS_UNKNOWN = "whether the job starts on sockets is not known"


class MessageTest(UpstartTestCase):
    def test_what_comes_before_readiness_is_none(self):
        """Case 1. The barrier shows that the babysitter has read the rest."""
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            for name, actions in EARLIER.items():
                with self.subTest(name):
                    job = next(self.names)
                    host.job(job, attended(*actions, "barrier", "touch=%s" % post, "wait-file=%s" % gate, READY,
                                           "pause"))
                    host.start(job, wait=False)
                    post.wait()
                    self.assert_state(host, job, "start", "spawned")
                    gate.open()
                    host.wait(job, "start/running")
                    self.assert_running(host, job)
                    remark = REMARKS.get(name)
                    self.assertEqual([remark in line for line in host.bridge_lines(job)], [True] if remark else [])
                    gate.close()
                    self.assertEqual(host.stop(job).rc, 0)
                    self.assert_nothing_left(host)
            self.assertEqual(host.complaints(), [])

    def test_ways_to_say_it(self):
        with Host() as host:
            for name, actions in WAYS.items():
                for user in USERS:
                    if user and DROP_PRIVILEGES[0] in actions:
                        continue
                    with self.subTest(name, user=user):
                        job = next(self.names)
                        host.job(job, user + attended(*actions, "pause"))
                        self.assert_started(host, job)
                        self.assertEqual(host.bridge_lines(job), [])
                        self.assertEqual(host.stop(job).rc, 0)
                        self.assert_nothing_left(host)
            self.assertEqual(host.complaints(), [])

    def test_barriers_are_answered(self):
        """Before and after READY=1, and when READY=1 is settling."""
        with Host() as host:
            post = host.signpost()
            barriers = ["barrier"] * 100
            host.job("job", attended(*barriers, READY, *barriers, "barrier-child", *DROP_PRIVILEGES, "barrier",
                                     "touch=%s" % post, "pause"))
            self.assertEqual(host.start("job").rc, 0)
            post.wait()
            self.assert_running(host)
            host.stop("job")

    def test_daemon_in_another_root(self):
        """It has sent READY=1 before: from in there no path leads to the socket, with systemd neither."""
        with Host() as host:
            post = host.signpost()
            os.mkdir(host.dir + "/root")
            host.job("job", attended("touch=%s" % post, READY, "chroot=%s/root" % host.dir, *DROP_PRIVILEGES, "pause"))
            self.assert_started(host)
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_many_at_once(self):
        """Each babysitter minds its own daemon."""
        with Host() as host:
            gate = host.gate()
            host.job("job", "instance $I\n" + attended("wait-file=%s" % gate, READY, "pause"))
            names = ["i%d" % i for i in range(20)]
            for name in names:
                host.start("job", "I=" + name, wait=False)
            for name in names:
                host.wait("job", "start/spawned", name)
            gate.open()
            for name in names:
                host.wait("job", "start/running", name)
                host.stop("job", "I=" + name)
            self.assert_nothing_left(host)


class AccessTest(UpstartTestCase):
    """Who may say READY=1 (case 3)."""

    def test_a_child_needs_access(self):
        with Host() as host:
            host.job("job", attended("notify-child=READY=1", "--notify-access=all", "pause"))
            self.assert_started(host)
            host.stop("job")

    def test_a_refused_readiness_is_told_once(self):
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            host.job("job", attended(*["notify-child=READY=1"] * 3, "touch=%s" % post, "wait-file=%s" % gate, READY,
                                     "pause"))
            host.start("job", wait=False)
            post.wait()
            self.assert_state(host, "job", "start", "spawned")
            lines = host.wait_output("job", NOT_ALLOWED)
            self.assertEqual(len(lines), 1, lines)
            gate.open()
            host.wait("job", "start/running")
            host.stop("job")
            self.assertEqual(len(host.bridge_lines("job")), 1)
            self.assertEqual(host.complaints(), [])

    def test_another_user_among_the_daemon_s_processes(self):
        """all is root, the daemon's own users, and its processes: not whoever finds the socket (upstart_notify)."""
        for access, state in ("main", "spawned"), ("all", "running"):
            with self.subTest(access=access), Host() as host:
                post, gate = host.signpost(), host.gate()
                script = "setpriv --reuid=12345 --clear-groups %s && exec %s" % (
                    shlex.join((DAEMON, READY, "barrier")),
                    shlex.join((DAEMON, "touch=%s" % post, "wait-file=%s" % gate, READY, "pause")))
                host.job("job", "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--notify-access=" + access, "--",
                                                      "sh", "-c", script))
                host.start("job", wait=False)
                post.wait()
                self.assert_state(host, "job", "start", state)
                gate.open()
                host.wait("job", "start/running")
                host.stop("job")

    def test_systemd_notify_from_a_script(self):
        """As root it speaks in the name of its parent, which a user may not: that needs `all`."""
        rows = (
            ("", "main", True),
            ("", "all", True),
            (AS_USER, "all", True),
            (AS_USER, "main", False),
        )
        with Host() as host:
            for number, (user, access, is_ready) in enumerate(rows):
                with self.subTest(user=user, access=access):
                    job, post, gate = "job%d" % number, host.signpost("post%d" % number), host.gate("gate%d" % number)
                    script = "systemd-notify --ready --status=up; echo $? > %s; exec %s wait-file=%s %s pause" % (
                        post, DAEMON, gate, READY)
                    host.job(job, user + "expect stop\n" + run(
                        BRIDGE, "-t", "systemd", "-N", "--notify-access=" + access, "--", "sh", "-c", script))
                    host.start(job, wait=False)
                    self.assertEqual(post.wait(), "0\n")  # its barrier has been answered
                    if is_ready:
                        host.wait(job, "start/running")
                    else:
                        host.wait_output(job, NOT_ALLOWED)
                        self.assert_state(host, job, "start", "spawned")
                    gate.open()
                    host.wait(job, "start/running")
                    host.stop(job)
                    self.assert_nothing_left(host)


class NotExpectedTest(UpstartTestCase):
    """A job without `expect stop` (case 4): the daemon runs on, and the log names the stanza."""

    def check(self, host, stanzas="", state="start/running"):
        host.job("job", stanzas + run(*bridge("--notify", READY, "pause")))
        host.start("job", wait=False)
        lines = [line for line in host.wait_output("job", NOT_WAITED_FOR) if SOCKETS_UNKNOWN not in line]
        self.assertEqual(len(lines), 1, lines)
        host.wait("job", state)
        pid = host.status("job").pid
        host.wait_state(pid, "S", timeout=6)
        return pid

    def test_daemon_runs(self):
        rows = (
            ("root", "", {}),
            ("root, system bus", "", {"system_bus": True}),
            ("user, no bus", AS_USER, {}),
            ("user, system bus", AS_USER, {"system_bus": True}),
            ("pre-start", "pre-start exec true\n", {}),
        )
        for name, stanzas, options in rows:
            with self.subTest(name), Host(**options) as host:
                self.check(host, stanzas)
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)

    def test_bus_hangs(self):
        for user in USERS:
            with self.subTest(user=user), Host(system_bus=True) as host:
                host.hang_bus()
                self.check(host, user)
                host.answer_bus()
                host.stop("job")

    def test_console_none(self):
        """With no console to say it on, it is said where all else is said later."""
        with Host() as host:
            host.job("job", "console none\n" + run(*bridge("--notify", READY, "pause")))
            self.assertEqual(host.start("job").rc, 0)
            host.syslog(NOT_WAITED_FOR, timeout=8)
            host.stop("job")

    def test_post_start_is_no_spawned(self):
        """The state is post-start, not running: it waits for nothing of ours either."""
        with Host() as host:
            gate = host.gate()
            self.check(host, "post-start exec %s wait-file=%s\n" % (DAEMON, gate), "start/post-start")
            gate.open()
            host.wait("job", "start/running")
            host.stop("job")

    def test_after_a_stall(self):
        """PID 1 looks late and does not care: only then is the daemon continued."""
        for user in USERS:
            with self.subTest(user=user), Host() as host:
                post, gate = host.signpost(), host.gate()
                host.job("job", user + run(*bridge("--notify", "touch=%s" % post, "wait-file=%s" % gate, READY,
                                                   "pause")))
                self.assertEqual(host.start("job").rc, 0)
                post.wait()
                pid = host.status("job").pid
                host.stall()
                gate.open()
                host.wait_state(pid, "T")
                host.wait_quietly(pid, 0.5)
                self.assertEqual(host.state_of(pid), "T")
                host.resume()
                host.wait_output("job", NOT_WAITED_FOR)
                host.wait_state(pid, "S")
                host.stop("job")


class ForeignTest(UpstartTestCase):
    """A daemon that has become a user's whom the babysitter may not signal: as a user's that becomes root."""

    MAY_NOT = ("/usr/bin/setpriv", "--bounding-set=-kill", "--inh-caps=-kill")

    def job(self, host, *options):
        host.job("job", "expect stop\n" + run(*self.MAY_NOT, *bridge("--notify", *options, *DROP_PRIVILEGES, READY, "pause")))
        host.start("job", wait=False)

    def test_cannot_be_stopped(self):
        """Said at once, on the console and to syslog, with the cure."""
        with Host() as host:
            self.job(host)
            for words in host.wait_output("job", "has become another user's"), host.syslog("has become another user's")[0]:
                self.assertIn("add --supervise", str(words))
            self.assert_state(host, "job", "start", "spawned")
            host.kill(host.status("job").pid, signal.SIGKILL)
            host.wait("job", "stop/waiting")

    def test_supervise_is_the_cure(self):
        with Host() as host:
            self.job(host, "--supervise")
            host.wait("job", "start/running")
            self.assertEqual(host.bridge_lines("job"), [])
            host.kill(host.status("job").pid, signal.SIGKILL)
            host.wait("job", "stop/waiting")
            for process in host.processes():
                if process.comm == "fake-daemon":
                    os.kill(process.pid, signal.SIGKILL)


    def test_what_cannot_be_ended_ends_visibly(self):
        """With a parent: the job, which would wait for ever, fails; the daemon is left, and named."""
        for how, options in ("late", ["--start-timeout=1"]), ("alone", []):
            with self.subTest(how=how), Host() as host:
                post = host.signpost()
                host.job("job", "expect stop\n" + run(*self.MAY_NOT, *bridge(
                    "--notify", "--supervise", *options, *DROP_PRIVILEGES, "touch=%s" % post, "pause")))
                host.start("job", wait=False)
                post.wait()
                if how == "alone":
                    parent = host.status("job").pid
                    os.kill(next(p.pid for p in host.babysitters() if p.inner != parent), signal.SIGKILL)
                host.wait("job", "stop/waiting")
                host.wait_output("job", "is not ours to end, and stays")
                daemon, = (process for process in host.processes() if process.comm == "fake-daemon")
                os.kill(daemon.pid, signal.SIGKILL)
                host.wait_end_of_babysitters()

    def test_a_parent_that_cannot_be_stopped_ends_visibly(self):
        """As where a security module forbids signals among one's own processes."""
        wrap = [word for number in ("62", "424") for word in (sys.executable, WITHOUT_CALL, number, str(errno.EPERM))]
        with Host() as host:
            host.job("job", "expect stop\n" + run(*wrap, *bridge("--notify", "--supervise", READY, "pause")))
            self.assertNotEqual(host.start("job").rc, 0)
            host.wait_output("job", "we may not stop its parent")
            self.assert_nothing_left(host)


class StallTest(UpstartTestCase):
    """PID 1 is busy when the daemon is ready: only PID 1 may continue it, or the stop is lost."""

    def stalled(self, host, stanzas):
        """A job whose daemon became ready during the stall, so that it is stopped; its pid."""
        post, gate = host.signpost(), host.gate()
        host.job("job", stanzas + attended("touch=%s" % post, "wait-file=%s" % gate, READY, "pause"))
        host.start("job", wait=False)
        post.wait()
        pid = host.status("job").pid
        host.stall()
        gate.open()
        host.wait_state(pid, "T")
        return pid

    def test_short_and_long(self):
        """0.2 s and 3 s, as root (who can ask) and as a user without a bus (who has to look)."""
        rows = [(user, seconds) for seconds in (0.2, 3) for user in USERS]
        with Host() as a, Host() as b, Host() as c, Host() as d:
            began = time.monotonic()
            runs = [(host, self.stalled(host, user), seconds) for host, (user, seconds) in zip((a, b, c, d), rows)]
            for host, pid, seconds in runs:
                host.wait_quietly(pid, max(0, began + seconds - time.monotonic()))
                self.assertEqual(host.state_of(pid), "T", "continued by somebody else than PID 1")
                host.resume()
                host.wait("job", "start/running")
                host.wait_state(pid, "S")
                self.assertEqual(host.bridge_lines("job"), [])
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)

    def test_longer_than_we_wait(self):
        """After 10 s the daemon goes on. PID 1 has lost the stop when it comes back, and is told again."""
        with Host() as host:
            pid = self.stalled(host, "")
            host.wait_state(pid, "S", timeout=15)
            host.resume()
            self.assert_state(host, "job", "start", "spawned")
            host.wait("job", "start/running", timeout=20)
            host.wait_state(pid, "S")
            self.assertTrue([line for line in host.bridge_lines("job") if NO_REACTION in line])
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_bus_hangs_but_pid_1_reaps(self):
        with Host() as host:
            host.hang_bus()
            host.job("job", attended(READY, "pause"))
            self.assertEqual(host.start("job").rc, 0)
            host.wait_state(host.status("job").pid, "S")
            lines = [line for line in host.bridge_lines("job") if SOCKETS_UNKNOWN not in line]
            self.assertEqual(lines, [])
            host.stop("job")


class StageTest(UpstartTestCase):
    def test_processes_around_main(self):
        with Host() as host:
            gate = host.gate()
            host.job("job", "pre-start exec true\npost-start exec %s wait-file=%s\npre-stop exec true\n"
                     "post-stop exec true\n" % (DAEMON, gate) + attended(READY, "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/post-start")
            host.wait_state(host.status("job").pid, "S")
            gate.open()
            host.wait("job", "start/running")
            self.assertEqual(host.bridge_lines("job"), [])
            host.stop("job")

    def test_stop_while_spawned(self):
        """Upstart sends nothing until it is ready; then the TERM follows at once."""
        with Host() as host:
            gate = host.gate()
            host.job("job", attended("wait-file=%s" % gate, READY, "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            with self.assertRaises(TimeoutError):
                host.stop("job", timeout=0.2)
            self.assert_state(host, "job", "stop", "spawned")
            gate.open()
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)

    def test_reload(self):
        with Host() as host:
            post = host.signpost()
            host.job("job", attended("on-hup=touch:%s" % post, READY, "pause"))
            self.assert_started(host)
            self.assertEqual(host.reload("job").rc, 0)
            self.assertEqual(post.wait(), "hup\n")
            self.assert_running(host)
            self.assertEqual(len(host.babysitters()), 1)
            host.stop("job")


class EndTest(UpstartTestCase):
    def test_end_of_the_daemon(self):
        """Status and signal arrive unchanged; nothing of ours stays, no file and no process."""
        with Host() as host:
            post = host.signpost()
            for name, (actions, signum, says) in ENDS.items():
                for user in USERS:
                    if user and needs_root(actions):
                        continue
                    with self.subTest(name, user=user):
                        job, mark = next(self.names), len(host.log())
                        host.job(job, user + attended(*[action.replace("POST", post.path) for action in actions]))
                        host.start(job, wait=False)
                        if signum:
                            post.wait()
                            host.kill(host.status(job).pid, signum)
                        host.wait_log("%s state changed from post-stop to waiting" % job, mark)
                        lines = [line for line in host.log()[mark:] if line.startswith("%s main process (" % job)]
                        self.assertTrue(lines[-1].endswith(says), lines)
                        self.assert_nothing_left(host)

    def test_an_end_before_readiness_is_told(self):
        """Every time, in syslog: PID 1 may have closed its end of the console when the babysitter sees the end."""
        with Host() as host:
            host.job("job", attended("exit=1"))
            for _ in range(20):
                self.assertEqual(host.start("job").rc, 1)
                host.wait_end_of_babysitters()
                host.syslog()  # its queue is short
            told = [line for line in host.syslog() if "ended before it sent READY=1" in line]
            self.assertEqual(len(told), 20)

    def test_kill_timeout(self):
        with Host() as host:
            host.job("job", "kill timeout 1\n" + attended("on-term=ignore", READY, "pause"))
            self.assert_started(host)
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_a_child_that_stays_keeps_nobody(self):
        """The daemon's own, as without us; the babysitter goes with its daemon."""
        with Host() as host:
            host.job("job", attended("fork-child", READY, "exit=0"))
            host.start("job")
            host.wait("job", "stop/waiting")
            host.wait_end_of_babysitters()
            left = [process for process in host.processes() if process.state != "Z"]    # whom PID 1 has not looked at yet
            self.assertEqual([process.comm for process in left], ["fake-daemon"])
            os.kill(left[0].pid, signal.SIGKILL)

    def test_respawn(self):
        with Host() as host:
            host.job("job", "respawn\nrespawn limit 100 5\n" + attended(READY, "pause"))
            pid = self.assert_started(host)
            for _ in range(10):
                mark, before = len(host.log()), host.babysitter()
                host.kill(pid, signal.SIGKILL)
                number, _ = host.wait_log("job main process ended, respawning", mark)
                host.wait_log("job state changed from post-start to running", number)
                old, pid = pid, self.assert_running(host)
                self.assertNotEqual(pid, old)
                wait_until(lambda before=before: before.pid not in [p.pid for p in host.babysitters()],
                           "end of the old babysitter")
                self.assertEqual(len(host.babysitters()), 1)
            host.stop("job")

    def test_respawn_without_a_process(self):
        """Upstart's own bug, which in this shape nobody can cure: death in `spawned` leads to `running`."""
        with Host() as host:
            host.job("job", "respawn\n" + attended("exit=1"))
            self.assertEqual(host.start("job").rc, 0)
            self.assertIsNone(host.status("job").pid)
            host.wait_end_of_babysitters()
            self.assert_nothing_left(host)

    def test_two_hundred_times(self):
        with Host() as host:
            for job, user, count in ("root", "", 150), ("user", AS_USER, 50):
                host.job(job, user + attended(READY, "pause"))
                for _ in range(count):
                    self.assert_started(host, job)
                    self.assertEqual(host.stop(job).rc, 0)
            self.assert_nothing_left(host)
            self.assertEqual(host.complaints(), [])


class BabysitterTest(UpstartTestCase):
    def test_is_no_child_of_the_daemon(self):
        """Case 5."""
        with Host() as host:
            for user in USERS:
                mark = len(host.log())
                host.job("job", user + attended(READY, "wait-children", "exit=7"))
                host.start("job")
                host.wait_log("terminated with status 7", mark)
                host.wait("job", "stop/waiting")

    def test_is_there_until_the_daemon_has_said_that_it_stops(self):
        """Case 8. Neither the group's SIGTERM takes it, nor one to itself."""
        with Host() as host:
            said = host.signpost("said")
            term = host.gate("term")
            os.chmod(host.dir, 0o777)  # a user's daemon makes the file
            for user in USERS:
                with self.subTest(user=user):
                    host.job("job", user + attended("on-term=touch:%s" % term, READY, "wait-file=%s" % term,
                                                      "notify=STOPPING=1", "barrier", "touch=%s" % said, "exit=0"))
                    self.assert_started(host)
                    for signum in EVERY_SIGNAL:
                        os.kill(host.babysitter().pid, signum)
                    host.stop("job")
                    said.wait()
                    self.assert_nothing_left(host)
                    term.close()

    def test_survives_all_signals_before_readiness(self):
        """Those of a limit, a write, a timer and the real-time ones as well; and takes none for the daemon's."""
        with Host() as host:
            for user in USERS:
                with self.subTest(user=user):
                    job, post, gate = next(self.names), host.signpost(next(self.names)), host.gate(next(self.names))
                    host.job(job, user + attended("touch=%s" % post, "wait-file=%s" % gate, READY, "pause"))
                    host.start(job, wait=False)
                    post.wait()
                    for signum in EVERY_SIGNAL:
                        os.kill(host.babysitter().pid, signum)
                    gate.open()
                    host.wait(job, "start/running")
                    host.stop(job)
                    self.assert_nothing_left(host)

    def test_what_a_killed_one_leaves_goes_with_a_later_start(self):
        with Host() as host:
            for when, actions in ("before", ["pause"]), ("after", [READY, "pause"]):
                with self.subTest(when=when):
                    post, job, other = host.signpost(next(self.names)), next(self.names), next(self.names)
                    host.job(job, attended(*actions[:-1], "touch=%s" % post, *actions[-1:]))
                    host.start(job, wait=False)
                    post.wait()
                    os.kill(host.babysitter().pid, signal.SIGKILL)
                    host.wait_end_of_babysitters()
                    host.job(other, attended(READY, "pause"))
                    self.assert_started(host, other)
                    self.assertEqual(len(self.directories(host)), 2, "the daemon, and its directory, are still there")
                    host.stop(other)
                    host.wait_end_of_babysitters()      # and of its directory
                    host.kill(host.status(job).pid, signal.SIGKILL)
                    host.wait(job, "stop/waiting")
                    self.assertEqual(len(self.directories(host)), 1)
                    self.assert_started(host, other)
                    self.assertEqual(len(self.directories(host)), 1)
                    host.stop(other)
                    self.assert_nothing_left(host)

    @staticmethod
    def directories(host):
        return [name for name in os.listdir(host.path("/run")) if name.startswith("cross-init-bridge")]

    def test_what_is_said_to_a_full_file_harms_nobody(self):
        """Neither launcher nor babysitter, nor the tracked parent, which would take SIGXFSZ for one to pass on."""
        with Host() as host:
            os.chmod(host.dir, 0o777)
            for options in ["--verbose"], ["--verbose", "--supervise"]:
                for user in USERS:
                    with self.subTest(options=options, user=user):
                        job, path = next(self.names), os.path.join(host.dir, next(self.names))
                        words = bridge("--notify", *options, "notify=FDSTORE=1", "notify-child=STATUS=x", READY, "pause")
                        script = "ulimit -f 0; exec %s 2>%s" % (shlex.join(words), path)
                        host.job(job, user + "expect stop\n" + run("sh", "-c", script))
                        self.assert_started(host, job)
                        self.assertEqual(os.stat(path).st_size, 0)
                        host.stop(job)
                        self.assert_nothing_left(host)

    def test_minimal_and_idle(self):
        """Two descriptors beside 0-2, which are /dev/null; no wake-up in two seconds."""
        for user in USERS:
            with self.subTest(user=user), Host() as host:
                host.job("job", user + "chdir /usr\n" + attended(READY, "barrier", "pause"))
                self.assert_started(host)
                sitter = host.settled_babysitter()
                fds = host.fds_of(sitter.pid)
                self.assertEqual([fds.pop(fd) for fd in (0, 1, 2)], ["/dev/null"] * 3)
                self.assertEqual(len(fds), 2, fds)
                self.assertEqual(os.readlink("/proc/%d/cwd" % sitter.pid), "/")
                self.assertEqual((sitter.ppid, os.getsid(sitter.pid)), (host.pid, sitter.pid))
                wait_until(lambda: read_stat(sitter.pid).state == "S", "sleep of the babysitter")
                before = self.switches(sitter)
                host.wait_quietly(sitter.inner, 2)
                self.assertEqual(self.switches(sitter), before)
                print("# babysitter:", *self.memory(sitter), file=sys.stderr)

    @staticmethod
    def switches(process):
        with open("/proc/%d/status" % process.pid) as file:
            return [line.split()[1] for line in file if "ctxt_switches" in line]

    @staticmethod
    def memory(process):
        with open("/proc/%d/smaps_rollup" % process.pid) as file:
            return [" ".join(line.split()) for line in file if line.startswith(("Rss:", "Pss:", "Private_Dirty:"))]

    def test_socket_is_hidden_and_safe(self):
        """A directory of root's that nobody can list or change, and a path that /proc/net/unix does not tell."""
        with Host() as host:
            host.job("job", attended(READY, "pause"))
            pid = self.assert_started(host)
            address = [word for word in host.proc(pid, "environ").split("\0") if word.startswith("NOTIFY_SOCKET=")]
            path = address[0].partition("=")[2]
            directory = os.stat(host.path(os.path.dirname(path)))
            self.assertEqual((directory.st_mode & 0o7777, directory.st_uid), (0o711, 0))
            self.assertEqual(os.stat(host.path(path)).st_mode & 0o777, 0o666)
            self.assertNotIn(path, host.proc(pid, "net/unix"))
            host.stop("job")

    def test_end_after_ready(self):
        """It leaves as soon as Upstart knows; an abstract name it has to hold, or another could take it."""
        with Host() as host:
            host.job("job", attended("--end-after-ready", READY, "pause"))
            self.assert_started(host)
            host.wait_end_of_babysitters()
            self.assertEqual([process.comm for process in host.processes() if process.state != "Z"], ["fake-daemon"])
            self.assertEqual([name for name in os.listdir(host.path("/run")) if name.startswith("cross")], [])
            self.assertEqual(host.stop("job").rc, 0)
            host.job("user", "setuid nobody\n" + attended("--end-after-ready", READY, "pause"))
            self.assert_started(host, "user")
            self.assertEqual(len(host.babysitters()), 1)
            host.stop("user")

    def late_message(self, host):
        """A wish that cannot be met when readiness has settled: the babysitter has let go of the daemon's stderr."""
        gate = host.gate()
        host.job("job", attended(READY, "wait-file=%s" % gate, "notify=FDSTORE=1", "pause"))
        self.assertEqual(host.start("job").rc, 0)
        host.settled_babysitter()
        gate.open()

    def test_late_messages_go_to_syslog(self):
        """The daemon's console is the daemon's alone from then on."""
        with Host() as host:
            self.late_message(host)
            line = host.syslog("descriptors to be kept")[-1]
            self.assertRegex(line, r"^<28>cross-init-bridge\[\d+\]: job: ")
            self.assertEqual(host.bridge_lines("job"), [])

    def test_late_messages_without_syslog_go_to_the_kernel(self):
        with Host(syslog=False) as host:
            self.late_message(host)
            wait_until(lambda: "descriptors to be kept" in host.kmsg(), "line in /dev/kmsg")


class TransparencyTest(UpstartTestCase):
    """What the daemon sees with the bridge and without differs only in what its target defines."""

    # stanzas of the job, and words before the bridge or the daemon
    WORLDS = {
        "plain": ("", []),
        "user": (AS_USER, []),
        "stanzas": ("umask 077\nlimit nofile 64 64\nchdir /usr\nconsole none\nenv COLOUR=blue\n", []),
        "signals": ("", ["env", "--ignore-signal=HUP,CHLD,PIPE", "--block-signal=USR1,TERM"]),
        "niceness": ("", ["nice", "-n", "5"]),
        "no console": ("", ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]),
        "more descriptors": ("", ["sh", "-c", 'exec "$@" 3</dev/null 5>/dev/zero 7<>/dev/full', "sh"]),
        "fewer capabilities": ("", ["setpriv", "--bounding-set=-sys_time", "--inh-caps=-all", "--no-new-privs"]),
    }

    # the words of the bridge, and the daemon's actions before it reports
    SHAPES = {
        "replace": ("", [BRIDGE, "--target=systemd", "--"], []),
        "attend": ("expect stop\n", [BRIDGE, "--target=systemd", "--notify", "--"], [READY, "barrier"]),
    }

    def see(self, stanzas, words):
        with Host() as host:
            post = host.signpost()
            os.chmod(host.dir, 0o777)
            host.job("job", stanzas + run(*words, "report=%s/report" % host.dir, "touch=%s" % post, "pause"))
            self.assertEqual(host.start("job").rc, 0)
            post.wait()
            report = host.read_report()
            host.kill(host.status("job").pid, signal.SIGKILL)  # the world may have blocked the TERM
            return normalise(report)

    def test_daemon_sees_what_it_would_see_without_us(self):
        for world, (stanzas, prefix) in self.WORLDS.items():
            alone = self.see(stanzas, prefix + [DAEMON])
            expected = [line for line in alone if not line.startswith("env UPSTART_")]
            self.assertEqual(len(expected), len(alone) - 2)
            for shape, (expect, words, actions) in self.SHAPES.items():
                with self.subTest(world=world, shape=shape):
                    seen = self.see(stanzas + expect, prefix + words + [DAEMON] + actions)
                    address = [line for line in seen if line.startswith("env NOTIFY_SOCKET=")]
                    self.assertEqual(len(address), 1 if actions else 0)
                    self.assertEqual([line for line in seen if line not in address], expected)

    def test_nothing_is_left_of_the_event(self):
        """Case 11."""
        variables = ("UPSTART_EVENTS", "UPSTART_FDS", "PROTO", "PORT", "ADDR", "SOCKET_PATH", "UPSTART_JOB",
                     "UPSTART_INSTANCE", "UPSTART_STOP_EVENTS")
        for option in (), ("--notify",):
            with self.subTest(option=option), Host() as host:
                post = host.signpost()
                host.job("job", "expect stop\n" * len(option) + "start on go\n" + run(*bridge(
                    *option, "report=%s/report" % host.dir, *([READY] if option else []), "touch=%s" % post, "pause")))
                host.emit("go", "PROTO=inet", "PORT=1", "ADDR=::", "SOCKET_PATH=/x", "COLOUR=red")
                post.wait()
                env = host.read_report().env
                self.assertFalse(set(variables) & set(env), env)
                self.assertEqual(env["COLOUR"], "red")


class FailureTest(UpstartTestCase):
    """What fails before the daemon runs leaves nothing, and says so in one line."""

    def test_command(self):
        with Host() as host:
            files = {"text": ("no program\n", 0o644), "garbage": ("\x01\x02\x03\x04garbage", 0o755),
                     "no-interpreter": ("#!/nonexistent/interpreter\n", 0o755)}
            for name, (text, mode) in files.items():
                path = os.path.join(host.dir, name)
                with open(path, "w") as file:
                    file.write(text)
                os.chmod(path, mode)
            rows = (
                ("/nonexistent", 127), ("nonexistent", 127), (host.dir, 126), (host.dir + "/text", 126),
                (host.dir + "/text/x", 126), (host.dir + "/garbage", 126), (host.dir + "/no-interpreter", 127),
            )
            for command, status in rows:
                for options in (), ("--notify",):
                    for user in USERS:
                        with self.subTest(command=command, options=options, user=user):
                            job = next(self.names)
                            host.job(job, user + run(*bridge(*options, command=[command])))
                            self.assert_refused(host, job, command, status=status)
                            self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
