# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What execve(2) keeps and fork(2) does not, or what hangs on the first process: the daemon has it as without us.

Each row is a wrapper in front of the bridge that sets something up; the daemon tells what it finds, once
behind the wrapper alone and once behind the bridge, in each shape. The host is no more than a socket.
"""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import programs
import tap

BRIDGE, DAEMON = os.environ["CIB"], os.environ["CIB_FAKE_DAEMON"]
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../man/cross-init-bridge.7")
TIMEOUT_S = 20


def has_capability(number):
    """Root of a container has not all of them."""
    with open("/proc/self/status", encoding="ascii") as file:
        effective = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff:"))
    return bool(effective & 1 << number)


MAY_TRACE = has_capability(19)      # CAP_SYS_PTRACE: see what a covered process has open
NOBODY_STAYS_OUT = programs.out_of_reach(os.environ["CIB"], 65534)
MAY_BE_NICE = has_capability(23)    # CAP_SYS_NICE

# What the wrapper does before it executes the rest.
SET_UP = {
    "nothing": "pass",
    "nice that is reset": "os.setpriority(0, 0, -5); os.sched_setscheduler(0, RESET, os.sched_param(0))",
    "fifo that is reset": "os.setpriority(0, 0, -3); os.sched_setscheduler(0, 1 | RESET, os.sched_param(7))",
    "fifo": "os.sched_setscheduler(0, 1, os.sched_param(7))",
    "batch that is reset": "os.sched_setscheduler(0, 3 | RESET, os.sched_param(0))",
    "deadline": "deadline(0)",
    "deadline that is reset": "deadline(1)",
    "a parent-death signal": "prctl(1, 10)",
    "a child": "child()",
    "a timer that repeats": "signal.setitimer(signal.ITIMER_REAL, 1000, 2000)",
    "all that a wrapper may set": """
signal.alarm(1000)
for number in 1, 2, 3, 12, 17, 25:
    signal.signal(number, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
os.umask(0o27)
os.chdir("/etc")
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
libc.syscall({"x86_64": 251}.get(platform.machine(), 30), 1, 0, 2 << 13 | 3)        # ioprio_set
for path, text in ("oom_score_adj", "123"), ("coredump_filter", "0x11"):
    with open("/proc/self/" + path, "w") as file:
        file.write(text)
for option, value in (36, 1), (41, 1), (29, 123456), (28, 4), (57, 1):      # subreaper, huge pages, slack, secure bits, flusher
    prctl(option, value, 0, 0, 0)
prctl(33, 1, 1, 0, 0)           # memory errors: early
prctl(53, 0, 4, 0, 0)           # speculation: off
libc.syscall({"x86_64": 238}.get(platform.machine(), 237), 3, ctypes.byref(ctypes.c_ulong(1)), 64)      # set_mempolicy
libc.syscall({"x86_64": 250}.get(platform.machine(), 219), 1, 0)                                        # keyctl: a session of its own
libc.mlockall(2)
libc.personality(0x0040000)""",
    "locks that go with the open file": """
for name, what in ("flock", fcntl.flock), ("lease", lambda fd, _: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)), ("ofd", ofd):
    path = os.path.join(os.environ["FILES"], name)
    open(path, "a").close()
    fd = os.open(path, os.O_RDWR)
    what(fd, fcntl.LOCK_EX)
    os.set_inheritable(fd, True)
    os.environ[name] = str(fd)""",
    "pending signals": """
signal.pthread_sigmask(signal.SIG_BLOCK, [10, 34])
os.kill(os.getpid(), 10)
os.kill(os.getpid(), 34)""",
    "a user without new rights": """
