# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What is said where a service manager cannot be told, was not told to wait, or waits for nobody."""
import contextlib
import os
import xmlrpc.client

import tap
from managers.cases import ManagerTestCase, Recipe
from managers.containers import Crun
from managers.inits import Busybox, Finit
from managers.manager import write_file, write_script
from managers.scripts import OpenRC, StartStopDaemon
from managers.supervision import S6, Daemontools, Runit
from managers.supervisord import Supervisord
from upstart_case import BRIDGE, DAEMON
from upstart_host import poll_until

REFUSED = r"-N on host %s: nobody waits until the daemon is ready: add --ready-file=PATH%s, or leave out -N"


class Cases(ManagerTestCase):
    def lines(self, world, name):
        return "\n".join(self.bridge_lines(world, name))


class OnS6(Cases):
    recipe = Recipe(S6)

    def test_without_a_number_it_is_started_and_the_file_is_named(self):
        with self.world() as world:
            self.service(world, "job", "touch={dir}/on", "pause", notification_fd=None)
            world.begin("job")
            poll_until(lambda: self.lines(world, "job"))
            self.assertRegex(self.lines(world, "job"), "s6: nobody waits for it: put the number of a descriptor into the "
                             "file notification-fd.* started all the same")
            poll_until(lambda: os.path.exists(world.dir + "/on"))

    # what a daemon of each target does when it is ready; it needs somebody, though nobody hears of it
    says = {"systemd": ["pause"], "upstart": ["stop"], "s6": ["put=9:\\n"],
            "forking": ["fork-exit", "setsid", "pid-file={dir}/daemon.pid"]}
    options = {"s6": ["--daemon-fd=9"], "forking": ["--daemon-pidfile={dir}/daemon.pid"]}

    def test_each_target_runs_with_a_file_that_names_none(self):
        for text in None, "", "x\n", "3 \n", "-1\n":
            with self.subTest(text), self.world() as world:
                for target, say in self.says.items():
                    words = [*say[:-1 if say == ["pause"] else None], "touch={dir}/on-" + target, "pause"]
                    self.service(world, target, "on-term=exit:0", *words, target=target, notification_fd=None,
                                 options=self.options.get(target, ()))
                    if text is not None:
                        write_file(world.directory(target) + "/notification-fd", text)
                for target in self.says:
                    world.begin(target)
                    poll_until(lambda: os.path.exists(world.dir + "/on-" + target))
                    self.assertRegex(self.lines(world, target), "s6: nobody waits for it: .* notification-fd.* "
                                     "started all the same, but nobody hears that it is ready")
                    self.assertEqual(len(self.lines(world, target).splitlines()), 1)

    def test_a_script_that_changes_the_directory(self):
        """The file is found where s6-supervise is, and so is the name; by a user who cannot look, the advice is another."""
        with self.world() as world:
            self.service(world, "job", "notify=READY=1", "notify=STATUS=Here", "pause", before="cd /var\n")
            world.start("job")
            poll_until(lambda: "Here" in world.log("job"))
            self.assertRegex(world.log("job"), r"^job\[\d+\]: status: Here")
            script = world.directory("job") + "/run"
            world.stop("job")
            with open(script) as file:
                text = file.read()
            write_file(script, text.replace("exec " + BRIDGE, "exec s6-setuidgid nobody " + BRIDGE))
            world.begin("job")
            poll_until(lambda: "add --host-fd=N with its number" in world.log("job"))
            write_file(script, text.replace(" -N", " -N --host-fd=3"))
            world.restart("job")

    def test_a_newline_that_nobody_will_write_is_named(self):
        """Whoever waits for it waits for ever; with a target that writes one itself, or takes none, nothing is said."""
        rows = {"systemd": (), "upstart": ("--job=web",), "inetd": ("--listen={dir}/socket",), "s6": ()}
        with self.world() as world:
            for target, options in rows.items():
                self.service(world, target, "touch={dir}/on-" + target, "on-term=exit:0", "pause", target=target,
                             options=options, notify=(), notification_fd=9)
            for target in rows:
                world.begin(target)
                poll_until(lambda: os.path.exists(world.dir + "/on-" + target))
                with self.subTest(target):
                    check = self.assertIn if target in ("systemd", "upstart") else self.assertNotIn
                    check("reads from descriptor 9 (notification-fd) that the daemon is ready, but -N is missing",
                          self.lines(world, target))
                world.stop(target)

    def test_a_shell_in_between_is_refused(self):
        with self.world() as world:
            self.service(world, "job", "pause")
            script = world.directory("job") + "/run"
            with open(script) as file:
                text = file.read()
            with open(script, "w") as file:
                file.write(text.replace("\nexec %s" % BRIDGE, "\n%s" % BRIDGE) + "sleep 60\n")
            world.begin("job")
            poll_until(lambda: "put 'exec' before cross-init-bridge" in world.log("job"))
            self.assertRegex(world.log("job"), r"our parent, process \d+ \(run\), is not s6 itself")

    def test_the_way_is_named(self):
        for number, option in (3, ()), (9, ()), (9, ("--host-fd=9",)):
            source = "--host-fd" if option else "notification-fd"
            with self.subTest(number, option=option), self.world() as world:
                actions = {"detect": "verdict: s6", "explain": "command: "}
                for action in actions:
                    world.service(action, [BRIDGE, "--" + action, "-t", "systemd", "-N", *option, "--", DAEMON, "pause"],
                                  notification_fd=number)
                for action, end in actions.items():
                    world.begin(action)
                    poll_until(lambda: end in world.log(action))
                    self.assertIn("learns of readiness by: s6-supervise: a newline on descriptor %d (%s)\n" % (
                        number, source), world.log(action))
                    world.stop(action)


