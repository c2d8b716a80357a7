# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-t forking: real daemons that go to the background, under managers that want a child of their own.

Each manager runs all of them at once. They are started, reloaded, exchanged for another program, killed, and stopped;
whatever they do, the manager sees one process, which ends when the daemon does. What a daemon has let go of, a login,
a job of cron's, stays when it is stopped.
"""
import contextlib
import os
import socket
import sys
import time
import unittest

import tap
from background_daemons import DAEMONS
from managers.cases import Recipe
from managers.containers import Crun
from managers.manager import Manager, write_file
from managers.supervision import S6, Runit
from managers.supervisord import Supervisord
from managers.world import Process
from upstart_case import BRIDGE, Host, run
from upstart_host import DEADLINE, poll_until

QUIET = 0.3  # seconds in which nothing is to happen
BRIDGE_COMM = "cross-init-brid"


class Upstart:
    """The stand-in, as far as one of Manager is asked here."""

    def __init__(self):
        self.host = Host(check=False, syslog=False)  # nobody would read it, and they would wait
        self.dir = self.host.dir

    missing = staticmethod(Host.missing)

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.host.__exit__(*how)

    def service(self, name, words):
        self.host.job(name, "expect stop\nrespawn\nkill timeout 20\n" + run(*words))

    def begin(self, name):
        self.host.start(name, wait=False)
        return self.Start(self.host, name)

    class Start:
        def __init__(self, host, name):
            self.host, self.name = host, name

        def wait(self):
            self.host.wait(self.name, "start/running")

    def pid_of(self, name):
        return self.host.status(name).pid

    wait_up = Manager.wait_up
    is_there = Manager.is_there
    wait_end = Manager.wait_end

    def is_ready(self, name):
        return self.host.status(name).state == "running"

    def processes(self):
        return [Process(found.inner, self.inner(found.ppid), found.state, found.comm) for found in self.host.processes()]

    @staticmethod
    def inner(pid):
        with contextlib.suppress(OSError):
            with open("/proc/%d/status" % pid) as file:
                return int(file.read().partition("NSpid:")[2].split("\n")[0].split()[-1])
        return 0

    def process(self, pid):
        for found in self.processes():
            if found.pid == pid:
                return found
        raise ProcessLookupError(pid)

    def proc(self, pid, name):
        with open(self.path("/proc/%d/%s" % (pid, name)), errors="replace") as file:
            return file.read()

    def kill(self, pid, number):
        self.host.kill(pid, number)

    def path(self, inside):
        return self.host.path(inside)

    def socket(self, family, kind=socket.SOCK_STREAM):
        return self.host.socket(family, kind)

    def stop(self, name):
        self.host.stop(name, timeout=2 * DEADLINE)

    def log(self, name):
        return self.host.job_output(name)


class CrunWithVar(Crun):
    """What cron reads besides, and what squid shares."""

    def extra_mounts(self, _name):
        return [{"destination": "/var", "type": "bind", "source": "/var", "options": ["rbind", "ro"]},
                {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "mode=1777"]}]


class S6WithCrontab(S6):
    places = ("/etc/cron.d",)


class Life:
    """One of the daemons in one of the worlds."""

    def __init__(self, world, name, options, how):
        self.world, self.name = world, name
        self.daemon = DAEMONS[name]
        self.directory = os.path.join(world.dir, name)
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o777)  # some drop their privileges
        words = self.daemon.prepare(self.directory)
        if self.daemon.pid_file:
            options = [*options, "--daemon-pidfile=" + self.daemon.pid_file.format(dir=self.directory)]
        world.service(name, [BRIDGE, "-t", "forking", "-N", *options, "--", *words], **how)

    def begin(self):
        self.start = self.world.begin(self.name)

    def wait_started(self):
        self.start.wait()
        self.tracked = self.world.wait_up(self.name)
        self.main = self.find_main()

    def below(self):
        """The processes below the tracked one, but the babysitter."""
        processes = [process for process in self.world.processes() if process.state != "Z"]
        found, added = [], {self.tracked}
        while added:
            new = [process for process in processes if process.ppid in added]
            found += new
            added = {process.pid for process in new}
        return [process for process in found if process.comm != BRIDGE_COMM]

    def inner(self, pid):
        """Its number where the daemon sees it."""
        with contextlib.suppress(OSError):
            return int(self.world.proc(pid, "status").partition("NSpid:")[2].split("\n")[0].split()[-1])
        return None

    def named(self):
        """The number in the pid file."""
        path = self.daemon.pid_file.format(dir=self.directory)
        if path.startswith("/run"):
            path = self.world.path("/proc/%d/root%s" % (self.tracked, path))
        with contextlib.suppress(OSError, ValueError):
            with open(path) as file:
                return int(file.read())
        return None

    def find_main(self, other_than=None):
        def look():
            found = [process.pid for process in self.below()
                     if process.comm == self.daemon.comm and process.pid != other_than]
            if self.daemon.pid_file:
                number = self.named()
                found = [pid for pid in found if self.inner(pid) == number]
            return found[0] if len(found) == 1 else None
        return poll_until(look)

    def is_process_1(self):
        return self.inner(self.tracked) == 1

    def signal(self, number):
        """As the manager would send it."""
        self.world.kill(self.tracked, number)

    def answers(self):
        if self.daemon.client is None:
            return True
        port, request, expected = self.daemon.client
        with contextlib.suppress(OSError), self.world.socket(socket.AF_INET) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(("127.0.0.1", port))
            connection.sendall(request)
            answer = b""
            while expected not in answer and (more := connection.recv(65536)):
                answer += more
            return expected in answer
        return False


class Case(unittest.TestCase):
    """Of one manager: @recipe."""

    recipe = None
    respawns = True

    def setUp(self):
        missing = self.recipe.manager.missing()
        if missing:
            self.skipTest(missing)

    @contextlib.contextmanager
    def each(self, lives, what):
        """A step that each takes; who fails in it takes no other."""
        def do(step):
            for life in list(lives):
                with self.subTest(life.name, step=what):
                    try:
                        step(life)
                    except BaseException:
                        lives.remove(life)
                        print("#   %s: %s" % (life.name, life.world.log(life.name)[-2000:]), file=sys.stderr)
                        raise
        yield do

    def test_each_is_started_reloaded_exchanged_killed_and_stopped(self):
        here = [name for name, daemon in DAEMONS.items() if not daemon.missing()]
        print("# not here: %s" % ", ".join(sorted(set(DAEMONS) - set(here))), file=sys.stderr)
        if not here:
            self.skipTest("none of the daemons is installed")
        with self.recipe.world() as world:
            options = [option.replace("{ready}", world.dir + "/ready-{name}") for option in self.recipe.options]
            lives = [Life(world, name, [option.format(name=name) for option in options], self.recipe.how) for name in here]
            for step in (self.begin, self.start, self.reload, self.look_again, self.exchange, self.kill, self.respawn,
                         self.stop):
                with self.each(lives, step.__name__) as do:
                    if step == self.look_again:
                        time.sleep(QUIET)
                    do(step)
            if not self.respawns:
                return
            poll_until(lambda: not [process for process in world.processes() if process.comm == BRIDGE_COMM])

    @staticmethod
    def begin(life):
        life.begin()

    def start(self, life):
        life.wait_started()
        self.assertEqual(life.world.process(life.tracked).comm, BRIDGE_COMM)
        if life.daemon.pid_file:
            self.assertTrue(life.answers())
        else:       # it listens after its fork, and nothing tells when
            poll_until(life.answers)

    @staticmethod
    def reload(life):
        daemon = life.daemon
        if daemon.reload is None:
            return
        life.signal(daemon.reload)
        # With process 1 as its parent it stays the same.
        if daemon.renews and not life.is_process_1():
            life.main = life.find_main(other_than=life.main)

    def look_again(self, life):
        self.assertEqual(life.world.pid_of(life.name), life.tracked)
        self.assertEqual(life.find_main(), life.main)
        poll_until(life.answers)

    def exchange(self, life):
        """Its program, as nginx does it: another process goes on, which is the old one's child until that leaves."""
        if life.daemon.upgrade is None:
            return
        begin, end = life.daemon.upgrade
        life.signal(begin)
        old, life.main = life.main, life.find_main(other_than=life.main)
        life.world.kill(old, end)
        life.world.wait_end(old)
        time.sleep(QUIET)
        self.look_again(life)

    def kill(self, life):
        if self.respawns:
            life.world.kill(life.main, 9)

    def respawn(self, life):
        if not self.respawns:
            return
        life.tracked = life.world.wait_up(life.name, other_than=life.tracked)
        life.main = life.find_main(other_than=life.main)
        poll_until(lambda: life.world.is_ready(life.name))
        poll_until(life.answers)

    def stop(self, life):
        status = life.world.stop(life.name)
        expected = life.daemon.status
        self.assertIn(status, (None, expected if expected >= 0 else 128 - expected))    # process 1 cannot die of a signal
        life.world.wait_end(life.tracked)
        poll_until(lambda: not [process for process in life.world.processes()
                                if process.comm == life.daemon.comm and process.state != "Z"])


