# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Real daemons, written for systemd or for the background, under real service managers.

Each manager runs all of them at once: as soon as it takes one for ready its client is answered, and when it is
stopped nothing of it is left. Nothing here knows how the bridge works.
"""
import os
import unittest

import tap
from managers.cases import Recipe
from managers.containers import Conmon, Crun, Nspawn, Runc
from managers.inits import Finit
from managers.scripts import OpenRC, OpenRCOfDpkg, OpenRCSupervised, StartStopDaemon
from managers.supervision import S6, Daemontools, Runit
from managers.supervisord import Supervisord
from real_daemons import DAEMONS, GUNICORN, HTTP_CLIENT_ON_DISK, REDIS_CLIENT, WSGI, Daemon
from upstart_case import BRIDGE
from upstart_host import DEADLINE, poll_until

REDIS_IN_THE_BACKGROUND = ["redis-server", "--daemonize", "yes", "--pidfile", "{dir}/pid", "--port", "0", "--unixsocket",
                           "{dir}/socket", "--save", "", "--dir", "{dir}"]
# name -> the daemon, its comm, and how the container ends of which it is all
ROWS = {
    "redis": (DAEMONS["redis"], "redis-server", 0),
    "haproxy": (DAEMONS["haproxy"], "haproxy", 0),
    "unbound": (DAEMONS["unbound"], "unbound", 0),
    "mosquitto": (DAEMONS["mosquitto"], "mosquitto", 0),
    "dbus": (DAEMONS["dbus-daemon"], "dbus-daemon", 0),
    "gunicorn": (Daemon("gunicorn", GUNICORN, HTTP_CLIENT_ON_DISK, options=["--listen={dir}/socket"]), "gunicorn", 0),
    "redis-forking": (Daemon("redis-server", REDIS_IN_THE_BACKGROUND, REDIS_CLIENT, target="forking",
                             options=["--daemon-pidfile={dir}/pid"]), "redis-server", 0),
}
READY_FILE = ["--ready-file={ready}"]
AWAIT = 'command_background=true\nstart_stop_daemon_args="--notify-await --notify-timeout 20"\n'


class Case(unittest.TestCase):
    """Of one manager: @recipe."""

    recipe = None
    is_container = False
    without = ()

    def setUp(self):
        missing = self.recipe.manager.missing()
        if missing:
            self.skipTest(missing)

    def declare(self, world, name, daemon):
        directory = os.path.join(world.dir, name)
        os.mkdir(directory)
        os.chmod(directory, 0o777)  # the daemons drop their privileges
        with open(directory + "/wsgi.py", "w") as file:
            file.write(WSGI)
        words = daemon.prepare(directory)
        own = [option.format(ready=world.ready_path(name), pid=os.path.join(world.dir, name + ".pid"))
               for option in self.recipe.options]
        own += [option.format(dir=directory) for option in daemon.options]
        world.service(name, [BRIDGE, "-t", daemon.target, "-N", *own, "--", *words], **self.recipe.how)

    def ask(self, world, name, daemon):
        connection = daemon.connect(world, os.path.join(world.dir, name))
        connection.settimeout(DEADLINE)
        with connection:
            connection.sendall(daemon.request)
            answer = b""
            while daemon.expected not in answer:
                more = connection.recv(65536)
                self.assertTrue(more, answer)
                answer += more

    def check_tracked(self, world, name, daemon, comm):
        if self.is_container:
            self.assertEqual(world.process(world.wait_up(name)).comm, "cross-init-brid")
        elif daemon.target != "forking":
            self.assertIn(comm, world.proc(world.wait_up(name), "cmdline"))

    def test_each_answers_as_soon_as_it_is_ready_and_leaves_nothing(self):
        rows = {name: row for name, row in ROWS.items() if not row[0].missing() and name not in self.without}
        if not rows:
            self.skipTest("none of the daemons is installed")
        with self.recipe.world() as world:
            for name, (daemon, _, _) in rows.items():
                self.declare(world, name, daemon)
            starts = {name: world.begin(name) for name in rows}
            for name, (daemon, comm, _) in rows.items():
                with self.subTest(name):
                    starts[name].wait()
                    self.ask(world, name, daemon)
                    self.check_tracked(world, name, daemon, comm)
            for name, (_, _, status) in rows.items():
                with self.subTest(name):
                    ended = world.stop(name)
                    self.assertIn(ended, (None, status))
            poll_until(lambda: not [name for name in rows if os.path.lexists(world.ready_path(name))])
            self.assertEqual(world.leftovers(), ([], []))
            poll_until(lambda: not self.daemons(world))

    @staticmethod
    def daemons(world):
        comms = {row[1] for row in ROWS.values()}
        return [process for process in world.processes() if process.comm in comms and process.state != "Z"]


CASES = {
    "OnS6": (Recipe(S6), {}),
    "OnOpenRC": (Recipe(OpenRC, ["-i", "forking", "--pidfile={pid}", "--stdio=null"]), {"without": ["redis-forking"]}),
    "OnOpenRCAwaiting": (Recipe(OpenRCOfDpkg, settings=AWAIT), {}),
    "OnSuperviseDaemon": (Recipe(OpenRCSupervised, READY_FILE, supervised=True), {}),
    "OnDpkg": (Recipe(StartStopDaemon), {}),
    "OnRunit": (Recipe(Runit, READY_FILE), {}),
    "OnDaemontools": (Recipe(Daemontools, READY_FILE), {}),
    "OnSupervisord": (Recipe(Supervisord, READY_FILE), {}),
    "OnCrun": (Recipe(Crun), {"is_container": True}),
    "OnRunc": (Recipe(Runc), {"is_container": True}),
    "OnConmon": (Recipe(Conmon), {"is_container": True}),
    # whose tree has no other
    "OnFinit": (Recipe(Finit, ["--host-fd=%n"]), {"without": [name for name in ROWS if name != "dbus"]}),
    "OnNspawn": (Recipe(Nspawn), {"is_container": True}),
}
for _name, (_recipe, _how) in CASES.items():
    globals()[_name] = type(_name, (Case,), {"recipe": _recipe, "__module__": __name__, "__qualname__": _name, **_how})
del Case

if __name__ == "__main__":
    tap.main()
