# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Those that know a program which leaves when the service is ready, and a pid file: init scripts, monit, cron.

OpenRC is one of them, too, and stands in scripts.py.
"""
import os
import shlex
import signal

from .manager import Command, File, write_file, write_script
from .scripts import StartStopDaemon
from .stand_ins import StandIn

INIT_SCRIPT = """
case $1 in
start) exec start-stop-daemon --start {which} --startas {program} -- {words} ;;
stop) exec start-stop-daemon --stop --retry 5 {which} ;;
status) exec start-stop-daemon --status {which} ;;
esac
"""


MONIT = """set daemon 1
set logfile {log}
set pidfile {dir}/monit.pid
set idfile {dir}/monit.id
set statefile {dir}/monit.state
set httpd unixsocket {dir}/monit.sock
    allow admin:monit
"""
CHECK = """check process {name} with pidfile {pid}
    start program = "{program}" with timeout 20 seconds
    stop program = "{stop}"
"""


class InitScript(StartStopDaemon):
    """By dpkg's start-stop-daemon, which executes the program in its own place, and waits for nothing itself."""

    name = "init script"
    places = ("/etc/init.d",)

    def declare(self, name, words, by=("pidfile",), daemon=None):
        """@by: what the daemon is looked for by, of "pidfile" and "exec"; @daemon: for the latter."""
        values = {"pidfile": self.pid_path(name), "exec": daemon}
        which = " ".join("--%s %s" % (word, values[word]) for word in by)
        write_script(self.private("/etc/init.d/") + name,
                     INIT_SCRIPT.format(which=which, program=words[0], words=shlex.join(words[1:])))

    def ask_start(self, name):
        return Command(self.spawn(["/etc/init.d/" + name, "start"]))

    def status(self, name):
        """0: it runs, 1: not, but there is a pid file, 3: not."""
        return self.run(["/etc/init.d/" + name, "status"])[0]

    def is_ready(self, name):
        return self.status(name) == 0

    def stop(self, name):
        self.must(["/etc/init.d/" + name, "stop"])


class InitScriptOfOpenRC(InitScript):
    """By OpenRC's own program, which executes what --exec names, and stops what the file names."""

    name = "init script of OpenRC"
    suite = "trixie"
    programs = ("openrc-run",)
    text = """
program=/usr/lib/rc/sbin/start-stop-daemon
case $1 in
start) exec $program --start --pidfile {pid} {by} {bridge} -- {words} ;;
stop) exec $program --stop --retry 5 --pidfile {pid} ;;
esac
"""

    def declare(self, name, words, by="--exec"):
        write_script(self.private("/etc/init.d/") + name,
                     self.text.format(pid=self.pid_path(name), by=by, bridge=words[0], words=shlex.join(words[1:])))

    def is_ready(self, name):
        return self.pid_of(name) is not None


class Monit(StartStopDaemon):
    """It starts what it finds no process of, and again when that has ended."""

    name = "monit"
    programs = ("monit", "start-stop-daemon")

    def file(self, name):
        return os.path.join(self.dir, "monit" + name)

    def booted(self):
        self.must(["monit", "-c", self.file("rc")])     # it goes to the background, too

    def declare(self, name, words):
        stop = ["/sbin/start-stop-daemon", "--stop", "--retry", "5", "--pidfile", self.pid_path(name)]
        program = os.path.join(self.dir, "start-" + name)
        write_script(program, "exec %s\n" % shlex.join(words))
        self.configure(name, CHECK.format(name=name, pid=self.pid_path(name), program=program, stop=" ".join(stop)))

    def configure(self, name, text):
        write_file(self.file("rc"), MONIT.format(log=self.log_path(name), dir=self.dir) + text)
        os.chmod(self.file("rc"), 0o600)

    def ask_start(self, name):
        return File(self.pid_path(name))

    def stop(self, name):
        self.must(["monit", "-c", self.file("rc"), "stop", name])
        self.wait_down(name)


class Cron(StartStopDaemon):
    """What is to be run once, when the machine has come up; nobody hears how that ended."""

    name = "cron"
    programs = ("cron",)
    init = ["cron", "-f"]
    places = ("/etc/cron.d",)

    def declare(self, name, words):
        write_file(self.private("/etc/cron.d/") + name, "@reboot root %s\n" % shlex.join(words).replace("%", "\\%"))

    def ask_start(self, name):
        return File(self.pid_path(name))

    def stop(self, name):
        pid = self.pid_of(name)
        if pid:
            self.kill(pid, signal.SIGTERM)
            self.wait_end(pid)


class DinitBgprocess(StandIn):
    """dinit's, of type bgprocess: the first process is to end with 0, and then there is to be the file."""

    name = "dinit bgprocess"
    kind = "dinit-bgprocess"

    def own_settings(self, name):
        return {"pid_file": self.pid_path(name), "restart": False}

    def pid_path(self, name):
        return os.path.join(self.dir, name + ".pid")
