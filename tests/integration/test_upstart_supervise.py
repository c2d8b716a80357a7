# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: the parent that stays (shape supervise).

Separate from the readiness of attend, which is the same babysitter's work: here is what a parent in
between must do, and must not be noticed by. Upstart knows only the parent, so the daemon is found by
its name.
"""
import contextlib
import errno
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import tap
from real_daemons import DAEMONS
from upstart_case import (AS_USER, BRIDGE, DAEMON, DROP_PRIVILEGES, ENDS, NOT_WAITED_FOR, READY, USERS, Host,
                          UpstartTestCase, attended, bridge, least, needs_root, normalise, reload_until_new, run, wait_until)
from upstart_host import read_stat, wait_for_end

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
RESPAWN = "respawn\nrespawn limit 20 5\n"


# A daemon that announces a child by its pid and by what is this much off the inode of its pidfd.
ANNOUNCE = """import os, subprocess, sys
daemon, difference, post = sys.argv[1:]
child = subprocess.Popen([daemon, "pause"])
number = os.fstat(os.pidfd_open(child.pid)).st_ino + int(difference)
message = "notify=MAINPID=%d\\\\nMAINPIDFDID=%d\\\\nREADY=1" % (child.pid, number)
os.execv(daemon, [daemon, message, "barrier", "touch=" + post, "pause"])
"""


# A daemon that announces a process of its world by its number, or by a pidfd with a false number beside it.
ANNOUNCE_ANY = """import array, os, socket, subprocess, sys
daemon, (how, whom), post = sys.argv[1], sys.argv[2].split(), sys.argv[3]
child = subprocess.Popen([daemon, "pause"])
if whom == "child":
    pid = child.pid
elif whom == "zombie":
    zombie = subprocess.Popen([daemon])     # a name for it: without one Python would reap it
    pid = zombie.pid
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
elif whom == "babysitter":
    def stays(pid):     # and is one of ours: not who runs an errand, for a moment
        try:
            with open("/proc/%d/stat" % pid) as file:
                head, _, tail = file.read().rpartition(")")
            return head.partition("(")[2].startswith("cross-init") and tail.split()[35] != "0"
        except OSError:
            return False
    pid, = (pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != os.getppid() and stays(pid))
else:
    pid = {"daemon": os.getpid(), "parent": os.getppid(), "init": 1}[whom]
is_pidfd = how == "pidfd"
text = "READY=1\\nMAINPID=1\\nMAINPIDFD=1" if is_pidfd else "READY=1\\nMAINPID=%d" % pid
fds = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.pidfd_open(pid)]))] if is_pidfd else []
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
    client.sendmsg([text.encode()], fds, 0, os.environ["NOTIFY_SOCKET"])
os.execv(daemon, [daemon, "barrier", "touch=" + post, "pause"])
"""


def supervised(*words):
    """The stanzas of a job whose daemon says READY=1 and has a parent."""
    return attended("--supervise", *words)


def daemons(host):
    """Those that run, the first one first."""
    found = [process for process in host.processes() if process.comm == "fake-daemon" and process.state != "Z"]
    return sorted(found, key=lambda process: process.inner)


def has_pidfs():
    fds = [os.pidfd_open(pid) for pid in (os.getpid(), os.getppid())]
    inodes = {os.fstat(fd).st_ino for fd in fds}
    for fd in fds:
        os.close(fd)
    return len(inodes) == len(fds)


def memory(process):
    with open("/proc/%d/smaps_rollup" % process.pid) as file:
        return [" ".join(line.split()) for line in file if line.startswith(("Rss:", "Pss:", "Private_Dirty:"))]


def switches(process):
    with open("/proc/%d/status" % process.pid) as file:
        return [line.split()[1] for line in file if "ctxt_switches" in line]


class SuperviseTestCase(UpstartTestCase):
    def daemon(self, host, count=1):
        with contextlib.suppress(AssertionError):   # one that has named another is still about to leave
            wait_until(lambda: len(daemons(host)) == count, "%d daemons" % count)
        found = daemons(host)
        self.assertEqual(len(found), count, host.processes())
        return found[0]

    def parent(self, host, job="job"):
        return next(p for p in host.processes() if p.inner == host.status(job).pid)

    def sitter(self, host, job="job"):
        parent = host.status(job).pid
        return next(p for p in host.babysitters() if p.inner != parent)

    def settled(self, host, job="job"):
        """When nobody of ours holds the daemon's stderr any more."""
        for process in host.babysitters():
            wait_until(lambda process=process: host.fds_of(process.pid)[2] == "/dev/null", "end of readiness")
        return self.parent(host, job)

    def assert_ended(self, process, timeout=15):
        with contextlib.suppress(ProcessLookupError):
            pidfd = os.pidfd_open(process.pid)
            self.assertTrue(wait_for_end(pidfd, timeout), process)
            os.close(pidfd)


