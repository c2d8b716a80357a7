# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The family of daemontools: a directory for each service, and a program that watches it."""
import os
import re
import shlex

from upstart_host import poll_until

from .manager import Command, File, Manager, write_file, write_script


class ServiceDirectories(Manager):
    """A run script for each service; all are down until they are asked for."""

    def directory(self, name):
        return os.path.join(self.dir, "service", name)

    def declare(self, name, words, before="", logger=False):
        """@before: lines of the run script before the last. @logger: the manager's own log service."""
        output = "exec 2>&1\n" if logger else "exec >>%s 2>&1\n" % self.log_path(name)
        write_script(self.directory(name) + "/run", output + before + "exec %s\n" % shlex.join(words))
        write_file(self.directory(name) + "/down", "")
        if logger:
            write_script(self.directory(name) + "/log/run",
                         "cat >>%s\necho end of file >>%s\n" % (self.log_path(name), self.log_path(name)))

    def control(self, name, *words):
        return self.must([*words, self.directory(name)])


class S6(ServiceDirectories):
    name = "s6"
    programs = ("s6-svscan", "s6-svc")

    @property
    def init(self):
        return ["s6-svscan", os.path.join(self.dir, "service")]

    def declare(self, name, words, notification_fd=3, **how):
        super().declare(name, words, **how)
        if notification_fd is not None:
            write_file(self.directory(name) + "/notification-fd", "%d\n" % notification_fd)

    def booted(self):
        for name in self.services:
            poll_until(lambda: self.run(["s6-svok", self.directory(name)])[0] == 0)

    def ask_start(self, name):
        return Command(self.spawn(["s6-svc", "-uwU", "-T", "20000", self.directory(name)]))

    def status(self, name, what):
        return self.control(name, "s6-svstat", "-o", what).strip()

    def pid_of(self, name):
        pid = int(self.status(name, "pid"))
        return pid if pid > 0 else None

    def is_ready(self, name):
        return self.status(name, "ready") == "true"

    def stop(self, name):
        self.control(name, "s6-svc", "-dwD", "-T", "10000")

    def reload(self, name):
        self.control(name, "s6-svc", "-h")


class Runit(ServiceDirectories):
    name = "runit"
    programs = ("runsvdir", "sv")

    @property
    def init(self):
        return ["runsvdir", os.path.join(self.dir, "service")]

    def declare(self, name, words, **how):
        super().declare(name, words, **how)
        write_script(self.directory(name) + "/check", "exec test -e %s\n" % self.ready_path(name))

    def booted(self):
        for name in self.services:
            poll_until(lambda: self.run(["sv", "status", self.directory(name)])[0] == 0)

    def ask_start(self, name):
        return Command(self.spawn(["sv", "-w", "20", "start", self.directory(name)]))

    def pid_of(self, name):
        match = re.search(r"^run: .*?\(pid (\d+)\)", self.run(["sv", "status", self.directory(name)])[1])
        return int(match[1]) if match else None

    def stop(self, name):
        self.control(name, "sv", "-w", "10", "stop")

    def reload(self, name):
        self.control(name, "sv", "hup")


class Daemontools(ServiceDirectories):
    name = "daemontools"
    programs = ("svscan", "svc")
    reaps_late = True

    @property
    def init(self):
        return ["svscan", os.path.join(self.dir, "service")]

    def booted(self):
        for name in self.services:
            poll_until(lambda: self.run(["svok", self.directory(name)])[0] == 0)

    def ask_start(self, name):
        self.control(name, "svc", "-u")
        return File(self.ready_path(name))

    def pid_of(self, name):
        match = re.search(r": up \(pid (\d+)\)", self.control(name, "svstat"))
        return int(match[1]) if match else None

    def stop(self, name):
        self.control(name, "svc", "-d")
        self.wait_down(name)

    def reload(self, name):
        self.control(name, "svc", "-h")
