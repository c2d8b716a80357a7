# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A service manager that Debian has not, or not in this version, as its service sees it: one service each.

    stand_in_program.py KIND SETTINGS NAME ... -- COMMAND...

SETTINGS is JSON: "fd" or "variable" (where the service finds its pipe), "log", "directory", "restart",
"listen" (paths of sockets, and their names).
On standard input it is told "stop" or "hup", on standard output it says "pid N", "ready", "failed", "down". What the
kinds do is measured, of the versions in their rows; test_managers_stand_ins.py compares.
"""
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
import time


class Rules:
    def __init__(self, comm, any_byte=False, end_fails=False, end_kills=False, death_fails=False, respawns=True,
                 reads_on=True, nonblocking=False, group=False, leaves=False, log_in_second_life=False, by=("fd",), reaps_all=True,
                 first_ends=False, ignored=(), loses=None):
        self.comm = comm
        self.any_byte = any_byte            # the first byte is readiness, not a newline
        self.end_fails = end_fails          # end of file before it: the start has failed
        self.end_kills = end_kills          # ... and the service is ended
        self.death_fails = death_fails      # else a new start, without a word
        self.respawns = respawns
        self.reads_on = reads_on            # what is written later is taken; else EPIPE
        self.nonblocking = nonblocking
        self.group = group                  # signals go to the group
        self.leaves = leaves                # as soon as it is ready or has failed
        self.log_in_second_life = log_in_second_life
        self.by = by
        self.first_ends = first_ends        # the file is read when the first process has ended with 0
        self.ignored = ignored
        self.loses = loses                  # the number of its own pipe: the service has it closed
        self.reaps_all = reaps_all          # not only the process that it has started


KINDS = {
    # dinit 0.23: pipefd and pipevar
    "dinit": Rules("dinit", any_byte=True, end_fails=True, end_kills=True, death_fails=True, group=True,
                   ignored=("PIPE", "TSTP", "TTIN", "TTOU")),
    # nitro 0.8
    "nitro": Rules("nitro", nonblocking=True),
    # OpenRC 0.64: supervise-daemon and start-stop-daemon with notify=fd:N, supervise-daemon with notify=socket:ready
    "supervise-daemon": Rules("supervise-daemo", end_fails=True, death_fails=True, reads_on=False,
                              log_in_second_life=True, reaps_all=False, loses=5),
    "start-stop-daemon": Rules("start-stop-daem", end_fails=True, death_fails=True, respawns=False, leaves=True),
    "openrc-socket": Rules("supervise-daemo", by=("socket",), reads_on=False, reaps_all=False),
    # Shepherd 1.0: a systemd-style service, and one with #:pid-file
    "shepherd": Rules("shepherd", by=(), ignored=("PIPE",)),
    "shepherd-pid-file": Rules("shepherd", by=("pid file",), ignored=("PIPE",)),
    # dinit 0.23: bgprocess
    "dinit-bgprocess": Rules("dinit", by=("pid file",), group=True, first_ends=True,
                             ignored=("PIPE", "TSTP", "TTIN", "TTOU")),
}
SHORTEST_LIFE = 0.2  # between two starts; a second and more with most of them


def say(*words):
    print(*words, flush=True)


class Service:
    def __init__(self, rules, settings, name, command):
        self.rules = rules
        self.settings = settings
        self.name = name
        self.command = command
        self.pid = self.pidfd = self.channel = None
        self.has_begun = self.is_ready = self.is_down = False

    # -- the child

    def prepare_fd(self, write_end):
        number = self.settings.get("fd", 14)
        if self.has_begun and self.rules.log_in_second_life:
            os.dup2(1, number)
            return
        os.dup2(write_end, number, inheritable=number != self.rules.loses)
        if self.rules.nonblocking:
            os.set_blocking(number, False)
        if "variable" in self.settings:
            os.environ[self.settings["variable"]] = str(number)

    def prepare_sockets(self):
        for number, (path, name) in enumerate(self.settings.get("listen", ()), 3):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen()
            os.dup2(listener.detach(), number)
            os.environ["LISTEN_FDS"] = str(number - 2)
            if name:
                os.environ["LISTEN_FDNAMES"] = name
        if self.settings.get("listen"):
            os.environ["LISTEN_PID"] = str(os.getpid())

    def execute(self, write_end):
        os.setsid()
        os.chdir(self.settings.get("directory", "/"))
        log = os.open(self.settings["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        null = os.open("/dev/null", os.O_RDONLY)
        for number, fd in enumerate((null, log, log)):
            os.dup2(fd, number)
        for word in ("PIPE", "XFSZ"):    # python's own
            signal.signal(getattr(signal, "SIG" + word), signal.SIG_DFL)
        for word in self.rules.ignored:
            signal.signal(getattr(signal, "SIG" + word), signal.SIG_IGN)
        if write_end is not None:
            self.prepare_fd(write_end)
        self.prepare_sockets()
        os.execv(self.command[0], self.command)

    # -- the manager

    def start(self):
        write_end = None
        if "fd" in self.rules.by:
            read_end, write_end = os.pipe()
            # out of the way of any number that is chosen
            self.channel = os.fdopen(os.dup(read_end), "rb", buffering=0)
            os.close(read_end)
        elif "socket" in self.rules.by and self.channel is None:
            self.channel = self.listen()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.execute(write_end)
            finally:
                os._exit(127)
        if write_end is not None:
            os.close(write_end)
        self.pidfd = os.pidfd_open(self.pid)
        self.has_begun = True
        say("pid", self.pid)

    def listen(self):
        path = "/run/openrc/supervise-%s.sock" % self.name
        os.makedirs("/run/openrc", exist_ok=True)
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.bind(path)
        os.chmod(path, 0o755)
        os.environ["NOTIFY_SOCKET"] = path
        return channel

    def kill(self, signum):
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if self.rules.group else os.kill)(self.pid, signum)

    def settle(self, word):
        say(word)
        if self.rules.leaves:
            os._exit(0)

    def hear(self):
        data = self.channel.recv(65536) if isinstance(self.channel, socket.socket) else self.channel.read(65536)
        if not data:
            self.channel.close()
            self.channel = None
            if self.rules.end_fails and not self.is_ready:
                self.settle("failed")
                if self.rules.end_kills:
                    self.is_down = True
                    self.kill(signal.SIGTERM)
        elif not self.is_ready and (self.rules.any_byte or b"\n" in data or b"READY=1" in data):
            self.is_ready = True
            if not self.rules.reads_on and "fd" in self.rules.by:
                self.channel.close()
                self.channel = None
            self.settle("ready")

    def look_for_pid_file(self):
        with contextlib.suppress(OSError, ValueError):
            with open(self.settings["pid_file"]) as file:
                pid = int(file.read())
            os.kill(pid, 0)
            self.is_ready = True
            self.pid, self.pidfd = pid, os.pidfd_open(pid)
            say("pid", pid)
            say("ready")

    def reap(self):
        """False: that was the end."""
        status = 0
        with contextlib.suppress(ChildProcessError):
            status = os.waitpid(self.pid, 0)[1]
        os.close(self.pidfd)
        self.pidfd = None
        if self.rules.first_ends and not self.is_ready:
            if status == 0:
                self.look_for_pid_file()
            if self.is_ready:
                return True
            self.settle("failed")
            say("down")
            return False
        if "pid file" in self.rules.by and not self.is_ready:
            return True     # it looks for the file
        if not self.is_down and not self.is_ready and self.rules.death_fails:
            self.settle("failed")
            self.is_down = True
        if self.is_down or not self.rules.respawns or not self.settings.get("restart", True):
            say("down")
            return False
        if "fd" in self.rules.by and self.channel is not None:
            self.channel.close()
            self.channel = None
        say("again")
        self.is_ready = False
        time.sleep(SHORTEST_LIFE)
        self.start()
        if self.rules.log_in_second_life:
            self.is_ready = True
        return True

    def reap_others(self):
        """What a service has left behind, and siblings of its."""
        with contextlib.suppress(ChildProcessError):
            while self.rules.reaps_all and os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) and \
                    os.waitpid(-1, os.WNOHANG)[0] not in (0, self.pid):
                pass

    def obey(self, line):
        if line == "hup":
            self.kill(signal.SIGHUP)
        elif line == "stop":
            self.is_down = True
            self.kill(signal.SIGTERM)

    def run(self):
        self.start()
        goes_on = True
        while goes_on:
            may_hear = self.channel is not None and not (self.is_ready and not self.rules.reads_on)
            waits_for_file = "pid file" in self.rules.by and not self.is_ready
            # the pidfd last: what was said before the end is heard before it
            watched = [0] + ([self.channel] if may_hear else []) + ([self.pidfd] if self.pidfd is not None else [])
            readable, _, _ = select.select(watched, [], [], 0.1)
            self.reap_others()
            if may_hear and self.channel in readable:
                self.hear()
            elif self.pidfd in readable:
                goes_on = self.reap()
            elif 0 in readable:
                for line in os.read(0, 4096).decode().split() or ["stop"]:
                    self.obey(line)
            if waits_for_file and not self.rules.first_ends:
                self.look_for_pid_file()


def main():
    kind, settings, name = sys.argv[1:4]
    rules = KINDS[kind]
    ctypes.CDLL(None).prctl(15, rules.comm.encode(), 0, 0, 0)
    if "pid file" in rules.by:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    Service(rules, json.loads(settings), name, sys.argv[sys.argv.index("--") + 1:]).run()


if __name__ == "__main__":
    main()