class ReadinessTest(SuperviseTestCase):
    def test_ready(self):
        with Host() as host:
            for actions in (), DROP_PRIVILEGES, ("fork-child",):
                for user in USERS:
                    if user and needs_root(actions):
                        continue
                    with self.subTest(user=user, actions=actions):
                        job = next(self.names)
                        host.job(job, user + supervised(*actions, READY, "pause"))
                        self.assert_started(host, job)
                        self.assertEqual(daemons(host)[0].ppid, self.parent(host, job).pid)
                        self.assertEqual(host.bridge_lines(job), [])
                        self.assertEqual(host.stop(job).rc, 0)
                        self.assert_nothing_left(host)

    def test_not_ready_before_it_says_so(self):
        with Host() as host:
            post, gate = host.signpost(), host.gate()
            host.job("job", supervised("touch=%s" % post, "wait-file=%s" % gate, READY, "pause"))
            host.start("job", wait=False)
            post.wait()
            self.assert_state(host, "job", "start", "spawned")
            gate.open()
            host.wait("job", "start/running")
            self.assertEqual(host.stop("job").rc, 0)

    def test_without_expect_stop(self):
        """Nobody is left stopped, the daemon was not for a moment, and the log names the stanza."""
        for user in USERS:
            with self.subTest(user=user), Host() as host:
                post = host.signpost()
                host.job("job", user + run(*bridge("--notify", "--supervise", "on-cont=touch:%s" % post, READY, "pause")))
                host.start("job")
                host.wait_output("job", NOT_WAITED_FOR)
                parent = self.settled(host)
                wait_until(lambda: read_stat(parent.pid).state == "S", "parent that runs")
                host.kill(daemons(host)[0].inner, signal.SIGCONT)
                self.assertEqual(post.wait(), "cont\n")  # ours is the first
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)

    def test_stalled_host(self):
        """Upstart takes note late; the daemon works on meanwhile."""
        with Host() as host:
            post, gate, on = host.signpost(), host.gate(), host.signpost("on")
            host.job("job", supervised("touch=%s" % post, "wait-file=%s" % gate, READY, "touch=%s" % on, "pause"))
            host.start("job", wait=False)
            post.wait()
            pid = host.status("job").pid
            host.stall()
            gate.open()
            on.wait()
            host.wait_state(pid, "T")
            host.wait_quietly(pid, 0.3)
            self.assertEqual(host.state_of(pid), "T")
            host.resume()
            host.wait("job", "start/running")
            self.assertEqual(host.bridge_lines("job"), [])
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_command_that_cannot_be_executed(self):
        with Host() as host:
            garbage = os.path.join(host.dir, "garbage")
            with open(garbage, "w") as file:
                file.write("\1\2\3\4garbage")
            os.chmod(garbage, 0o755)
            for command, status in ("/nonexistent", 127), (host.dir, 126), (garbage, 126):
                for user in USERS:
                    with self.subTest(command=command, user=user):
                        job = next(self.names)
                        host.job(job, user + run(*bridge("--notify", "--supervise", command=[command])))
                        self.assert_refused(host, job, command, status=status)
                        self.assert_nothing_left(host)
            self.assertEqual(host.syslog(), [])

    def test_many_times(self):
        with Host() as host:
            host.job("job", supervised(READY, "pause"))
            for _ in range(50):
                self.assert_started(host)
                self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)
            self.assertEqual(host.syslog(), [])


class EndTest(SuperviseTestCase):
    def test_end_of_the_daemon(self):
        """Upstart sees the daemon's own status or signal; nothing of ours stays."""
        with Host() as host:
            post = host.signpost()
            for name, (actions, signum, says) in ENDS.items():
                for user in USERS:
                    if user and needs_root(actions):
                        continue
                    with self.subTest(name, user=user):
                        job, mark = next(self.names), len(host.log())
                        host.job(job, user + supervised(*[action.replace("POST", post.path) for action in actions]))
                        host.start(job, wait=False)
                        if signum:
                            post.wait()
                            host.kill(self.daemon(host).inner, signum)
                        host.wait_log("%s state changed from post-stop to waiting" % job, mark)
                        lines = [line for line in host.log()[mark:] if line.startswith("%s main process (" % job)]
                        self.assertTrue(lines[-1].endswith(says), lines)
                        self.assert_nothing_left(host)

    def test_the_last_word_counts(self):
        """Ready, and at once at its end: Upstart hears of both, in this order."""
        with Host() as host:
            host.job("job", supervised(READY, "exit=3"))
            for _ in range(20):
                mark = len(host.log())
                self.assertEqual(host.start("job").rc, 0)
                host.wait_log("terminated with status 3", mark)
                self.assertTrue([line for line in host.log()[mark:] if line.endswith("stopped by STOP signal")])
                host.wait("job", "stop/waiting")

    def test_end_before_readiness(self):
        """Without `respawn` it is the failure that it is; with it, it needs --job-respawns to be started again."""
        with Host() as host:
            host.job("plain", supervised("exit=1"))
            self.assertEqual(host.start("plain").rc, 1)
            for told in host.wait_output("plain", "ended before it sent READY=1"), host.syslog("ended before it sent READY=1"):
                self.assertEqual(len([line for line in told if "ended before it sent READY=1" in line]), 1, told)
            for user in USERS:
                with self.subTest(user=user):
                    job, mark = next(self.names), len(host.log())
                    host.job(job, user + RESPAWN + attended("--supervise", "--job-respawns", "exit=1"))
                    host.start(job, wait=False)
                    host.wait_log("%s respawning too fast, stopped" % job, mark)
                    host.wait(job, "stop/waiting")
                    self.assertGreater(len([line for line in host.log()[mark:] if "terminated with status 1" in line]), 10)
                    self.assert_nothing_left(host)

    def test_job_respawns_without_expect_stop(self):
        """The parent that stops itself for nobody is continued, and ends."""
        with Host() as host:
            mark = len(host.log())
            host.job("job", run(*bridge("--notify", "--supervise", "--job-respawns", "exit=4")))
            host.start("job")
            host.wait_log("terminated with status 4", mark)
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)

    def test_respawn(self):
        with Host() as host:
            host.job("job", RESPAWN + supervised(READY, "pause"))
            self.assert_started(host)
            for _ in range(5):
                mark, before = len(host.log()), self.daemon(host)
                host.kill(before.inner, signal.SIGSEGV)
                number, _ = host.wait_log("job main process ended, respawning", mark)
                host.wait_log("job state changed from post-start to running", number)
                self.assertNotEqual(self.daemon(host).pid, before.pid)
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_orphans_are_reaped(self):
        with Host() as host:
            script = "((exit 3) & (exit 4) &); exec " + shlex.join((DAEMON, READY, "pause"))
            host.job("job", "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--supervise", "--", "sh", "-c", script))
            self.assert_started(host)
            wait_until(lambda: not [p for p in host.processes() if p.state == "Z"], "end of zombies")
            self.assertEqual(host.stop("job").rc, 0)


