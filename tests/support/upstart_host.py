# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Boots the stand-in for Upstart as PID 1 of namespaces of its own, and steers it.

    with UpstartHost() as host:
        host.job("hello", "expect stop\\nexec /path/of/daemon\\n")
        host.start("hello")
        host.status("hello").pid                  # as seen inside
        host.wait("hello", "running")

Nothing of a host is shared with the machine but the file systems: it has its own pid, mount, network,
IPC and cgroup namespaces, and private /run, /dev and /proc. Its directory, host.dir, has the same path inside
and outside. Nothing here polls but where it says so; everything has a deadline. When the `with` block
ends well, all jobs are stopped, and a process or a file of the bridge that is left is an error.

Knows namespaces and the control socket (tests/upstart/control.h), nothing of the bridge.
"""

import collections
import contextlib
import ctypes
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import ipv6
import namespaces
import programs
from netns import make_socket

DEADLINE = 30  # seconds, for whatever ought to happen at once

BOOT = r"""
set -e
dir=$1; shift
mount -t proc proc /proc
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mount -t tmpfs -o mode=755,nosuid tmpfs "$dir/dev"
for node in null zero full random urandom tty; do
    : > "$dir/dev/$node"
    mount --bind "/dev/$node" "$dir/dev/$node"
done
mkdir "$dir/dev/pts" "$dir/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dir/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$dir/dev/shm"
ln -s pts/ptmx "$dir/dev/ptmx"
ln -s /proc/self/fd "$dir/dev/fd"
ln -s "$dir/syslog" "$dir/dev/log"
: > "$dir/dev/kmsg"
mount --bind "$dir/kmsg" "$dir/dev/kmsg"
mount --move "$dir/dev" /dev
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux "$@"
"""

# What Ubuntu's Upstart.conf permits: root everything, the others to read.
BUS_CONFIG = """<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="com.ubuntu.Upstart"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="org.freedesktop.DBus.Properties"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="com.ubuntu.Upstart0_6" send_member="GetJobByName"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="com.ubuntu.Upstart0_6" send_member="GetAllJobs"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="com.ubuntu.Upstart0_6.Job" send_member="GetInstance"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="com.ubuntu.Upstart0_6.Job" send_member="GetInstanceByName"/>
    <allow send_destination="com.ubuntu.Upstart" send_interface="com.ubuntu.Upstart0_6.Job" send_member="GetAllInstances"/>
  </policy>
  <policy user="root">
    <allow send_destination="com.ubuntu.Upstart"/>
  </policy>
  <!-- what the packages of other daemons allow them -->
  <includedir>/usr/share/dbus-1/system.d</includedir>
</busconfig>
"""

Result = collections.namedtuple("Result", "rc output")
Status = collections.namedtuple("Status", "text goal state pids pid")
Process = collections.namedtuple("Process", "pid inner ppid state comm")

STATUS = re.compile(r"(?P<goal>\w+)/(?P<state>[\w-]+)(?:, (?:\((?P<kind>[\w-]+)\) )?process (?P<pid>\d+))?$")
OTHER_PROCESS = re.compile(r"\t(?P<kind>[\w-]+) process (?P<pid>\d+)$")


def parse_status(text):
    """'JOB (INSTANCE) goal/state, process PID' and the lines that may follow; pid is the main one's."""
    lines = text.splitlines()
    match = STATUS.search(lines[0])
    pids = {}
    if match["pid"]:
        kind = match["kind"] or {"pre-start": "pre-start", "post-stop": "post-stop"}.get(match["state"], "main")
        pids[kind] = int(match["pid"])
    for line in lines[1:]:
        other = OTHER_PROCESS.match(line)
        pids[other["kind"]] = int(other["pid"])
    return Status(text.strip(), match["goal"], match["state"], pids, pids.get("main"))


