# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The bridge and the scriptable daemon in jobs of the stand-in for Upstart: what the tests share.

It knows both the bridge and upstart_host.py, which know nothing of each other. It is separate from
the tests so that each of them is little more than a table and what to expect.
"""
import atexit
import contextlib
import itertools
import os
import re
import select
import shlex
import shutil
import signal
import sys
import tempfile
import time
import unittest

from fake_report import Report
from upstart_host import DEADLINE, UpstartHost, read_stat, runs_an_errand, wait_for_end

NOBODY = 65534
AS_USER = "setuid nobody\n"
USERS = ("", AS_USER)  # the stanzas of a job of root, and of a user
READY = "notify=READY=1"
NOT_WAITED_FOR = "put 'expect stop' into the job"
DROP_PRIVILEGES = ("setgid=%d" % NOBODY, "setuid=%d" % NOBODY)


def install():
    """Copies our programs to where every user can execute them; a build directory may be root's alone."""
    directory = tempfile.mkdtemp(prefix="cib-bin-")
    atexit.register(shutil.rmtree, directory)
    os.chmod(directory, 0o755)
    paths = []
    for name, variable in (("cross-init-bridge", "CIB"), ("fake-daemon", "CIB_FAKE_DAEMON"),
                           ("bus-query", "CIB_BUS_QUERY")):
        paths.append(os.path.join(directory, name))
        shutil.copy(os.environ[variable], paths[-1])
    return paths[:2]


BRIDGE, DAEMON = install()


def run(*words):
    """The stanza that runs these words; Upstart gives them to a shell, which execs, where it must."""
    return "exec %s\n" % shlex.join(words)


def bridge(*words, command=(DAEMON,)):
    """The words of a daemon for systemd behind the bridge: options, then the daemon's actions."""
    options = [word for word in words if word.startswith("-")]
    actions = [word for word in words if not word.startswith("-")]
    return [BRIDGE, "--target=systemd", *options, "--", *command, *actions]


def attended(*words):
    """The stanzas of a job whose daemon says READY=1."""
    return "expect stop\n" + run(*bridge("--notify", *words))


# name: the daemon's actions, the signal it is sent when it comes to POST, how the line of PID 1 ends
ENDS = {
    "exit 0": ([READY, "exit=0"], None, "exited normally"),
    "exit 1": ([READY, "exit=1"], None, "terminated with status 1"),
    "exit 3": ([READY, "exit=3"], None, "terminated with status 3"),
    "exit 125": ([READY, "exit=125"], None, "terminated with status 125"),
    "exit 255": ([READY, "exit=255"], None, "terminated with status 255"),
    "TERM to itself": ([READY, "kill=term"], None, "killed by TERM signal"),
    "SEGV": ([READY, "kill=segv"], None, "killed by SEGV signal"),
    "abort": ([READY, "abort"], None, "killed by ABRT signal"),
    "KILL": ([READY, "touch=POST", "pause"], signal.SIGKILL, "killed by KILL signal"),
    "privileges dropped, exit": ([*DROP_PRIVILEGES, READY, "exit=4"], None, "terminated with status 4"),  # case 9
    "privileges dropped, KILL": ([*DROP_PRIVILEGES, READY, "touch=POST", "pause"], signal.SIGKILL,
                                 "killed by KILL signal"),
    "exit after much": ([READY, "notify-repeat=200:STATUS=x", "exit=5"], None, "terminated with status 5"),
    "exit in another root": ([READY, "chroot=/proc", "exit=6"], None, "terminated with status 6"),
    "exit 7 before readiness": (["exit=7"], None, "terminated with status 7"),
    "exit 0 before readiness": (["exit=0"], None, "exited normally"),
    "SEGV before readiness": (["notify=STATUS=x", "kill=segv"], None, "killed by SEGV signal"),
    "KILL before readiness": (["touch=POST", "pause"], signal.SIGKILL, "killed by KILL signal"),
}


def needs_root(actions):
    return any(action.startswith(("setgid", "chroot")) for action in actions)


def stays(pid):
    """False of one that is gone meanwhile, too."""
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as file:
        return not runs_an_errand(file.read())
    return False