os.setgroups([7])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
prctl(38, 1, 0, 0, 0)""",
}

# What cannot be had, and the word of the manual that says so.
LOST = {
    "a virtual timer": ("signal.setitimer(signal.ITIMER_VIRTUAL, 1000)", "ITIMER_VIRTUAL"),
    "processor time": ("[None for _ in iter(lambda: time.process_time() < 0.7, False)]", "processor time"),
    "an owner": ("own()", "F_SETOWN"),
    "an undoing": ("undo()", "SEM_UNDO"),
    "a terminal": ("terminal()", "controlling terminal"),
    "an autogroup": ("autogroup()", "autogroup"),
    "the default of the timer's slack": ("prctl(29, 123456, 0, 0, 0); os.environ['SLACK'] = ''", "timer slack"),
}
A_USER = "os.setgroups([]); os.setgid(65534); os.setuid(65534)"

WRAPPER = """import ctypes, fcntl, os, platform, resource, signal, struct, sys, time
libc, RESET = ctypes.CDLL(None, use_errno=True), 0x40000000
prctl = libc.prctl
def deadline(flags):
    attributes = struct.pack("<IIQiIQQQ", 48, 6, flags, 0, 0, 40000000, 100000000, 100000000)
    number = {"x86_64": 314}.get(platform.machine(), 274)
    if libc.syscall(number, 0, attributes, 0):
        sys.exit(77)
def own():
    fd = os.open("/dev/null", os.O_RDWR)
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    os.set_inheritable(fd, True)
    os.environ["OWNED"] = str(fd)
def undo():
    number = libc.semget(0, 1, 0o1666)
    libc.semop(number, struct.pack("<Hhh", 0, 7, 0o10000), 1)
    os.environ["SEMAPHORE"] = str(number)
def ofd(fd, _):
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
def autogroup():
    for _ in range(100):        # once in 0.1 s on the whole machine, without CAP_SYS_ADMIN
        try:
            with open("/proc/self/autogroup", "w") as file:
                file.write("7")
            return
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:
            break
    sys.exit(77)
def terminal():
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, 0x540e, 0)
    os.set_inheritable(ours, True)
def child():
    parent = os.getpid()
    if os.fork() == 0:
        for fd in 0, 1, 2:
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        prctl(1, 9)
        if os.getppid() != parent:      # it has ended before
            os._exit(0)
        time.sleep(60)
        os._exit(0)
%s
os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""

# The daemon: tells, is ready in the way given, and goes on until its standard input ends.
DAEMON_SCRIPT = """import ctypes, os, platform, resource, signal, socket, sys, time
libc, used_s = ctypes.CDLL(None), time.process_time()
def prctl(*arguments):
    return libc.prctl(*arguments, 0, 0, 0, 0)
def told(option):
    value = ctypes.c_int()
    prctl(option, ctypes.byref(value))
    return value.value
def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()
def timer(which):
    return ["%.0e" % value for value in signal.getitimer(which)]
def status():
    names = ("SigBlk", "SigIgn", "SigCgt", "Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Umask", "VmLck", "Seccomp",
             "NoNewPrivs", "Speculation_Store_Bypass", "SpeculationIndirectBranch", "Cpus_allowed", "Mems_allowed", "CoreDumping")
    return [line for line in read("/proc/self/status").splitlines() if line.partition(":")[0] in names]
def has_terminal():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
        return True
    except OSError:
        return False
def owned():
    return "OWNED" in os.environ and fcntl.fcntl(int(os.environ["OWNED"]), fcntl.F_GETOWN) == os.getpid()
def policy():
    mode = ctypes.c_int(-1)
    libc.syscall({"x86_64": 239}.get(platform.machine(), 236), ctypes.byref(mode), None, 0, None, 0)
    return mode.value
def link(name):
    try:
        return os.readlink("/proc/self/" + name)
    except OSError:
        return None
def tried(number, what):
    try:
        return what(int(os.environ[number])) if number in os.environ else None
    except OSError as error:
        return error.errno
def is_flocked(fd):
    return fcntl.flock(os.open("/proc/self/fd/%d" % fd, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
def seen_ofd(fd):
    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    return struct.unpack("hhqqi4x", fcntl.fcntl(os.open("/proc/self/fd/%d" % fd, os.O_RDWR), 36, asked))[0]
def locks():
    return (tried("flock", is_flocked), tried("lease", lambda fd: fcntl.fcntl(fd, fcntl.F_GETLEASE)), tried("ofd", seen_ofd))
def group():
    try:
        return read("/proc/self/autogroup").partition("nice")[2]
    except OSError:
        return None
def ioprio():   # before Linux 5.18 "none" is 4 or 0: whether the kernel has a place for it yet
    value = libc.syscall({"x86_64": 252}.get(platform.machine(), 31), 1, 0)
    return value if value >> 13 else 0
import fcntl, struct
attributes = {
    "sched": (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority, os.getpriority(0, 0)),
    "death": 0 if sys.argv[1] == "notify" else told(2),
    "subreaper": told(37), "timers": [timer(which) for which in range(3)], "used": used_s > 0.5,
    "affinity": sorted(os.sched_getaffinity(0)), "umask": os.umask(0), "cwd": os.getcwd(), "status": status(),
    "limits": [resource.getrlimit(which) for which in range(16)], "slack": prctl(30), "huge": prctl(42),
    "ioprio": ioprio(), "rights": prctl(39), "secure": prctl(27),
    "personality": libc.personality(0xffffffff), "oom": read("/proc/self/oom_score_adj"),
    "core": read("/proc/self/coredump_filter"), "leads": os.getpid() == os.getsid(0) == os.getpgrp(), "terminal": has_terminal(),
    "owner": owned(), "policy": policy(), "memory errors": prctl(34), "flusher": prctl(58), "counter": told(25), "locks": locks(),
    "links": [link(name) for name in ("root", "exe", *("ns/" + name for name in sorted(os.listdir("/proc/self/ns"))))],
    "keyring": libc.syscall({"x86_64": 250}.get(platform.machine(), 219), 0, -3, 0) > 0, "group": group(), "cgroup": read("/proc/self/cgroup"),
    "audit": read("/proc/self/loginuid") if os.path.exists("/proc/self/loginuid") else None,
    "default slack": (prctl(29, 0), prctl(30)) if "SLACK" in os.environ else None,
}
print(attributes, flush=True)
if sys.argv[1] == "stop":
    os.kill(os.getpid(), signal.SIGSTOP)
if sys.argv[1] == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
sys.stdin.read()
print("pending", sorted(signal.sigpending()), "locks", locks())
if "SEMAPHORE" in os.environ:
    print("semaphore", libc.semctl(int(os.environ["SEMAPHORE"]), 0, 12))
    libc.semctl(int(os.environ["SEMAPHORE"]), 0, 0)
"""

