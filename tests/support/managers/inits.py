# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Those that are process 1 of a machine: finit, and busybox's init."""
import contextlib
import os
import re
import shlex
import shutil
import signal

from upstart_host import poll_until

from .manager import File, Manager, write_file, write_script


class Condition(File):
    """A condition of finit's, which is a file as well; it comes and goes."""

    def __init__(self, manager, name):
        super().__init__(manager.condition_path(name))


class Finit(Manager):
    name = "finit"
    suite = "trixie"
    programs = ("finit", "initctl")
    init = ["/sbin/finit"]
    places = ("/etc/finit.conf", "/etc/finit.d")

    def __init__(self, **how):
        super().__init__(**how)
        write_file(self.private("/etc/finit.conf"), "runlevel 2\n")
        os.mkdir(self.private("/etc/finit.d"))

    def declare(self, name, words, notify="s6", settings=""):
        """A script, because no word could have a space, a quote or a backslash, and "--" would end the command.
        With log: the daemon has logit(1) for a child, which keeps to itself what it reads until its end: so that
        has standard output only."""
        script = os.path.join(self.dir, "run-" + name)
        write_script(script, "exec 2>>%s\nexec %s\n" % (self.log_path(name), " ".join(
            word.replace("%n", "$1") if "%n" in word else shlex.quote(word) for word in words)))
        write_file(self.private("/etc/finit.d/") + name + ".conf",
                   "service [2345] name:%s manual:yes notify:%s log:%s.out %s %s %%n -- a test\n" % (
                       name, notify, self.log_path(name), settings, script))

    def booted(self):
        poll_until(lambda: os.path.lexists(self.path("/run/finit/cond/hook/sys/up")))

    def condition_path(self, name):
        return self.path("/run/finit/cond/service/%s/ready" % name)

    def ask_start(self, name):
        # it does not always get an answer
        poll_until(lambda: self.run(["timeout", "2", "initctl", "start", name])[0] == 0)
        return Condition(self, name)

    def pid_of(self, name):
        match = re.search(r"PID *: *(\d+)", self.run(["initctl", "status", name])[1])
        return int(match[1]) or None if match else None

    def is_ready(self, name):
        return os.path.lexists(self.condition_path(name))

    def stop(self, name):
        self.must(["initctl", "stop", name])
        self.wait_down(name)

    def reload(self, name):
        raise NotImplementedError


def within(seconds, condition):
    with contextlib.suppress(AssertionError):
        return poll_until(condition, seconds)


class Busybox(Manager):
    """Its inittab has no names: the process that runs a service is known by who started it, and by the last word of
    its command, which has to be in a word of what that executes, or of what is below it: ours show no words."""

    name = "busybox"
    programs = ("busybox",)
    init = ["busybox", "init"]
    places = ("/etc",)

    def __init__(self, **how):
        super().__init__(**how)
        os.mkdir(self.private("/etc"))
        for file in "passwd", "group", "ld.so.cache":
            shutil.copy("/etc/" + file, self.private("/etc"))
        self.wanted = {}
        self.write()

    def write(self):
        write_file(self.private("/etc/inittab.new"), "::sysinit:/bin/touch /etc/booted\n" + "".join(
            "::respawn:%s\n" % " ".join(words) for words in self.wanted.values()))
        os.rename(self.private("/etc/inittab.new"), self.private("/etc/inittab"))

    def declare(self, name, words):
        pass

    def booted(self):
        """Process 1 is not sent what it does not listen to; it listens to everything when its first line is run. Its
        masks would not say so: while it waits in sigtimedwait(2) for a signal, that one counts as not blocked."""
        poll_until(lambda: os.path.exists(self.private("/etc/booted")))

    def reread(self):
        self.write()
        os.kill(self.pid, signal.SIGHUP)

    def reread_until(self, condition):
        self.reread()
        while not within(0.2, condition):   # it remembers one signal, the last, and may have lost this one
            os.kill(self.pid, signal.SIGHUP)

    def ask_start(self, name):
        self.wanted[name] = self.services[name]
        self.reread_until(lambda: self.pid_of(name))
        return File(self.ready_path(name))

    def pid_of(self, name):
        mark = self.services[name][-1]
        processes = {process.pid: process for process in self.processes()}
        for process in processes.values():
            with contextlib.suppress(OSError):
                if process.state != "Z" and any(word.endswith(mark) for word in
                                                self.proc(process.pid, "cmdline").split("\0")):
                    while process.ppid in processes:
                        process = processes[process.ppid]
                    return process.pid
        return None

    def stop(self, name):
        del self.wanted[name]
        self.reread()   # once: what has not ended yet would have another SIGTERM
        self.wait_down(name)

    def give_up(self, name):
        """Also one that has ended and will be started again."""
        if name in self.wanted:
            self.stop(name)

    def reload(self, name):
        raise NotImplementedError
