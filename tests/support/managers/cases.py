# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What every way to learn of readiness is tested with: scenarios, and managers, and each with each.

A Recipe is how the bridge is written into a service of one manager. It knows the bridge and the managers, which
know nothing of each other. The daemon is a script that executes the scriptable one: so no manager has to let its
words through.
"""
import contextlib
import os
import re
import shlex
import socket
import sys
import time
import unittest

from upstart_case import BRIDGE, DAEMON, NOBODY, Signpost
from upstart_host import DEADLINE, poll_until

from .manager import StartFailed, write_script

NOTHING = os.path.join(os.path.dirname(BRIDGE), "nothing")
# A prefix that does nothing: whoever passes with it has tested nothing.
write_script(NOTHING, """
while :; do
    case $1 in
    -t|-i) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
    esac
done
exec "$@"
""")

QUIET = 0.3  # seconds in which nothing is to happen

# name -> (options, actions of the daemon until it has said that it is ready). "{dir}" is the world's directory.
READY = {
    "without_newline": ((), ["notify=READY=1"]),
    "with_newline": ((), ["notify=READY=1\\n"]),
    "status_first": ((), ["notify=STATUS=Starting\\nREADY=1\\n"]),
    "status_before": ((), ["notify=STATUS=Starting", "notify=READY=1"]),
    "long_status_first": ((), ["notify=STATUS=%s\\nREADY=1" % (60 * "x")]),
    "child": (("--notify-access=all",), ["notify-child=READY=1"]),
    "other_user": ((), ["setgid=%d" % NOBODY, "setuid=%d" % NOBODY, "notify=READY=1"]),
    "other_user_child": (("--notify-access=all",),
                         ["setgid=%d" % NOBODY, "setuid=%d" % NOBODY, "notify-child=READY=1"]),
    "chroot": (("--notify-socket=abstract",), ["chroot={dir}/private", "notify=READY=1"]),
    "barrier": ((), ["notify=READY=1", "barrier"]),
    "barrier_before": ((), ["barrier", "notify=READY=1"]),
    "many_before": ((), ["notify-repeat=100:STATUS=Starting", "notify=READY=1"]),
}

# The same for the other targets, and what of the line is another. The mark is one that no other service has.
TARGETS = {
    "s6": (dict(target="s6"), ("--daemon-fd=7",), ["put=7:\\n"]),
    "s6_in_parts": (dict(target="s6"), ("--daemon-fd=7:READY_FD",), ["put=7:1.0", "put=7: here\\nand more", "close-fd=7"]),
    "upstart": (dict(target="upstart"), ("--job=web",), ["stop"]),
    "forking": (dict(target="forking"), ("--daemon-pidfile={daemon_pid}",),
                ["fork-exit", "setsid", "pid-file={daemon_pid}"]),
    "condition": (dict(notify=()), ("--ready-when=path:{dir}/mark",), ["touch={dir}/mark"]),
}


class Recipe:
    """A service of @manager with the bridge: its @options, what declare() is told, whether "--" can be written, and
    where a daemon that goes to the background by itself names itself."""

    def __init__(self, manager, options=(), dashes=True, respawns=True, daemon_pid="{dir}/daemon-{name}.pid", **how):
        self.manager = manager
        self.options = options
        self.dashes = dashes
        self.respawns = respawns
        self.daemon_pid = daemon_pid
        self.how = how

    def world(self, **how):
        return self.manager(**how)

    def service(self, world, name, actions, options=(), target="systemd", notify=("-N",), prefix=BRIDGE, **how):
        """Declares a service whose daemon does these @actions."""
        script = os.path.join(world.dir, "daemon-" + name)
        places = dict(dir=world.dir, daemon_pid=self.daemon_pid.format(dir=world.dir, name=name))
        words = [action.format(**places) for action in actions]
        # the last is never come to; it is what the process is known by
        write_script(script, "exec %s\n" % shlex.join([DAEMON, *words, "touch=" + script]))
        own = [option.format(ready=world.ready_path(name), pid=os.path.join(world.dir, name + ".pid"))
               for option in self.options]
        own += [option.format(**places) for option in options]
        world.service(name, [prefix, "-t", target, *notify, *own, *(["--"] if self.dashes else []), script],
                      **{**self.how, **how})


class ManagerTestCase(unittest.TestCase):
    """Of one manager: @recipe."""

    recipe = None
    maxDiff = None

    def assert_ours(self, world, count=None):
        """But for one that closes what the daemon's standard error was, for a moment."""
        poll_until(lambda: len(world.babysitters()) == (self.ours if count is None else count))

    def setUp(self):
        missing = self.recipe.manager.missing()
        if missing:
            self.skipTest(missing)

    @contextlib.contextmanager
    def world(self, **how):
        """Nothing of the bridge is left in the end, when all services have been stopped."""
        with self.recipe.world(**how) as world:
            try:
                yield world
                if world.pid:
                    for name in world.services:
                        world.give_up(name)
                    self.assertEqual(world.leftovers(), ([], []))
            except BaseException:
                self.explain(world)
                raise

    @staticmethod
    def explain(world):
        """What everybody said: nothing else tells why a service failed."""
        with contextlib.suppress(Exception):
            lines = world.console().splitlines() + world.syslog()
            for name in world.services:
                lines += ["%s: %s" % (name, line) for line in world.log(name).splitlines()[-20:]]
            for line in lines[-60:]:
                print("#   " + line, file=sys.stderr, flush=True)

    def service(self, world, name, *actions, **how):
        self.recipe.service(world, name, actions, **how)

    def wait_quietly(self, start):
        """Lets time pass, in which the manager does not take it for ready."""
        with self.assertRaises(TimeoutError):
            start.wait(QUIET)

    def bridge_lines(self, world, name):
        """Warnings and errors, of its standard error and of syslog."""
        return ([line for line in world.log(name).splitlines() if line.startswith("cross-init-bridge: ")] +
                [line for line in world.syslog() if re.match(r"<(24|25|26|27|28)>cross-init-bridge\[", line)])