class SignalTest(SuperviseTestCase):
    NAMES = ("hup", "int", "quit", "usr1", "usr2", "pipe", "alrm", "term", "cont", "winch", "urg", "tstp", "ttin", "ttou")

    def test_each_reaches_the_daemon_once(self):
        with Host() as host:
            posts = {name: host.signpost(name) for name in self.NAMES}
            post = host.signpost()
            for user in USERS:
                with self.subTest(user=user):
                    job = next(self.names)
                    host.job(job, user + supervised(*["on-%s=touch:%s" % item for item in posts.items()],
                                                    READY, "touch=%s" % post, "pause"))
                    self.assert_started(host, job)
                    post.wait()
                    parent = self.settled(host, job)
                    for name in self.NAMES:
                        # the next one shows that there is no second of the one before
                        os.kill(parent.pid, getattr(signal, "SIG" + name.upper()))
                        self.assertEqual(posts[name].wait(), name + "\n")
                    os.killpg(parent.pid, signal.SIGRTMIN + 5)
                    host.wait("job" if not job else job, "stop/waiting")
                    for name in self.NAMES:
                        self.assertRaises(BlockingIOError, os.read, posts[name].fd, 100)
                    self.assert_nothing_left(host)

    def test_readiness_is_no_signal(self):
        """Upstart's SIGCONT is the parent's affair."""
        with Host() as host:
            post, cont = host.signpost(), host.signpost("cont")
            host.job("job", supervised("on-cont=touch:%s" % cont, "on-usr1=touch:%s" % post, READY, "pause"))
            for _ in range(20):
                self.assert_started(host)
                parent = self.settled(host)
                os.kill(parent.pid, signal.SIGUSR1)
                post.wait()
                self.assertRaises(BlockingIOError, os.read, cont.fd, 100)
                host.stop("job")

    def test_stop_is_for_the_group_and_reload_for_one(self):
        """As without us: Upstart signals the group to stop it, and the main process to reload it."""
        with Host() as host:
            post = host.signpost()
            host.job("job", supervised("fork-child", "on-hup=touch:%s" % post, "on-term=touch:%s" % post, READY,
                                       "wait-children", "exit=0"))
            self.assert_started(host)
            self.assertEqual(host.reload("job").rc, 0)
            self.assertEqual(post.wait(), "hup\n")
            self.daemon(host, 2)
            mark = len(host.log())
            self.assertEqual(host.stop("job").rc, 0)
            self.assertEqual(post.wait(), "term\n")
            self.assertFalse([line for line in host.log()[mark:] if "KILL" in line])
            self.assert_nothing_left(host)

    def test_a_signal_of_the_job_s_own_goes_where_it_would_have_gone(self):
        """"kill signal" to the group, "reload signal" to the main process, be they the same one."""
        for signals in ("USR1", "USR1"), ("ALRM", "USR1"), ("USR2", "HUP"):
            for how in "stop", "restart":
                with self.subTest(signals=signals, how=how), Host() as host:
                    self.check_own_signals(host, *signals, how)

    def check_own_signals(self, host, kill, reload, how):
        post = host.signpost()
        host.job("job", "kill signal %s\nreload signal %s\nkill timeout 4\n" % (kill, reload) + supervised(
            "fork-child", *("on-%s=touch:%s" % (name.lower(), post) for name in {kill, reload}),
            READY, "wait-children", "exit=0"))
        self.assert_started(host)
        for _ in range(3):
            self.assertEqual(host.reload("job").rc, 0)
            self.assertEqual(post.wait(), reload.lower() + "\n")
        self.daemon(host, 2)
        mark = len(host.log())
        self.assertEqual(getattr(host, how)("job").rc, 0)
        self.assertEqual(post.wait(), kill.lower() + "\n")
        self.assertFalse([line for line in host.log()[mark:] if "KILL" in line])
        if how == "restart":
            self.assertEqual(host.stop("job").rc, 0)
        self.assert_nothing_left(host)

    def test_a_host_that_does_not_say_what_it_means(self):
        """Then the main process has it, after a second, and what came meanwhile after it, in order."""
        with Host(system_bus=True) as host:
            path = os.path.join(host.dir, "signals")
            host.job("job", "reload signal USR1\n" + supervised(
                "fork-child", *("on-%s=touch:%s" % (name, path) for name in ("usr1", "usr2", "hup", "term")),
                READY, "wait-children"))
            self.assert_started(host)
            parent = self.settled(host)
            host.hang_bus()
            start = time.monotonic()
            self.assertEqual(host.reload("job").rc, 0)
            wait_until(lambda: any(process.comm == "bus-query" for process in host.processes()), "question")
            for signum in signal.SIGUSR2, signal.SIGHUP:
                os.kill(parent.pid, signum)
                wait_until(lambda: not self.has_pending(parent, signum), "taken")
            wait_until(lambda: len(self.lines(path)) == 3, "signals")
            self.assertEqual(self.lines(path), ["usr1", "usr2", "hup"])
            self.assertGreater(time.monotonic() - start, 0.9)
            self.daemon(host, 2)
            host.answer_bus()
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    @staticmethod
    def lines(path):
        with contextlib.suppress(FileNotFoundError), open(path) as file:
            return file.read().split()
        return []

    @staticmethod
    def has_pending(process, signum):
        with open("/proc/%d/status" % process.pid) as file:
            return any(int(line.split()[1], 16) >> (signum - 1) & 1 for line in file if line.startswith("ShdPnd"))

    def test_what_comes_early_is_kept(self):
        """From the first instant on, whatever the daemon is at."""
        with Host() as host:
            for _ in range(20):
                job, mark = next(self.names), len(host.log())
                host.job(job, supervised("pause"))
                host.start(job, wait=False)
                pid = wait_until(lambda job=job: host.status(job).pid, "process")
                host.kill(pid, signal.SIGTERM)
                host.wait_log("state changed from post-stop to waiting", mark)
                self.assert_nothing_left(host)

    def test_daemon_that_stops_itself(self):
        """It stays so, as it would without us; a SIGCONT to what Upstart knows continues it."""
        with Host() as host:
            post = host.signpost()
            host.job("job", supervised(READY, "stop", "touch=%s" % post, "pause"))
            self.assert_started(host)
            host.wait_state(self.daemon(host).inner, "T")
            os.kill(self.settled(host).pid, signal.SIGCONT)
            post.wait()
            host.stop("job")

    def test_kill_timeout(self):
        """Who ignores the stop is killed with its group, whatever user it has become."""
        for actions in (), DROP_PRIVILEGES:
            with self.subTest(actions=actions), Host() as host:
                host.job("job", "kill timeout 1\n" + supervised("on-term=ignore", "fork-child", *actions, READY, "pause"))
                self.assert_started(host)
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)


