# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A small machine: namespaces with a process 1 of the caller's choice, and what goes on inside.

    with World("/path/of/programs") as world:
        world.boot(["s6-svscan", "/run/service"])
        world.run(["ps", "ax"])
        world.processes()

Nothing is shared with the machine but the file systems, and of these /run, /dev and /proc are private, and
what else was asked for. The directory world.dir has the same name inside and outside. Knows namespaces, no
service manager, and nothing of the bridge but the name of its files in /run.
"""
import collections
import contextlib
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading

from netns import make_socket
from systemd_host import CGROUP_PREFIX, open_cgroup2, remove_cgroup, remove_stale_cgroups
from upstart_host import DEADLINE, poll_until, runs_an_errand

BOOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot.sh")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Reaps whatever becomes its child, without a word: who ignores SIGCHLD has no zombies.
IDLE = ["env", "--ignore-signal=CHLD", "sleep", "infinity"]


Process = collections.namedtuple("Process", "pid ppid state comm")


class World:
    """@tree: a debootstrap tree to be the root. @places: files and directories of the
    inside that are private. @shown: a directory that has to be there under the same name."""

    makes_cgroups = False
    reaps_late = False  # whoever is the parent may look at an ended child only when the next one ends

    def __init__(self, shown, tree=None, places=()):
        self.shown = shown
        self.tree = tree
        self.places = places
        self.dir = tempfile.mkdtemp(prefix="cib-world-")
        self.cleanup = contextlib.ExitStack()
        self.cleanup.callback(shutil.rmtree, self.dir, ignore_errors=True)
        os.chmod(self.dir, 0o755)
        for name in ("dev", "layer", "root", "private", "log"):
            os.mkdir(os.path.join(self.dir, name))
        for name in ("kmsg", "console"):
            open(os.path.join(self.dir, name), "w").close()
        self.syslog_socket = self.open_syslog()
        self.pid = None

    # -- up and down

    def boot(self, init):
        self.enter_cgroup()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            ours.settimeout(DEADLINE)
            # Should we be killed, setpriv's signal ends unshare(1), and that ends process 1 and all the rest.
            command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child", "--pid", "--mount",
                       "--net", "--uts", "--ipc", "--cgroup", "--propagation", "private", "sh", BOOT, self.dir,
                       self.shown, self.tree or "", " ".join(self.places), *init]
            with open(os.path.join(self.dir, "boot-messages"), "wb") as messages:
                self.unshare = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=messages,
                                                start_new_session=True, preexec_fn=self.join_cgroup)
            self.cleanup.callback(self.end)
            theirs.close()
            self.pid = self.receive_pid(ours)
        if init[-len(IDLE):] == IDLE:   # whoever ended before it ignores that would be a zombie for good
            poll_until(lambda: self.process(1).comm == IDLE[-2])

    def receive_pid(self, ours):
        """Our name for the sender: the kernel translates it."""
        data, ancillary, _, _ = ours.recvmsg(64, 128)
        if data != b"mounted\n":
            with open(os.path.join(self.dir, "boot-messages")) as messages:
                raise RuntimeError("the mounts failed: " + messages.read())
        return struct.unpack("3i", ancillary[0][2])[0]

    def end(self):
        """The kernel ends all of a pid namespace with its first process, and unshare(1) that."""
        self.unshare.kill()
        self.unshare.wait()

    def close(self):
        self.cleanup.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    # -- a cgroup of its own: some managers make new ones below theirs

    def enter_cgroup(self):
        self.cgroup_root = open_cgroup2()
        self.cleanup.callback(os.close, self.cgroup_root)
        remove_stale_cgroups(self.cgroup_root)
        self.cgroup = "%s%d-%s" % (CGROUP_PREFIX, os.getpid(), secrets.token_hex(4))
        os.mkdir(self.cgroup, dir_fd=self.cgroup_root)
        self.cleanup.callback(poll_until, self.try_remove_cgroup)

    def try_remove_cgroup(self):
        try:
            remove_cgroup(self.cgroup_root, self.cgroup)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True

    def join_cgroup(self):
        fd = os.open(os.path.join(self.cgroup, "cgroup.procs"), os.O_WRONLY, dir_fd=self.cgroup_root)
        os.write(fd, b"0")
        os.close(fd)

    # -- processes, by their numbers inside: all is seen in the file system /proc that is mounted there

    def processes(self):
        """All that is inside, in containers, too, but process 1."""
        found = []
        for entry in os.listdir(self.path("/proc")):
            if entry.isdigit() and entry != "1":
                with contextlib.suppress(OSError):
                    found.append(self.process(int(entry)))
        return found

    def process(self, pid):
        """ProcessLookupError or FileNotFoundError when it is gone."""
        head, _, tail = self.proc(pid, "stat").rpartition(")")
        state, ppid = tail.split()[:2]
        return Process(pid, int(ppid), state, head.partition("(")[2])

    def proc(self, pid, name):
        """The text of /proc/PID/NAME."""
        with open(self.path("/proc/%d/%s" % (pid, name)), errors="replace") as file:
            return file.read()

    def is_there(self, pid):
        """Whether there is such a process, and it has not ended."""
        with contextlib.suppress(OSError):
            return self.process(pid).state != "Z"
        return False

    def kill(self, pid, signum):
        directory = os.open(self.path("/proc/%d" % pid), os.O_DIRECTORY)  # as good as a pidfd
        try:
            signal.pidfd_send_signal(directory, signum)
        finally:
            os.close(directory)

    def wait_end(self, pid, timeout=DEADLINE):
        poll_until(lambda: not self.is_there(pid), timeout)

    def ours(self):
        """By their name: only ours is called that after the daemon's exec."""
        return [process for process in self.processes() if process.comm == "cross-init-brid"
                and not (self.reaps_late and process.state == "Z")]

    def babysitters(self):
        return [process for process in self.ours() if self.stays(process.pid)]

    def stays(self, pid):
        with contextlib.suppress(OSError):
            return not runs_an_errand(self.proc(pid, "stat"))
        return False

    def leftovers(self, timeout=8):
        """(files, processes) of the bridge that are here still when @timeout has passed."""
        def look():
            files = [name for name in os.listdir(self.path("/run")) if name.startswith("cross-init-bridge")]
            return files, self.ours()

        with contextlib.suppress(AssertionError):
            poll_until(lambda: look() == ([], []), timeout)
        return look()

    # -- files and commands

    def path(self, inside):
        """Where we see the file that is @inside there."""
        return "/proc/%d/root%s" % (self.pid, inside)

    def private(self, place):
        """What will be seen inside as @place, one of self.places: before the boot."""
        path = self.dir + "/private" + place
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def command(self, argv, env=None):
        environment = {"PATH": PATH, **(env or {})}
        return ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-u", "-i", "-C", "--root", "--wd", "--", "env", "-i",
                *["%s=%s" % item for item in environment.items()], *argv]

    def spawn(self, argv, env=None, **options):
        """A process inside, child of nobody there: subprocess.Popen with the output as text."""
        return subprocess.Popen(self.command(argv, env), text=True, errors="replace",
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT,
                                   "preexec_fn": self.join_cgroup if self.makes_cgroups else None,
                                   **options})

    def run(self, argv, env=None, timeout=DEADLINE):
        """Runs @argv inside: (status, output)."""
        with self.spawn(argv, env) as process:
            try:
                output, _ = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
        return process.returncode, output

    def must(self, argv, **options):
        rc, output = self.run(argv, **options)
        if rc:
            raise AssertionError("%s: %d %s" % (argv, rc, output))
        return output

    def socket(self, family, kind=socket.SOCK_STREAM):
        """A socket in the network namespace inside."""
        return make_socket(self.pid, family, kind)

    # -- what is said

    def open_syslog(self):
        path = os.path.join(self.dir, "syslog")
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(path)
        os.chmod(path, 0o666)
        self.syslog_lines = []
        self.heard = threading.Condition()
        thread = threading.Thread(target=self.read_syslog, args=(receiver,), daemon=True)
        thread.start()
        self.cleanup.callback(receiver.close)
        self.cleanup.callback(thread.join)
        self.cleanup.callback(receiver.shutdown, socket.SHUT_RD)
        return receiver

    def read_syslog(self, receiver):
        """All the time: a process 1 that waits for room there does nothing else."""
        while message := receiver.recv(65536):
            with self.heard:
                self.syslog_lines.append(message.decode(errors="replace"))
                self.heard.notify_all()

    def syslog(self, contains=None, timeout=DEADLINE):
        """What arrived at /dev/log; with @contains, waits for a message that has that text."""
        with self.heard:
            if contains is not None and not self.heard.wait_for(
                    lambda: any(contains in line for line in self.syslog_lines), timeout):
                raise AssertionError("no %r in %s" % (contains, self.syslog_lines))
            return list(self.syslog_lines)

    def console(self):
        """What process 1 and those that have its output wrote."""
        with open(os.path.join(self.dir, "console"), errors="replace") as file:
            return file.read()
