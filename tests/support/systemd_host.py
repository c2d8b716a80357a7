# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Boots the distribution's real systemd as process 1 of private namespaces, for real units.

It knows systemd and nothing of the bridge. It is separate because every test against systemd needs
the same machine: one that starts in a fraction of a second, sees no unit of the real machine, can
be broken at will, and leaves nothing behind.

    with SystemdHost() as host:
        host.install("/build/program")                 # becomes /srv/bin/program
        host.service("x", "/srv/bin/program", Type="notify")
        host.start("x.service")
        host.show("x.service", "ActiveState", "MainPID")

Private: process ids, mounts, network, host name, IPC, cgroup. /run /tmp /dev /srv /var are file
systems in memory, /etc a copy in memory, the rest of / is the machine's, read-only. The files
inside are reached from outside by path(). Nothing is mounted or stored outside: the only trace is a
cgroup, removed at the end, and, should we be killed, by the next boot.

/srv/bin holds the installed programs, /srv/out is for anybody to write.
"""
import atexit
import ctypes
import errno
import functools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time

import ipv6
import namespaces
import programs
from netns import make_socket

SYSTEMD = next((p for p in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd") if os.path.exists(p)),
               None)
PACKAGED_UNITS = "/lib/systemd"
BOOT_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "systemd_boot.sh")
CGROUP_PREFIX = "cross-init-bridge-test-"
STALE_S = 60
BOOT_TIMEOUT_S = 30
COMMAND_TIMEOUT_S = 60
# Some user without privileges that every Debian has; its manager is started on demand.
USER = "www-data"

libc = ctypes.CDLL(None, use_errno=True)


def wait_until(condition, what, timeout_s=30, looks=1):
    """Last resort, where there is no event to wait on. Returns what the condition returned. Looks at least so often:
    on a machine that has no time for us, nobody else had any."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        looks -= 1
        if looks <= 0 and time.monotonic() > deadline:
            raise AssertionError("waited %d s in vain for %s" % (timeout_s, what))
        time.sleep(0.01)


# ---- cgroups -------------------------------------------------------------------------------

def system_call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def open_cgroup2():
    """A descriptor of the root of the cgroup2 hierarchy, mounted nowhere.

    So it does not matter whether and where the machine has it: v2, hybrid, or v1 only. The
    numbers of these system calls are the same on every architecture.
    """
    fsopen, fsconfig, fsmount = 430, 431, 432
    cloexec, create = 1, 6
    context = system_call(fsopen, b"cgroup2", cloexec)
    try:
        system_call(fsconfig, context, create, None, None, 0)
        return system_call(fsmount, context, cloexec, 0)
    finally:
        os.close(context)


def missing_cgroup2():
    """Why there can be no cgroup for an instance, or None."""
    try:
        root = open_cgroup2()
    except OSError as error:
        return "cgroup2 cannot be mounted: %s" % error.strerror
    name = "%s%d-%s" % (CGROUP_PREFIX, os.getpid(), secrets.token_hex(4))
    try:
        os.mkdir(name, dir_fd=root)
        os.rmdir(name, dir_fd=root)
        return None
    except OSError as error:
        return "no cgroup can be made: %s" % error.strerror
    finally:
        os.close(root)


def remove_cgroup(root_fd, name):
    """Removes a cgroup and all below; raises OSError (EBUSY) while a process is in it."""
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=root_fd)
    try:
        for child in os.listdir(fd):
            if stat.S_ISDIR(os.stat(child, dir_fd=fd).st_mode):
                remove_cgroup(fd, child)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=root_fd)


def own_cgroup():
    """Ours, as a path below open_cgroup2()."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        return next((line[3:].strip().lstrip("/") for line in file if line.startswith("0::")), "")


def remove_stale_cgroups(root_fd):
    """Those of tests that were killed; their names carry their process id. One that runs in another pid namespace
    than we is not seen, though: a new one, in which nobody is so far, is left alone."""
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root_fd)
    names = [n for n in os.listdir(fd) if n.startswith(CGROUP_PREFIX)]
    os.close(fd)
    for name in names:
        if not os.path.exists("/proc/" + name[len(CGROUP_PREFIX):].split("-")[0]):
            try:
                if time.time() - os.stat(name, dir_fd=root_fd).st_mtime > STALE_S:
                    remove_cgroup(root_fd, name)
            except OSError:
                pass        # somebody else is just removing it


# ---- units ---------------------------------------------------------------------------------

def quote(word):
    """One word of an ExecStart= line: systemd takes its own quotes, specifiers and variables out."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + word.replace("%", "%%").replace("$", "$$") + '"'