class KillTest(SuperviseTestCase):
    """SIGKILL to one of ours, at any moment: nothing is stuck, and nobody is forgotten."""

    MOMENTS = {
        "before readiness": (["touch=POST", "pause"], "start/spawned"),
        "after it": ([READY, "touch=POST", "pause"], "start/running"),
        "as another user": ([*DROP_PRIVILEGES, READY, "touch=POST", "pause"], "start/running"),
        "with a child": (["fork-child", READY, "touch=POST", "pause"], "start/running"),
        "stopped": ([READY, "touch=POST", "stop"], "start/running"),
    }

    def start(self, host, moment, post, stanzas=""):
        actions, state = self.MOMENTS[moment]
        job = next(self.names)
        host.job(job, stanzas + supervised(*[action.replace("POST", post.path) for action in actions]))
        host.start(job, wait=False)
        post.wait()
        host.wait(job, state)
        return job

    def test_parent(self):
        with Host() as host:
            post = host.signpost()
            for moment in self.MOMENTS:
                with self.subTest(moment):
                    job, mark = self.start(host, moment, post), len(host.log())
                    host.kill(host.status(job).pid, signal.SIGKILL)
                    host.wait_log("%s main process (" % job, mark)
                    host.wait(job, "stop/waiting")
                    self.assert_nothing_left(host)

    def test_parent_at_the_start(self):
        """In each of its first instants."""
        with Host() as host:
            host.job("job", supervised("pause"))
            for i in range(40):
                mark = len(host.log())
                host.start("job", wait=False)
                pid = wait_until(lambda: host.status("job").pid, "process")
                deadline = time.monotonic() + i * 0.0001
                while time.monotonic() < deadline:
                    pass
                with contextlib.suppress(ProcessLookupError):
                    host.kill(pid, signal.SIGKILL)
                host.wait_log("state changed from post-stop to waiting", mark)
            files, processes = host.leftovers()
            self.assertEqual(processes, [])
            for name in files:  # of those whose babysitter did not exist yet
                shutil.rmtree(host.path("/run/" + name))

    def test_babysitter_before_readiness(self):
        """Nobody could tell Upstart any more: better an end than a job that is stuck."""
        with Host() as host:
            post = host.signpost()
            for stanzas in "", AS_USER:
                with self.subTest(stanzas):
                    job = self.start(host, "before readiness", post, stanzas)
                    os.kill(self.sitter(host, job).pid, signal.SIGKILL)
                    host.wait(job, "stop/waiting")
                    self.assertIn("the babysitter has been killed", host.job_output(job))
                    self.assert_nothing_left(host)

    def test_babysitter_of_a_daemon_that_ignores_the_signal(self):
        with Host() as host:
            post, mark = host.signpost(), len(host.log())
            host.job("job", supervised("on-term=ignore", "touch=%s" % post, "pause"))
            host.start("job", wait=False)
            post.wait()
            os.kill(self.sitter(host).pid, signal.SIGKILL)
            host.wait_log("killed by KILL signal", mark)
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)

    def test_babysitter_after_readiness(self):
        """The daemon runs on, and is stopped like any other."""
        with Host() as host:
            post = host.signpost()
            job = self.start(host, "after it", post)
            self.settled(host, job)
            os.kill(self.sitter(host, job).pid, signal.SIGKILL)
            host.syslog("the babysitter has been killed")
            self.assert_running(host, job)
            self.daemon(host)
            self.assertEqual(host.stop(job).rc, 0)
            self.assert_nothing_left(host)

    def test_both(self):
        """A `killall -9` leaves no daemon without anybody."""
        with Host() as host:
            post = host.signpost()
            job = self.start(host, "after it", post)
            for process in host.babysitters():
                os.kill(process.pid, signal.SIGSTOP)
            for process in host.babysitters():
                os.kill(process.pid, signal.SIGKILL)
            host.wait(job, "stop/waiting")
            files, processes = host.leftovers()
            self.assertEqual(processes, [])
            for name in files:
                shutil.rmtree(host.path("/run/" + name))

    def test_while_the_host_is_stalled(self):
        """Ready, the parent stopped, and Upstart has yet to see it: whoever ends then, Upstart hears of it."""
        rows = {
            "parent": (lambda host, job: self.parent(host, job).pid, signal.SIGKILL, "killed by KILL signal"),
            "daemon": (lambda host, _: daemons(host)[0].pid, signal.SIGSEGV, "killed by SEGV signal"),
            "daemon, stopped": (lambda host, _: daemons(host)[0].pid, signal.SIGTERM, "killed by TERM signal"),
            # The parent cannot know what Upstart has heard: as before readiness, it ends the daemon.
            "babysitter": (lambda host, job: self.sitter(host, job).pid, signal.SIGKILL, "killed by TERM signal"),
        }
        with Host() as host:
            post, on = host.signpost(), host.signpost("on")
            for name, (find, number, says) in rows.items():
                for user in USERS:
                    with self.subTest(name, user=user):
                        job, gate, mark = next(self.names), host.gate(next(self.names)), len(host.log())
                        host.job(job, user + supervised("fork-child", "touch=%s" % post, "wait-file=%s" % gate, READY,
                                                        "touch=%s" % on, "pause"))
                        host.start(job, wait=False)
                        post.wait()
                        victim, parent = find(host, job), host.status(job).pid
                        host.stall()
                        gate.open()
                        on.wait()
                        host.wait_state(parent, "T")
                        os.kill(victim, number)
                        host.resume()
                        host.wait_log(says, mark)
                        host.wait(job, "stop/waiting")
                        for process in daemons(host) if name != "parent" else []:
                            os.kill(process.pid, signal.SIGKILL)  # its child, which Upstart leaves, too
                        self.assert_nothing_left(host)

    def test_a_babysitter_that_does_not_leave(self):
        """It is stopped: the parent does not wait for it for ever, Upstart not even as long."""
        with Host() as host:
            post = host.signpost()
            job = self.start(host, "after it", post, "kill timeout 2\n")
            sitter = self.sitter(host, job)
            os.kill(sitter.pid, signal.SIGSTOP)
            self.assertEqual(host.stop(job).rc, 0)
            with contextlib.suppress(ProcessLookupError):
                os.kill(sitter.pid, signal.SIGCONT)
            self.assert_nothing_left(host)

    def test_a_stopped_babysitter_holds_nothing_up(self):
        """Not the end of the parent either, whoever of them ends in which way."""
        with Host() as host:
            post = host.signpost()
            for ending in "stop", "kill", "kill timeout":
                with self.subTest(ending):
                    host.job("job", "kill timeout 1\n" + supervised(
                        *(["on-term=ignore"] if ending == "kill timeout" else []), READY, "touch=" + post.path, "pause"))
                    host.start("job")
                    post.wait()
                    self.settled(host)
                    sitter, mark = self.sitter(host), len(host.log())
                    os.kill(sitter.pid, signal.SIGSTOP)
                    if ending == "kill":
                        host.kill(daemons(host)[0].inner, signal.SIGKILL)
                        host.wait_log("killed by KILL signal", mark)
                    else:
                        self.assertEqual(host.stop("job").rc, 0)
                    host.wait("job", "stop/waiting")
                    self.assert_nothing_left(host)