def gated(world, name, actions):
    """The actions, behind a gate: (what the daemon does, the signpost that it has come there, the gate)."""
    signpost = Signpost(world.dir, "signpost-" + name)
    gate = os.path.join(world.dir, "gate-" + name)
    return ["touch=" + signpost.path, "wait-file=" + gate, *actions], signpost, gate


def open_gate(path):
    with open(path, "w"):
        pass


def amend(world, name, text):
    """Puts lines before the last of the daemon's script."""
    path = os.path.join(world.dir, "daemon-" + name)
    with open(path) as file:
        head, rest = file.read().split("\n", 1)
    with open(path, "w") as file:
        file.write(head + "\n" + text + rest)


class OncePerLife(ManagerTestCase):
    """Those whose command for a start ends when the daemon is ready, or fails."""

    def test_death_before_readiness_fails_the_start_at_once(self):
        with self.world() as world:
            self.service(world, "job", "wait-file={dir}/gate", "exit=3")
            start = world.begin("job")
            world.wait_up("job")
            open_gate(world.dir + "/gate")
            began = time.monotonic()
            with self.assertRaises(StartFailed):
                start.wait()
            self.assertLess(time.monotonic() - began, 5)

    def test_death_after_readiness_leaves_nothing(self):
        with self.world() as world:
            self.service(world, "job", "notify=READY=1", *self.quits())
            world.start("job")
            world.kill(world.pid_of("job"), 9)
            world.wait_down("job")
            self.assertEqual(world.leftovers(), ([], []))

    def quits(self):
        return ["on-term=exit:0", "pause"]


