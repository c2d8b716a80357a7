# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Stand-ins for managers that Debian 12 and 13 have not: what stand_in_program.py does, as a class for each."""
import contextlib
import json
import os
import queue
import subprocess
import threading
import time

from upstart_host import DEADLINE, poll_until

from .manager import Manager, StartFailed, write_file

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in_program.py")


class Run:
    """The stand-in's process, and what it has said so far."""

    def __init__(self, process):
        self.process = process
        self.said = []
        self.queue = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put(line.strip())
        self.queue.put(None)

    def hear(self, timeout=0):
        with contextlib.suppress(queue.Empty):
            while (line := self.queue.get(timeout > 0, timeout if timeout > 0 else None)) is not None:
                self.said.append(line)
                timeout = 0
        return self.said

    @property
    def pid(self):
        numbers = [int(line.split()[1]) for line in self.hear() if line.startswith("pid ")]
        return numbers[-1] if numbers else None

    def has_said(self, word):
        return word in self.hear()

    def is_ready(self):
        """In its present life."""
        words = [line for line in self.hear() if line in ("ready", "again", "failed", "down")]
        return bool(words) and words[-1] == "ready"

    def is_pending(self):
        return not (self.has_said("ready") or self.has_said("failed"))

    def wait(self, timeout=DEADLINE):
        deadline = time.monotonic() + timeout
        while self.is_pending():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the stand-in waits on")
            self.hear(left)
        if self.has_said("failed"):
            raise StartFailed("the stand-in says so")

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def cancel(self):
        """Who asked for it; the stand-in itself ends with all the rest, and the thread with that."""
        self.process.kill()
        self.process.wait()


class StandIn(Manager):
    kind = None
    number = 5

    def __init__(self, **how):
        super().__init__(**how)
        self.runs = {}
        self.settings = {}

    def declare(self, name, words, **settings):
        self.settings[name] = {"log": self.log_path(name), **self.own_settings(name), **settings}

    def own_settings(self, _name):
        return {"fd": self.number}

    def options(self, _name):
        """What stands in its own command line."""
        return []

    def ask_start(self, name):
        argv = ["python3", PROGRAM, self.kind, json.dumps(self.settings[name]), name, *self.options(name), "--",
                *self.services[name]]
        self.runs[name] = Run(self.spawn(argv, self.env, stdin=subprocess.PIPE))
        return self.runs[name]

    def pid_of(self, name):
        pid = self.runs[name].pid if name in self.runs else None
        return pid if pid and self.is_there(pid) else None

    def is_ready(self, name):
        return self.runs[name].is_ready() and self.pid_of(name) is not None

    def stop(self, name):
        self.runs[name].tell("stop")
        poll_until(lambda: self.runs[name].has_said("down"))

    def give_up(self, name):
        if name in self.runs and self.runs[name].process.poll() is None and not self.runs[name].has_said("down"):
            self.stop(name)

    def reload(self, name):
        self.runs[name].tell("hup")


class Dinit(StandIn):
    name = kind = "dinit"


class DinitVariable(Dinit):
    def own_settings(self, _name):
        return {"variable": "READY_FD"}


class Nitro(StandIn):
    name = kind = "nitro"

    def own_settings(self, name):
        directory = os.path.join(self.dir, "service", name)
        write_file(directory + "/notification-fd", "%d\n" % self.number)
        return {"fd": self.number, "directory": directory}


class SuperviseDaemon(StandIn):
    """OpenRC's, from 0.60 on."""

    name = kind = "supervise-daemon"
    number = 9

    def options(self, _name):
        return ["--start", "--notify", "fd:%d" % self.number]


class OpenRCStart(SuperviseDaemon):
    """OpenRC's start-stop-daemon, from 0.60 on: it leaves."""

    name = kind = "start-stop-daemon"

    def is_ready(self, name):
        return self.runs[name].has_said("ready") and self.pid_of(name) is not None

    def stop(self, name):
        pid = self.pid_of(name)
        if pid:
            self.kill(pid, 15)
            self.wait_end(pid)

    def give_up(self, name):
        self.stop(name)

    def reload(self, name):
        self.kill(self.pid_of(name), 1)


class OpenRCSocket(StandIn):
    name = kind = "openrc-socket"

    def own_settings(self, _name):
        return {}


class Shepherd(StandIn):
    name = kind = "shepherd"

    def own_settings(self, _name):
        return {}


class ShepherdPidFile(StandIn):
    name = kind = "shepherd-pid-file"

    def own_settings(self, name):
        return {"pid_file": self.pid_path(name)}

    def pid_path(self, name):
        return os.path.join(self.dir, "pid-" + name)
