# SPDX-License-Identifier: GPL-3.0-or-later
"""What execve(2) keeps and fork(2) does not, or what hangs on the first process: the daemon has it as without us.

Each row is a wrapper in front of the bridge that sets something up; the daemon tells what it finds, once
behind the wrapper alone and once behind the bridge, in each shape. The host is no more than a socket.
"""
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import tap

BRIDGE, DAEMON = os.environ["CIB"], os.environ["CIB_FAKE_DAEMON"]
TIMEOUT_S = 20

# What the wrapper does before it executes the rest.
SET_UP = {
    "nothing": "",
    "nice that is reset": "os.setpriority(0, 0, -5); os.sched_setscheduler(0, RESET, os.sched_param(0))",
    "fifo that is reset": "os.setpriority(0, 0, -3); os.sched_setscheduler(0, 1 | RESET, os.sched_param(7))",
    "fifo": "os.sched_setscheduler(0, 1, os.sched_param(7))",
    "batch that is reset": "os.sched_setscheduler(0, 3 | RESET, os.sched_param(0))",
    "deadline": "deadline(0)",
    "deadline that is reset": "deadline(1)",
    "a parent-death signal": "prctl(1, 10)",
    "a child": "child()",
}
A_USER = "os.setgroups([]); os.setgid(65534); os.setuid(65534)"

WRAPPER = """import ctypes, os, platform, signal, struct, sys, time
libc, RESET = ctypes.CDLL(None, use_errno=True), 0x40000000
prctl = libc.prctl
def deadline(flags):
    attributes = struct.pack("<IIQiIQQQ", 48, 6, flags, 0, 0, 40000000, 100000000, 100000000)
    number = {"x86_64": 314}.get(platform.machine(), 274)
    if libc.syscall(number, 0, attributes, 0):
        sys.exit(77)
def child():
    if os.fork() == 0:
        for fd in 0, 1, 2:
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        prctl(1, 9)
        time.sleep(60)
        os._exit(0)
%s
os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""

# The daemon: tells, is ready in the way given, and goes on until its standard input ends.
DAEMON_SCRIPT = """import ctypes, os, signal, socket, sys
death = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(death))
attributes = (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority, os.getpriority(0, 0))
print("sched", *attributes, "death", 0 if sys.argv[1] == "notify" else death.value, flush=True)
if sys.argv[1] == "stop":
    os.kill(os.getpid(), signal.SIGSTOP)