SHAPES = {
    "hand over": (["-i", "systemd", "-t", "upstart", "-N", "--job=x"], "stop"),
    "hand over, supervise": (["-i", "systemd", "-t", "upstart", "-N", "--job=x", "--supervise"], "stop"),
    "hand over, condition": (["-i", "systemd", "-t", "systemd", "--ready-when=path:/"], "nothing"),
    "attend": (["-i", "datagram", "-t", "systemd", "-N"], "notify"),
    "supervise": (["-i", "datagram", "-t", "systemd", "-N", "--supervise"], "notify"),
}


# What a wrapper locks in the file "lock": how, and from which byte on how many.
LOCKS = {
    "all of it": "lock(9, 0, 0)",
    "standard input": "lock(0, 0, 0)",
    "standard output": "lock(1, 0, 0)",
    "standard error": "lock(2, 0, 0)",
    "a part": "lock(9, 100, 10)",
    "a high number": "lock(300, 0, 0)",
    "open twice": "lock(9, 0, 0); os.set_inheritable(os.open(path, os.O_RDONLY), True)",
    "shared": "lock(9, 0, 0, fcntl.LOCK_SH)",
    "where others sockets are": "lock(3, 0, 0)",
}
LOCKER = """import fcntl, os, sys
path = os.environ["LOCK"]
def lock(fd, start, length, how=fcntl.LOCK_EX):
    number = os.open(path, os.O_RDWR)
    if number != fd:
        os.dup2(number, fd, True)
        os.close(number)
    os.set_inheritable(fd, True)
    fcntl.lockf(fd, how | fcntl.LOCK_NB, length, start)
%s
os.dup2(os.open("/etc/passwd", os.O_RDONLY), 20, True)
os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""
# Waits for a word on a FIFO; meanwhile it may lock the file again, or close all of it.
LOCK_DAEMON = """import fcntl, os, signal, socket, sys
ready, what, word = sys.argv[1:]
held = [fd for fd in range(400) if os.path.realpath("/proc/self/fd/%d" % fd) == os.environ["LOCK"]]
if what == "close":
    [os.close(fd) for fd in held]