class UnreadableTest(SuperviseTestCase):
    """Without /proc: what cannot be read is unknown, and neither stopped nor continued."""

    WITHOUT_PROC = ("/usr/bin/unshare", "--mount", "--", "/bin/sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")

    def test_start_and_stop(self):
        for options in [], ["--supervise"]:
            for user in USERS:
                with self.subTest(options=options, user=user), Host() as host:
                    host.job("job", "kill timeout 4\nexpect stop\n" + run(
                        *self.WITHOUT_PROC, *bridge("--notify", *options, "--notify-socket=abstract", *(DROP_PRIVILEGES if user else ()),
                                                    READY, "barrier", "pause")))
                    self.assertEqual(host.start("job").rc, 0)
                    host.wait("job", "start/running")
                    pid = host.status("job").pid
                    wait_until(lambda: read_stat(host.outer_pid(pid)).state == "S", "going on")
                    mark, start = len(host.log()), time.monotonic()
                    self.assertEqual(host.stop("job").rc, 0)
                    self.assertLess(time.monotonic() - start, 3)
                    self.assertEqual([line for line in host.log()[mark:] if "KILL" in line], [])
                    host.wait_end_of_babysitters()
                    self.assertEqual([line for line in host.bridge_lines("job") + host.syslog() if "has not reacted" in line],
                                     [])


class OrderTest(SuperviseTestCase):
    """What Upstart orders by the end of the process it knows comes after the daemon's, which may take its time."""

    ROUNDS = 5
    SERVER = """import os, signal, socket, sys
memory = b"x" * (300 << 20)     # to be given back before the port is
signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", 5999))
if sys.argv[1] == "child" and os.fork():
    server.close()
    signal.pause()
os.system("exec " + sys.argv[2])
while True:
    signal.pause()
"""
    LISTENS = "0100007F:176F 00000000:0000 0A"

    def job(self, host, kind, wrap=()):
        """Of a server; what listens is seen before its start, and after its end."""
        path = os.path.join(host.dir, "server.py")
        with open(path, "w") as file:
            file.write(self.SERVER)
        ready = "%s notify=READY=1 barrier" % DAEMON
        host.job("job", RESPAWN + "kill timeout 1\nexpect stop\n" + "".join(
            "%s script\ncat /proc/net/tcp >> %s/seen\nend script\n" % (when, host.dir) for when in ("pre-start", "post-stop"))
            + run(*wrap, *bridge("--notify", "--supervise", "--notify-access=all",
                                 command=("/usr/bin/python3", path, kind, ready))))
        self.assert_started(host)

    def assert_order(self, host):
        with open(os.path.join(host.dir, "seen")) as file:
            self.assertEqual([line for line in file if self.LISTENS in line], [])

    def test_next_instance(self):
        for kind in "alone", "child":
            for what in "respawn", "restart", "respawn at once":
                with self.subTest(kind=kind, what=what), Host() as host:
                    self.job(host, kind)
                    for _ in range(self.ROUNDS if what != "restart" else 2):
                        if what == "respawn":
                            self.settled(host)
                        mark, pid = len(host.log()), host.status("job").pid
                        if what == "restart":
                            self.assertEqual(host.restart("job").rc, 0)
                        else:
                            host.kill(pid, signal.SIGKILL)
                        host.wait_log("job state changed from post-start to running", mark)
                        self.assertNotEqual(host.status("job").pid, pid)
                    if what == "respawn at once":
                        # Where Upstart has yet to see the stop nothing is held, and what it runs in between sees the
                        # port; the next daemon does not, or it would not have come up: see babysitter/claim.h.
                        os.truncate(os.path.join(host.dir, "seen"), 0)
                    self.assert_order(host)
                    self.assertEqual(host.stop("job").rc, 0)
                    self.assert_order(host)
                    self.assert_nothing_left(host)

    def test_stop_and_continue(self):
        """Held or not, the parent stops when it is told to, for Upstart to see, and goes on."""
        with Host() as host:
            host.job("job", supervised("on-hup=touch:%s/hup" % host.dir, READY, "pause"))
            self.assert_started(host)
            parent = self.settled(host)
            for _ in range(3):
                mark = len(host.log())
                host.kill(parent.inner, signal.SIGSTOP)
                host.wait_log("stopped by STOP signal", mark)
                host.kill(parent.inner, signal.SIGCONT)
                host.wait_log("continued by CONT signal", mark)
            host.kill(parent.inner, signal.SIGHUP)
            wait_until(lambda: os.path.exists(host.dir + "/hup"), "the daemon's HUP")
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    NO_TRACE = (sys.executable, WITHOUT_CALL, "101", str(errno.EPERM))

    def claims(self, host):
        with contextlib.suppress(FileNotFoundError):
            return os.listdir(host.path("/run/cross-init-bridge"))
        return []

    def test_nobody_may_trace(self):
        """Then nothing is held back: what Upstart orders comes early, and only the next start waits for the end."""
        with Host() as host:
            self.job(host, "child", self.NO_TRACE)
            for _ in range(self.ROUNDS):
                self.settled(host)
                self.assertEqual(len(self.claims(host)), 1)
                mark, pid = len(host.log()), host.status("job").pid
                host.kill(pid, signal.SIGKILL)
                host.wait_log("job state changed from post-start to running", mark)
                self.assertNotEqual(host.status("job").pid, pid)
                self.assertNotIn("in use", host.job_output("job"))
            # However fast the daemon ends, the next start waits for a babysitter that has not seen it.
            parent = self.settled(host)
            sitter, mark = self.sitter(host), len(host.log())
            os.kill(sitter.pid, signal.SIGSTOP)
            host.wait_state(sitter.inner, "T")
            host.kill(parent.inner, signal.SIGKILL)
            host.wait_output("job", "waiting for the daemon of the instance before")
            os.kill(sitter.pid, signal.SIGCONT)
            host.wait_log("job state changed from post-start to running", mark)
            self.assertNotIn("starting all the same", host.job_output("job"))
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_a_start_would_wait_while_it_is_not_held(self):
        """For the moment in which Upstart is to see the parent's stop its end is not held back; then there is a claim."""
        with Host() as host:
            go = os.path.join(host.dir, "go")
            host.job("job", RESPAWN + "expect stop\n" + run(*bridge("--notify", "--supervise", "wait-file=" + go, READY, "pause")))
            host.start("job", wait=False)
            parent = wait_until(lambda: host.status("job").pid, "the parent")
            wait_until(lambda: daemons(host), "the daemon")
            mark = len(host.log())
            host.stall()
            with open(go, "w"):
                pass
            host.wait_state(parent, "T")
            self.assertEqual(len(self.claims(host)), 1)
            host.resume()
            host.wait_log("job state changed from post-start to running", mark)
            self.settled(host)
            wait_until(lambda: not self.claims(host), "end of the claim")
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_nobody_waits_for_ever(self):
        """A babysitter that is stopped holds the next start up for a while only; one that is killed, not at all."""
        for how in signal.SIGSTOP, signal.SIGKILL:
            with self.subTest(how=how), Host() as host:
                host.job("job", "expect stop\n" + run(*self.NO_TRACE, *bridge("--notify", "--supervise", READY, "pause")))
                self.assert_started(host)
                parent = self.settled(host)
                sitter, daemon = self.sitter(host), self.daemon(host)
                os.kill(sitter.pid, how)
                if how == signal.SIGSTOP:
                    host.wait_state(sitter.inner, "T")
                start = time.monotonic()
                host.kill(parent.inner, signal.SIGKILL)
                host.wait("job", "stop/waiting")
                self.assertEqual(host.start("job").rc, 0)
                self.assertEqual(time.monotonic() - start > 4.5, how == signal.SIGSTOP)
                self.assertEqual("starting all the same" in host.job_output("job"), how == signal.SIGSTOP)
                for process in sitter, daemon:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGCONT)
                self.assert_ended(daemon)
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)


