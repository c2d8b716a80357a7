# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Those that start a service by a script, and then leave: OpenRC, and dpkg's start-stop-daemon."""
import contextlib
import os
import shlex
import signal

from .manager import Command, File, Manager, write_file

# What OpenRC makes in /run/openrc when the machine boots.
STATES = ("daemons", "exclusive", "failed", "hotplugged", "inactive", "options", "scheduled", "started", "starting",
          "stopping", "tmp", "wasinactive")


class StartStopDaemon(Manager):
    """dpkg's, as init scripts call it."""

    name = "dpkg"
    programs = ("start-stop-daemon",)

    def declare(self, name, words, wait=("--notify-await", "--notify-timeout", "20"), daemon=None):
        """@daemon: the program that is to be looked for by stop; else the pid file is all."""
        self.services[name] = [*wait, *(["--exec", daemon] if daemon else []), "--startas", words[0], "--", *words[1:]]

    def pid_path(self, name):
        return os.path.join(self.dir, name + ".pid")

    def ask_start(self, name):
        return Command(self.spawn(["start-stop-daemon", "--start", "--background", "--make-pidfile", "--pidfile",
                                   self.pid_path(name), "--output", self.log_path(name), *self.services[name]], self.env))

    def pid_of(self, name):
        try:
            with open(self.pid_path(name)) as file:
                pid = int(file.read() or 0)
        except FileNotFoundError:
            return None
        return pid if pid and self.is_there(pid) else None     # one that has ended cannot be stopped

    def stop(self, name):
        self.must(["start-stop-daemon", "--stop", "--retry", "5", "--remove-pidfile", "--pidfile", self.pid_path(name)])

    def reload(self, name):
        self.must(["start-stop-daemon", "--stop", "--signal", "HUP", "--pidfile", self.pid_path(name)])

    def is_ready(self, name):
        """It is all that can be seen."""
        return self.pid_of(name) is not None


class OpenRC(Manager):
    """That of Debian 12, 0.45: its start-stop-daemon is dpkg's, its supervise-daemon is its own."""

    name = "openrc"
    programs = ("rc-service", "supervise-daemon")
    places = ("/etc/init.d", "/etc/runlevels")
    signal = ("--stop", "--signal", "HUP")
    common = """
stop()
{
    start-stop-daemon --stop --retry 5 --pidfile "$pidfile"
}
"""

    def declare(self, name, words, supervised=False, settings="", functions=None):
        """@settings: lines of the script. @functions: in place of the stop() that finds the daemon behind a prefix."""
        text = 'command="%s"\ncommand_args="%s"\npidfile="%s"\n' % (
            words[0], shlex.join(words[1:]).replace('"', '\\"'), self.pid_path(name))
        if supervised:
            text += 'supervisor=supervise-daemon\noutput_log="%s"\nerror_log="%s"\n' % (2 * (self.log_path(name),))
        text += settings + (functions if functions is not None else "" if supervised else self.common)
        path = self.private("/etc/init.d/") + name
        write_file(path, "#!/sbin/openrc-run\n" + text)
        os.chmod(path, 0o755)

    def pid_path(self, name):
        return os.path.join(self.dir, name + ".pid")

    def booted(self):
        for directory in STATES:
            os.makedirs(self.path("/run/openrc/" + directory), exist_ok=True)
        write_file(self.path("/run/openrc/softlevel"), "default\n")

    def ask_start(self, name):
        return Command(self.spawn(["rc-service", name, "start"], self.env))

    def pid_of(self, name):
        return StartStopDaemon.pid_of(self, name)

    def is_ready(self, name):
        return self.run(["rc-service", name, "status"])[0] == 0

    def stop(self, name):
        self.must(["rc-service", name, "stop"])

    def give_up(self, name):
        """A service that hangs in its start is locked."""
        if self.run(["rc-service", name, "stop"])[0] and (pid := self.pid_of(name)):
            with contextlib.suppress(OSError):      # it ends just now
                self.kill(pid, signal.SIGKILL)

    def reload(self, name):
        self.must(["start-stop-daemon", *self.signal, "--pidfile", self.pid_path(name)])


class OpenRCOfDpkg(OpenRC):
    """Its scripts call dpkg's start-stop-daemon."""

    @classmethod
    def missing(cls):
        if os.path.exists("/usr/lib/rc/sbin/start-stop-daemon"):
            return "needs an OpenRC whose start-stop-daemon is dpkg's"
        return super().missing()


class OpenRCSupervised(OpenRC):
    """Its supervise-daemon waits for nobody: who looks at the ready file knows more. What is tracked is known only to it."""

    def ask_start(self, name):
        self.starting = self.spawn(["rc-service", name, "start"], self.env)
        self.starting.communicate()
        return File(self.ready_path(name))

    def pid_of(self, name):
        parent = super().pid_of(name)   # supervise-daemon's own
        children = [process.pid for process in self.processes() if process.ppid == parent and process.state != "Z"
                    and process.comm != "cross-init-brid" and parent]
        return children[0] if children else None

    def is_ready(self, name):
        return os.path.lexists(self.ready_path(name))

    def give_up(self, name):
        self.run(["rc-service", name, "stop"])
        self.wait_down(name)

    def reload(self, name):
        self.must(["env", "RC_SVCNAME=" + name, "supervise-daemon", name, "--signal", "HUP"])


class OpenRC56(OpenRC):
    """That of Debian 13: its start-stop-daemon is its own, and goes by the pid file."""

    name = "openrc-0.56"
    suite = "trixie"
    common = ""


class OpenRC56Supervised(OpenRCSupervised, OpenRC56):
    name = "openrc-0.56 supervise-daemon"