class Scenarios(ManagerTestCase):
    """What is the same for all of them."""

    # rows of READY and TARGETS that cannot be with this manager, and why
    without = {}
    without_target = {}
    tracked = "fake-daemon"
    ours = 1  # processes, beside a daemon
    crowd = 10

    def test_ready_when_the_daemon_says_so_and_no_earlier(self):
        with self.world() as world:
            started = {}
            for name, (options, actions) in READY.items():
                if name not in self.without:
                    words, *rest = gated(world, name, actions)
                    self.service(world, name, "on-term=exit:0", *words, "pause", options=options)
                    started[name] = rest
            starts = {name: world.begin(name) for name in started}
            for name, (signpost, _) in started.items():
                signpost.wait()
            for name, (_, gate) in started.items():
                with self.subTest(name):
                    self.assertTrue(starts[name].is_pending())
                    open_gate(gate)
                    starts[name].wait()
                    self.assertTrue(world.is_ready(name))
                    self.assertEqual(self.bridge_lines(world, name), [])

    def quits(self):
        """Process 1 of a container ends of no signal that it has no handler for."""
        return ["on-term=exit:0", "pause"]

    def test_a_prefix_that_does_nothing_does_not_pass(self):
        with self.world() as world:
            self.service(world, "job", "on-term=exit:0", "wait-file={dir}/never", prefix=NOTHING)
            start = world.begin("job")
            world.wait_up("job")
            self.wait_quietly(start)

    def test_each_target_is_ready_when_it_says_so_and_no_earlier(self):
        with self.world() as world:
            started = {}
            for name, (how, options, actions) in TARGETS.items():
                if name not in self.without_target:
                    words, *rest = gated(world, name, actions)
                    self.service(world, name, "on-term=exit:0", *words, "pause", options=options, **how)
                    started[name] = rest
            starts = {name: world.begin(name) for name in started}
            for name, (signpost, gate) in started.items():
                with self.subTest(name):
                    signpost.wait()
                    self.assertTrue(starts[name].is_pending())
                    open_gate(gate)
                    starts[name].wait()
                    self.assertTrue(world.is_ready(name))
                    self.assertEqual(self.bridge_lines(world, name), [])
                    world.stop(name)
            self.assertEqual(world.leftovers(), ([], []))

    def test_each_target_can_end_unready(self):
        with self.world() as world:
            names = [name for name in TARGETS if name not in self.without_target]
            signposts = {name: Signpost(world.dir, "signpost-" + name) for name in names}
            for name in names:
                how, options, _ = TARGETS[name]
                self.service(world, name, "touch=" + signposts[name].path, *self.quits(), options=options, **how)
            starts = {name: world.begin(name) for name in names}
            for name in names:
                signposts[name].wait()
            for name in names:
                self.assertTrue(starts[name].is_pending(), name)
                world.give_up(name)
            self.assertEqual(world.leftovers(), ([], []))

    def test_a_stranger_does_not_make_it_ready(self):
        """All are in the same cgroup; where the manager shares its own, in the same session and group, too."""
        other_user = ["setgid=%d" % NOBODY, "setuid=%d" % NOBODY]
        for option, before in ("--notify-access=main", []), ("--notify-access=all", other_user):
            with self.subTest(option), self.world() as world:
                signpost = Signpost(world.dir, "signpost")
                self.service(world, "job", "touch=" + signpost.path, *self.quits(), options=(option,))
                self.service(world, "other", "on-term=exit:0", "touch={dir}/said", *before, "notify=READY=1", "pause")
                start = world.begin("job")
                signpost.wait()
                self.change_address(world, "other")
                world.begin("other")
                poll_until(lambda: os.path.exists(world.dir + "/said"))
                self.wait_quietly(start)
                world.give_up("other")

    @staticmethod
    def change_address(world, name):
        """Where the one daemon that is there is listened to, another will say what it says."""
        address = next(match[1] for process in world.processes() if process.comm == "fake-daemon" and
                       (match := re.search(r"NOTIFY_SOCKET=([^\0]+)", world.proc(process.pid, "environ"))))
        amend(world, name, "export NOTIFY_SOCKET=%s\n" % shlex.quote(address))

    def test_a_restarted_one_is_ready_when_it_says_so(self):
        with self.world() as world:
            words, signpost, gate = gated(world, "job", ["notify=READY=1", "pause"])
            self.service(world, "job", "on-term=exit:0", *words)
            for _ in range(2):
                start = world.begin("job")
                signpost.wait()
                self.assertTrue(start.is_pending())
                open_gate(gate)
                start.wait()
                self.assert_ours(world)
                world.stop("job")
                os.unlink(gate)
                self.assertEqual(world.leftovers(), ([], []))

    def test_what_it_says_is_logged_in_its_name(self):
        with self.world() as world:
            signpost = Signpost(world.dir, "signpost")
            self.service(world, "job", "notify=READY=1", "notify=STATUS=All is well", "barrier",
                         "touch=" + signpost.path, *self.quits())
            world.start("job")
            signpost.wait()
            lines = poll_until(lambda: [line for line in world.log("job").splitlines() + world.console().splitlines() +
                                        world.syslog() if "All is well" in line and self.is_daemons(line)])
            self.assertEqual(len(lines), 1)

    @staticmethod
    def is_daemons(line):
        """"<30>daemon-job[7]: All is well", or the same with the service's own name."""
        return re.match(r"(<30>)?(daemon-)?job\[\d+\]: ", line)

    def test_never_ready_is_never_ready(self):
        with self.world() as world:
            signpost = Signpost(world.dir, "signpost")
            self.service(world, "job", "notify=STATUS=Not yet", "touch=" + signpost.path, *self.quits())
            start = world.begin("job")
            signpost.wait()
            self.wait_quietly(start)

    def test_the_tracked_process_is_the_daemon(self):
        with self.world() as world:
            self.service(world, "job", "report={dir}/report", "notify=READY=1", *self.quits())
            world.start("job")
            pid = world.wait_up("job")
            self.assertEqual(world.proc(pid, "comm").strip(), self.tracked)
            self.assert_ours(world)

    def test_stop_is_one_signal_and_leaves_nothing(self):
        with self.world() as world:
            self.service(world, "job", "on-term=touch:{dir}/signals", "on-term=notify:STOPPING=1",
                         "on-term=exit:0", "notify=READY=1", "pause")
            world.start("job")
            world.stop("job")
            self.assertEqual(self.signals(world), ["term"])
            poll_until(lambda: not os.path.lexists(world.ready_path("job")))
            self.assertEqual(world.leftovers(), ([], []))

    @staticmethod
    def signals(world):
        with open(os.path.join(world.dir, "signals")) as file:
            return file.read().splitlines()

    def test_reload_is_one_signal(self):
        with self.world() as world:
            signpost = Signpost(world.dir, "signpost")
            self.service(world, "job", "on-hup=touch:{dir}/signals", "on-hup=notify:RELOADING=1",
                         "on-hup=notify:READY=1", "on-hup=touch:" + signpost.path, "notify=READY=1", *self.quits())
            world.start("job")
            pid = world.wait_up("job")
            try:
                world.reload("job")
            except NotImplementedError:
                self.skipTest("%s sends none" % world.name)
            signpost.wait()
            self.assertEqual(self.signals(world), ["hup"])
            self.assertEqual(world.pid_of("job"), pid)
            self.assertTrue(world.is_ready("job"))

    def test_100_messages_after_readiness_are_taken(self):
        with self.world() as world:
            signpost = Signpost(world.dir, "signpost")
            self.service(world, "job", "notify=READY=1", "notify-repeat=100:STATUS=Busy", "barrier",
                         "notify-repeat=100:READY=1", "barrier", "touch=" + signpost.path, *self.quits())
            world.start("job")
            signpost.wait()
            self.assertTrue(world.is_ready("job"))
            self.assertEqual(self.bridge_lines(world, "job"), [])

    def test_an_outer_managers_socket_is_told_nothing(self):
        with self.world(env={"NOTIFY_SOCKET": "/run/outer"}) as world:
            self.service(world, "job", "notify=READY=1", "notify=STATUS=Here", "barrier", *self.quits())
            world.be_up()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as outer:
                outer.bind(world.path("/run/outer"))
                world.start("job")
                world.stop("job")
                self.assertEqual(world.leftovers(), ([], []))
                with self.assertRaises(BlockingIOError):
                    outer.recv(4096)

    def test_many_services_at_once(self):
        names = ["job%d" % number for number in range(self.crowd)]
        with self.world() as world:
            for name in names:
                self.service(world, name, "notify=READY=1", *self.quits())
            world.be_up()
            starts = {name: world.begin(name) for name in names}
            for start in starts.values():
                start.wait(2 * DEADLINE)
            self.assertEqual([name for name in names if not world.is_ready(name)], [])
            self.assert_ours(world, self.crowd * self.ours)