class MainPidTest(SuperviseTestCase):
    """MAINPID= is followed to descendants."""

    def test_child_is_announced_and_the_parent_leaves(self):
        with Host() as host:
            post = host.signpost()
            for user in USERS:
                with self.subTest(user=user):
                    job = next(self.names)
                    host.job(job, user + supervised("fork-main-exit", "on-hup=touch:%s" % post, READY, "touch=%s" % post,
                                                    "pause"))
                    self.assert_started(host, job)
                    post.wait()
                    self.assertEqual(self.daemon(host).ppid, self.parent(host, job).pid)
                    self.assertEqual(host.reload(job).rc, 0)
                    self.assertEqual(post.wait(), "hup\n")
                    self.assertEqual(host.stop(job).rc, 0)
                    self.assert_nothing_left(host)
                    self.assertEqual(host.bridge_lines(job), [])

    def test_its_end_is_the_end(self):
        """As with systemd, once it is known: the barrier."""
        rows = {"exit": ([READY, "exit=7"], "terminated with status 7"),
                "signal": ([READY, "kill=segv"], "killed by SEGV signal"),
                "not ready": (["exit=8"], "terminated with status 8")}
        with Host() as host:
            for name, (actions, says) in rows.items():
                for _ in range(10):
                    with self.subTest(name):
                        job, mark = next(self.names), len(host.log())
                        host.job(job, supervised("fork-main-exit", "barrier", *actions))
                        host.start(job, wait=False)
                        host.wait_log(says, mark)
                        host.wait(job, "stop/waiting")
                        self.assert_nothing_left(host)

    def test_an_end_before_anybody_looks(self):
        """Too fast to be followed, as for systemd; but never stuck."""
        with Host() as host:
            host.job("job", supervised("fork-main-exit", "exit=7"))
            for _ in range(20):
                mark = len(host.log())
                host.start("job", wait=False)
                host.wait_log("state changed from post-stop to waiting", mark)
            self.assert_nothing_left(host)

    def test_again_and_again(self):
        with Host() as host:
            post = host.signpost()
            host.job("job", supervised("fork-main-exit", "barrier", "setsid", "fork-main-exit", "barrier", READY,
                                       "fork-main-exit", "setsid", "touch=%s" % post, "pause"))
            self.assert_started(host)
            post.wait()
            wait_until(lambda: len(daemons(host)) == 1, "end of all but the last")
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_killed_parent_takes_it_along(self):
        """In a session and with a user of its own."""
        with Host() as host:
            post = host.signpost()
            for verb in "fork-main-exit", "fork-main-stay":
                with self.subTest(verb):
                    job = next(self.names)
                    host.job(job, supervised(verb, "setsid", "fork-child", *DROP_PRIVILEGES, READY, "touch=%s" % post,
                                             "pause"))
                    self.assert_started(host, job)
                    post.wait()
                    host.kill(host.status(job).pid, signal.SIGKILL)
                    host.wait(job, "stop/waiting")
                    self.assert_nothing_left(host)

    def test_announcer_that_stays(self):
        """The end of the child is the end of the service; its parent goes, too, and so its status is seen."""
        with Host() as host:
            gate = host.gate()
            host.job("job", supervised("fork-main-stay", READY, "wait-file=%s" % gate, "exit=7"))
            self.assert_started(host)
            self.daemon(host, 2)
            mark = len(host.log())
            gate.open()
            host.wait_log("terminated with status 7", mark)
            host.wait("job", "stop/waiting")
            self.assert_nothing_left(host)

    def test_announcer_that_reaps(self):
        """It alone knows how its child has ended, or the kernel, from Linux 6.15 on; unknown is not a success."""
        with Host() as host:
            host.job("job", supervised("on-chld=ignore", "fork-main-stay", "barrier", READY, "exit=7"))
            mark = len(host.log())
            host.start("job")
            host.wait_log("job main process", mark)
            host.wait("job", "stop/waiting")
            status, = re.findall(r"terminated with status (\d+)", "\n".join(host.log()[mark:]))
            self.assertIn(status, ("1", "7"))
            if status == "1":
                host.syslog("nobody knows how")
            self.assert_nothing_left(host)

    def test_respawn(self):
        with Host() as host:
            host.job("job", RESPAWN + attended("--supervise", "--job-respawns", "fork-main-exit", READY, "pause"))
            self.assert_started(host)
            for _ in range(5):
                mark, before = len(host.log()), self.daemon(host)
                host.kill(before.inner, signal.SIGKILL)
                number, _ = host.wait_log("job main process ended, respawning", mark)
                host.wait_log("job state changed from post-start to running", number)
                self.assertNotEqual(self.daemon(host).pid, before.pid)
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_others_are_not_followed(self):
        """PID 1, the parent, nobody: the daemon stays the main process."""
        with Host() as host:
            for pid in "0", "1", "2", "999999", "2147483647":
                with self.subTest(pid):
                    job, mark = next(self.names), len(host.log())
                    host.job(job, supervised("notify=MAINPID=" + pid, READY, "notify=MAINPID=" + pid, "barrier",
                                             "exit=5"))
                    host.start(job)
                    host.wait_log("terminated with status 5", mark)
                    host.wait(job, "stop/waiting")
                    self.assert_nothing_left(host)

    def announce(self, host, script, *options, whom, n_refused):
        """Starts a daemon that is this script; the bridge says as often that it does not follow."""
        post, path = host.signpost(), os.path.join(host.dir, "announce.py")
        with open(path, "w") as file:
            file.write(script)
        host.job("job", "expect stop\n" + run(*bridge("--notify", *options, command=(
            "/usr/bin/python3", path, DAEMON, whom, post.path))))
        host.start("job")
        post.wait()

        def refused():
            return [line for line in host.syslog() + host.bridge_lines("job") if "MAINPID" in line]
        if n_refused > 0:   # it has been said, but the console's log may come later
            wait_until(refused, "line of the bridge")
        self.assertEqual(len(refused()), n_refused, refused())

    def check_main(self, host, number):
        """The end of this daemon is the end of the job."""
        main, mark = daemons(host)[number], len(host.log())
        host.kill(main.inner, signal.SIGTERM)
        host.wait_log("job main process", mark)
        host.wait("job", "stop/waiting")
        host.wait_end_of_babysitters()
        for process in daemons(host):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def test_identity_that_came_along(self):
        """MAINPIDFDID= is the inode of a pidfd: with that of another process the pid is not believed."""
        if not has_pidfs():
            self.skipTest("a pidfd has an inode of its own from Linux 6.9 on")
        for difference, followed in ("0", True), ("1", False):
            with self.subTest(followed=followed), Host() as host:
                self.announce(host, ANNOUNCE, "--supervise", whom=difference, n_refused=0 if followed else 1)
                self.check_main(host, 1 if followed else 0)

    def test_whoever_is_announced(self):
        """By number or by pidfd, MAINPIDFD=1, which counts for more; only a live descendant is followed."""
        for whom, n_refused, main in (("child", 0, 1), ("daemon", 0, 0), ("init", 1, 0), ("parent", 1, 0),
                                      ("babysitter", 1, 0), ("zombie", 1, 0)):
            for how in "number", "pidfd":
                with self.subTest(whom=whom, how=how), Host() as host:
                    self.announce(host, ANNOUNCE_ANY, "--supervise", whom=how + " " + whom, n_refused=n_refused)
                    self.check_main(host, main)

    def test_whoever_is_announced_without_a_parent_that_stays(self):
        """In shape attend it is accepted if it is the daemon itself."""
        for whom, n_refused in ("daemon", 0), ("child", 1):
            for how in "number", "pidfd":
                with self.subTest(whom=whom, how=how), Host() as host:
                    self.announce(host, ANNOUNCE_ANY, whom=how + " " + whom, n_refused=n_refused)
                    self.check_main(host, 0)


