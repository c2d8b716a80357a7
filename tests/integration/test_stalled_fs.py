# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--wait-for and --ready-when with paths on a file system that does not answer: every timeout holds.

As on a dead NFS server: a FUSE mount whose server, which is this test, answers nothing. Separate from the
tests of the conditions because it needs that mount, in a mount namespace of its own.
"""
import ctypes
import os
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import tap
import upstart_case

CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 1 << 18, 2
FUSE_INIT = 26
PR_SET_CHILD_SUBREAPER = 36
KINDS = "path", "pidfile", "device"
NUMBERS = 0, 1, 2, 7        # standard ones, and one that was left open by chance
SAID = "its file system does not answer"
TIMED_OUT = ": (Connection|Operation) timed out"    # ETIMEDOUT, in the words of glibc or musl

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *args):
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class StalledFs:
    """A directory in which nobody gets an answer; as deaf, even a killed process waits for one."""

    def __init__(self, deaf, directory=None):
        self.deaf = deaf
        self.is_own = directory is None
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self.directory = directory or tempfile.mkdtemp()
        options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % self.fd
        try:
            call(libc.mount, b"stalled", self.directory.encode(), b"fuse", 0, options.encode())
        except OSError:
            self.tidy()
            raise
        if deaf:
            self.answer_init()

    def answer_init(self):
        request = os.read(self.fd, 1 << 16)
        _, opcode, unique = struct.unpack_from("=IIQ", request)
        if opcode != FUSE_INIT:
            raise AssertionError("the first request is %d" % opcode)
        body = struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 1, 1, 0, 0)
        os.write(self.fd, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)

    def path(self):
        return os.path.join(self.directory, "x")

    def take_request(self):
        """What the kernel has handed over, nothing but an answer or our end takes back."""
        if not select.select([self.fd], [], [], upstart_case.DEADLINE)[0]:
            raise AssertionError("nobody asks for anything")
        os.read(self.fd, 1 << 16)

    def end(self):
        """Everybody who waits is told that there is no server."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.end()      # while it is mounted
        call(libc.umount2, self.directory.encode(), MNT_DETACH)
        self.tidy()

    def tidy(self):
        self.end()
        if self.is_own:
            os.rmdir(self.directory)