def command_line(argv):
    """ExecStart= of a list; the program itself may carry no quotes in old versions."""
    return " ".join([argv[0]] + [quote(a) for a in argv[1:]])


def section(name, directives):
    lines = ["[%s]" % name]
    for key, values in directives.items():
        for value in values if isinstance(values, (list, tuple)) else [values]:
            lines.append("%s=%s" % (key, value))
    return "\n".join(lines) + "\n"


def bare_target(**directives):
    return section("Unit", {"Description": "test", "DefaultDependencies": "no", **directives})


# Only what a service with default dependencies pulls in.
BASE_TARGETS = {
    "basic": {"Wants": "sysinit.target sockets.target paths.target slices.target timers.target",
              "After": "sysinit.target sockets.target"},
    "multi-user": {"Requires": "basic.target", "After": "basic.target", "AllowIsolate": "yes"},
    **{name: {} for name in ("sysinit", "sockets", "paths", "slices", "timers", "local-fs",
                             "shutdown", "umount", "final", "poweroff")},
}
SYSTEM_UNITS = ("systemd-journald.service", "systemd-journald.socket",
                "systemd-journald-dev-log.socket", "dbus.service", "dbus.socket")
USER_UNITS = ("dbus.service", "dbus.socket")

# user@.service without logind and PAM
USER_MANAGER = section("Service", {
    "User": "%i", "Type": "notify", "Delegate": "yes", "KillMode": "mixed",
    "RuntimeDirectory": "user/%i", "RuntimeDirectoryMode": "0700", "Slice": "user-%i.slice",
    "Environment": ["XDG_RUNTIME_DIR=/run/user/%i",
                    "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/%i/bus",
                    "SYSTEMD_UNIT_PATH=/run/user-units", "SYSTEMD_GENERATOR_PATH=/run/none",
                    "SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/none"],
    "ExecStart": "%s --user --unit=basic.target" % SYSTEMD,
})

# A hanging start shall not hang the test; a restart in a loop shall not be refused.
MANAGER_CONF = section("Manager", {"DefaultTimeoutStartSec": "15s", "DefaultTimeoutStopSec": "15s",
                                   "DefaultStartLimitIntervalSec": "0"})
JOURNALD_CONF = section("Journal", {"RateLimitIntervalSec": "0", "Storage": "volatile"})


# The machine's may not have the name that it has inside, and some daemons ask for their own.
HOSTS = "127.0.0.1 localhost\n127.0.1.1 systemd-host\n::1 localhost\n"

# Where the instance's own processes live; all other cgroups are the tests'.
OWN_CGROUPS = re.compile(r"/(init\.scope|system\.slice/(systemd-journald|dbus)\.service|user\.slice/"
                         r"[^/]+/user@\d+\.service/(init\.scope|app\.slice/dbus\.service))(/|$)")


class Manager:
    """What a system and a user manager have in common: units, and systemctl."""

    def __init__(self, host, unit_dir):
        self.host = host
        self.unit_dir = unit_dir
        self.dirty = False
        self.written = {}     # an ordered set

    # Overridden by the user manager.
    def run(self, *argv, **options):
        raise NotImplementedError

    systemctl_options = ()

    def unit(self, name, text):
        """Writes a unit file; the manager is told before its next command."""
        ipv6.need(text)
        programs.need(text)
        self.host.write(os.path.join(self.unit_dir, name), text)
        self.written[name] = True
        self.dirty = True
        return name

    def service(self, name, *argv, unit=None, **directives):
        """A service that runs argv; directives of [Service] by keyword, of [Unit] as a dict."""
        text = section("Unit", unit or {}) if unit else ""
        if argv:
            directives = {"ExecStart": command_line(argv), **directives}
        return self.unit(name + ".service", text + section("Service", directives))

    def socket(self, name, **directives):
        return self.unit(name + ".socket", section("Socket", directives))

    def systemctl(self, *argv, **options):
        if self.dirty and argv[0] != "daemon-reload":
            self.dirty = False
            self.systemctl("daemon-reload")
        return self.run("systemctl", *self.systemctl_options, *argv, **options)

    def start(self, *units, **options):
        return self.systemctl("start", *units, **options)

    def stop(self, *units, **options):
        return self.systemctl("stop", *units, **options)

    def restart(self, *units, **options):
        return self.systemctl("restart", *units, **options)

    def reload(self, *units, **options):
        return self.systemctl("reload", *units, **options)

    def show(self, unit, *properties):
        """The named properties (all without names) as a dict of strings."""
        options = ["--property=" + ",".join(properties)] if properties else []
        text = self.systemctl("show", unit, *options).stdout
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def main_pid(self, unit):
        """As the unit's manager knows it, so a process id of the inside."""
        return int(self.show(unit, "MainPID")["MainPID"])

    def wait_for(self, unit, timeout_s=30, **wanted):
        """Waits until the properties have the values; fails with what they have instead."""
        def reached():
            return all(self.show(unit, *wanted).get(k) == v for k, v in wanted.items())
        try:
            wait_until(reached, "%s: %s" % (unit, wanted), timeout_s)
        except AssertionError as error:
            raise AssertionError("%s, but %s" % (error, self.show(unit, *wanted))) from None

    def forget_units(self):
        """Stops and removes all units written so far."""
        if not self.written:
            return
        # The stop first: Restart= would start again what is killed, and that be killed in the middle.
        self.systemctl("stop", "--no-block", *self.written)
        self.systemctl("kill", "--kill-who=all", "--signal=KILL", *self.written)
        self.systemctl("stop", *self.written)
        self.systemctl("reset-failed")
        for name in self.written:
            os.unlink(self.host.path(os.path.join(self.unit_dir, name)))
        self.written = {}
        self.dirty = True


