# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Managers that Debian 12 and 13 have not: dinit, nitro, OpenRC from 0.60 on, Shepherd.

Stand-ins, which do what was measured with the real ones; that they do is tested first.
"""
import os
import re
import signal

import tap
from fake_report import Report
from managers.cases import ManagerTestCase, OncePerLife, Recipe, Respawning, Scenarios, add_cases, amend
from managers.manager import StartFailed
from managers.stand_ins import (Dinit, DinitVariable, Nitro, OpenRCSocket, OpenRCStart, Shepherd, ShepherdPidFile,
                                SuperviseDaemon)
from upstart_case import BRIDGE, DAEMON
from upstart_host import poll_until

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "man", "examples")
NEWLINE = "\\n"


def put(manager, text):
    return "put=%d:%s" % (manager.number, text)


class StandIns(ManagerTestCase):
    """Without the bridge: each row is a fact of the real manager."""

    recipe = Recipe(Dinit)

    def start(self, world, *actions, **how):
        world.service("job", [DAEMON, *actions, "touch=%s/end" % world.dir], **how)
        return world.begin("job")

    def check_ready(self, manager, *actions, is_ready=True):
        with self.subTest(manager.name, actions=actions), manager() as world:
            words = [action.format(dir=world.dir) for action in actions]
            start = self.start(world, *words, "touch=%s/said" % world.dir, "pause")
            poll_until(lambda: os.path.exists(world.dir + "/said"))
            if is_ready:
                start.wait()
                self.assertTrue(world.is_ready("job"))
            else:
                self.wait_quietly(start)
            world.give_up("job")

    def test_what_is_readiness(self):
        for manager in Dinit, Nitro, SuperviseDaemon, OpenRCStart:
            self.check_ready(manager, put(manager, NEWLINE))
            self.check_ready(manager, put(manager, "x"), is_ready=manager is Dinit)
        for manager in Nitro, SuperviseDaemon, OpenRCStart:
            self.check_ready(manager, put(manager, "1.0"), put(manager, NEWLINE))
        self.check_ready(OpenRCSocket, "notify=STATUS=x\\nREADY=1")
        self.check_ready(OpenRCSocket, "notify=STATUS=x", is_ready=False)

    def test_an_end_of_file_before_it(self):
        self.check_ready(Nitro, "close-fd=5", is_ready=False)
        for manager, goes_on in (Dinit, False), (SuperviseDaemon, True), (OpenRCStart, True):
            with self.subTest(manager.name), manager() as world:
                start = self.start(world, "close-fd=%d" % manager.number, "pause")
                with self.assertRaises(StartFailed):
                    start.wait()
                if not goes_on:
                    world.wait_down("job")
                self.assertEqual(world.pid_of("job") is not None, goes_on)
                world.give_up("job")

    def test_a_death_before_it(self):
        for manager, fails in ((Dinit, True), (SuperviseDaemon, True), (OpenRCStart, True), (Nitro, False),
                               (OpenRCSocket, False)):
            with self.subTest(manager.name), manager() as world:
                start = self.start(world, "exit=1")
                if fails:
                    with self.assertRaises(StartFailed):
                        start.wait()
                else:
                    poll_until(lambda: start.has_said("again"))
                    self.wait_quietly(start)
                world.give_up("job")

    def test_what_is_written_later(self):
        for manager, is_taken in (Dinit, True), (Nitro, True), (SuperviseDaemon, False):
            with self.subTest(manager.name), manager() as world:
                gate = world.dir + "/gate"
                start = self.start(world, "on-pipe=touch:%s/pipe" % world.dir, put(manager, NEWLINE), "wait-file=" + gate,
                                   put(manager, "more"), "touch=%s/taken" % world.dir, "pause")
                start.wait()
                with open(gate, "w"):
                    pass
                poll_until(lambda: os.path.exists(world.dir + ("/taken" if is_taken else "/pipe")))
                world.give_up("job")


class LosesItsNumber(SuperviseDaemon):
    number = 5


class LostNumber(ManagerTestCase):
    """supervise-daemon closes what its own pipe was, if that is the number that the service is to have."""

    recipe = Recipe(SuperviseDaemon)

    def test_a_start_by_that_number_fails(self):
        for words in [DAEMON, "put=5:\\n", "pause"], [BRIDGE, "-t", "systemd", "-N", "--", DAEMON, "on-term=exit:0", "pause"]:
            with self.subTest(words[0]), LosesItsNumber() as world:
                world.service("job", words)
                with self.assertRaises(StartFailed):
                    world.start("job")
                if words[0] == BRIDGE:
                    poll_until(lambda: world.log("job"))
                    self.assertRegex(world.log("job"), r"descriptor 5 \(--notify, .*\) is not what the service manager reads from")
                world.give_up("job")

    def test_what_we_write_into_a_script_has_another(self):
        with open(os.path.join(EXAMPLES, "openrc", "haproxy")) as file:
            number = int(re.search(r"^notify=fd:(\d+)$", file.read(), re.M)[1])
        with self.world() as world:
            world.number = number
            world.service("job", [BRIDGE, "-t", "systemd", "-N", "--", DAEMON, "notify=READY=1", "on-term=exit:0", "pause"])
            world.start("job")
            world.stop("job")


class Sockets(ManagerTestCase):
    """Those of Shepherd's systemd-style services, and of dinit's socket-listen, for each target."""

    recipe = Recipe(Shepherd, ["--ready-file={ready}"])
    targets = {"systemd": ["notify=READY=1"], "upstart": ["stop"], "s6": ["put=9:\\n"]}

    def check_sockets(self, recipe, name, options, without=None):
        for target, say in self.targets.items():
            if target == without:
                continue
            with self.subTest(recipe.manager.name, target=target), recipe.world() as world:
                path = world.dir + "/socket"
                own = [*options, *["--daemon-fd=9"] * (target == "s6"), *["--job=web"] * (target == "upstart")]
                recipe.service(world, "job", ["report={dir}/report", *say, "on-term=exit:0", "touch={dir}/said", "pause"],
                               target=target, options=own, listen=[(path, name)])
                world.begin("job")
                poll_until(lambda: os.path.exists(world.dir + "/said"))
                with open(world.dir + "/report") as file:
                    report = Report(file.read())
                self.assertEqual([fd for fd, what in report.fds.items() if path in what], [3])
                if target == "systemd":
                    self.assertEqual(report.env["LISTEN_FDNAMES"], name or "unknown.socket")
                world.stop("job")

    def test_shepherds_sockets(self):
        self.check_sockets(self.recipe, "web", (), "s6")   # it takes none, and where it is not at home that is refused

    def test_dinits_sockets(self):
        self.check_sockets(Recipe(DinitVariable, ["--host-fd=READY_FD"]), None, ())


class SecondLife(ManagerTestCase):
    """The number is that of the log then."""

    recipe = Recipe(SuperviseDaemon)

    def test_the_log_is_not_written_to(self):
        with self.world() as world:
            self.service(world, "job", "notify=READY=1", "touch={dir}/said", "pause")
            amend(world, "job", "test -e $0.again && exec %s touch=%s/said pause\n: >$0.again\n" % (DAEMON, world.dir))
            world.start("job")
            self.assertEqual(world.log("job"), "")
            poll_until(lambda: os.path.exists(world.dir + "/said"))
            os.unlink(world.dir + "/said")
            world.kill(world.pid_of("job"), signal.SIGKILL)
            poll_until(lambda: os.path.exists(world.dir + "/said"))
            self.assertRegex(world.log("job"), r"\Across-init-bridge: openrc: descriptor 9 \(--notify, .*\) is not what the "
                             r"service manager reads from: .*\n\Z")


class HasPidFile(ManagerTestCase):
    recipe = Recipe(ShepherdPidFile)

    def test_a_pid_file_is_readiness(self):
        with self.world() as world:
            self.service(world, "job", "wait-file={dir}/gate", "notify=READY=1", "on-term=exit:0", "pause",
                         options=("-i", "forking", "--pidfile={dir}/pid-job"))
            start = world.begin("job")
            self.wait_quietly(start)
            with open(world.dir + "/gate", "w"):
                pass
            start.wait()
            self.assertEqual(world.proc(world.pid_of("job"), "comm").strip(), "fake-daemon")
            world.stop("job")


    def test_the_example(self):
        """Its words, with another daemon; and the manual's two names of the file are one."""
        with open(os.path.join(EXAMPLES, "shepherd", "haproxy.scm")) as file:
            *words, pid_file = re.findall(r'"([^"]+)"', file.read())
        with self.world() as world:
            path = world.pid_path("job")
            words = [word.replace(pid_file, path) for word in words[:words.index("--") + 1]]
            self.assertIn("--pidfile=" + path, words)
            world.service("job", [BRIDGE, *words[1:], DAEMON, "notify=READY=1", "on-term=exit:0", "pause"])
            world.begin("job").wait()
            self.assertEqual(world.proc(world.pid_of("job"), "comm").strip(), "fake-daemon")
            world.stop("job")


class NoSecondStart:
    """An error of OpenRC's own: "bind: Address already in use"."""

    test_a_restarted_one_is_ready_when_it_says_so = None


CASES = {
    "DinitCase": (Recipe(Dinit, ["--host-fd=5"], restart=False), OncePerLife, Scenarios),
    "DinitVariableCase": (Recipe(DinitVariable, ["--host-fd=READY_FD"], restart=False), OncePerLife),
    "NitroCase": (Recipe(Nitro), Respawning, Scenarios),
    "SuperviseDaemonCase": (Recipe(SuperviseDaemon, restart=False), OncePerLife, Scenarios),
    "OpenRCStartCase": (Recipe(OpenRCStart), OncePerLife, Scenarios),
    "OpenRCSocketCase": (Recipe(OpenRCSocket), NoSecondStart, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, OncePerLife, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