class Respawning(ManagerTestCase):
    """Those that start a daemon again when it has ended."""

    def test_death_before_readiness_is_a_new_start(self):
        with self.world() as world:
            script = 'test -e "$0.again" || { : >"$0.again"; exit 3; }\n'
            self.service(world, "job", "notify=READY=1", "pause")
            amend(world, "job", script)
            world.start("job", timeout=20)
            self.assertTrue(os.path.exists(world.dir + "/daemon-job.again"))

    def test_a_respawned_daemon_is_ready_when_it_says_so(self):
        with self.world() as world:
            words, signpost, gate = gated(world, "job", ["notify=READY=1", "pause"])
            self.service(world, "job", *words)
            start = world.begin("job")
            signpost.wait()
            open_gate(gate)
            start.wait()
            pid = world.wait_up("job")
            os.unlink(gate)
            world.kill(pid, 9)
            signpost.wait()
            self.assertNotEqual(world.wait_up("job"), pid)
            self.assertFalse(world.is_ready("job"))
            open_gate(gate)
            poll_until(lambda: world.is_ready("job"))
            self.assert_ours(world, 1)


class Crowd:
    """Once for each way."""

    crowd = 25


def add_cases(module, recipes):
    """A test case for each recipe, with the scenarios named after it, in the module with these globals()."""
    for name, (recipe, *bases) in recipes.items():
        module[name] = type(name, tuple(bases), {"recipe": recipe, "__module__": module["__name__"],
                                                 "__qualname__": name})