READY_FILE = ["--ready-file={ready}"]
CASES = {
    "OnUpstart": (Recipe(Upstart), {}),
    "OnS6": (Recipe(S6), {}),
    "OnRunit": (Recipe(Runit, READY_FILE), {}),
    "OnSupervisord": (Recipe(Supervisord, READY_FILE, autorestart="true"), {}),
    "OnCrun": (Recipe(CrunWithVar), {"respawns": False}),
}
for _name, (_recipe, _how) in CASES.items():
    globals()[_name] = type(_name, (Case,), {"recipe": _recipe, "__module__": __name__, "__qualname__": _name, **_how})
del Case


class WhatStays(unittest.TestCase):
    def setUp(self):
        missing = S6.missing()
        if missing:
            self.skipTest(missing)

    def life(self, world, name, *options):
        if DAEMONS[name].missing():
            self.skipTest(DAEMONS[name].missing())
        return Life(world, name, options, {})

    def check(self, life, up, left):
        """What has come @up is there when the daemon has been stopped, if it is to be @left, and nothing else."""
        world = life.world
        pid = int(poll_until(lambda: os.path.exists(up) and open(up).read().strip()))
        world.stop(life.name)
        world.wait_end(life.tracked)
        if not left:
            world.wait_end(pid)
        self.assertEqual(world.is_there(pid), left)
        self.assertFalse(world.is_there(life.main))
        # the babysitter ends when it has seen the end of the tracked one
        poll_until(lambda: not [process for process in world.processes()
                                if process.comm == BRIDGE_COMM and process.state != "Z"])
        if left:
            world.kill(pid, 9)

    OPTIONS = ((), True), (("--kill-stragglers=group",), True), (("--kill-stragglers=all",), False)

    def test_a_login_stays_when_sshd_is_stopped(self):
        for options, left in self.OPTIONS:
            with self.subTest(options), S6() as world:
                life = self.life(world, "sshd", *options)
                life.begin()
                life.wait_started()
                up = world.dir + "/up"
                login = world.spawn(["ssh", "-F", "none", "-p", "8102", "-i", life.directory + "/key", "-o", "BatchMode=yes",
                                     "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "root@127.0.0.1",
                                     "echo $$ >%s.new; mv %s.new %s; exec sleep 1000" % (up, up, up)])
                try:
                    self.check(life, up, left)
                finally:
                    login.kill()
                    login.communicate()

    def test_a_job_stays_when_cron_is_stopped(self):
        for options, left in self.OPTIONS:
            with self.subTest(options), S6WithCrontab() as world:
                life = self.life(world, "cron", *options)
                up = world.dir + "/up"
                write_file(world.private("/etc/cron.d") + "/job",
                           "@reboot root echo $$ >%s.new; mv %s.new %s; exec sleep 1000\n" % (up, up, up))
                life.begin()
                life.wait_started()
                self.check(life, up, left)


if __name__ == "__main__":
    tap.main()
