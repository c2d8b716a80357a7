# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""As process 1 of a container, under the runtimes that relay what is said there."""
import contextlib
import os
import shutil
import socket

import tap
from fake_report import Report
from managers.cases import Crowd, ManagerTestCase, OncePerLife, Recipe, Scenarios, add_cases, open_gate
from managers.containers import Conmon, Crun, Listened, Nspawn, Runc
from upstart_case import BRIDGE, DAEMON, NOBODY
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


class Bare(ManagerTestCase):
    """What a container may not have: it works without, or says what is missing."""

    recipe = Recipe(Crun)
    says = {"systemd": ["notify=READY=1", "barrier"], "s6": ["put=9:\\n"], "upstart": ["stop"]}
    options = {"systemd": (), "s6": ("--daemon-fd=9",), "upstart": ("--job=web",)}
    # what is not there -> what is said of it by a daemon of systemd's; the others need no socket
    rows = {
        "a writable root": ({"read_only": True}, ""),
        "/run": ({"read_only": True, "without": ("/run",)},
                 "the private notify socket has an abstract name, which every user can find, reach and fill: it cannot be "
                 "bound to a path in /run: Read-only file system"),
        "/proc": ({"without": ("/proc",)}, ""),
    }

    def begin(self, world, name, target, *options, **how):
        world.service(name, [BRIDGE, *options, "-t", target, *self.options[target], "-N", "--", DAEMON, "on-term=exit:5",
                             *self.says[target], "pause"], **how)
        return world.begin(name)

    def test_each_target_is_ready_without_it(self):
        for missing, (how, line) in self.rows.items():
            with self.world() as world:
                for target in self.says:
                    with self.subTest(missing, target=target):
                        self.begin(world, target, target, **how).wait()
                        self.assertEqual(world.stop(target), 5)
                        said = world.log(target)
                        self.assertIn(line if target == "systemd" else "", said)
                        self.assertEqual(said.count("\n"), 1 if line and target == "systemd" else 0, said)

    def test_a_user_whom_the_runtime_keeps_from_its_socket(self):
        """crun's is in a directory of root's; a ready file needs no more than a place of that user's."""
        with self.world() as world:
            self.assertEqual(self.begin(world, "job", "systemd", uid=NOBODY).wait_status(), 125)
            self.assertRegex(world.log("job"), r"cannot tell container of readiness at NOTIFY_SOCKET=\S+: Permission denied: "
                             "make it reachable for this user, or leave out -N")
            place = os.path.join(world.dir, "place")
            os.mkdir(place)
            os.chown(place, NOBODY, NOBODY)
            self.begin(world, "other", "systemd", "-i", "none", "--ready-file=%s/ready" % place, uid=NOBODY)
            poll_until(lambda: os.path.exists(place + "/ready"))
            self.assertEqual(world.stop("other"), 5)
            self.assertFalse(os.path.exists(place + "/ready"))


class EnginesSockets(ManagerTestCase):
    """Which the engine got from systemd, and passes on: each target finds them where it looks."""

    recipe = Recipe(Crun)
    # target -> options, how it says that it is ready, the variable that tells of a socket
    targets = {
        "systemd": (["-N"], ["notify=READY=1"], "LISTEN_FDS"),
        "upstart": (["-N", "--job=web"], ["stop"], "UPSTART_FDS"),
        "inetd": (["--ready-when=path:{dir}/mark"], ["touch={dir}/mark"], None),
    }

    def test_each_target_finds_them(self):
        for manager in Crun, Runc:
            if manager.missing():
                continue
            for target, (options, say, variable) in self.targets.items():
                with self.subTest(manager.name, target=target), manager() as world, socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(world.dir + "/socket")
                    listener.listen()
                    words = [word.format(dir=world.dir) for word in ["report={dir}/report", *say, "on-term=exit:0", "pause"]]
                    options = [option.format(dir=world.dir) for option in options]
                    # crun adds the process's number, and the engine how many there are
                    world.service("job", [BRIDGE, "-t", target, *options, "--", DAEMON, *words], listener=listener,
                                  env=["LISTEN_FDS=1"])
                    world.begin("job").wait()
                    with open(world.dir + "/report") as file:
                        report = Report(file.read())
                    number = int(report.env[variable]) if target == "upstart" else {"systemd": 3, "inetd": 0}[target]
                    found = [fd for fd, what in report.fds.items() if world.dir + "/socket" in what and fd not in (1, 2)]
                    self.assertEqual(found, [number])
                    self.assertTrue(variable is None or variable in report.env)
                    self.assertEqual(self.bridge_lines(world, "job"), [])
                    world.give_up("job")