class LimitTest(SuperviseTestCase):
    def test_missing_pidfds_are_told_of(self):
        """With them there is no such line."""
        without = [sys.executable, WITHOUT_CALL, "434", str(errno.ENOSYS)]
        words = [BRIDGE, "--target=systemd", "--init=none"]
        for prefix, n in ([], 0), (without, 1):
            for option in "--explain", "--detect", "--verbose":
                with self.subTest(option=option, n=n):
                    done = subprocess.run([*prefix, *words, option, "--", "/bin/true"], capture_output=True, text=True)
                    self.assertEqual((done.stdout + done.stderr).count("kernel: without pidfds"), n, done)

    def test_a_stop_takes_no_longer_without_pidfds(self):
        without = [sys.executable, WITHOUT_CALL, "434", str(errno.ENOSYS)]
        with Host() as host:
            host.job("job", "expect stop\n" + run(*without, *bridge("--notify", "--supervise", READY, "pause")))


            def four_stops():
                took = 0
                for _ in range(4):
                    self.assert_started(host)
                    began = time.monotonic()
                    self.assertEqual(host.stop("job").rc, 0)
                    took += time.monotonic() - began
                return took
            self.assertLess(least(four_stops, 1.2), 1.2)
            self.assert_nothing_left(host)

    def test_kernel_without_subreapers(self):
        """Before Linux 3.4: that is said before the start, and an end that nobody knows is not a success."""
        without = [sys.executable, WITHOUT_CALL, "157@36", str(errno.EINVAL)]
        with Host() as host:
            host.job("job", "expect stop\n" + run(*without, *bridge("--notify", "--supervise", READY, "pause")))
            self.assert_started(host)
            self.assertEqual(len([line for line in host.bridge_lines("job") if "Linux 3.4" in line]), 1)
            host.stop("job")
            self.assert_nothing_left(host)

    def test_kernel_without_pidfd_open(self):
        """Ends are seen within a second, by an open directory in /proc."""
        without = [sys.executable, WITHOUT_CALL, "434", str(errno.ENOSYS)]
        with Host() as host:
            for actions in (), DROP_PRIVILEGES, ("fork-main-exit", "barrier"), ("fork-main-stay", "barrier"):
                with self.subTest(actions=actions):
                    job = next(self.names)
                    words = bridge("--notify", "--supervise", *actions, READY, "pause")
                    host.job(job, "expect stop\n" + run(*without, *words))
                    self.assert_started(host, job)
                    mark = len(host.log())
                    host.kill(daemons(host)[-1].inner, signal.SIGSEGV)
                    host.wait_log("%s main process (" % job, mark)
                    host.wait(job, "stop/waiting")
                    self.assert_started(host, job)
                    host.kill(host.status(job).pid, signal.SIGKILL)
                    host.wait(job, "stop/waiting")
                    self.assert_nothing_left(host)

    def test_few_descriptors_and_processes(self):
        """With what there is it runs, or it fails as a whole, and says so."""
        rows = [("--nofile=%d" % n, "") for n in range(4, 20)] + [("--nproc=%d" % n, AS_USER) for n in range(1, 5)]
        outcomes = set()
        with Host() as host:
            for limit, user in rows:
                with self.subTest(limit):
                    job, mark = next(self.names), len(host.log())
                    host.job(job, user + "expect stop\n" + run("prlimit", limit, *bridge("--notify", "--supervise", READY,
                                                                                         "pause")))
                    is_started = host.start(job).rc == 0 and host.status(job).goal == "start"
                    outcomes.add(is_started)
                    if is_started:
                        self.assert_running(host, job)
                        self.assertEqual(host.stop(job).rc, 0)
                    elif "error while loading shared libraries" not in host.job_output(job):
                        host.wait_log("%s main process (" % job, mark)
                        self.assertTrue([line for line in host.log()[mark:] if "terminated with status 125" in line],
                                        host.log()[mark:])
                        self.assertTrue(host.wait_output(job, "cross-init-bridge: "))
                    self.assert_nothing_left(host)
        self.assertEqual(outcomes, {True, False})