if what == "again":
    try:
        fcntl.lockf(held[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        open(word + ".refused", "w").close()
if ready == "stop":
    os.kill(os.getpid(), signal.SIGSTOP)
if ready == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
open(word).read()
"""


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
        os.chmod(self.directory.name, 0o755)
        os.chmod(self.address, 0o666)
        self.host.settimeout(TIMEOUT_S)
        self.addCleanup(self.host.close)

    def start(self, set_up, words):
        return subprocess.Popen(["/usr/bin/python3", "-IS", "-c", WRAPPER % (SET_UP.get(set_up) or LOST.get(set_up, [A_USER])[0]), *words], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                env={**os.environ, "NOTIFY_SOCKET": self.address, "FILES": self.directory.name})

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
        process = self.start(set_up, ["/usr/bin/python3", "-IS", "-c", DAEMON_SCRIPT, "nothing"])
        told, said = self.end(process)
        if process.returncode == 77:
            self.skipTest("not possible here")
        self.assertEqual((process.returncode, said), (0, ""))
        return told

    def tell_and_say(self, set_up, shape, after_us=False):
        """@after_us: the daemon looks only when who started it has left."""
        options, speaks = SHAPES[shape]
        process = self.start(set_up, [BRIDGE, *options, "--", "/usr/bin/python3", "-IS", "-c", DAEMON_SCRIPT, speaks])
        self.receive_ready()
        if after_us:
            process.wait(TIMEOUT_S)
        told, said = self.end(process)
        self.assertEqual(process.returncode, 0)
        return told, said

    @unittest.skipUnless(MAY_BE_NICE, "needs CAP_SYS_NICE: negative nice")
    def test_everything_that_a_process_has(self):
        self.maxDiff = None
        for set_up in SET_UP:
            without = self.told_without(set_up)
            for shape in SHAPES:
                with self.subTest(set_up=set_up, shape=shape):
                    if set_up in ("a parent-death signal", "a child") and not shape.startswith("hand over"):
                        continue        # there is a test of their own
                    if "setresuid(65534" in SET_UP[set_up] and NOBODY_STAYS_OUT:
                        self.skipTest(NOBODY_STAYS_OUT)
                    told, said = self.tell_and_say(set_up, shape)
                    self.assertEqual(told.split(", "), without.split(", "))
                    if set_up != "pending signals":         # who knows what they are for
                        self.assertEqual(said, "")

    def test_manual_names_what_is_lost(self):
        """Should one of these be kept some day, it is to be taken out there."""
        with open(MANUAL, encoding="utf-8") as file:
            lost = file.read().partition("In hand over and supervise\n")[2].partition(".Ss ")[0]
        for set_up, (_, words) in LOST.items():
            without = self.told_without(set_up)
            self.assertIn(words, lost)
            is_undone = set_up == "an undoing"  # when the process that did it ends
            for shape in ("hand over",) if is_undone else ("hand over", "supervise"):
                with self.subTest(set_up=set_up, shape=shape):
                    self.assertNotEqual(self.tell_and_say(set_up, shape, after_us=is_undone)[0], without)

    def start_locked(self, lock, shape, what=""):
        """Returns the process and the file, once the daemon is ready; it ends with whoever opens the FIFO."""
        options, speaks = SHAPES[shape]
        path, fifo = (os.path.join(self.directory.name, name) for name in ("lock", "fifo"))
        with open(path, "wb") as file:
            file.truncate(200)
        if not os.path.exists(fifo):
            os.mkfifo(fifo)
        process = subprocess.Popen(
            ["/usr/bin/python3", "-IS", "-c", LOCKER % LOCKS[lock], BRIDGE, *options, "--", "/usr/bin/python3", "-IS", "-c",
             LOCK_DAEMON, speaks, what, fifo], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": self.address, "LOCK": path})
        self.addCleanup(process.kill)   # should it have failed before its end
        self.receive_ready()
        return process, path, fifo

    def end_locked(self, process, fifo):
        with open(fifo, "w", encoding="ascii"):
            pass
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:      # what came to us
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.001)
            except ChildProcessError:
                return
        self.fail("a process that came to us does not end")

    @staticmethod
    def holder(path):
        """Of a record lock on the file; or 0."""
        with open(path, "rb+") as file:
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))
            return 0 if kind == fcntl.F_UNLCK else pid

    def test_record_locks(self):
        """Held by a wrapper in front as long as the daemon runs, whatever that does with its descriptor."""
        if not MAY_TRACE:
            with self.subTest("descriptors"):
                self.skipTest("needs CAP_SYS_PTRACE: what a covered process has open")
        for lock in LOCKS:
            for shape in SHAPES:
                for what in ("", "close") if lock in ("all of it", "open twice") else ("",):
                    with self.subTest(lock=lock, shape=shape, what=what):
                        process, path, fifo = self.start_locked(lock, shape, what)
                        closes_its_own = what == "close" and shape == "attend"      # the process that has it
                        self.assertEqual(self.holder(path), 0 if closes_its_own else process.pid)
                        if shape != "attend" and MAY_TRACE:
                            others = [os.path.realpath("/proc/%d/fd/%s" % (process.pid, fd))
                                      for fd in os.listdir("/proc/%d/fd" % process.pid)]
                            self.assertNotIn("/etc/passwd", others)
                        self.end_locked(process, fifo)
                        self.assertEqual(self.holder(path), 0)

    def test_lock_behind_that_of_others(self):
        """They share it, and the kernel names only one of them, the first."""
        for shape in "hand over", "supervise":
            with self.subTest(shape):
                path = os.path.join(self.directory.name, "lock")
                with open(path, "wb") as file:
                    file.truncate(200)
                with open(path, "rb+") as file:
                    fcntl.lockf(file, fcntl.LOCK_SH)
                    process, _, fifo = self.start_locked("shared", shape)
                self.assertEqual(self.holder(path), process.pid)
                self.end_locked(process, fifo)

    def test_daemon_that_locks_the_same_again(self):
        """It would not be without us. So the manual says, and --explain."""
        for shape, is_refused in ("hand over", True), ("supervise", True), ("attend", False):
            with self.subTest(shape):
                process, _, fifo = self.start_locked("all of it", shape, "again")
                was_refused = os.path.exists(fifo + ".refused")
                if was_refused:
                    os.unlink(fifo + ".refused")
                self.end_locked(process, fifo)
                self.assertEqual(was_refused, is_refused)

    def test_lock_is_explained(self):
        for options, words in ((SHAPES["hand over"][0], ("as with --supervise: this process has a record lock",
                                                         "descriptor 9: a record lock (fcntl(2)) of ours")),
                               (SHAPES["supervise"][0], ("descriptor 9: a record lock (fcntl(2)) of ours",)),
                               (SHAPES["attend"][0], ()),
                               (["-i", "forking", "--pidfile=/run/x.pid", "-t", "systemd", "-N"],
                                ("on descriptor 9, which is free as soon as",))):
            with self.subTest(options=options):
                path = os.path.join(self.directory.name, "lock")
                with open(path, "wb") as file:
                    file.truncate(200)
                told = subprocess.run(["/usr/bin/python3", "-IS", "-c", LOCKER % LOCKS["all of it"], BRIDGE, "--explain", *options,
                                       "--", "/bin/true"], env={**os.environ, "NOTIFY_SOCKET": self.address, "LOCK": path},
                                      stdout=subprocess.PIPE, text=True, check=False).stdout
                for text in words:
                    self.assertIn(text, told)
                self.assertEqual("lock" in told, words != (), told)

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
                    process = self.start(set_up, [BRIDGE, *options, "--", "/usr/bin/python3", "-IS", "-c",
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
        process = self.start(set_up, [BRIDGE, *SHAPES["hand over"][0], "--", "/usr/bin/python3", "-IS", "-c", script])
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
        if NOBODY_STAYS_OUT:
            self.skipTest(NOBODY_STAYS_OUT)
        for number in signal.SIGTERM, signal.SIGUSR1:
            with self.subTest(number):
                _, said = self.end(self.start_asking("a user", number))
                self.assertIn("has got signal %d" % number, said)
                self.assertIn("add --supervise", said)


if __name__ == "__main__":
    tap.main()