class StalledFile:
    """A file that can be opened, and that nobody gets an answer about from then on, be it killed."""

    ATTR = struct.pack("=QII6Q10I", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, stat.S_IFREG | 0o666, 1, 0, 0, 0, 4096, 0)
    ANSWERS = {FUSE_INIT: struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 1, 1, 0, 0), 3: ATTR,
               14: struct.pack("=QII", 1, 0, 0)}      # FUSE_GETATTR, FUSE_OPEN

    def __init__(self):
        handle, self.path = tempfile.mkstemp()
        os.close(handle)
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = "fd=%d,rootmode=100666,user_id=0,group_id=0,allow_other" % self.fd
        call(libc.mount, b"stalled", self.path.encode(), b"fuse", 0, options.encode())
        self.is_open = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        """Up to the first open(2), and nothing after it."""
        while not self.is_open.is_set():
            if not select.select([self.fd], [], [], 10)[0]:
                return
            _, opcode, unique = struct.unpack_from("=IIQ", os.read(self.fd, 1 << 16))
            body = self.ANSWERS[opcode]
            os.write(self.fd, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
            if opcode == 14:
                self.is_open.set()

    def __enter__(self):
        return self

    def end(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def __exit__(self, *_exception):
        self.end()
        call(libc.umount2, self.path.encode(), MNT_DETACH)
        os.unlink(self.path)


def state_of(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


class StalledFsTest(upstart_case.UpstartTestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise unittest.SkipTest("needs root, and FUSE")
        try:
            call(libc.unshare, CLONE_NEWNS)
            call(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            with StalledFs(deaf=False):
                pass
        except OSError as error:
            raise unittest.SkipTest("no file system of our own: %s" % error)

    def each(self, check):
        for deaf in False, True:
            for kind in KINDS:
                with self.subTest(kind=kind, deaf=deaf), StalledFs(deaf) as fs:
                    check("%s:%s" % (kind, fs.path()), fs)

    def start_waiting(self, fs, *options):
        words = [upstart_case.BRIDGE, "--target=systemd", "--init=none", *options, "--", "/bin/true"]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        if fs.deaf:
            fs.take_request()
        return process

    def test_wait_for(self):
        def check(condition, fs):
            begin = time.monotonic()
            with self.start_waiting(fs, "--wait-timeout=1", "--wait-for=" + condition) as process:
                _, said = process.communicate(timeout=10)
            self.assertEqual(process.returncode, 125)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertIn("--wait-for: %s did not hold within 1 s: %s" % (condition, SAID), said)
        self.each(check)

    def test_wait_for_is_ended_by_a_signal(self):
        def check(condition, fs):
            with self.start_waiting(fs, "--verbose", "--wait-for=" + condition) as process:
                while SAID not in process.stderr.readline():
                    self.assertIsNone(process.poll())
                process.terminate()
                self.assertEqual(process.wait(timeout=10), -signal.SIGTERM)
        self.each(check)

    def test_files_of_a_start(self):
        """A start that makes or reads a file there fails with a word, and there is no daemon."""
        rows = (("--ready-file", ["-i", "none", "-t", "systemd", "-N"]), ("--listen", ["-i", "none", "-t", "systemd"]),
                ("--daemon-pidfile", ["-i", "none", "-t", "forking", "-N", "--ready-file=/run/unused"]),
                ("--pidfile", ["-i", "forking", "-t", "systemd", "-N"]))
        for deaf in False, True:
            for option, others in rows:
                with self.subTest(option, deaf=deaf), StalledFs(deaf) as fs:
                    words = [upstart_case.BRIDGE, *others, "%s=%s" % (option, fs.path()), "--", "/bin/true"]
                    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
                        if deaf and select.select([fs.fd], [], [], 5)[0]:
                            fs.take_request()
                        _, said = process.communicate(timeout=15)
                    self.assertEqual(process.returncode, 125, said)
                    self.assertIn("%s: %s: %s" % (option, fs.path(), SAID), said)

    def test_a_pid_file_after_the_start(self):
        """Its file system hangs when the daemon is ready, or when it ends: nobody waits for that for ever."""
        call(libc.prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.addCleanup(libc.prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for when in "ready", "ended":
            for options, says in ((["-t", "systemd"], "notify=READY=1"), (["-t", "systemd", "--supervise"], "notify=READY=1"),
                                  (["-t", "upstart", "--job=x"], "stop")):
                with self.subTest(when=when, options=options), tempfile.TemporaryDirectory() as directory:
                    self.check_pid_file(when, options, says, directory)

    def check_pid_file(self, when, options, says, directory):
        place = os.path.join(directory, "place")
        os.mkdir(place, 0o755)
        up, gate, pid_file = (os.path.join(directory, name) for name in ("up", "gate", "place/pid"))
        words = [upstart_case.BRIDGE, "-i", "forking", "--pidfile=" + pid_file, "-N", *options, "--",
                 upstart_case.DAEMON, "touch=" + up, "wait-file=" + gate, says, "pause"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            upstart_case.wait_until(lambda: os.path.exists(up), "daemon")
            if when == "ended":
                open(gate, "w").close()
                self.assertEqual(process.wait(timeout=10), 0)
                with open(pid_file) as file:
                    daemon = int(file.read())
            with StalledFs(False, place):
                begin = time.monotonic()
                if when == "ready":
                    open(gate, "w").close()
                    _, said = process.communicate(timeout=40)
                    self.assertEqual(process.returncode, 125, said)
                    self.assertIn("--pidfile: cannot write %s, ending the daemon: " % pid_file, said)
                    self.assertRegex(said, TIMED_OUT)
                else:
                    os.kill(daemon, signal.SIGTERM)
                self.reap_all(begin + 40)

    def reap_all(self, deadline):
        """All that came to us has ended."""
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.01)
            except ChildProcessError:
                return
        with open("/proc/%d/task/%d/children" % (os.getpid(), os.getpid()), encoding="ascii") as file:
            left = file.read().split()
        self.fail("somebody waits for the file system: %s" % [(pid, state_of(int(pid))) for pid in left])

    def test_runtime_directory_of_a_user(self):
        """The private socket gets the weaker name, with a word, and the daemon is started."""
        for deaf in False, True:
            with self.subTest(deaf=deaf), StalledFs(deaf) as fs, tempfile.TemporaryDirectory() as directory:
                os.chown(directory, 65534, 65534)
                words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", upstart_case.BRIDGE, "-i", "none", "-t",
                         "systemd", "-N", "--ready-file=" + os.path.join(directory, "ready"), "--", "/bin/true"]
                with subprocess.Popen(words, stderr=subprocess.PIPE, text=True,
                                      env={**os.environ, "XDG_RUNTIME_DIR": fs.directory}) as process:
                    if deaf and select.select([fs.fd], [], [], 5)[0]:
                        fs.take_request()
                    _, said = process.communicate(timeout=15)
                self.assertEqual(process.returncode, 0, said)
                self.assertIn("cannot be bound to a path in $XDG_RUNTIME_DIR: ", said)
                self.assertRegex(said, TIMED_OUT)

    # A shell would close the descriptor that it has opened, and wait for that.
    OPEN_AT = ("import os, sys; at = int(sys.argv[1]); at > 2 or os.close(at); "
               "list(iter(lambda: os.open('/dev/null', os.O_RDWR), at)); os.close(at); "
               "os.set_inheritable(os.open(sys.argv[2], os.O_RDWR), True); os.execv(sys.argv[3], sys.argv[3:])")

    def test_standard_descriptors(self):
        """Nothing that a start does with them waits for the server: neither writing nor closing nor asking."""
        never = "--adopt=no"     # a question over D-Bus would be answered by nobody, and has its own limit
        for options in ["--verbose", never], ["--verbose", "--supervise", never], ["--notify-access=all"]:
            for number in NUMBERS:
                with self.subTest(options=options, number=number), StalledFile() as fs, upstart_case.Host() as host:
                    host.job("job", "expect stop\n" + upstart_case.run(
                        sys.executable, "-c", self.OPEN_AT, str(number), fs.path,
                        *upstart_case.bridge("--notify", *options, upstart_case.READY, "pause")))
                    begin = time.monotonic()
                    self.assertEqual(host.start("job", timeout=25).rc, 0)
                    self.assertTrue(fs.is_open.is_set())
                    self.assertLess(time.monotonic() - begin, 5 if never in options else 15)
                    fs.end()
                    self.assertEqual(host.stop("job").rc, 0)

    def test_standard_descriptors_in_hand_over(self):
        """The daemon is the host's own child, ready and continued; nobody waits for whoever closes the file."""
        by_systemd = self.OPEN_AT.replace("os.execv", "os.environ['SYSTEMD_EXEC_PID'] = str(os.getpid()); os.execv")
        call(libc.prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.addCleanup(libc.prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for number in NUMBERS:
            with self.subTest(number=number), StalledFile() as fs, tempfile.TemporaryDirectory() as directory:
                address = os.path.join(directory, "notify")
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as host:
                    host.bind(address)
                    host.settimeout(15)
                    words = [upstart_case.BRIDGE, "-i", "systemd", "-t", "upstart", "-N", "--job=x", "--",
                             upstart_case.DAEMON, "stop", "pause"]
                    begin = time.monotonic()
                    process = subprocess.Popen([sys.executable, "-c", by_systemd, str(number), fs.path, *words],
                                               env={**os.environ, "NOTIFY_SOCKET": address})
                    said = b""
                    while b"READY=1" not in said:
                        said = self.receive(host)
                    self.receive(host)      # the barrier
                    daemon = int(re.search(rb"MAINPID=(\d+)", said)[1])
                    upstart_case.wait_until(lambda pid=daemon: state_of(pid) in "SR", "a daemon that runs", 5)
                    process.wait(timeout=10)
                    self.assertTrue(fs.is_open.is_set())
                    self.assertLess(time.monotonic() - begin, 10)
                    fs.end()
                    os.kill(daemon, signal.SIGKILL)

    @staticmethod
    def receive(host):
        text, fds, _, _ = socket.recv_fds(host, 4096, 4)
        for fd in fds:
            os.close(fd)
        return text

    def test_ready_when(self):
        """The start's own timeout ends the daemon, and nothing of ours stays but who waits for the server."""
        def check(condition, fs):
            with upstart_case.Host() as host:
                host.job("job", "expect stop\n" + upstart_case.run(*upstart_case.bridge(
                    "--start-timeout=1", "--ready-when=" + condition, "pause")))
                host.start("job", wait=False)
                if fs.deaf:
                    fs.take_request()
                host.wait("job", "stop/waiting")
                said = host.job_output("job") + "\n".join(host.syslog())
                self.assertIn(condition, said)
                self.assertIn(SAID, said)
                fs.end()
                self.assert_nothing_left(host)
        self.each(check)


if __name__ == "__main__":
    tap.main()
