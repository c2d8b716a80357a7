# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What a process of ours that stays shows others of the daemon: nothing.

Its arguments everybody can read for as long as it lives, also what the daemon has wiped from its own. In
every shape, on both managers; the text and its edges are in the unit tests.
"""
import contextlib
import os
import signal

import tap
from systemd_case import OUT, SystemdTestCase, upstart_daemon
from systemd_case import bridge as systemd_bridge
from upstart_case import AS_USER, READY, Host, UpstartTestCase, bridge, run, wait_until

SECRET = "--password=QhbD1jT7"
HIDDEN = "tSHk6y" "vYLq2" "m8cFd0"
OURS = "cross-init-brid"


def shown_by(pid):
    """The command line as everybody sees it."""
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        return file.read().rstrip(b"\0").decode()


def places_of(pid, word):
    """Where a process has @word in its memory, by all that root can read of it."""
    places = []
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps:
            bounds, mode = line.split()[:2]
            begin, end = (int(number, 16) for number in bounds.split("-"))
            if not mode.startswith("r"):
                continue
            with contextlib.suppress(OSError, OverflowError):   # [vvar], [vsyscall]
                memory.seek(begin)
                at = memory.read(end - begin).find(word.encode())
                if at >= 0:
                    places.append("%x of %s" % (begin + at, line.strip()))
    return places


def is_dumpable(pid):
    return os.stat("/proc/%d/environ" % pid).st_uid != 0


class UpstartTest(UpstartTestCase):
    ROWS = {
        "attend": ["--notify", READY, "pause"],
        "attend, a condition, not ready": ["--ready-when=path:/missing", "pause"],
        "attend, not ready": ["--notify", "pause"],
        "supervise": ["--notify", "--supervise", READY, "pause"],
        "supervise, not ready": ["--notify", "--supervise", "pause"],
    }

    @staticmethod
    def wait_covered(host, job, at_least):
        """A moment after the fork. The daemon's own command line is its own affair."""
        def shown():
            with contextlib.suppress(FileNotFoundError):  # the launcher's intermediate, or a look that is over
                return [shown_by(process.pid) for process in host.ours()]
            return []

        def is_covered():
            found = shown()
            return len(found) >= at_least and set(found) == {"cross-init-bridge: " + job}
        try:
            wait_until(is_covered, "covered command lines", 5)
        except AssertionError as error:
            raise AssertionError("%s: %s" % (error, shown())) from None

    def test_arguments(self):
        with Host() as host:
            for name, words in self.ROWS.items():
                for user in "", AS_USER:
                    with self.subTest(name, user=user):
                        job = next(self.names)
                        host.job(job, user + "expect stop\n" + run(*bridge(*words), SECRET))
                        host.start(job, wait=False)
                        if "not ready" not in name:
                            host.wait(job, "start/running")
                        count = 2 if "supervise" in name else 1
                        self.wait_covered(host, job, count)
                        host.kill(host.status(job).pid, signal.SIGKILL)  # one that is not ready is not stopped
                        host.wait(job, "stop/waiting")
                        self.assert_nothing_left(host)

    def check_process(self, pid, user):
        if user:
            wait_until(lambda: not is_dumpable(pid), "a process that is not dumpable")
        with contextlib.suppress(AssertionError):   # a moment after the fork
            wait_until(lambda: not places_of(pid, HIDDEN), "end of it", 5)
        self.assertEqual(places_of(pid, HIDDEN), [])

    def test_environment_and_memory(self):
        """A user's daemon can keep its own from its user, PR_SET_DUMPABLE; so must we."""
        rows = {
            "attend": ["--notify", READY, "pause"],
            "supervise": ["--notify", "--supervise", READY, "pause"],
            "condition": ["--ready-when=path:/missing", "pause"],
        }
        with Host() as host:
            for name, words in rows.items():
                for user in "", AS_USER:
                    with self.subTest(name, user=user):
                        job = next(self.names)
                        host.job(job, user + "expect stop\nenv PASSWORD=%s\n" % HIDDEN + run(*bridge(*words), HIDDEN))
                        host.start(job, wait=False)
                        if name != "condition":
                            host.wait(job, "start/running")
                        self.wait_covered(host, job, 2 if name in ("supervise", "condition") else 1)
                        for process in host.ours():
                            with contextlib.suppress(FileNotFoundError, ProcessLookupError):    # who runs an errand
                                self.check_process(process.pid, user)
                        host.kill(host.status(job).pid, signal.SIGKILL)
                        host.wait(job, "stop/waiting")
                        self.assert_nothing_left(host)

    def test_a_question_over_dbus_finds_its_bus_all_the_same(self):
        """The variables that name one are kept, for bus-query; also those of a user's session."""
        with Host(system_bus=True) as host:
            host.job("job", "expect stop\nenv DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket\n" + run(
                *bridge("--ready-when=dbus:org.example.Missing", "pause")))
            host.start("job", wait=False)

            def environments():
                """Of the babysitter's: the launcher has had one, for the job. Each is there for a moment only, if nobody answers."""
                with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                    return [environ for process in host.processes()
                            if process.comm == "bus-query" and "watch" in host.proc(process.inner, "cmdline").split("\0")
                            and (environ := host.proc(process.inner, "environ"))]    # one that ends has none any more
                return []
            self.assertEqual(wait_until(environments, "a bus-query"), ["DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket\0"])
            host.kill(host.status("job").pid, signal.SIGKILL)
            host.wait("job", "stop/waiting")

    def test_a_condition_is_known_by_its_words_all_the_same(self):
        """In a message, and to whoever looks whether it holds."""
        with Host() as host:
            path = os.path.join(host.dir, "there")
            host.job("job", "expect stop\n" + run(*bridge("--ready-when=path:" + path, "pause")))
            host.start("job", wait=False)
            self.wait_covered(host, "job", 1)
            with open(path, "w"):
                pass
            host.wait("job", "start/running")
            host.stop("job")
            host.job("late", "expect stop\n" + run(*bridge("--ready-when=path:/missing", "--start-timeout=1", "pause")))
            host.start("late", wait=False)
            host.wait("late", "stop/waiting")
            host.wait_output("late", "path:/missing did not hold within 1 s")