class SystemdHost(Manager):
    def __init__(self):
        super().__init__(self, "/run/systemd/system")
        self.cgroup_root = self.cgroup = self.unshare = self.init = None
        self.console = tempfile.TemporaryFile()
        self.users = {}

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def version():
        """As a number: from 248 on there is SYSTEMD_EXEC_PID."""
        return int(subprocess.run([SYSTEMD, "--version"], capture_output=True, text=True, check=True).stdout.split()[1])

    @staticmethod
    def missing():
        """Why this machine cannot do it, or None."""
        if not SYSTEMD:
            return "systemd is not installed"
        return namespaces.missing() or missing_cgroup2()

    # ---- life cycle ------------------------------------------------------------------------

    def __enter__(self):
        atexit.register(self.close)     # also when a signal's SystemExit passes by the cleanups
        try:
            self.boot()
        except BaseException as error:
            self.console.seek(0)
            text = self.console.read().decode(errors="replace")
            self.close()
            if isinstance(error, Exception):
                raise RuntimeError("systemd did not boot: %s\n%s" % (error, text)) from error
            raise
        return self

    def __exit__(self, *_exception):
        self.close()

    def boot(self):
        self.make_cgroup()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            ours.settimeout(BOOT_TIMEOUT_S)
            self.unshare = subprocess.Popen(
                ["unshare", "--fork", "--kill-child=SIGKILL", "--pid", "--mount", "--net", "--uts",
                 "--ipc", "--cgroup", "--propagation", "private", "sh", BOOT_SCRIPT, SYSTEMD],
                stdin=theirs, stdout=theirs, stderr=self.console, start_new_session=True,
                preexec_fn=lambda: (self.die_with_parent(), self.join_cgroup(self.cgroup)))
            theirs.close()
            self.init = self.receive_pid(ours)
            # systemd hands out the controllers of its cgroup only when nobody else is in it
            self.join_cgroup(own_cgroup(), self.unshare.pid)
            self.furnish()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as booted:
                booted.settimeout(BOOT_TIMEOUT_S)
                booted.bind(self.path("/run/booted"))
                ours.sendall(b"go\n")
                while b"READY=1" not in booted.recv(4096).split(b"\n"):
                    pass
        os.unlink(self.path("/run/booted"))

    def make_cgroup(self):
        self.cgroup_root = open_cgroup2()
        remove_stale_cgroups(self.cgroup_root)
        self.cgroup = "%s%d-%s" % (CGROUP_PREFIX, os.getpid(), secrets.token_hex(4))
        os.mkdir(self.cgroup, dir_fd=self.cgroup_root)

    @staticmethod
    def die_with_parent():
        pr_set_pdeathsig = 1
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)

    def join_cgroup(self, name, pid=0):
        fd = os.open(os.path.join(name, "cgroup.procs"), os.O_WRONLY, dir_fd=self.cgroup_root)
        os.write(fd, b"%d" % pid)
        os.close(fd)

    @staticmethod
    def receive_pid(sock):
        """Our name for the sender: the kernel translates the process id of the inside."""
        data, ancillary, _, _ = sock.recvmsg(64, 128)
        if data != b"mounted\n":
            raise RuntimeError("the mounts failed")
        return struct.unpack("3i", ancillary[0][2])[0]

    def furnish(self):
        """The units and settings of the instance, before systemd reads them."""
        for name, directives in BASE_TARGETS.items():
            self.write("/run/units/%s.target" % name, bare_target(**directives))
            self.write("/run/user-units/%s.target" % name, bare_target(**directives))
        self.write("/run/units/user@.service", USER_MANAGER)
        self.copy_units("system", SYSTEM_UNITS, "/run/units")
        self.copy_units("user", USER_UNITS, "/run/user-units")
        # the journal from the start on: before it runs, process 1's own messages are lost
        self.want("/run/units/sysinit.target", "systemd-journald.service")
        for name in SYSTEM_UNITS:
            if name.endswith(".socket"):
                self.want("/run/units/sockets.target", name)
        self.want("/run/user-units/sockets.target", "dbus.socket")
        self.write("/run/systemd/system.conf.d/test.conf", MANAGER_CONF)
        self.write("/run/systemd/user.conf.d/test.conf", MANAGER_CONF)
        self.write("/run/systemd/journald.conf.d/test.conf", JOURNALD_CONF)
        self.write("/etc/hosts", HOSTS)
        os.makedirs(self.path("/run/systemd/system"))
        os.mkdir(self.path("/srv/bin"))
        os.mkdir(self.path("/srv/out"))
        os.chmod(self.path("/srv/out"), 0o1777)

    def copy_units(self, kind, names, to):
        for name in names:
            source = os.path.join(PACKAGED_UNITS, kind, name)
            if os.path.exists(source):
                with open(source, encoding="utf-8") as file:
                    self.write(os.path.join(to, name), file.read())

    def want(self, target, name):
        os.makedirs(self.path(target + ".wants"), exist_ok=True)
        os.symlink("../" + name, self.path(os.path.join(target + ".wants", name)))

    def close(self):
        """Ends everything inside at once and removes the cgroup. May be called twice."""
        atexit.unregister(self.close)
        if self.unshare:
            # kills the first process of the inside and with it all; returns when all are gone
            self.unshare.kill()
            self.unshare.wait()
            self.unshare = None
        if self.cgroup:
            wait_until(self.try_remove_cgroup, "the cgroup to be empty")
            self.cgroup = None
        if self.cgroup_root is not None:
            os.close(self.cgroup_root)
            self.cgroup_root = None
        self.console.close()

    def try_remove_cgroup(self):
        try:
            remove_cgroup(self.cgroup_root, self.cgroup)
            return True
        except OSError:
            return False

    # ---- files -----------------------------------------------------------------------------

    def path(self, inside):
        """The name by which a file of the inside is reached from outside."""
        return "/proc/%d/root%s" % (self.init, inside)

    def write(self, inside, text, mode=0o644):
        path = self.path(inside)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def read(self, inside):
        with open(self.path(inside), encoding="utf-8", errors="replace") as file:
            return file.read()

    def exists(self, inside):
        return os.path.lexists(self.path(inside))

    def wait_file(self, inside, timeout_s=30):
        """The text of a file, when there is one."""
        wait_until(lambda: self.exists(inside), "file " + inside, timeout_s)
        return self.read(inside)

    def install(self, program, name=None):
        """Copies a program to /srv/bin; returns its path there."""
        inside = "/srv/bin/" + (name or os.path.basename(program))
        shutil.copy(program, self.path(inside))
        return inside

    # ---- commands --------------------------------------------------------------------------

    def run(self, *argv, user=None, timeout_s=COMMAND_TIMEOUT_S, env=(), **options):
        """Runs a command inside; returns subprocess.CompletedProcess with text."""
        ipv6.need("\n".join(argv))
        programs.need("\n".join(argv))
        return subprocess.run(self.nsenter(argv, user, env), preexec_fn=self.enter_scope,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout_s, **options)

    def nsenter(self, argv, user, env):
        command = ["nsenter", "--target", str(self.init), "--mount", "--pid", "--net", "--uts",
                   "--ipc", "--cgroup", "--root", "--wd", "--"]
        if user:
            command += ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--"]
        path = "PATH=/srv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return command + ["env", "-i", path, "LC_ALL=C.UTF-8", *env, *argv]

    def client_socket(self, family, kind=socket.SOCK_STREAM):
        """A socket in the network namespace of the instance."""
        return make_socket(self.init, family, kind)

    def enter_scope(self):
        """A command outside of the instance's cgroup would have no name there."""
        self.die_with_parent()
        self.join_cgroup(self.cgroup + "/init.scope")

    def user_manager(self, user=USER):
        """The (started) user manager of a user, with the same methods as this one."""
        if user not in self.users:
            self.users[user] = UserManager(self, user)
        return self.users[user]

    # ---- observation -----------------------------------------------------------------------

    def journal(self, unit=None, after=None, *options):
        """The entries, oldest first, as dicts; of a unit and of process 1 about it."""
        argv = ["journalctl", "--quiet", "--no-pager", "--output=json", "--all", *options]
        if unit:
            argv.append("--unit=" + unit)
        if after:
            argv.append("--after-cursor=" + after)
        self.run("journalctl", "--sync")
        return [self.decode(json.loads(line)) for line in self.run(*argv).stdout.splitlines()]

    @staticmethod
    def decode(entry):
        """journalctl gives text that is not printable as a list of bytes."""
        return {key: bytes(value).decode(errors="replace")
                if isinstance(value, list) and value and isinstance(value[0], int) else value
                for key, value in entry.items()}

    def cursor(self):
        """Where the journal ends now; for journal(after=)."""
        entries = self.journal(None, None, "--lines=1")
        return entries[-1]["__CURSOR"] if entries else None

    def cgroup_processes(self):
        """(process id outside, cgroup inside) of everything that lives in the instance."""
        def walk(fd, name):
            with open(os.open("cgroup.procs", os.O_RDONLY, dir_fd=fd), encoding="ascii") as file:
                for line in file:
                    yield int(line), name or "/"
            for child in os.listdir(fd):
                if stat.S_ISDIR(os.stat(child, dir_fd=fd).st_mode):
                    below = os.open(child, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
                    try:
                        yield from walk(below, name + "/" + child)
                    finally:
                        os.close(below)
        top = os.open(self.cgroup, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.cgroup_root)
        try:
            return list(walk(top, ""))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENODEV):     # no such name; no more, when it was opened before
                raise
            return self.cgroup_processes()      # a unit ended while we looked
        finally:
            os.close(top)

    def processes(self, unit):
        """The processes of a unit, as Process."""
        # a '_' keeps names like memory.service apart from the kernel's own files
        names = {unit, "_" + unit}
        found = []
        for pid, cgroup in self.cgroup_processes():
            if names & set(cgroup.split("/")):
                process = Process.look(pid, cgroup)
                if process:
                    found.append(process)
        return found

    def leftovers(self):
        """The processes that are there beside the instance's own."""
        found = [Process.look(pid, cgroup) for pid, cgroup in self.cgroup_processes()
                 if not OWN_CGROUPS.match(cgroup)]
        return [p for p in found if p]

    def remove_files(self, inside):
        """Empties a directory of the inside."""
        for entry in os.scandir(self.path(inside)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


class UserManager(Manager):
    """A user's manager; its units are user units."""

    systemctl_options = ("--user",)

    def __init__(self, host, user):
        super().__init__(host, "/run/user-units")
        self.user = user
        self.uid = host.run("id", "-u", user).stdout.strip()
        result = host.start("user@%s.service" % self.uid)
        if result.returncode:
            raise RuntimeError("no user manager: " + result.stderr)

    def run(self, *argv, **options):
        env = ("XDG_RUNTIME_DIR=/run/user/" + self.uid,
               "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/%s/bus" % self.uid)
        return self.host.run(*argv, user=self.user, env=env, **options)


class Process:
    """A process of the instance, as it was when it was looked at."""

    def __init__(self, pid, cgroup, status, argv):
        self.pid = pid
        self.cgroup = cgroup
        self.argv = argv
        self.name = status["Name"]
        self.state = status["State"][0]
        self.inner_pid = int(status.get("NSpid", str(pid)).split()[-1])

    @classmethod
    def look(cls, pid, cgroup):
        """None when it is gone."""
        try:
            with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            with open("/proc/%d/cmdline" % pid, encoding="utf-8", errors="replace") as file:
                return cls(pid, cgroup, status, file.read().split("\0")[:-1])
        except (FileNotFoundError, ProcessLookupError):
            return None

    def environ(self):
        with open("/proc/%d/environ" % self.pid, encoding="utf-8", errors="replace") as file:
            return dict(word.split("=", 1) for word in file.read().split("\0") if "=" in word)

    def __repr__(self):
        return "%d (%s, %s, %s) %s" % (self.inner_pid, self.name, self.state, self.cgroup,
                                       " ".join(self.argv))