class Signpost:
    """A FIFO: touch=PATH of a daemon, or `echo > PATH` of a script, is waited for without polling."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)
        os.mkfifo(self.path)
        os.chmod(self.path, 0o666)
        self.fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)  # with a writer, so that it never ends

    def __str__(self):
        return self.path

    def wait(self, timeout=DEADLINE):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(timeout * 1000):
            raise AssertionError("nobody came to " + self.path)
        return os.read(self.fd, 65536).decode()


class Gate:
    """A file that wait-file=PATH of a daemon waits for."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)

    def __str__(self):
        return self.path

    def open(self):
        with open(self.path, "w"):
            pass

    def close(self):
        os.unlink(self.path)


def reload_until_new(host, job, workers):
    """Of haproxy, until the set @workers() has none of those before: it executes itself anew, and does not hear meanwhile
    that it is to end. From 3.0 on it does not hear either what comes at once after its own READY=1, and is told again."""
    before = workers()
    for timeout in 2, 2, DEADLINE:
        result = host.reload(job)
        if result.rc != 0:
            raise AssertionError("%s: %s" % (job, result))
        try:
            return wait_until(lambda: workers() and not workers() & before, "new worker of " + job, timeout)
        except AssertionError:
            if timeout == DEADLINE:
                raise


def wait_until(condition, what, timeout=DEADLINE):
    """Polls, for what nobody tells us of; returns what the condition returned."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("no %s within %g s" % (what, timeout))
        time.sleep(0.002)


def least(attempt, enough, times=5):
    """The least that @attempt() returns, of a few unless the first is @enough: what waits for something takes its time
    in each of them, a busy machine in some."""
    found = attempt()
    while found >= enough and times > 1:
        found = min(found, attempt())
        times -= 1
    return found


class Host(UpstartHost):
    """A host with what a test of the bridge asks of it."""

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            self.explain_failure()
        super().__exit__(kind, value, traceback)

    def explain_failure(self):
        """What everybody said: nothing else tells why a job failed."""
        with contextlib.suppress(Exception):
            for title, lines in (("init", self.log()[-40:]), ("syslog", self.syslog()),
                                 ("kmsg", self.kmsg().splitlines()), *self.outputs()):
                for line in lines:
                    print("#   %s: %s" % (title, line), file=sys.stderr, flush=True)

    def outputs(self):
        for name in sorted(os.listdir(self.log_dir)):
            with open(os.path.join(self.log_dir, name), errors="replace") as log:
                yield name, log.read().splitlines()

    def leftovers(self, timeout=8):
        """As the host's own, but a process whose end PID 1 has not yet looked at is not left behind."""
        deadline = time.monotonic() + timeout
        while True:
            left = super().leftovers(max(0, deadline - time.monotonic()))
            if left == ([], []) or time.monotonic() > deadline:
                return left
            time.sleep(0.002)

    # ---- synchronisation --------------------------------------------------------------------

    def signpost(self, name="signpost"):
        return Signpost(self.dir, name)

    def gate(self, name="gate"):
        return Gate(self.dir, name)

    def wait_output(self, job, text, timeout=DEADLINE):
        """Waits for @text on the job's console; the lines of the bridge on it."""
        wait_until(lambda: text in self.job_output(job), "%r from %s" % (text, job), timeout)
        return self.bridge_lines(job)

    def bridge_lines(self, job):
        return [line for line in self.job_output(job).splitlines() if line.startswith("cross-init-bridge: ")]

    def complaints(self):
        """The lines of the bridge in syslog; what it passes on from a daemon is there in the daemon's name."""
        return [line for line in self.syslog() if ">cross-init-bridge[" in line]

    def said(self, job):
        """What is in syslog in the name of the job's daemon, without the tag."""
        return [line.partition("]: ")[2] for line in self.syslog() if line.startswith("<30>%s[" % job)]

    def read_report(self, name="report"):
        with open(os.path.join(self.dir, name)) as file:
            return Report(file.read())

    @contextlib.contextmanager
    def stopped_system_bus(self):
        """The dbus-daemon hangs. nsenter(1), its parent, stops with it, and is to be continued, too."""
        os.kill(self.bus_pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self.bus_pid, self.bus.pid:
                os.kill(pid, signal.SIGCONT)

    # ---- processes --------------------------------------------------------------------------

    def ours(self):
        """By their name: only ours is called that after the daemon's exec."""
        return [process for process in self.processes() if process.comm == "cross-init-brid"]

    def babysitters(self):
        return [process for process in self.ours() if stays(process.pid)]

    def settled_babysitter(self):
        """When readiness has settled: it has let go of the daemon's stderr, and has nothing more to look at."""
        sitter = self.babysitter()
        wait_until(lambda: self.fds_of(sitter.pid)[2] == "/dev/null", "end of the babysitter's use of stderr")
        return sitter

    def babysitter(self):
        found = self.babysitters()
        if len(found) != 1:
            raise AssertionError("babysitters: %s" % found)
        return found[0]

    def fds_of(self, pid):
        """{number: what} of a process, by our number for it."""
        fds = {}
        for name in os.listdir("/proc/%d/fd" % pid):
            with contextlib.suppress(FileNotFoundError):  # it may close one while we look
                fds[int(name)] = os.readlink("/proc/%d/fd/%s" % (pid, name))
        return fds

    def state_of(self, inner):
        return read_stat(self.outer_pid(inner)).state

    def wait_state(self, inner, state, timeout=DEADLINE):
        """Waits until the process has this state: nobody tells us, we are not its parent."""
        pid = self.outer_pid(inner)
        wait_until(lambda: read_stat(pid).state == state, "state %s of process %d" % (state, inner), timeout)

    def wait_quietly(self, inner, seconds):
        """Lets time pass, during which the process does not end."""
        pidfd = self.pidfd_of(inner)
        try:
            if wait_for_end(pidfd, seconds):
                raise AssertionError("process %d has ended" % inner)
        finally:
            os.close(pidfd)

    def wait_end_of_babysitters(self, timeout=DEADLINE):
        for process in self.babysitters():
            with contextlib.suppress(ProcessLookupError):
                pidfd = os.pidfd_open(process.pid)
                if not wait_for_end(pidfd, timeout):
                    raise AssertionError("babysitter %s stays" % (process,))
                os.close(pidfd)


class UpstartTestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if reason := UpstartHost.missing():
            self.skipTest(reason)
        self.names = ("job%d" % number for number in itertools.count())  # one for each row of a table

    def assert_state(self, host, job, goal, state):
        status = host.status(job)
        self.assertEqual((status.goal, status.state), (goal, state))
        return status

    def assert_running(self, host, job="job"):
        """The job runs, and so does its daemon, which nobody has left stopped; its pid."""
        status = self.assert_state(host, job, "start", "running")
        self.assertIsNotNone(status.pid, status.text)
        self.assertIn(host.state_of(status.pid), "RSD")  # not stopped, not ended
        return status.pid

    def assert_started(self, host, job="job", *env):
        result = host.start(job, *env)
        self.assertEqual(result.rc, 0, result.output)
        return self.assert_running(host, job) if not env else None

    def assert_nothing_left(self, host):
        self.assertEqual(host.leftovers(), ([], []))

    def assert_refused(self, host, job, *words, status=125, cause=None):
        """The job ends with our own status and one line, which has all the words. @cause is what makes it run."""
        mark, before = len(host.log()), len(host.bridge_lines(job))
        if cause:
            cause()
        else:
            host.start(job, wait=False)
        _, line = host.wait_log(") terminated with status ", mark)
        self.assertRegex(line, r"^%s main process \(\d+\) terminated with status %d$" % (job, status))
        wait_until(lambda: len(host.bridge_lines(job)) > before, "line of the bridge")
        lines = host.bridge_lines(job)[before:]
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]


def normalise(report):
    """A report without what differs between two runs of the same daemon: numbers of processes and terminals."""
    pid = report["pid"]
    lines = []
    for line in report.lines:
        key, _, value = line.partition(" ")
        if key in ("pid", "pgid", "sid"):
            value = "own" if value == pid else value
        lines.append(re.sub(r"/pts/\d+", "/pts/N", re.sub(r"chr 136:\d+", "chr 136:N", "%s %s" % (key, value))))
    return lines
