# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-i forking with each that knows a pid file, for daemons of each target, and for real ones.

OpenRC, init scripts with dpkg's start-stop-daemon, monit, cron and a shell are the real ones, dinit and Shepherd are
stand-ins; systemd's Type=forking is in test_systemd_forking.py.
"""
import os
import re
import shutil

import pages
import tap
from managers.cases import DAEMON, NOTHING, TARGETS, ManagerTestCase, Recipe, open_gate
from managers.manager import StartFailed, write_file
from managers.pid_files import Cron, DinitBgprocess, InitScript, InitScriptOfOpenRC, Monit
from managers.scripts import OpenRC56, OpenRCOfDpkg
from managers.stand_ins import ShepherdPidFile
from real_daemons import DAEMONS, PATH, exchange
from upstart_case import BRIDGE
from upstart_host import poll_until

# One that goes there by itself is at home with all of them: nothing of ours is left when it runs.
ALL_TARGETS = {"systemd": (dict(target="systemd"), (), ["notify=READY=1"]),
               "systemd supervised": (dict(target="systemd"), ("--supervise",), ["notify=READY=1"]), **TARGETS}
del ALL_TARGETS["forking"]
SUPERVISED = "systemd supervised", "upstart"
OPTIONS = ["-i", "forking", "--stdio=null"]


class Hosts(ManagerTestCase):
    recipe = Recipe(InitScript, OPTIONS)    # what all of it needs

    def missing(self, recipe):
        reason = recipe.manager.missing()
        if reason:
            self.skipTest(reason)

    def begin(self, recipe, world, actions, options=(), **how):
        recipe.service(world, "job", actions, options=("--pidfile=" + world.pid_path("job"), *options), **how)
        return world.begin("job")

    def check_end(self, world):
        world.stop("job")
        self.assertEqual(world.leftovers(), ([], []))
        self.assertFalse(os.path.exists(world.pid_path("job")))

    def check_target(self, recipe, target):
        how, options, says = ALL_TARGETS[target]
        with recipe.world() as world:
            try:
                start = self.begin(recipe, world, ["touch={dir}/up", "wait-file={dir}/gate", *says, "on-term=exit:0", "pause"],
                                   options, **how)
                poll_until(lambda: os.path.exists(world.dir + "/up"))
                self.wait_quietly(start)
                self.assertFalse(os.path.exists(world.pid_path("job")))
                open_gate(world.dir + "/gate")
                start.wait()
                self.assertEqual(world.proc(world.pid_of("job"), "comm").strip(),
                                 "cross-init-brid" if target in SUPERVISED else "fake-daemon")
                poll_until(lambda: world.is_ready("job"))
                self.check_end(world)
            except BaseException:
                self.explain(world)
                raise

    def check_all_targets(self, recipe, without=()):
        self.missing(recipe)
        for target in ALL_TARGETS:
            if target not in without:
                with self.subTest(recipe.manager.name, target=target, **recipe.how):
                    self.check_target(recipe, target)

    def test_openrc_of_debian_12(self):
        self.check_all_targets(Recipe(OpenRCOfDpkg, OPTIONS))

    def test_openrc_of_debian_13(self):
        self.check_all_targets(Recipe(OpenRC56, OPTIONS))

    def test_an_init_script(self):
        """Where the bridge stays as the parent it is what the file names: --pidfile alone."""
        for by, without in (("pidfile",), ()), (("pidfile", "exec"), SUPERVISED), (("exec",), ()):
            self.check_all_targets(Recipe(InitScript, OPTIONS, by=by, daemon=DAEMON), without)

    def test_an_init_script_of_openrc(self):
        self.check_all_targets(Recipe(InitScriptOfOpenRC, OPTIONS))

    def test_to_openrc_startas_is_a_name(self):
        recipe = Recipe(InitScriptOfOpenRC, OPTIONS)
        self.missing(recipe)
        with recipe.world() as world, self.assertRaises(StartFailed):
            self.begin(recipe, world, ["notify=READY=1", "pause"], by="--exec %s --startas" % DAEMON).wait()

    def test_dinit(self):
        self.check_all_targets(Recipe(DinitBgprocess, OPTIONS))

    def test_shepherd(self):
        self.check_all_targets(Recipe(ShepherdPidFile, OPTIONS))

    def test_monit(self):
        self.check_all_targets(Recipe(Monit, OPTIONS))

    def test_cron(self):
        self.check_all_targets(Recipe(Cron, OPTIONS))

    def test_a_death_before_readiness_fails_the_start(self):
        for manager in OpenRCOfDpkg, OpenRC56, InitScript, DinitBgprocess:
            with self.subTest(manager.name):
                recipe = Recipe(manager, OPTIONS)
                self.missing(recipe)
                with recipe.world() as world:
                    with self.assertRaises(StartFailed):
                        self.begin(recipe, world, ["exit=3"]).wait()
                    self.assertEqual(world.leftovers(), ([], []))
                    self.assertFalse(os.path.exists(world.pid_path("job")))

    def test_monit_starts_the_next_life(self):
        recipe = Recipe(Monit, OPTIONS)
        self.missing(recipe)
        with recipe.world() as world:
            self.begin(recipe, world, ["notify=READY=1", "on-term=exit:0", "pause"]).wait()
            first = world.pid_of("job")
            poll_until(lambda: "process is running with pid" in world.log("job"))
            world.kill(first, 9)
            try:
                world.wait_up("job", other_than=first)
            except AssertionError:
                self.explain(world)
                raise
            self.check_end(world)

    def test_init_scripts_side_by_side(self):
        """By the daemon's program, which is another's than the bridge's: with the bridge's it is neither found nor started."""
        recipe = Recipe(InitScript, OPTIONS)
        self.missing(recipe)
        with recipe.world() as world:
            other = world.dir + "/other-daemon"
            shutil.copy(DAEMON, other)
            for name, program, by, daemon in (("a", DAEMON, ("pidfile", "exec"), DAEMON), ("b", other, ("exec",), other),
                                              ("wrong", other, ("exec",), BRIDGE)):
                world.service(name, [BRIDGE, "-i", "forking", "--pidfile=" + world.pid_path(name), "--stdio=null", "-t",
                                     "systemd", "-N", "--", program, "notify=READY=1", "on-term=exit:0", "pause"],
                              by=by, daemon=daemon)
            world.be_up()
            for name in "a", "b":
                self.assertEqual(world.status(name), 3)
                world.start(name)
                self.assertEqual(world.status(name), 0)
            with self.assertRaises(StartFailed) as failure:
                world.start("wrong")
            self.assertIn("already running", str(failure.exception))
            for name in "a", "b":
                with self.assertRaises(StartFailed) as failure:   # of start-stop-daemon's own
                    world.start(name)
                self.assertIn("already running", str(failure.exception))
                world.stop(name)
                poll_until(lambda name=name: world.status(name) == 3)   # the babysitter takes the file away
            self.assertEqual(world.leftovers(), ([], []))

    def check_real(self, recipe, name):
        daemon = DAEMONS[name]
        if daemon.missing():
            self.skipTest(daemon.missing())
        with recipe.world() as world:
            words = daemon.prepare(world.dir)
            words[0] = shutil.which(words[0], path=PATH)    # cron's is shorter
            world.service("job", [BRIDGE, "-i", "forking", "--pidfile=" + world.pid_path("job"), "--stdio=null", "-t", "systemd", "-N", "--", *words],
                          **recipe.how)
            try:
                world.begin("job").wait()
                connection = daemon.connect(world, world.dir)
                self.assertIn(daemon.expected, exchange(connection, daemon.request, daemon.expected))
                self.assertEqual(world.proc(world.pid_of("job"), "comm").strip(), os.path.basename(words[0]))
                self.check_end(world)
            except BaseException:
                self.explain(world)
                raise

    def test_real_daemons(self):
        for manager in OpenRCOfDpkg, InitScript, DinitBgprocess, ShepherdPidFile, Monit, Cron:
            for name in "redis", "haproxy", "mosquitto":
                with self.subTest(manager.name, daemon=name):
                    recipe = Recipe(manager)
                    self.missing(recipe)
                    self.check_real(recipe, name)

    def configure(self, world, manager, text):
        """@text as the example's file, where it belongs."""
        if manager is Monit:
            world.configure("redis", text)
        elif manager is DinitBgprocess:
            settings = dict(re.findall(r"^(\S+) = (.*)$", text, re.M))
            world.services["redis"] = settings["command"].split()
            world.settings["redis"] = {"log": world.log_path("redis"), "pid_file": settings["pid-file"], "restart": False}
            self.assertEqual(settings["type"], "bgprocess")
        else:
            path = world.private(manager.places[0] + "/") + "redis"
            write_file(path, text)
            os.chmod(path, 0o755 if manager is not Cron else 0o644)

    def check_example(self, name, manager):
        class Here(manager):
            """With its pid file, and a directory of its own where the example has its data."""

            places = (*manager.places, "/srv")

            def pid_path(self, _name):
                return self.path("/run/redis.pid")

        text = pages.read_example(name).replace("/usr/bin/cross-init-bridge", BRIDGE)
        with Here() as world:
            self.configure(world, manager, text)
            world.be_up()
            try:
                world.begin("redis").wait()
                self.assertEqual(world.proc(world.pid_of("redis"), "comm").strip(), "redis-server")
                poll_until(lambda: world.is_ready("redis"))
                world.stop("redis")
                self.assertEqual(world.leftovers(), ([], []))
                self.assertFalse(os.path.exists(world.path("/run/redis.pid")))
                self.assertIs(world.pid_of("redis"), None)
            except BaseException:
                self.explain(world)
                raise

    def test_the_examples_of_the_manual(self):
        if not shutil.which("redis-server", path=PATH):
            self.skipTest("needs the package redis-server")
        for name, manager in (("start-stop-daemon/redis", InitScript), ("openrc/redis", OpenRCOfDpkg), ("monit/redis", Monit),
                              ("cron/redis", Cron), ("dinit/redis", DinitBgprocess)):
            with self.subTest(name):
                self.missing(Recipe(manager))
                self.check_example(name, manager)

    def test_a_prefix_that_does_nothing_does_not_pass(self):
        recipe = Recipe(InitScript, OPTIONS)
        self.missing(recipe)
        with recipe.world() as world:
            start = self.begin(recipe, world, ["on-term=exit:0", "pause"], prefix=NOTHING)
            self.wait_quietly(start)


del ManagerTestCase

if __name__ == "__main__":
    tap.main()
