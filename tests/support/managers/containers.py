# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Container runtimes: the service is process 1 of a container, and they relay what it says.

Who asked for the container listens at a socket of his own: manager.heard(name) is what arrived there.
"""
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import time

from upstart_host import DEADLINE, poll_until

from .manager import Manager, StartFailed

CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
                "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"]
SYSTEM_DIRECTORIES = ("/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc")

ON_DESCRIPTOR_3 = ["sh", "-c", 'exec 3<&0 0</dev/null; LISTEN_PID=$$ exec "$@"', "sh"]


class Run:
    """The runtime's process, and the socket at which READY=1 is to arrive."""

    def __init__(self, process, listener):
        self.process = process
        self.listener = listener
        self.is_closed = False
        self.lines = []

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while not self.is_closed:
                self.lines += self.listener.recv(65536).decode(errors="replace").splitlines()
        return self.lines

    def is_pending(self):
        return "READY=1" not in self.read()

    def wait(self, timeout=DEADLINE):
        if not self.read_until(lambda: not self.is_pending(), timeout):
            raise TimeoutError("nobody says READY=1")

    def wait_status(self, timeout=DEADLINE):
        """The status with which the runtime ends."""
        if not self.read_until(lambda: self.process.poll() is not None, timeout):
            raise TimeoutError("the container runs on")
        return self.process.returncode

    def read_until(self, condition, timeout):
        """Whether it has come true in time; StartFailed if it cannot any more. Somebody has to read all the
        time: crun waits for the answer to a barrier of its own, which is that we close what came with it."""
        if condition():
            return True
        if self.process.returncode is not None:  # it has been reaped
            raise StartFailed("the runtime has ended: %d" % self.process.returncode)
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        pidfd = os.pidfd_open(self.process.pid)
        poll.register(pidfd, select.POLLIN)
        deadline = time.monotonic() + timeout
        try:
            while not condition():
                ready = dict(poll.poll(max(0, deadline - time.monotonic()) * 1000))
                if not ready:
                    return False
                self.read()
                if pidfd in ready and not condition():
                    raise StartFailed("the runtime has ended: %d" % self.process.wait())
        finally:
            os.close(pidfd)
        return True

    def cancel(self):
        self.is_closed = True
        self.listener.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Runtime(Manager):
    """What those have in common that take an OCI bundle."""

    makes_cgroups = True

    def __init__(self, **how):
        super().__init__(**how)
        self.runs = {}
        self.listeners = {}

    def bundle(self, name):
        return os.path.join(self.dir, "bundle-" + name)

    def declare(self, name, words, read_only=False, env=(), uid=0, without=(), listener=None):
        """@without: what is not there, as /run. @listener: a socket, which the runtime gets as systemd would give it."""
        self.listeners[name] = listener
        os.makedirs(self.bundle(name) + "/rootfs")
        mounts = [{"destination": "/proc", "type": "proc", "source": "proc"},
                  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                  {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=755"]}]
        mounts += [{"destination": path, "type": "bind", "source": os.path.realpath(path), "options": ["rbind", "ro"]}
                   for path in (*SYSTEM_DIRECTORIES, self.shown) if os.path.isdir(path)]
        mounts += [{"destination": self.dir, "type": "bind", "source": self.dir, "options": ["rbind", "rw"]}]
        mounts += self.extra_mounts(name)
        config = {
            "ociVersion": "1.0.2",
            "process": {"args": list(words), "cwd": "/", "user": {"uid": uid, "gid": uid},
                        "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", *env, *self.extra_env()],
                        "capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")}},
            "root": {"path": "rootfs", "readonly": read_only},
            "mounts": [mount for mount in mounts if mount["destination"] not in without],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
        }
        with open(self.bundle(name) + "/config.json", "w") as file:
            json.dump(config, file)

    def extra_mounts(self, _name):
        return []

    def extra_env(self):
        return []

    def listener_path(self, name):
        return "/run/heard-" + name  # not below self.dir, which the container has, too

    def ask_start(self, name):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        path = self.path(self.listener_path(name))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        listener.bind(path)
        os.chmod(path, 0o666)
        command, env, stdin = self.runtime(name), self.runtime_env(name), self.listeners.get(name)
        if stdin:
            command, env = [*ON_DESCRIPTOR_3, *command], {"LISTEN_FDS": "1", **env}
        with open(self.log_path(name), "ab") as log:
            process = self.spawn(command, env, stdout=log, stdin=stdin or subprocess.DEVNULL)
        self.runs[name] = Run(process, listener)
        return self.runs[name]

    def runtime(self, name):
        """Its command for the run of a container in the foreground."""
        raise NotImplementedError

    def runtime_env(self, name):
        return {"NOTIFY_SOCKET": self.listener_path(name)}

    def heard(self, name):
        return self.runs[name].read()

    def is_ready(self, name):
        return not self.runs[name].is_pending()

    def ours(self):
        """Those of a runtime that waits for us to read stay until we do."""
        for run in self.runs.values():
            run.read()
        return super().ours()

    def wait_status(self, name, timeout=DEADLINE):
        return self.runs[name].wait_status(timeout)

    def send(self, name, signum):
        """To process 1 of the container."""
        self.kill(self.pid_of(name), signum)

    def stop(self, name):
        self.send(name, signal.SIGTERM)
        return self.wait_status(name)

    def give_up(self, name):
        """Without a wait for a runtime that does not notice."""
        pid = self.pid_of(name)
        if pid and self.is_there(pid):
            with contextlib.suppress(OSError):      # it ends just now
                self.kill(pid, signal.SIGTERM)
            try:
                self.wait_end(pid, 10)
            except AssertionError:      # a process 1 that had no handler yet
                with contextlib.suppress(OSError):
                    self.kill(pid, signal.SIGKILL)
                self.wait_end(pid)
        if not self.reaps_late:
            self.wait_status(name)

    def reload(self, name):
        self.send(name, signal.SIGHUP)