def wait_for_file(path, timeout=DEADLINE):
    """Waits until @path is there; who writes it should put it there whole, by rename(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_CLOEXEC)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    deadline = time.monotonic() + timeout
    try:
        libc.inotify_add_watch(fd, os.fsencode(os.path.dirname(path)), 0x180)  # IN_CREATE | IN_MOVED_TO
        while not os.path.exists(path):
            if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                raise AssertionError("%s does not appear" % path)
            os.read(fd, 65536)
    finally:
        os.close(fd)


def poll_until(condition, timeout=DEADLINE):
    """For what nobody tells us: looks again and again. Returns what @condition() returns, once it is true."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.001)
    return result


def wait_for_end(pidfd, timeout):
    """Whether the process of this pidfd has ended."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(timeout * 1000))


class Init:
    """An init that runs: its directory, its control socket and its jobs."""

    def __init__(self, directory):
        self.dir = directory
        self.conf_dir = os.path.join(directory, "init")
        self.log_dir = os.path.join(directory, "log")
        self.control = os.path.join(directory, "control")

    def arguments(self):
        return [os.environ["CIB_UPSTART"], "--conf-dir=" + self.conf_dir, "--log-dir=" + self.log_dir,
                "--control=" + self.control]

    def await_ready(self, process):
        """Waits until the init, whose stdout is a pipe, says so; then notes its pid."""
        if process.stdout.readline() != b"ready\n":
            process.wait()
            raise RuntimeError("the stand-in did not come up: " + self.boot_messages())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.control)
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.pid = int.from_bytes(credentials[:4], "little", signed=True)  # in our pid namespace
        process.stdout.close()

    def boot_messages(self):
        with open(os.path.join(self.dir, "boot-messages"), errors="replace") as messages:
            return messages.read()

    # -- the control socket

    def ctl(self, *words, timeout=DEADLINE, fd=None):
        """One command, as initctl would have it; TimeoutError when it does not return."""
        request = b"".join(str(word).encode() + b"\0" for word in words)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self.control)
            socket.send_fds(connection, [request], [fd] if fd is not None else [])
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        output, _, rc = answer.decode(errors="replace").rpartition("\0")
        return Result(int(rc), output)

    def must(self, *words, **options):
        result = self.ctl(*words, **options)
        if result.rc:
            raise AssertionError("%s: %s" % (" ".join(map(str, words)), result.output.strip()))
        return result.output

    # -- jobs

    def job(self, name, text):
        """Writes NAME.conf and loads it; the sockets it starts on are bound on return."""
        ipv6.need(text)
        programs.need(text)
        path = os.path.join(self.conf_dir, name + ".conf")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as conf:
            conf.write(text)
        self.must("load", name)

    def start(self, name, *env, wait=True, timeout=DEADLINE):
        return self.ctl("start", *([] if wait else ["--no-wait"]), name, *env, timeout=timeout)

    def stop(self, name, *env, wait=True, timeout=DEADLINE):
        return self.ctl("stop", *([] if wait else ["--no-wait"]), name, *env, timeout=timeout)

    def restart(self, name, *env, wait=True, timeout=DEADLINE):
        return self.ctl("restart", *([] if wait else ["--no-wait"]), name, *env, timeout=timeout)

    def reload(self, name, *env):
        return self.ctl("reload", name, *env)

    def status(self, name, *env):
        return parse_status(self.must("status", name, *env))

    def list(self):
        """The status lines of all instances."""
        return [line for line in self.must("list").splitlines() if not line.startswith("\t")]

    def wait(self, name, state, instance="", timeout=DEADLINE):
        """Waits for "state" or "goal/state"; no transition is missed, however short."""
        return self.must("wait", name, instance, state, int(timeout * 1000), timeout=timeout + DEADLINE)

    def emit(self, event, *env, wait=True, fd=None, timeout=DEADLINE):
        return self.ctl("emit", *([] if wait else ["--no-wait"]), event, *env, fd=fd, timeout=timeout)

    def choose_fds(self, *numbers):
        """The next events with descriptors get these numbers in PID 1 (3 to 39, unused ones)."""
        self.must("fd", *numbers)

    def hang_bus(self):
        """From now on D-Bus connections are neither accepted nor answered."""
        self.must("bus", "hang")

    def answer_bus(self):
        self.must("bus", "answer")

    # -- what was said

    def log(self):
        """The lines of PID 1."""
        return self.must("log").splitlines()

    def wait_log(self, text, since=0, timeout=DEADLINE):
        """Waits for a line of PID 1 with @text, from line number @since on; its number and itself."""
        output = self.must("wait-log", since, text, int(timeout * 1000), timeout=timeout + DEADLINE)
        number, line = output.strip().split(" ", 1)
        return int(number), line

    def job_output(self, name):
        """What the job wrote to its console so far."""
        try:
            with open(os.path.join(self.log_dir, name.replace("/", "_") + ".log"), errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    # -- stalling: the init does not run, but everything else does

    def stall(self):
        os.kill(self.pid, signal.SIGSTOP)
        poll_until(lambda: read_stat(self.pid).state == "T")  # not our child

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop_all_jobs(self):
        for line in self.list():
            match = re.match(r"(\S+)(?: \((.*)\))? (\w+)/", line)
            name, instance, goal = match.groups()
            if goal == "start":
                self.ctl("stop-instance", "--no-wait", name, instance or "")
        for line in self.list():
            match = re.match(r"(\S+)(?: \((.*)\))? ", line)
            self.wait(match[1], "stop/waiting", match[2] or "")


def read_stat(pid):
    """The process @pid as we see it; ProcessLookupError or FileNotFoundError when it is gone."""
    with open("/proc/%d/stat" % pid) as file:
        head, _, tail = file.read().rpartition(")")
    state, ppid = tail.split()[:2]
    with open("/proc/%d/status" % pid) as file:
        numbers = re.search(r"^NSpid:(.*)$", file.read(), re.M)[1].split()
    return Process(pid, int(numbers[-1]), int(ppid), state, head.partition("(")[2])


def runs_an_errand(stat):
    """Of a text of /proc/PID/stat: one of ours that only closes, writes or asks something for another, whose end is no
    signal (base/apart.c). It is there for a moment, and nobody that stays."""
    return stat.rpartition(")")[2].split()[35] == "0"


def all_processes():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                yield read_stat(int(entry))


class UpstartHost(Init):
    """PID 1 of its own namespaces. @system_bus: with a dbus-daemon inside. @syslog: /dev/log is read.
    @check: see close()."""

    def __init__(self, system_bus=False, syslog=True, check=True):
        super().__init__(tempfile.mkdtemp(prefix="cib-upstart-"))
        self.check = check
        self.known = set()  # pids of ours inside, as we see them
        self.cleanup = contextlib.ExitStack()
        self.sessions = []
        self.bus = self.bus_pid = None
        try:
            self.boot(syslog)
            if system_bus:
                self.start_bus()
        except BaseException:
            self.close(check=False)
            raise

    @staticmethod
    def missing():
        """Why this machine cannot do it, or None."""
        if not os.environ.get("CIB_UPSTART"):
            return "the stand-in for Upstart is not built here"
        return namespaces.missing()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close(check=self.check and kind is None)

    # -- up and down

    def boot(self, syslog):
        self.cleanup.callback(shutil.rmtree, self.dir, ignore_errors=True)
        os.chmod(self.dir, 0o755)
        for name in ("init", "log", "dev"):
            os.mkdir(os.path.join(self.dir, name))
        open(os.path.join(self.dir, "kmsg"), "w").close()
        self.syslog_socket = self.open_syslog() if syslog else None
        # Should we be killed, setpriv's signal ends unshare(1), and that ends PID 1 and all the rest.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child", "--pid", "--mount", "--net",
                   "--ipc", "--cgroup", "--propagation", "private", "sh", "-c", BOOT, "boot", self.dir]
        with open(os.path.join(self.dir, "boot-messages"), "wb") as messages:
            process = subprocess.Popen(command + self.arguments(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=messages, start_new_session=True)
        self.cleanup.callback(process.wait)
        self.cleanup.callback(process.kill)
        self.await_ready(process)
        self.pidfd = os.pidfd_open(self.pid)
        self.cleanup.callback(os.close, self.pidfd)
        self.cleanup.callback(self.kill_init)

    def kill_init(self):
        """The kernel ends all of a pid namespace with its init."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        wait_for_end(self.pidfd, DEADLINE)

    def close(self, check=True):
        """Tears everything down. With @check all jobs are stopped first, and what the bridge leaves is an error."""
        with self.cleanup:
            if check:
                self.assert_clean()

    def assert_clean(self, timeout=8):
        """All jobs can be stopped, and then nothing is left: see leftovers()."""
        for init in self.sessions + [self]:
            init.stop_all_jobs()
        files, processes = self.leftovers(timeout)
        if files or processes:
            raise AssertionError("left behind: %s %s" % (files, processes))

    def leftovers(self, timeout=8):
        """(files, processes) that are here still when @timeout has passed: files of the bridge in /run, and
        processes that are not the init's. A babysitter needs a moment to see that its daemon has gone."""
        deadline = time.monotonic() + timeout
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                pidfd = os.pidfd_open(process.pid)
                wait_for_end(pidfd, max(0, deadline - time.monotonic()))
                os.close(pidfd)
        with contextlib.suppress(AssertionError):   # a pidfd tells of the end, and the init reaps after that
            poll_until(lambda: all(process.state != "Z" for process in self.processes()), max(0, deadline - time.monotonic()))
        files = [name for name in os.listdir(self.path("/run")) if name.startswith("cross-init-bridge")]
        return files, self.processes()

    # -- processes inside

    def processes(self):
        """All processes inside but the init's own and ours."""
        everything = {process.pid: process for process in all_processes()}
        namespace = os.readlink("/proc/%d/ns/pid" % self.pid)
        known = self.known | {self.pid}

        def is_inside(process):
            while process:
                if process.pid == self.pid:
                    return True
                process = everything.get(process.ppid)
            return False

        def is_entered(process):  # by nsenter(1): its parent is outside; a zombie has no such link
            with contextlib.suppress(OSError):
                return os.readlink("/proc/%d/ns/pid" % process.pid) == namespace
            return False

        return [process for process in everything.values()
                if process.pid not in known and process.comm != "upstart-socket-"
                and (is_inside(process) or is_entered(process))]

    def outer_pid(self, inner):
        """Our number for the process that is @inner inside."""
        for process in self.processes():
            if process.inner == inner:
                return process.pid
        raise ProcessLookupError(inner)

    def proc(self, inner, name):
        """The text of /proc/INNER/NAME of a process inside."""
        with open("/proc/%d/%s" % (self.outer_pid(inner), name), errors="replace") as file:
            return file.read()

    def pidfd_of(self, inner):
        """A pidfd, the caller's, of the process that is @inner inside."""
        return os.pidfd_open(self.outer_pid(inner))

    def kill(self, inner, signum):
        os.kill(self.outer_pid(inner), signum)

    def path(self, inside):
        """Where we see the file that is @inside there."""
        return "/proc/%d/root%s" % (self.pid, inside)

    # -- running things inside

    def command(self, argv, uid=None, env=None):
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-i", "-C", "--"]
        if uid is not None:
            enter += ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--"]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})}
        return enter + ["env", "-i"] + ["%s=%s" % item for item in environment.items()] + list(argv)

    def run(self, argv, uid=None, env=None, timeout=DEADLINE, **options):
        """Runs @argv inside, not as a job: a subprocess.CompletedProcess with text."""
        ipv6.need("\n".join(argv))
        programs.need("\n".join(argv))
        return subprocess.run(self.command(argv, uid, env), capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False, **options)

    # -- sockets inside

    def socket(self, family, kind=socket.SOCK_STREAM):
        """A socket in the network namespace inside."""
        return make_socket(self.pid, family, kind)

    def connect(self, family, address):
        """A connection to a listener inside."""
        connection = self.socket(family)
        try:
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
        return connection

    # -- the system bus

    def start_bus(self):
        """A dbus-daemon at the system bus's address; PID 1 takes its name there. Without one on this machine,
        a skip."""
        programs.need("dbus-daemon")
        config = os.path.join(self.dir, "bus.conf")
        with open(config, "w") as file:
            file.write(BUS_CONFIG)
        os.makedirs(self.path("/run/dbus"), exist_ok=True)
        os.makedirs(self.path("/run/systemd"), exist_ok=True)  # its daemons' Varlink sockets, from 257 on
        with open(os.path.join(self.dir, "bus-messages"), "ab") as messages:
            self.bus = subprocess.Popen(
                self.command(["dbus-daemon", "--nofork", "--nopidfile", "--config-file=" + config, "--print-pid=1"]),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages, start_new_session=True)
        self.cleanup.callback(self.stop_bus)
        self.bus_inner_pid = int(self.bus.stdout.readline())
        self.bus_pid = self.outer_pid(self.bus_inner_pid)
        self.known |= {self.bus.pid, self.bus_pid}
        self.must("bus", "connect")

    def stop_bus(self):
        if self.bus:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.bus_pid or self.bus.pid, signal.SIGKILL)   # or nsenter(1), before the daemon said its own
            self.bus.wait()
            self.bus.stdout.close()
            self.bus = self.bus_pid = None

    # -- syslog

    def open_syslog(self):
        path = os.path.join(self.dir, "syslog")
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        receiver.bind(path)
        os.chmod(path, 0o666)
        self.cleanup.callback(receiver.close)
        self.syslog_lines = []
        return receiver

    def syslog(self, contains=None, timeout=DEADLINE):
        """The messages that arrived at /dev/log. With @contains, waits for one that has that text."""
        deadline = time.monotonic() + timeout
        poll = select.poll()
        poll.register(self.syslog_socket, select.POLLIN)
        while True:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.syslog_lines.append(self.syslog_socket.recv(65536).decode(errors="replace"))
            if contains is None or any(contains in line for line in self.syslog_lines):
                return list(self.syslog_lines)
            if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                raise AssertionError("no %r in %s" % (contains, self.syslog_lines))

    def kmsg(self):
        """What was written to /dev/kmsg."""
        with open(os.path.join(self.dir, "kmsg"), errors="replace") as file:
            return file.read()

    def session(self, uid, env=None):
        """The init of a session of the user @uid: a Session. Skips the test if that one cannot come to it."""
        programs.need_reach(os.environ["CIB_UPSTART"], uid)
        self.sessions.append(Session(self, uid, env or {}))
        return self.sessions[-1]


class Session(Init):
    """The stand-in as the init of a user's session, below a host. Ends with its host, or by close()."""

    def __init__(self, host, uid, env):
        super().__init__(tempfile.mkdtemp(prefix="session-", dir=host.dir))
        for name in ("init", "log"):
            os.mkdir(os.path.join(self.dir, name))
        for name in (".", "init", "log"):
            os.chown(os.path.join(self.dir, name), uid, uid)
        with open(os.path.join(self.dir, "boot-messages"), "wb") as messages:
            self.process = subprocess.Popen(host.command(self.arguments() + ["--session"], uid, env),
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages,
                                            start_new_session=True)
        host.cleanup.callback(self.close)
        self.await_ready(self.process)
        self.inner_pid = read_stat(self.pid).inner
        self.address = "unix:abstract=/com/ubuntu/upstart-session/%d/%d" % (uid, self.inner_pid)
        host.known |= {self.pid, self.process.pid}

    def close(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.process.wait()