class WaitForNobody(Cases):
    """None of these is asked to start it, and it is not: whoever wrote -N would think that somebody listens."""

    recipe = Recipe(Runit)
    rows = {"runit": (Runit, r" \(for ./check\)"), "daemontools": (Daemontools, ""), "supervisord": (Supervisord, ""),
            "busybox": (Busybox, "")}

    def test_readiness_without_a_file_is_refused(self):
        for name, (manager, reader) in self.rows.items():
            recipe = Recipe(manager)
            if not manager.missing():
                with self.subTest(name), recipe.world() as world:
                    recipe.service(world, "job", ["pause"])
                    world.be_up()
                    def is_said(world=world):
                        return "nobody waits until" in world.log("job") + world.console()

                    if manager is Busybox:      # which would be asked until the service stays
                        world.wanted["job"] = world.services["job"]
                        world.reread_until(is_said)
                    else:
                        with contextlib.suppress(xmlrpc.client.Fault):  # supervisord's, if it is seen to have ended
                            world.begin("job")
                    poll_until(is_said)
                    self.assertRegex(world.log("job") + world.console(), REFUSED % (name, reader))


class OnOpenRC(Cases):
    """0.45, whose supervise-daemon has no notify=."""

    recipe = Recipe(OpenRC, supervised=True)

    def test_what_to_set_is_named(self):
        with self.world() as world:
            self.service(world, "job", "notify=READY=1", "pause")
            world.start("job")
            poll_until(lambda: self.lines(world, "job"))
            self.assertIn("openrc: nobody waits for it: set notify=fd:N in the service script (OpenRC 0.60 and later); "
                          "the daemon is started all the same", self.lines(world, "job"))


class OnFinit(Cases):
    recipe = Recipe(Finit, notify="systemd")

    def test_one_that_gives_no_address_is_told_from_others(self):
        """4.12: NOTIFY_SOCKET is a number."""
        with self.world() as world:
            self.service(world, "job", "pause")
            world.begin("job")
            poll_until(lambda: self.lines(world, "job"))
            self.assertIn("if this is finit before 4.13, use notify:s6 and --host-fd=%n", self.lines(world, "job"))


class ByName(Cases):
    """--detect and --explain name the manager, what it was known by, and how it learns."""

    recipe = Recipe(S6)
    known = "our parent is called so"
    socket = "READY=1 to its socket"
    rows = {
        "s6": (Recipe(S6), known, r"s6-supervise: a newline on descriptor 3 \(notification-fd\)"),
        "runit": (Recipe(Runit), known, "runsv: nothing"),
        "daemontools": (Recipe(Daemontools), known, "supervise: nothing"),
        "supervisord": (Recipe(Supervisord), known, "supervisord: nothing"),
        "openrc": (Recipe(OpenRC, supervised=True), known, "supervise-daemon: nothing: nobody waits for it: set notify=fd:N"),
        "dpkg": (Recipe(StartStopDaemon, wait=("--notify-await", "--notify-timeout", "1")),
                 "NOTIFY_SOCKET is that of start-stop-daemon --notify-await", socket),
        "finit": (Recipe(Finit, ["--host-fd=$1"]), "NOTIFY_SOCKET is a number, and process 1 our parent", r"a newline on descriptor \d+ \(--host-fd\)"),
        "container": (Recipe(Crun), "we are process 1, and NOTIFY_SOCKET is set", socket),
    }

    def say(self, recipe, action):
        """What it says in a script of the manager's."""
        with recipe.world() as world:
            out = os.path.join(world.dir, "out")
            script = os.path.join(world.dir, "script")
            write_script(script, "exec >>%s 2>&1\nexec %s --%s -t systemd -N %s --ready-file=/run/r %s\n" % (
                out, BRIDGE, action, " ".join(recipe.options), DAEMON))
            world.service("job", [script, *["%n"] * (recipe.manager is Finit)], **recipe.how)
            with contextlib.suppress(xmlrpc.client.Fault):  # supervisord's, if it is seen to have ended
                world.begin("job")
            end = {"detect": "verdict: ", "explain": "command: "}[action]
            return poll_until(lambda: os.path.exists(out) and end in read(out) and read(out))

    def test_each_names_itself(self):
        for name, (recipe, known, way) in self.rows.items():
            for action in "detect", "explain":
                if not recipe.manager.missing():
                    with self.subTest(name, action=action):
                        said = self.say(recipe, action)
                        self.assertRegex(said, "learns of readiness by: " + way)
                        self.assertIn("%s: %s\n" % (name, known) if action == "detect" else
                                      "host: %s (%s)\n" % (name, known), said)
                        self.assertIn("verdict: %s; it started us itself\n" % name if action == "detect" else "shape: ", said)


def read(path):
    with open(path) as file:
        return file.read()


class OnDpkg(Cases):
    recipe = Recipe(StartStopDaemon)

    def test_a_descriptor_that_is_the_log_is_not_written_to(self):
        with self.world() as world:
            for number, file in (1, ()), (2, ()), (7, ()), (8, ("--ready-file={dir}/ready",)):
                name = "job%d" % number
                self.service(world, name, "pause", wait=(),
                             options=("-i", "newline", "--host-fd=%d" % number, *file))
                world.start(name)
                poll_until(lambda: self.lines(world, name))
                self.assertIn("descriptor %d (--host-fd) is not what the service manager reads from" % number,
                              self.lines(world, name))
                self.assertNotIn("\n\n", "\n" + world.log(name))


del Cases, ManagerTestCase

if __name__ == "__main__":
    tap.main()