if sys.argv[1] == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
sys.stdin.read()
"""

SHAPES = {
    "hand over": (["-i", "systemd", "-t", "upstart", "-N", "--job=x"], "stop"),
    "hand over, supervise": (["-i", "systemd", "-t", "upstart", "-N", "--job=x", "--supervise"], "stop"),
    "hand over, condition": (["-i", "systemd", "-t", "systemd", "--ready-when=path:/"], "nothing"),
    "attend": (["-i", "datagram", "-t", "systemd", "-N"], "notify"),
    "supervise": (["-i", "datagram", "-t", "systemd", "-N", "--supervise"], "notify"),
}


def be_subreaper():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


@unittest.skipUnless(os.getuid() == 0, "needs root: policies, negative nice")
class KeptTest(unittest.TestCase):
    def setUp(self):
        be_subreaper()
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.address = os.path.join(self.directory.name, "notify")
        self.host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.host.bind(self.address)
        self.host.settimeout(TIMEOUT_S)
        self.addCleanup(self.host.close)

    def start(self, set_up, words):
        return subprocess.Popen([sys.executable, "-c", WRAPPER % SET_UP.get(set_up, A_USER), *words], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "NOTIFY_SOCKET": self.address})

    def end(self, process):
        """Returns what was said; whoever is still there ends with the input, or its parent."""
        process.stdin.close()
        said = process.stdout.read(), process.stderr.read()
        process.wait(TIMEOUT_S)
        process.stdout.close()
        process.stderr.close()
        while True:         # what was handed over to us
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.001)
            except ChildProcessError:
                return said

    def receive_ready(self):
        """The barrier is answered by closing what came along."""
        text = b""
        while b"READY=1" not in text:
            text, fds, _, _ = socket.recv_fds(self.host, 4096, 4)
            for fd in fds:
                os.close(fd)
        text, fds, _, _ = (b"", [], 0, 0) if b"MAINPID" not in text else socket.recv_fds(self.host, 4096, 4)
        for fd in fds:
            os.close(fd)

    def told_without(self, set_up):
        process = self.start(set_up, ["/usr/bin/python3", "-c", DAEMON_SCRIPT, "nothing"])
        told, said = self.end(process)
        if process.returncode == 77:
            self.skipTest("not possible here")
        self.assertEqual((process.returncode, said), (0, ""))
        return told

    def check(self, set_up, shape):
        options, speaks = SHAPES[shape]
        process = self.start(set_up, [BRIDGE, *options, "--", "/usr/bin/python3", "-c", DAEMON_SCRIPT, speaks])
        self.receive_ready()
        told, said = self.end(process)
        self.assertEqual(said, "")
        self.assertEqual(process.returncode, 0)
        return told

    def test_scheduling(self):
        for set_up in SET_UP:
            for shape in SHAPES:
                with self.subTest(set_up=set_up, shape=shape):
                    if set_up in ("a parent-death signal", "a child") and not shape.startswith("hand over"):
                        continue        # there is a test of their own
                    self.assertEqual(self.check(set_up, shape), self.told_without(set_up))

    def test_stays_where_something_hangs_on_it(self):
        """As with --supervise, and --explain says why."""
        for set_up, words in ("nothing", None), ("a parent-death signal", "PR_SET_PDEATHSIG"), ("a child", "PAMName="):
            for shape in "hand over", "hand over, condition":
                options, speaks = SHAPES[shape]
                with self.subTest(set_up=set_up, shape=shape):
                    process = self.start(set_up, [BRIDGE, "--explain", *options, "--", "/bin/true"])
                    told, _ = self.end(process)
                    self.assertEqual("as with --supervise: " in told, words is not None, told)
                    self.assertIn(words or "shape: ", told)
                    process = self.start(set_up, [BRIDGE, *options, "--", "/usr/bin/python3", "-c",
                                                  DAEMON_SCRIPT, speaks])
                    self.receive_ready()
                    if words is None:
                        self.assertEqual(process.wait(TIMEOUT_S), 0)
                    else:
                        with self.assertRaises(subprocess.TimeoutExpired):
                            process.wait(0.3)
                    self.assertEqual(self.end(process)[1], "")
                    self.assertEqual(process.returncode, 0)

    def start_asking(self, set_up, number):
        """A daemon that asks itself, and goes on until its input ends; what the wrapper does before."""
        script = ("import ctypes, os, signal, sys\nctypes.CDLL(None).prctl(1, %d)\n"
                  "os.kill(os.getpid(), signal.SIGSTOP)\nprint('goes on', flush=True)\nsys.stdin.read()\n"
                  "death = ctypes.c_int()\nctypes.CDLL(None).prctl(2, ctypes.byref(death))\nprint(death.value)\n" % number)
        process = self.start(set_up, [BRIDGE, *SHAPES["hand over"][0], "--", "/usr/bin/python3", "-c", script])
        self.receive_ready()
        return process

    def test_daemon_that_asks_for_a_signal_itself(self):
        """It means the host's end, and not that of ours."""
        for number in signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL:
            with self.subTest(number):
                process = self.start_asking("nothing", number)
                self.assertEqual(process.stdout.readline(), "goes on\n")
                self.assertEqual(self.end(process), ("%d\n" % number, ""))

    def test_daemon_of_a_user_that_asks_for_a_signal_itself(self):
        """Nothing tells before, so it gets it; but not in silence."""
        os.chmod(self.directory.name, 0o755)
        os.chmod(self.address, 0o666)
        for number in signal.SIGTERM, signal.SIGUSR1:
            with self.subTest(number):
                _, said = self.end(self.start_asking("a user", number))
                self.assertIn("has got signal %d" % number, said)
                self.assertIn("add --supervise", said)


if __name__ == "__main__":
    tap.main()