class Relayed(ManagerTestCase):
    """What a listener hears that reads on; of what it cannot use, and before READY=1, nothing."""

    recipe = Recipe(Listened)
    asked = {"env": ["WATCHDOG_USEC=60000000"]}
    # what is declared, what is said -> what is heard after READY=1
    rows = (
        ({}, [r"STATUS=a\nMONOTONIC_USEC=1"], ["STATUS=a"]),
        ({}, [r"RELOADING=1\nMONOTONIC_USEC=123", "READY=1"], ["RELOADING=1", "MONOTONIC_USEC=123", "READY=1"]),
        ({}, ["STOPPING=1"], ["STOPPING=1"]),
        ({}, [r"ERRNO=5\nBUSERROR=a.b"], ["ERRNO=5", "BUSERROR=a.b"]),
        ({}, ["WATCHDOG=trigger"], ["WATCHDOG=trigger"]),
        ({}, ["WATCHDOG=1", r"STATUS=a\nWATCHDOG=1"], ["STATUS=a"]),
        (asked, ["WATCHDOG=1", r"STATUS=a\nWATCHDOG=1"], ["WATCHDOG=1", "STATUS=a", "WATCHDOG=1"]),
        ({"env": ["WATCHDOG_USEC=60000000", "WATCHDOG_PID=1"]}, ["WATCHDOG=1"], ["WATCHDOG=1"]),
        ({"env": ["WATCHDOG_USEC=60000000", "WATCHDOG_PID=7"]}, ["WATCHDOG=1"], []),
        ({"env": ["WATCHDOG_USEC=0"]}, ["WATCHDOG=1"], []),
        ({}, ["MAINPID=1", "EXTEND_TIMEOUT_USEC=5", "WATCHDOG_USEC=1", "NOTIFYACCESS=all", "X_OWN=1", "BARRIER=1"], []),
    )

    def test_after_readiness_what_can_be_used(self):
        for how, said, heard in self.rows:
            with self.subTest(how=how, said=said), self.world() as world:
                before = ["notify=STATUS=Starting", r"notify=ERRNO=1\nWATCHDOG=1", "notify=STOPPING=1"]
                world.service("job", [BRIDGE, "-t", "systemd", "-N", "--", DAEMON, "on-term=exit:0", *before,
                                      "notify=READY=1", *["notify=" + word for word in said], "notify=STATUS=End", "barrier",
                                      "pause"], **how)
                run = world.begin("job")
                self.assertTrue(run.read_until(lambda: "STATUS=End" in run.lines, 20))
                self.assertEqual(run.lines, ["READY=1", *heard, "STATUS=End"])
                world.stop("job")

    def test_the_daemon_is_asked_for_signs_of_life_if_the_container_is(self):
        for env, told in ((["WATCHDOG_USEC=60000000", "WATCHDOG_PID=1"], True), (["WATCHDOG_USEC=60000000", "WATCHDOG_PID=7"], False)):
            with self.subTest(env), self.world() as world:
                world.service("job", [BRIDGE, "-t", "systemd", "-N", "--", DAEMON, "on-term=exit:0",
                                      "report=%s/report" % world.dir, "notify=READY=1", "pause"], env=env)
                world.start("job")
                with open(world.dir + "/report") as file:
                    report = Report(file.read())
                self.assertEqual((report.env.get("WATCHDOG_USEC"), report.env.get("WATCHDOG_PID")),
                                 ("60000000", report["pid"]) if told else (None, None))
                world.stop("job")


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
