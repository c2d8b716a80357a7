# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-t forking: a daemon that goes to the background, on hosts that want a child of their own.

The test is the host: it knows the process that it has started, and a ready file. What the daemon does is
fake-daemon's actions, or, where a pid file is written in ways of its own, a few lines of Python.
"""
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import tap
from upstart_case import stays

BRIDGE = os.environ["CIB"]
DAEMON = os.environ["CIB_FAKE_DAEMON"]
PATIENCE_S = 20
PR_SET_CHILD_SUBREAPER = 36

# What the lines of a daemon in Python begin with: P is the pid file.
PRELUDE = """import os, signal, sys, time
P, D = sys.argv[1:3]
def put(text, mode="w"):
    with open(P, mode) as file: file.write(str(text))
def mark(name): open(D + "/" + name, "w").close()
def wait(name):
    while not os.path.exists(D + "/" + name): time.sleep(0.002)
def background(wait_for=None):
    if os.fork():
        if wait_for: wait(wait_for)
        os._exit(0)
    os.setsid()
def work():     # a signal that comes right before pause(2) would be seen after it only
    while True: time.sleep(0.05)
"""


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("no " + what)
        time.sleep(0.002)


def stat_of(pid):
    """The state and the parent of a process; None: there is none."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return fields[0], int(fields[1])
    return None


def is_alive(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] != "Z"


