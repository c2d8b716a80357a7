# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What all service managers of the tests can be asked; each is a class of its own beside.

    with Runit() as manager:
        manager.service("web", ["/path/of/daemon", "argument"])
        manager.start("web")                  # as soon as the manager takes it for ready
        manager.pid("web")                    # of the process that the manager tracks, as seen inside
        manager.stop("web")

Services are declared first; the first start boots the world. Knows nothing of the bridge: a service is the
words of its command. What a manager cannot be asked raises NotImplementedError.
"""
import os
import shutil
import subprocess

import namespaces
from upstart_case import BRIDGE
from upstart_host import DEADLINE, poll_until, wait_for_file

from .world import IDLE, PATH, World


class StartFailed(AssertionError):
    """The manager says that the service has not become ready."""


class Command:
    """A command inside whose end is the manager's word on a start."""

    def __init__(self, process):
        self.process = process

    def is_pending(self):
        return self.process.poll() is None

    def wait(self, timeout=DEADLINE):
        """Its output; StartFailed if its status is not 0, TimeoutError when it waits on."""
        try:
            output, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError("the manager waits on") from None
        if self.process.returncode:
            raise StartFailed("%d %s" % (self.process.returncode, output))
        return output

    def cancel(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class File:
    """A file that is there when the service is ready, for managers that nobody tells anything."""

    def __init__(self, path):
        self.path = path

    def is_pending(self):
        return not os.path.lexists(self.path)

    def wait(self, timeout=DEADLINE):
        try:
            wait_for_file(self.path, timeout)
        except AssertionError as error:
            raise TimeoutError(str(error)) from None

    def cancel(self):
        pass


class Manager(World):
    name = None
    programs = ()       # that have to be there, in the tree or on the machine
    init = IDLE         # process 1
    places = ()
    suite = None        # of Debian, if not the machine's: its tree is looked for

    def __init__(self, env=None):
        super().__init__(os.path.dirname(BRIDGE), tree=self.tree_of_suite(), places=self.places)
        self.env = env or {}
        self.services = {}
        self.starts = []

    @classmethod
    def tree_of_suite(cls):
        """Where debian_tree.sh has put it: CIB_TREE_TRIXIE, for one."""
        return os.environ.get("CIB_TREE_" + cls.suite.upper(), "/nowhere") if cls.suite else None

    @classmethod
    def missing(cls):
        """Why this machine cannot do it, or None."""
        reason = namespaces.missing()
        if reason:
            return reason
        tree = cls.tree_of_suite() or ""
        for program in cls.programs:
            if not shutil.which(program, path=":".join(tree + place for place in PATH.split(":"))):
                return "needs %s%s" % (program, " of Debian's " + cls.suite if cls.suite else "")
        return None

    def __enter__(self):
        return self

    def close(self):
        for start in self.starts:
            start.cancel()
        super().close()

    # -- services

    def service(self, name, words, **how):
        """Declares a service; @how is what this manager can be told besides."""
        self.services[name] = list(words)
        self.declare(name, list(words), **how)

    def begin(self, name):
        """Starts it and returns what can be waited for: a Command or a File."""
        self.be_up()
        start = self.ask_start(name)
        self.starts.append(start)
        return start

    def be_up(self):
        if self.pid is None:
            self.boot(["%s=%s" % item for item in self.env.items()] + list(self.init))
            self.booted()

    def start(self, name, timeout=DEADLINE):
        return self.begin(name).wait(timeout)

    def booted(self):
        """Until it can be asked to do something."""

    def restart(self, name):
        """Until it is ready again."""
        self.stop(name)
        return self.start(name)

    def log(self, name):
        """What the service wrote to its standard error."""
        try:
            with open(self.log_path(name), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_path(self, name):
        return os.path.join(self.dir, "log", name)

    def ready_path(self, name):
        """Of the file that says so, where nobody waits."""
        return os.path.join(self.dir, "ready-" + name)

    def wait_up(self, name, other_than=None):
        """The process that runs the service, as soon as there is one, but not @other_than."""
        return poll_until(lambda: (pid := self.pid_of(name)) and pid != other_than and pid)

    def wait_down(self, name):
        poll_until(lambda: self.pid_of(name) is None)

    # -- each manager's own

    def declare(self, name, words):
        raise NotImplementedError

    def ask_start(self, name):
        raise NotImplementedError

    def pid_of(self, name):
        """The tracked process as seen inside, or None."""
        raise NotImplementedError

    def is_ready(self, name):
        """Whether the manager, or who looks at the ready file, takes it for ready now."""
        return os.path.lexists(self.ready_path(name))

    def stop(self, name):
        """As the manager does it; returns when it is down."""
        raise NotImplementedError

    def give_up(self, name):
        """Ends a service that may be still about to start; or about to end, so that there is nobody to stop any more."""
        pid = self.pid_of(name)
        if pid:
            try:
                self.stop(name)
            except (AssertionError, OSError):
                if self.is_there(pid):
                    raise

    def reload(self, name):
        """SIGHUP, as the manager sends it."""
        raise NotImplementedError


def write_script(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


def write_file(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