class Crun(Runtime):
    name = "crun"
    programs = ("crun",)
    command_words = ("crun", "--cgroup-manager=disabled")

    def runtime(self, name):
        return [*self.command_words, "--root", self.dir + "/state", "run", "--bundle", self.bundle(name), name]

    def state(self, name):
        rc, output = self.run([*self.command_words, "--root", self.dir + "/state", "state", name])
        return json.loads(output) if rc == 0 else {"pid": 0}

    def pid_of(self, name):
        return self.state(name)["pid"] or None


class Listened(Crun):
    """Whoever made the container has put his own socket into it, as conmon does from 2.1.12 on, and hears all."""

    name = "listened"

    def extra_env(self):
        return ["NOTIFY_SOCKET=%s/heard" % self.dir]

    def listener_path(self, _name):
        return self.dir + "/heard"

    def runtime_env(self, _name):
        """crun itself is to wait for nobody."""
        return {}


class Runc(Crun):
    name = "runc"
    programs = ("runc",)
    command_words = ("runc",)
    reaps_late = True  # it waits for READY=1, whatever becomes of process 1


class Conmon(Runtime):
    """What podman and CRI-O put between themselves and crun; it relays to who started it."""

    name = "conmon"
    programs = ("conmon", "crun")
    command_words = Crun.command_words
    reaps_late = True

    def extra_mounts(self, name):
        return [{"destination": "/run/notify", "type": "bind", "source": self.bundle(name) + "/notify",
                 "options": ["bind"]}]

    def extra_env(self):
        return ["NOTIFY_SOCKET=/run/notify/notify.sock"]

    def declare(self, name, words, **how):
        os.makedirs(self.bundle(name) + "/notify")
        os.makedirs(self.bundle(name) + "/exits")   # of its own: the socket's has a link of the same name
        super().declare(name, words, **how)

    def booted(self):
        os.makedirs(self.path("/run/crio"), exist_ok=True)

    def runtime(self, name):
        program = self.run(["sh", "-c", "command -v crun"])[1].strip()
        own = [word for option in (*self.command_words[1:], "--root=" + self.dir + "/state")
               for word in ("--runtime-arg", option)]
        return ["conmon", "--sync", "-c", name, "-u", name, "-n", name, "-r", program, "-b", self.bundle(name),
                "-p", self.pid_path(name), "-l", "k8s-file:" + self.log_path(name) + ".conmon",
                "--socket-dir-path", self.bundle(name), "--exit-dir", self.bundle(name) + "/exits",
                "--sdnotify-socket", self.listener_path(name), *own]

    def runtime_env(self, _name):
        """With the variable crun would wait for READY=1 itself."""
        return {}

    def pid_path(self, name):
        return self.bundle(name) + "/pid"

    def ask_start(self, name):
        """Whoever asks for a container has to take the last one away."""
        self.run([*self.command_words, "--root=" + self.dir + "/state", "delete", "--force", name])
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.pid_path(name))
        run = super().ask_start(name)
        poll_until(lambda: self.pid_of(name))
        self.must([*self.command_words, "--root=" + self.dir + "/state", "start", name])
        return run

    def pid_of(self, name):
        with contextlib.suppress(FileNotFoundError, ValueError):
            with open(self.pid_path(name)) as file:
                pid = int(file.read())
            return pid if os.path.exists(self.path("/proc/%d" % pid)) else None
        return None

    def wait_status(self, name, timeout=DEADLINE):
        """It writes it into a file, and ends with 0."""
        super().wait_status(name, timeout)
        with open(os.path.join(self.bundle(name), "exits", name)) as file:
            return int(file.read())

    def log(self, name):
        try:
            with open(self.log_path(name) + ".conmon", errors="replace") as file:
                return "".join(line.split(" ", 3)[3] for line in file if line.count(" ") >= 3)
        except FileNotFoundError:
            return ""


class Nspawn(Runtime):
    """systemd-nspawn --notify-ready=yes: it believes nobody but process 1 of the container."""

    name = "nspawn"
    programs = ("systemd-nspawn",)

    def declare(self, name, words):
        for directory in ("usr", "etc", "bin", "sbin", "lib", "lib64", "tmp"):
            os.makedirs(os.path.join(self.bundle(name), directory))
        for file in "passwd", "group":  # for daemons that drop their privileges
            shutil.copy("/etc/" + file, os.path.join(self.bundle(name), "etc"))

    def runtime(self, name):
        binds = ["--bind-ro=" + path for path in SYSTEM_DIRECTORIES if os.path.isdir(path) and path != "/etc"]
        return ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--notify-ready=yes", "--console=pipe",
                "--kill-signal=SIGTERM", "--directory=" + self.bundle(name), "--machine=" + name.replace("_", "-"), *binds,
                "--bind-ro=" + self.shown, "--bind=" + self.dir, "--", *self.services[name]]

    def pid_of(self, name):
        """Process 1 where the container's directory is the root."""
        for process in self.processes():
            if process.state != "Z" and self.is_inside(process.pid, name):
                return process.pid
        return None

    def is_inside(self, pid, name):
        with contextlib.suppress(OSError, IndexError):
            numbers = self.proc(pid, "status").partition("NSpid:")[2].split("\n")[0].split()
            return numbers[-1] == "1" and "bundle-%s " % name in self.proc(pid, "mountinfo")
        return False