class StartedHere(unittest.TestCase):
    def setUp(self):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.directory = tempfile.mkdtemp(prefix="cib-forking-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.pid_file = self.path("pid")
        self.ready = self.path("ready")
        self.said = open(self.path("said"), "w+")
        self.addCleanup(self.said.close)
        self.addCleanup(self.end_all)
        self.process = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def mark(self, name):
        with open(self.path(name), "w"):
            pass

    def end_all(self):
        """What a test has left, ours or the daemon's: it came to us, or will."""
        deadline = time.monotonic() + PATIENCE_S
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                for pid in self.children():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                os.waitpid(-1, 0)

    def children(self):
        return self.children_of(os.getpid())

    @staticmethod
    def children_of(pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]

    def start(self, *command, options=(), pid_file=True, wrap=()):
        named = ["--daemon-pidfile=" + self.pid_file] if pid_file else []
        self.process = subprocess.Popen([*wrap, BRIDGE, "-i", "none", "-t", "forking", "-N", "--ready-file=" + self.ready,
                                         *named, *options, "--", *command], stderr=self.said, start_new_session=True)
        return self.process

    def start_python(self, lines, **how):
        return self.start(sys.executable, "-ISc", PRELUDE + lines, self.pid_file, self.directory, **how)

    def output(self):
        self.said.seek(0)
        return self.said.read()

    def until_ready(self):
        until(lambda: os.path.exists(self.ready) or self.process.poll() is not None, "readiness")
        self.assertIsNone(self.process.poll(), self.output())

    def main_pid(self):
        """As it is in the end: it may be written once more after what was enough for us."""
        def read():
            with open(self.pid_file) as file:
                text = file.read().strip()
            return text.isdigit() and int(text)
        return until(read, "process ID in the file")

    def stop(self, number=signal.SIGTERM, status=None):
        self.process.send_signal(number)
        self.assert_ends(-number if status is None else status)

    def assert_ends(self, status, left=0):
        self.assertEqual(self.process.wait(PATIENCE_S), status, self.output())
        self.assertFalse(os.path.exists(self.ready))
        until(lambda: len([pid for pid in self.children() if is_alive(pid)]) <= left, "end of all")
        self.assertEqual(len([pid for pid in self.children() if is_alive(pid)]), left)


class ForkingTest(StartedHere):
    # -- readiness

    def test_ready_when_the_first_process_has_exited_and_the_file_is_there(self):
        for actions in (["fork-exit", "setsid", "pid-file=" + self.pid_file],
                        ["fork-exit", "setsid", "fork-exit", "pid-file=" + self.pid_file]):
            with self.subTest(len(actions)):
                self.start(DAEMON, *actions, "pause")
                self.until_ready()
                self.assertTrue(is_alive(self.main_pid()))
                self.stop()
                self.assertEqual(self.output(), "")

    def test_without_a_pid_file_it_is_the_one_that_remains(self):
        for actions in (["fork-exit"], ["fork-exit", "setsid"], ["fork-exit", "setsid", "fork-exit"],
                        ["fork-exit", "setsid", "fork-child"]):
            with self.subTest(" ".join(actions)):
                self.start(DAEMON, *actions, "touch=" + self.path("up"), "pause", pid_file=False)
                until(lambda: os.path.exists(self.path("up")), "the last of them")  # which may come after the word
                self.until_ready()
                self.stop()
                self.assertEqual(self.output(), "")
                os.unlink(self.path("up"))

    def test_several_without_a_pid_file_are_ended(self):
        self.start_python("if not os.fork(): work()\nif not os.fork(): work()\nos._exit(0)\n", pid_file=False)
        self.assert_ends(125)
        self.assertIn("add --daemon-pidfile=PATH", self.output())

    def test_not_before_the_first_process_has_exited(self):
        self.start_python("background('go')\nput('%d\\n' % os.getpid())\nmark('written')\nwork()")
        until(lambda: os.path.exists(self.path("written")), "pid file")
        time.sleep(0.2)
        self.assertFalse(os.path.exists(self.ready))
        self.mark("go")
        self.until_ready()
        self.stop()

    def check_file(self, lines, ready_after=None):
        """@lines do what they do to the file; not ready before "go" is there, where it is waited for."""
        self.start_python("background()\n" + lines + "\nwork()")
        if ready_after:
            until(lambda: os.path.exists(self.path(ready_after)), ready_after)
            time.sleep(0.3)
            self.assertFalse(os.path.exists(self.ready))
            self.mark("go")
        self.until_ready()
        pid = self.main_pid()
        self.assertEqual(stat_of(pid)[1], self.process.pid)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("go"))
        self.stop()
        self.assertEqual(self.output(), "")
        os.unlink(self.pid_file)
        if ready_after:
            os.unlink(self.path(ready_after))

    def test_a_file_that_comes_late(self):
        self.check_file("mark('up'); wait('go'); put('%d\\n' % os.getpid())", "up")

    def test_a_file_in_a_directory_that_comes_late(self):
        self.pid_file = self.path("sub/pid")
        self.check_file("mark('up'); wait('go'); os.mkdir(D + '/sub'); put(os.getpid())", "up")

    def test_a_file_written_in_steps(self):
        self.check_file("t = str(os.getpid())\nf = open(P, 'w', buffering=1)\nmark('up'); wait('go')\n"
                        "for c in t:\n    os.write(f.fileno(), c.encode()); time.sleep(0.01)\n"
                        "os.write(f.fileno(), b'\\n')", "up")

    def test_a_file_without_a_newline_that_stays_open(self):
        self.check_file("f = os.open(P, os.O_WRONLY | os.O_CREAT)\nos.write(f, str(os.getpid()).encode())")

    def test_a_file_that_is_replaced(self):
        self.check_file("put('1\\n'); mark('up'); wait('go')\nopen(P + '.new', 'w').write(' %d\\nmore\\n' % os.getpid())\n"
                        "os.rename(P + '.new', P)\nput('%d' % os.getpid())", "up")

    def test_a_link_to_a_file(self):
        os.symlink(self.path("other"), self.pid_file)
        self.check_file("mark('up'); wait('go'); put('%d\\n' % os.getpid())", "up")

    def test_what_is_no_file_is_waited_for_to_be_one(self):
        """A FIFO, a directory, a link to itself, one that is huge: none is opened for long, or read to its end."""
        def huge():
            with open(self.pid_file, "w") as file:
                file.truncate(1 << 40)
        for make in (lambda: os.mkfifo(self.pid_file), lambda: os.mkdir(self.pid_file),
                     lambda: os.symlink(self.pid_file, self.pid_file), huge):
            with self.subTest(make):
                make()
                self.check_file("""mark("up"); wait("go")
(os.rmdir if os.path.isdir(P) and not os.path.islink(P) else os.unlink)(P)
put("%d\\n" % os.getpid())""", "up")

    def test_a_stale_file_with_a_strangers_pid(self):
        for text in ("%d\n" % os.getpid(), "1\n", "999999999999\n", "x", "", "-1\n", "0\n"):
            with self.subTest(text):
                with open(self.pid_file, "w") as file:
                    file.write(text)
                self.check_file("mark('up'); wait('go'); put('%d\\n' % os.getpid())", "up")

    def test_a_stale_file_is_not_believed_even_of_a_process_of_the_daemons(self):
        """As in a container, where process IDs begin anew: only a new file counts."""
        lines = "background()\nmark('up'); wait('go'); put('%d\\n' % os.getpid())\nwork()"
        wrap = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        for pid in range(2, 8):
            with open(self.pid_file, "w") as file:
                file.write("%d\n" % pid)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path("go"))
            self.start_python(lines, wrap=wrap)
            until(lambda: os.path.exists(self.path("up")) or self.process.poll() is not None, "daemon")
            if self.process.poll() is not None:
                self.skipTest("unshare: " + self.output())
            time.sleep(0.3)
            self.assertFalse(os.path.exists(self.ready), pid)
            self.mark("go")
            self.until_ready()
            os.unlink(self.path("up"))
            self.process.kill()
            self.process.wait()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.ready)

    def test_a_strangers_pid_is_never_the_main_process(self):
        stranger = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.start_python("background()\nput('%d\\n')\nmark('up'); wait('go'); put('%%d\\n' %% os.getpid())\nwork()"
                          % stranger.pid)
        until(lambda: os.path.exists(self.path("up")), "daemon")
        time.sleep(0.3)
        self.assertFalse(os.path.exists(self.ready))
        self.process.send_signal(signal.SIGHUP)
        self.assert_ends(-signal.SIGHUP, left=1)
        self.assertIsNone(stranger.poll())

    # -- failures

    def test_an_end_of_the_first_process_is_ours(self):
        for action, status in (("exit=3", 3), ("kill=usr1", -signal.SIGUSR1), ("kill=segv", -signal.SIGSEGV)):
            for pid_file in (True, False):
                with self.subTest(action, pid_file=pid_file):
                    self.start(DAEMON, action, pid_file=pid_file)
                    self.assert_ends(status)
                    self.assertIn("has ended before it was in the background", self.output())

    def test_what_the_first_process_leaves_ends_with_its_failure(self):
        self.start_python("if not os.fork():\n    os.setsid()\n    mark('up'); work()\nwait('up')\nos._exit(4)")
        self.assert_ends(4)

    def test_an_end_of_the_second_process_is_ours(self):
        for action, status in (("exit=3", 3), ("exit=0", 125), ("kill=usr1", -signal.SIGUSR1)):
            for pid_file in (True, False):
                with self.subTest(action, pid_file=pid_file):
                    self.start(DAEMON, "fork-exit", "setsid", action, pid_file=pid_file)
                    self.assert_ends(status)

    def test_a_second_process_that_takes_its_time_is_not_the_main_one(self):
        for before, after in (("time.sleep(0.3); os.setsid()", ""), ("os.setsid(); time.sleep(0.3)", ""), ("os.setsid()", "time.sleep(0.3)")):
            with self.subTest(before=before, after=after):
                self.start_python("os.fork() and os._exit(0)\n%s\nif os.fork():\n    %s\n    os._exit(3)\nmark('third')\nwork()"
                                  % (before, after or "pass"), pid_file=False)
                self.until_ready()
                until(lambda: os.path.exists(self.path("third")), "third process")
                self.stop()
                os.unlink(self.path("third"))

    def test_a_start_that_takes_too_long_is_ended(self):
        for lines in ("work()", "background()\nwork()", "background()\nsignal.signal(15, signal.SIG_IGN)\nwork()"):
            with self.subTest(lines):
                self.start_python(lines, options=["--start-timeout=1"])
                self.assert_ends(-signal.SIGKILL if "SIG_IGN" in lines else -signal.SIGTERM)
                self.assertIn("has not gone to the background within 1 s (--start-timeout)", self.output())

    def test_a_stop_during_the_start_ends_all(self):
        for lines in ("mark('up'); work()", "background('never')\nmark('up'); work()", "background()\nmark('up'); work()"):
            with self.subTest(lines):
                self.start_python(lines)
                until(lambda: os.path.exists(self.path("up")), "daemon")
                self.stop()
                os.unlink(self.path("up"))

    def test_a_stop_during_the_start_reaches_those_that_are_born_meanwhile(self):
        """Which a look at all processes misses, and nobody would look again."""
        lines = """background()
open(D + "/up", "a").close()
for i in range(60):
    if not os.fork():
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(1000)
time.sleep(1000)"""
        for i in range(16):
            with self.subTest(i):
                self.start_python(lines)
                until(lambda: os.path.exists(self.path("up")), "daemon")
                time.sleep(i * 0.002)
                self.stop()
                os.unlink(self.path("up"))

    def test_a_stop_during_the_start_reaches_those_that_are_born_before_it_is_taken(self):
        """Some C libraries block all signals while they fork."""
        self.start_python("""background()
signal.pthread_sigmask(signal.SIG_BLOCK, [15])
mark('up')
while not signal.sigpending(): time.sleep(0.001)
time.sleep(0.1)     # longer than it takes to look three times
os.fork()
signal.pthread_sigmask(signal.SIG_UNBLOCK, [15])
work()""")
        until(lambda: os.path.exists(self.path("up")), "daemon")
        self.stop()

    def test_a_stop_during_the_start_waits_for_nobody_who_blocks_it(self):
        self.start_python("""background()
signal.pthread_sigmask(signal.SIG_BLOCK, [15])
mark('up')
work()""", options=["--start-timeout=3"])
        until(lambda: os.path.exists(self.path("up")), "daemon")
        self.stop(status=-signal.SIGKILL)
        self.assertIn("(--start-timeout)", self.output())

    def test_a_killed_parent_leaves_nothing_of_a_start(self):
        """Whose the daemon's processes are is known by their parents, until that has ended."""
        steps = ["%s; mark('up'); work()" % step for step in (
            "pass", "os.fork()", "os.fork() or os.setsid()", "background('never')",
            "background('never'); os.fork() or (os.setsid(), os.fork())", "background()", "background(); os.fork()",
            "background(); os.fork() or (os.setsid(), os.fork())",
            "background(); put('1\\n')", "background('never'); put('%d\\n' % os.getpid())")]
        for step in steps:
            with self.subTest(step):
                self.start_python(step.replace("mark('up')", "open(D + '/up', 'a').close()"))
                until(lambda: os.path.exists(self.path("up")), "daemon")
                self.process.kill()
                self.assert_ends(-signal.SIGKILL)
                os.unlink(self.path("up"))
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.pid_file)

    def test_a_killed_babysitter_leaves_nothing_of_a_start(self):
        up = self.path("up")
        for step, count in (("pass", 1), ("background('never')", 1), ("background(); os.fork() or (os.setsid(), os.fork())", 3)):
            with self.subTest(step):
                self.start_python("%s\nwith open(D + '/up', 'a') as file: file.write('1')\nwork()" % step)
                until(lambda count=count: os.path.exists(up) and os.path.getsize(up) == count, "daemon")
                for pid in self.children():
                    if pid != self.process.pid:
                        os.kill(pid, signal.SIGKILL)
                self.assert_ends(-signal.SIGTERM)
                self.assertIn("the babysitter has been killed", self.output())
                os.unlink(up)

    def test_a_process_that_has_ended_before_it_was_named(self):
        """Its status is the start's: whoever writes the file is another one, and does not know."""
        for how, status in (("os._exit(5)", 5), ("os.kill(os.getpid(), 9)", -signal.SIGKILL)):
            for late in (False, True):
                with self.subTest(how, late=late):
                    wait = "wait('reaped')" if late else "pass"
                    self.start_python("pid = os.fork()\nif not pid: %s\nput('%%d\\n' %% pid); mark('up'); %s\nos._exit(0)"
                                      % (how, wait))
                    until(lambda: os.path.exists(self.path("up")), "pid file")
                    self.mark("reaped")
                    self.assert_ends(status)
                    for name in "up", "reaped":
                        os.unlink(self.path(name))

    def test_one_of_several_that_has_ended_before_it_was_named(self):
        """Reaped long before: what the daemon names then is nobody, and what is left is ended."""
        self.start_python("""if not os.fork():
    if os.fork(): os._exit(0)
    put("%d\\n" % os.getpid()); mark("up"); wait("go"); os._exit(6)
wait("up")
if not os.fork(): os.setsid(); work()
mark("go")
pid = int(open(P).read())
while os.path.exists("/proc/%d" % pid): time.sleep(0.002)
os._exit(0)""", options=["--start-timeout=2"])
        self.assert_ends(-signal.SIGTERM)
        self.assertIn("it names no process of the daemon's that runs", self.output())

    def test_two_starts_with_one_file(self):
        """Each is ready with a process of its own, or not at all."""
        lines = "background()\nput('%d\\n' % os.getpid()); mark('up')\nwork()"
        first = self.start_python(lines)
        self.until_ready()
        pid = self.main_pid()
        other_ready = self.path("other")
        second = subprocess.Popen([BRIDGE, "-i", "none", "-t", "forking", "-N", "--ready-file=" + other_ready,
                                   "--daemon-pidfile=" + self.pid_file, "--", sys.executable, "-ISc", PRELUDE + lines,
                                   self.pid_file, self.directory], stderr=self.said, start_new_session=True)
        until(lambda: os.path.exists(other_ready), "second one")
        other = self.main_pid()
        self.assertEqual([stat_of(pid)[1], stat_of(other)[1]], [first.pid, second.pid])
        second.terminate()
        self.assertEqual(second.wait(PATIENCE_S), -signal.SIGTERM)
        self.assertTrue(is_alive(pid) and not is_alive(other))
        self.process = first
        self.stop()

    # -- afterwards

    def begin(self, *actions, **how):
        self.start(DAEMON, *actions, "fork-exit", "setsid", "pid-file=" + self.pid_file, "pause", **how)
        self.until_ready()
        return self.main_pid()

    def test_signals_reach_the_main_process(self):
        self.begin("on-hup=touch:" + self.path("hup"), "on-usr1=touch:" + self.path("usr1"), "on-term=exit:7")
        for name in ("hup", "usr1"):
            self.process.send_signal(getattr(signal, "SIG" + name.upper()))
            until(lambda name=name: os.path.exists(self.path(name)), name)
        self.stop(status=7)

    def test_the_end_of_the_main_process_is_ours(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            with self.subTest(number):
                os.kill(self.begin(), number)
                self.assert_ends(-number)

    def test_a_new_main_process_is_followed(self):
        """As nginx does it: the new one is a child of the old, which leaves later."""
        self.start_python("""background()
def upgrade(*_):
    os.rename(P, P + ".old")
    if not os.fork():
        signal.signal(signal.SIGUSR2, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
        put("%d\\n" % os.getpid())
        mark("new")
signal.signal(signal.SIGUSR2, upgrade)
put("%d\\n" % os.getpid())
work()""")
        self.until_ready()
        old = self.main_pid()
        self.process.send_signal(signal.SIGUSR2)
        until(lambda: os.path.exists(self.path("new")), "new one")
        new = self.main_pid()
        self.assertNotEqual(old, new)
        os.kill(old, signal.SIGTERM)
        until(lambda: not is_alive(old), "end of the old one")
        time.sleep(0.2)
        self.assertIsNone(self.process.poll())
        self.assertTrue(os.path.exists(self.ready))
        self.stop(status=9)

    def test_a_new_main_process_that_is_named_last(self):
        """Its pid is in the file, and the old one ends at once."""
        for i in range(20):
            with self.subTest(i):
                self.start_python("""background()
def upgrade(*_):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
    pid = os.fork()
    if pid:
        wait("new")     # Python drops what comes to a process that it has just begun
        put("%d\\n" % pid)
        os._exit(0)
    mark("new")
signal.signal(signal.SIGUSR2, upgrade)
put("%d\\n" % os.getpid())
work()""")
                self.until_ready()
                old = self.main_pid()
                self.process.send_signal(signal.SIGUSR2)
                until(lambda: not is_alive(old), "end of the old one")
                self.stop(status=9)
                os.unlink(self.pid_file)
                os.unlink(self.path("new"))

    # Goes to the background once more when it is to reload, as sshd and exim do whose parent is not process 1.
    ANEW = """background()
def anew(*_):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if os.fork(): os._exit(0)
    os.setsid()
    begin()
def begin():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
    signal.signal(signal.SIGHUP, anew)
    mark("up"); wait("go"); put("%d\\n" % os.getpid())
    work()
"""

    def test_a_main_process_that_goes_to_the_background_again_is_followed(self):
        self.mark("go")
        self.start_python(self.ANEW + "begin()")
        self.until_ready()
        for late in (False, True, True):
            with self.subTest(late=late):
                old = self.main_pid()
                for name in ["up"] + ["go"] * late:
                    os.unlink(self.path(name))
                self.process.send_signal(signal.SIGHUP)
                until(lambda: os.path.exists(self.path("up")), "next one")
                if late:
                    time.sleep(0.3)
                    self.mark("go")
                until(lambda old=old: self.main_pid() != old, "its name")
                until(lambda old=old: not is_alive(old), "end of the one before")  # which a signal may still reach
                self.assertTrue(os.path.exists(self.ready))
        self.stop(status=9)
        self.assertEqual(self.output(), "")

    def start_with_a_next_one_not_named(self):
        self.mark("go")
        self.start_python(self.ANEW + "begin()")
        self.until_ready()
        old = self.main_pid()
        for name in "up", "go":
            os.unlink(self.path(name))
        self.process.send_signal(signal.SIGHUP)
        until(lambda: os.path.exists(self.path("up")), "next one")
        until(lambda: not is_alive(old), "end of the one before")

    def test_a_stop_while_the_next_main_process_is_not_named_is_for_it(self):
        self.start_with_a_next_one_not_named()
        self.process.send_signal(signal.SIGTERM)
        self.mark("go")
        self.assert_ends(9)

    def test_a_killed_parent_leaves_no_next_main_process_without_a_name(self):
        self.start_with_a_next_one_not_named()
        self.process.kill()
        self.assert_ends(-signal.SIGKILL)

    def test_an_end_with_0_is_the_end_where_nobody_follows(self):
        """(what it does when it is told to, whether that is a stop, seconds at the least and at the most, those left)"""
        child = "os.fork() or (os.setsid(), mark('up'), work()); wait('up'); "
        for does, number, least, most, left in (("", signal.SIGHUP, 0, 3, 0), (child, signal.SIGTERM, 0, 3, 1),
                                                (child, signal.SIGHUP, 4, 15, 1)):
            with self.subTest(does=does, number=number):
                self.start_python("background()\ndef end(*_): %sos._exit(0)\nsignal.signal(%d, end)\n"
                                  "put('%%d\\n' %% os.getpid()); work()" % (does, number))
                self.until_ready()
                began = time.monotonic()
                self.process.send_signal(number)
                self.assert_ends(0, left=left)
                self.assertTrue(least <= time.monotonic() - began <= most, time.monotonic() - began)
                self.end_all()
                os.unlink(self.pid_file)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path("up"))

    def test_a_main_process_with_the_number_of_an_earlier_one(self):
        """The one before was held until the next was named; then its number is anybody's."""
        lines = """def as_number(pid):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file: file.write(str(pid - 1))
background()
old = os.getpid()
put("%d\\n" % old); wait("go")
if os.fork(): os._exit(0)
while open("/proc/%d/stat" % old).read().rpartition(")")[2].split()[0] != "Z": time.sleep(0.002)
time.sleep(0.05)    # so that it is held
put("%d\\n" % os.getpid())
while os.path.exists("/proc/%d" % old): time.sleep(0.002)
as_number(old)
pid = os.fork()
if pid:
    put("%d\\n" % pid); mark("equal" if pid == old else "other"); work()
signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
mark("up"); work()"""
        self.start_python(lines, wrap=self.AS_PROCESS_1)
        until(lambda: os.path.exists(self.ready) or self.process.poll() is not None, "readiness")
        if self.process.poll() is not None:
            self.skipTest("unshare: " + self.output())
        self.mark("go")
        until(lambda: os.path.exists(self.path("up")), "third one")
        if os.path.exists(self.path("other")):
            self.skipTest("the number was taken")
        bridge, = self.children_of(self.process.pid)
        time.sleep(0.3)
        os.kill(bridge, signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE_S), 9, self.output())

    # -- as process 1, whose children take themselves for what is in the background already

    AS_PROCESS_1 = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]

    def need_process_1(self):
        tried = subprocess.run([*self.AS_PROCESS_1, "true"], capture_output=True, text=True)
        if tried.returncode:
            self.skipTest(tried.stderr)

    def start_as_process_1(self, lines):
        self.need_process_1()
        self.start_python(lines, wrap=self.AS_PROCESS_1)
        until(lambda: self.process.poll() is not None or os.path.exists(self.path("up")), "daemon")

    def test_a_daemon_that_asks_whether_its_parent_is_process_1(self):
        self.start_as_process_1("if os.getppid() != 1: background()\nmark('up')\n"
                                "signal.signal(signal.SIGTERM, lambda *_: os._exit(9 if os.getppid() == 1 else 8))\n"
                                "put('%d\\n' % os.getpid()); work()")
        self.until_ready()
        bridge, = self.children_of(self.process.pid)
        # the babysitter, and nobody in between any more
        until(lambda: sum(map(stays, self.children_of(bridge))) == 2, "end of who was in between")
        os.kill(bridge, signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE_S), 9, self.output())

    def test_how_the_first_process_ends_below_process_1(self):
        for how, status in (("os._exit(3)", 3), ("os.kill(os.getpid(), signal.SIGUSR1)", 128 + signal.SIGUSR1),
                            ("os.execv('/nowhere', ['x'])", 1)):
            with self.subTest(how):
                self.start_as_process_1("mark('up')\n" + how)
                self.assertEqual(self.process.wait(PATIENCE_S), status, self.output())
                os.unlink(self.path("up"))

    def test_signals_while_the_first_process_is_there_below_process_1(self):
        """A reload reaches it; a stop reaches it once."""
        self.start_as_process_1("signal.signal(signal.SIGHUP, lambda *_: mark('hup'))\n"
                                "def end(*_): os.write(os.open(D + '/term', os.O_WRONLY | os.O_CREAT | os.O_APPEND), b'x')\n"
                                "signal.signal(signal.SIGTERM, end)\nmark('up'); wait('go'); os._exit(7)")
        bridge, = self.children_of(self.process.pid)
        os.kill(bridge, signal.SIGHUP)
        until(lambda: os.path.exists(self.path("hup")), "reload")
        os.kill(bridge, signal.SIGTERM)
        until(lambda: os.path.exists(self.path("term")), "stop")
        time.sleep(0.1)
        self.mark("go")
        self.assertEqual(self.process.wait(PATIENCE_S), 7, self.output())
        self.assertEqual(os.path.getsize(self.path("term")), 1)

    def test_what_cannot_be_executed_below_process_1(self):
        self.need_process_1()
        for command, status in (("/nowhere", 127), ("/etc", 126)):
            self.start(command, wrap=self.AS_PROCESS_1)
            self.assertEqual(self.process.wait(PATIENCE_S), status, self.output())
            self.assertIn(command, self.output())

    def test_a_pid_of_another_namespace_is_nobodys(self):
        """What the daemon's process is called inside names another one, or none, outside."""
        self.need_process_1()
        self.start("sh", "-c", 'exec unshare --pid --fork --mount-proc --kill-child setsid sh -c "'
                   'echo \\$\\$ >%s; touch %s; exec sleep 1000" &' % (self.pid_file, self.path("up")),
                   options=["--start-timeout=2"])
        self.assert_ends(-signal.SIGKILL)   # process 1 in there is deaf
        self.assertIn("it names no process of the daemon's that runs", self.output())

    def test_stragglers(self):
        """(option, what ends by itself, those left): one in the group, one in a session of its own, one deaf."""
        lines = """background()
for kind in "group", "session", "child":
    if not os.fork():
        if kind == "session": os.setsid()
        if kind == "child" and os.fork(): os._exit(0)
        mark(kind); work()
    wait(kind)
put("%d\\n" % os.getpid())
work()"""
        for option, left in (((), 1), (("--kill-stragglers=group",), 1), (("--kill-stragglers=all",), 0),
                             (("--kill-stragglers=no",), 3)):
            with self.subTest(option):
                self.start_python(lines, options=option)
                self.until_ready()
                os.kill(self.main_pid(), signal.SIGKILL)
                self.assert_ends(-signal.SIGKILL, left=left)
                self.end_all()
                for name in "group", "session", "child":
                    os.unlink(self.path(name))

    def test_a_deaf_straggler_is_killed(self):
        self.start_python("background()\nif not os.fork():\n    signal.signal(15, signal.SIG_IGN)\n    mark('up'); work()\n"
                          "wait('up'); put('%d\\n' % os.getpid()); work()")
        self.until_ready()
        began = time.monotonic()
        os.kill(self.main_pid(), signal.SIGKILL)
        self.assert_ends(-signal.SIGKILL)
        self.assertGreater(time.monotonic() - began, 4.5)

    def test_stragglers_of_a_session_that_came_after_the_pid_file(self):
        """And the babysitter's end is seen with the main process's: the session is its last one all the same."""
        self.start_python("""if os.fork(): os._exit(0)
put("%d\\n" % os.getpid()); wait("go"); os.setsid()
if not os.fork(): mark("up"); work()
work()""")
        self.until_ready()
        babysitters = [pid for pid in self.children() if pid != self.process.pid]
        self.assertEqual(len(babysitters), 1)
        self.process.send_signal(signal.SIGSTOP)
        self.mark("go")
        until(lambda: os.path.exists(self.path("up")), "straggler")
        os.kill(self.main_pid(), signal.SIGKILL)
        until(lambda: not is_alive(babysitters[0]), "end of the babysitter")
        self.process.send_signal(signal.SIGCONT)
        self.assert_ends(-signal.SIGKILL)

    def test_a_child_that_was_there_before_is_nobodys(self):
        """finit's logit: our child, and not the daemon's."""
        wrap = ["sh", "-c", "sleep 1000 & exec \"$@\"", "sh"]
        self.start(DAEMON, "fork-exit", "setsid", "touch=" + self.path("up"), "pause", pid_file=False, wrap=wrap)
        self.until_ready()
        self.process.send_signal(signal.SIGTERM)
        self.assert_ends(-signal.SIGTERM, left=1)


if __name__ == "__main__":
    tap.main()