class SystemdTest(SystemdTestCase):
    ROWS = {
        "hand over": (upstart_daemon("wait-file=" + OUT + "/gate", "stop", "pause"), 2),
        "hand over, a condition": (systemd_bridge("--target=systemd", "--ready-when=path:" + OUT + "/gate", "pause"), 2),
        "guard": (upstart_daemon("--supervise", "wait-file=" + OUT + "/gate", "stop", "pause"), 2),
    }

    def shown(self):
        return [shown_by(process.pid) for process in self.host.processes("x.service") if process.name == OURS]

    def is_covered(self, at_least):
        """The launcher and the intermediate, while the daemon is not ready; and who looks for paths."""
        found = self.shown()
        # The unit's name costs a look at the cgroup, and is known only where more is wanted of it.
        return len(found) >= at_least and set(found) in ({"cross-init-bridge: x"}, {"cross-init-bridge"})

    def test_arguments(self):
        for name, (words, count) in self.ROWS.items():
            with self.row(name):
                self.host.service("x", *words, SECRET, Type="notify", NotifyAccess="all")
                self.host.run("systemctl", "start", "--no-block", "x.service")
                try:
                    wait_until(lambda count=count: self.is_covered(count), "covered command lines")
                except AssertionError as error:
                    self.fail("%s: %s" % (error, self.shown()))
                self.host.write(OUT + "/gate", "")
                self.host.wait_for("x.service", ActiveState="active")
                self.host.stop("x.service")

    def test_environment_of_who_stays(self):
        """Both processes that stay beside the daemon, also where a stop that came early makes them."""
        for user in {}, {"User": "nobody"}:
            with self.row(**user):
                words = upstart_daemon("--supervise", "stop", "pause")
                self.host.service("x", *words, Type="notify", Environment="PASSWORD=" + HIDDEN, **user)
                self.assert_started("x.service")
                ours = [process.pid for process in self.host.processes("x.service") if process.name == OURS]
                self.assertEqual(len(ours), 2)
                with contextlib.suppress(AssertionError):
                    wait_until(lambda pids=ours: not any(places_of(pid, HIDDEN) for pid in pids), "end of it", 5)
                self.assertEqual([places_of(pid, HIDDEN) for pid in ours], [[], []])
                self.host.stop("x.service")


if __name__ == "__main__":
    tap.main()
