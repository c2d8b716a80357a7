# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""As process 1 of a container, under the runtimes that relay what is said there."""
import contextlib
import os
import shutil

import tap
from managers.cases import Crowd, ManagerTestCase, OncePerLife, Recipe, Scenarios, add_cases, open_gate
from managers.containers import Conmon, Crun, Nspawn, Runc
from upstart_case import BRIDGE, DAEMON
from upstart_host import poll_until


class Container:
    """The bridge is process 1, and another is the babysitter."""

    tracked = "cross-init-brid"
    ours = 2
    test_a_stranger_does_not_make_it_ready = None  # another container has a file system /run of its own

class Hangs:
    """runc waits on when process 1 has ended unready, whatever that was."""

    test_death_before_readiness_fails_the_start_at_once = None


class BehindAnInitOfTheEngine(ManagerTestCase):
    """Process 1 is the engine's own, as with docker run --init, and ends with what it has started."""

    recipe = Recipe(Crun)
    inits = ("tini", "dumb-init", "catatonit")
    # how the host is forced -> what comes to the listener, or the file
    forced = {
        "systemd": ("-i", "systemd"),
        "datagram": ("-i", "datagram"),
        "container": ("-i", "container"),
        "none": ("-i", "none", "--ready-file={dir}/ready"),
    }

    def programs(self):
        found = [name for name in self.inits if shutil.which(name)]
        if not found:
            self.skipTest("needs " + " or ".join(self.inits))
        return found

    def container(self, world, name, init, *words):
        world.service(name, [init, "--", BRIDGE, *[word.format(dir=world.dir) for word in words]])

    def check(self, world, name, init, options, target, say):
        gate = os.path.join(world.dir, "gate-" + name)
        ready = os.path.join(world.dir, "ready")
        self.container(world, name, init, *options, "-t", target, *([] if target == "systemd" else ["--job=web"] *
                                                                  (target == "upstart")), "-N", "--", DAEMON, *say,
                       "wait-file=" + gate, "exit=3")
        run = world.begin(name)
        poll_until(lambda: os.path.exists(ready) or not run.is_pending())
        self.assertIsNone(run.process.poll())
        open_gate(gate)
        self.assertEqual(run.wait_status(), 3)
        with contextlib.suppress(FileNotFoundError):    # all of a container ends with its process 1
            os.unlink(ready)
        self.assertNotIn("cross-init-bridge", world.log(name))

    def test_whatever_host_is_forced_the_container_ends_as_the_daemon_does(self):
        says = {"systemd": ["notify=READY=1"], "upstart": ["stop"], "s6": ["put=3:\\n"]}
        for init in self.programs():
            with self.world() as world:
                for host, options in self.forced.items():
                    for target, say in says.items():
                        if (host, target) != ("systemd", "systemd"):    # at home
                            with self.subTest(init=init, host=host, target=target):
                                self.check(world, "%s-%s" % (host, target), init, options, target, say)

    def test_what_is_seen_is_not_enough(self):
        for init in self.programs():
            with self.subTest(init), self.world() as world:
                self.container(world, "job", init, "-t", "systemd", "-N", "--", DAEMON, "notify=READY=1")
                self.assertEqual(world.begin("job").wait_status(), 125)
                self.assertIn("cannot tell which service manager started us", world.log("job"))


CASES = {
    "CrunCase": (Recipe(Crun), Crowd, Container, OncePerLife, Scenarios),
    "RuncCase": (Recipe(Runc), Hangs, Container, OncePerLife, Scenarios),
    "ConmonCase": (Recipe(Conmon), Container, OncePerLife, Scenarios),
    "NspawnCase": (Recipe(Nspawn), Container, OncePerLife, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, OncePerLife, Scenarios

if __name__ == "__main__":
    tap.main()