class TransparencyTest(SuperviseTestCase):
    def test_daemon_sees_what_it_would_see_without_a_parent(self):
        """But for its parent, and the signal that it gets should that end."""
        def see(stanzas, prefix, *options):
            with Host() as host:
                post = host.signpost()
                os.chmod(host.dir, 0o777)
                words = bridge("--notify", *options, READY, "barrier", "report=%s/report" % host.dir, "touch=%s" % post,
                               "pause")
                host.job("job", stanzas + "expect stop\n" + run(*prefix, *words))
                self.assertEqual(host.start("job").rc, 0)
                post.wait()
                report = host.read_report()
                host.kill(int(report["pid"]), signal.SIGKILL)
                return [line for line in normalise(report)
                        if not line.startswith(("ppid ", "pdeathsig ", "env NOTIFY_SOCKET="))]

        rows = {
            "plain": ("", []),
            "user": (AS_USER, []),
            "stanzas": ("umask 077\nlimit nofile 64 64\nchdir /usr\nconsole none\nenv COLOUR=blue\n", []),
            "signals": ("", ["env", "--ignore-signal=HUP,CHLD,PIPE", "--block-signal=USR1,TERM"]),
            "no console": ("", ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]),
            "more descriptors": ("", ["sh", "-c", 'exec "$@" 3</dev/null 5>/dev/zero 7<>/dev/full', "sh"]),
        }
        for name, (stanzas, prefix) in rows.items():
            with self.subTest(name):
                self.assertEqual(see(stanzas, prefix, "--supervise"), see(stanzas, prefix))

    def test_sockets_and_pid(self):
        """LISTEN_PID is the daemon's."""
        with Host() as host:
            post = host.signpost()
            host.job("job", "start on socket PROTO=inet PORT=8080 ADDR=127.0.0.1\n" + supervised(
                READY, "report=%s/report" % host.dir, "touch=%s" % post, "serve"))
            host.connect(2, ("127.0.0.1", 8080)).close()
            post.wait()
            report = host.read_report()
            self.assertEqual(report.env["LISTEN_PID"], report["pid"])
            self.assertEqual((report["pgid"], report["sid"]), (report["pid"], report["pid"]))
            parent = self.settled(host)
            self.assertEqual(len(host.fds_of(parent.pid)), 6)
            self.assertEqual(host.stop("job").rc, 0)

    def test_parent_is_minimal_and_idle(self):
        for user in USERS:
            with self.subTest(user=user), Host() as host:
                host.job("job", user + "chdir /usr\n" + supervised(READY, "barrier", "pause"))
                self.assert_started(host)
                parent = self.settled(host)
                fds = host.fds_of(parent.pid)
                self.assertEqual([fds.pop(fd) for fd in (0, 1, 2)], ["/dev/null"] * 3)
                self.assertEqual(len(fds), 3, fds)  # signals, the babysitter, the daemon
                self.assertEqual(len(host.fds_of(self.sitter(host).pid)), 8)
                self.assertEqual(os.readlink("/proc/%d/cwd" % parent.pid), "/")
                wait_until(lambda: read_stat(parent.pid).state == "S", "sleep of the parent")
                before = switches(parent)
                host.wait_quietly(parent.inner, 2)
                self.assertEqual(switches(parent), before)
                print("# parent:", *memory(parent), "babysitter:", *memory(self.sitter(host)), file=sys.stderr)


class RealDaemonTest(SuperviseTestCase):
    def test_haproxy(self):
        """Master and workers: a reload starts the master anew, a respawn all of it."""
        haproxy = DAEMONS["haproxy"]
        if haproxy.missing():
            self.skipTest(haproxy.missing())
        with Host() as host:
            os.chmod(host.dir, 0o777)
            words = haproxy.prepare(host.dir)
            host.job("job", haproxy.stanzas + "respawn\nkill timeout 10\n" + "expect stop\n" + run(
                BRIDGE, "-t", "systemd", "-N", "--supervise", "--job-respawns", "--", *words))
            for _ in range(3):
                self.assertEqual(host.start("job").rc, 0)
                self.assertIn(haproxy.expected, haproxy.ask(host))
                reload_until_new(host, "job", lambda: self.workers(host))
                self.assertIn(haproxy.expected, haproxy.ask(host))
                self.respawn(host)
                self.assertIn(haproxy.expected, haproxy.ask(host))
                self.assertEqual(host.stop("job").rc, 0)
                self.assert_nothing_left(host)
            self.assertEqual(host.complaints(), [])

    @staticmethod
    def workers(host):
        ours = {process.pid: process for process in host.processes() if process.comm == "haproxy" and process.state != "Z"}
        return {pid for pid, process in ours.items() if process.ppid in ours}

    def respawn(self, host):
        parent, mark = self.settled(host), len(host.log())
        master = next(p for p in host.processes() if p.comm == "haproxy" and p.ppid == parent.pid)
        os.kill(master.pid, signal.SIGKILL)
        number, _ = host.wait_log("job main process ended, respawning", mark)
        host.wait_log("job state changed from post-start to running", number)

    def test_script_that_leaves_its_daemon_behind(self):
        """A wrapper that starts a daemon in the background, names it and exits."""
        with Host() as host:
            script = "%s %s & systemd-notify --pid=$! --ready; exit 0" % (DAEMON, "pause")
            host.job("job", RESPAWN + "expect stop\n" + run(BRIDGE, "-t", "systemd", "-N", "--supervise",
                                                            "--notify-access=all", "--", "sh", "-c", script))
            self.assert_started(host)
            wait_until(lambda: [p.comm for p in host.processes()].count("sh") == 0, "end of the script")
            mark = len(host.log())
            host.kill(self.daemon(host).inner, signal.SIGTERM)
            number, _ = host.wait_log("job main process ended, respawning", mark)
            host.wait_log("job state changed from post-start to running", number)
            self.assertEqual(host.stop("job").rc, 0)
            self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
