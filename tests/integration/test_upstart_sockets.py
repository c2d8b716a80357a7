# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: UPSTART_FDS becomes LISTEN_FDS, and nobody else's socket does.

Separate from readiness, because here clients decide. What Upstart does wrong with sockets is in
test_stand_in.py; what it forgets to hand over, in test_upstart_adopt.py.
"""
import contextlib
import os
import signal
import socket
import time

import tap
from upstart_case import AS_USER, BRIDGE, DAEMON, Host, bridge, least, normalise, run
from upstart_socket_case import (ABSTRACT, FOREIGN, INET, INET6, INET6_ANY, INET_2, INET_3, INET_ANY, RESPAWN, UNIX,
                                 UNIX_2, INET_ELSEWHERE, SocketTestCase, ask, slow, starts_on)


class HandOverTest(SocketTestCase):
    def test_kinds_of_sockets(self):
        rows = {
            "inet": [INET],
            "inet, any address": [INET_ANY],
            "inet6": [INET6],
            "inet6, any address": [INET6_ANY],
            "unix": [UNIX],
            "abstract": [ABSTRACT],
            "two": [INET, INET_2],
            "two of one port": [INET, INET_ELSEWHERE],
            "both families": [INET6, INET],
            "unix and inet": [UNIX, INET],
            "inet and unix": [INET, UNIX],
            "two paths": [UNIX, UNIX_2],
            "inet and abstract": [INET, ABSTRACT],
            "abstract and inet": [ABSTRACT, INET],
            "all": [INET, INET6, UNIX, ABSTRACT, INET_2],
        }
        for name, kinds in rows.items():
            for options in (), ("--notify",):
                with self.subTest(name, options=options), Host() as host:
                    report = self.serve(host, starts_on(kinds), kinds, *options)
                    self.assert_handed_over(report, kinds)
                    if options:
                        self.assert_babysitter_is_bare(host)
                    self.assertEqual(host.bridge_lines("job"), [])
                    self.assertEqual(host.stop("job").rc, 0)
                    self.assert_nothing_left(host)

    def test_one_of_several(self):
        """With `or` only the socket that has a client comes along."""
        for kind in INET, UNIX, ABSTRACT:
            with self.subTest(kind.described), Host() as host:
                report = self.serve(host, starts_on([INET, UNIX, ABSTRACT, INET_2], "or"), [kind], "--notify")
                self.assert_handed_over(report, [kind])

    def test_numbers_of_pid_1_do_not_matter(self):
        """Whatever they are, the order is that of UPSTART_FDS, and none is lost where they overlap."""
        rows = ((9,), (3,), (4,), (39,), (3, 4), (4, 3), (3, 9), (9, 3), (5, 4), (3, 4, 5), (5, 4, 3), (4, 5, 3),
                (5, 3, 4), (4, 3, 5), (38, 5, 4))
        kinds = [INET, INET_2, INET_3]
        for numbers in rows:
            with self.subTest(numbers), Host() as host:
                host.choose_fds(*numbers)
                wanted = kinds[:len(numbers)]
                report = self.serve(host, starts_on(wanted), wanted)
                self.assert_handed_over(report, wanted)

    def test_as_a_user(self):
        with Host(system_bus=True) as host:
            os.chmod(host.dir, 0o777)  # for the report
            report = self.serve(host, AS_USER + starts_on([INET, UNIX]), [INET, UNIX], "--notify")
            self.assert_handed_over(report, [INET, UNIX])

    def test_below_other_conditions(self):
        with Host() as host:
            host.job("other", run(DAEMON, "pause"))
            stanza = "start on started other and (%s or %s)\n" % (INET.condition, UNIX.condition)
            path = "%s/report-job" % host.dir
            host.job("job", stanza + run(*bridge("report=" + path, "serve")))
            host.start("other")
            self.meet(host, [INET])
            self.assert_handed_over(host.read_report("report-job"), [INET])

    def test_started_again_by_the_next_client(self):
        with Host() as host:
            self.serve(host, starts_on([INET, INET_2]), [INET, INET_2], "--notify")
            for _ in range(5):
                host.stop("job")
                self.meet(host, [INET, INET_2])
            host.stop("job")
            self.assert_nothing_left(host)

    def test_manual_start_has_none(self):
        """That of Upstart itself; test_upstart_adopt.py has the cure."""
        with Host() as host:
            report = self.report_of(host, "job", starts_on([INET]), ("--adopt=no",))
            self.assertEqual(report.inherited(), {})
            self.assertFalse([name for name in report.env if name.startswith("LISTEN_")])

    def test_names_of_instances_and_of_odd_jobs(self):
        """LISTEN_FDNAMES is JOB.socket; a job file in a directory has a slash in its name."""
        for job, instance in ("job", "one"), ("a/b", None):
            with self.subTest(job=job), Host() as host:
                path = "%s/report" % host.dir
                host.job(job, starts_on([INET]) + ("instance one\n" if instance else "")
                         + run(*bridge("report=" + path, "serve")))
                ask(INET.connect(host))
                self.assertEqual(host.read_report().env["LISTEN_FDNAMES"], job + ".socket")

    def test_names_by_option(self):
        """A daemon that tells its sockets apart by name, which Upstart does not give."""
        for option, names in (("--fdname=web:control", "web:control"), ("--fdname=web", "web:web"),
                              ("--fdname=:b", ":b")):
            with self.subTest(option), Host() as host:
                report = self.serve(host, starts_on([INET, UNIX]), [INET, UNIX], option)
                self.assertEqual(report.env["LISTEN_FDNAMES"], names)
        with Host() as host, contextlib.ExitStack() as clients:
            host.job("job", starts_on([INET, UNIX]) + run(*bridge("--fdname=a:b:c", "pause")))
            self.assert_refused(host, "job", "3 names for 2 socket(s)", cause=lambda: [
                clients.enter_context(kind.connect(host)) for kind in (INET, UNIX)])

    def test_variables_of_others(self):
        """What was there under our names is replaced, or would keep the daemon from its sockets."""
        with Host() as host:
            env = "".join("env %s\n" % variable for variable in (
                "LISTEN_PID=1", "LISTEN_FDS=7", "LISTEN_FDNAMES=x:y", "LISTEN_PIDFDID=1"))
            self.assert_handed_over(self.serve(host, env + starts_on([INET]), [INET]), [INET])

    def test_variables_of_the_administrator(self):
        """Those that only begin like a manager's are daemons' own settings; without a socket's event so is PORT."""
        own = {"LISTEN_ADDRESS": "0.0.0.0", "LISTEN_PORT": "80", "WATCHDOG_INTERVAL": "5", "MANAGERPIDS": "1",
               "UPSTART_URL": "http://x", "UPSTART_DIR": "/x"}
        ports = {"PORT": "8080", "ADDR": "::1", "SOCKET_PATH": "/x"}
        for kinds, expected in ([], {**own, **ports}), ([INET], own):
            with self.subTest(kinds), Host() as host:
                env = "".join("env %s=%s\n" % item for item in {**own, **ports}.items())
                if kinds:
                    report = self.serve(host, env + starts_on(kinds), kinds)
                else:
                    report = self.report_of(host, "job", env, ())
                self.assertEqual({name: report.env.get(name) for name in expected}, expected)
                for name in {"UPSTART_JOB", "UPSTART_INSTANCE", "UPSTART_EVENTS", "PROTO", *ports} - set(expected):
                    self.assertNotIn(name, report.env)

    def test_target_upstart_is_untouched(self):
        """Where the daemon already is at home nothing changes, neither for better nor for worse."""
        def see(words):
            with Host() as host:
                post, gate = host.signpost(), host.gate()
                host.job("slow", slow(INET_2, gate))
                host.job("job", starts_on([INET]) + "expect stop\n" + run(
                    *words, DAEMON, "report=%s/report" % host.dir, "touch=%s" % post, "stop", "serve"))
                with INET_2.connect(host):  # its listener leaks
                    host.wait("slow", "start/spawned")
                    ask(INET.connect(host))
                    post.wait()
                    report = host.read_report()
                    self.assertEqual(len(report.inherited()), 2)
                    self.assertIn("UPSTART_FDS", report.env)
                    self.assertEqual(host.babysitters(), [])
                    gate.open()
                    host.wait("slow", "start/running")
                return normalise(report)
        expected = see([])
        for options in [], ["-N"]:
            self.assertEqual(see([BRIDGE, "-t", "upstart", *options, "--"]), expected)


class RefusalTest(SocketTestCase):
    """A socket that may be another's is not handed over: the start fails with a line that says why."""

    def test_stale_after_a_respawn(self):
        for kinds in [INET], [UNIX], [ABSTRACT], [INET, INET_2]:
            for options in (), ("--notify",), ("--force-sockets",):
                with self.subTest([kind.described for kind in kinds], options=options), Host() as host:
                    self.serve(host, RESPAWN + starts_on(kinds), kinds, "--adopt=no", *options)
                    pid = host.status("job").pid
                    self.assert_refused(host, "job", "descriptor 1", "stale", "stop the job",
                                        cause=lambda host=host, pid=pid: host.kill(pid, signal.SIGKILL))
                    host.wait("job", "stop/waiting")
                    self.assert_nothing_left(host)
                    self.meet(host, kinds)  # as the line says

    def test_listener_of_another_job(self):
        """The number is another service's listener now: its client is never answered by the wrong daemon."""
        for name, (kinds, foreign) in FOREIGN.items():
            for options in (), ("--notify",), ("--force-sockets",):
                with self.subTest(name, options=options), Host() as host:
                    gate = host.gate()
                    host.choose_fds(*range(10, 10 + len(kinds)), 10)
                    self.serve(host, RESPAWN + starts_on(kinds), kinds, "--adopt=no", *options)
                    host.job("slow", slow(foreign, gate))
                    client = foreign.connect(host)
                    host.wait("slow", "start/spawned")
                    pid = host.status("job").pid
                    self.assert_refused(host, "job", "descriptor 10", "not this job's socket",
                                        cause=lambda host=host, pid=pid: host.kill(pid, signal.SIGKILL))
                    gate.open()
                    self.assertEqual(ask(client)[1], host.status("slow").pid)

    def test_leaked_listeners_are_closed(self):
        """All that PID 1 starts during an event inherit its listener; neither daemon nor babysitter keeps it."""
        with Host() as host:
            gate = host.gate()
            os.chmod(host.dir, 0o777)  # for the reports
            host.job("slow", slow(INET, gate))
            client = INET.connect(host)
            host.wait("slow", "start/spawned")
            for job, stanzas, options in (("replace", "", ()), ("attend", "", ("--notify",)),
                                          ("user", AS_USER, ("--notify",))):
                with self.subTest(job):
                    self.assertEqual(self.report_of(host, job, stanzas, options).inherited(), {})
                    if options:
                        self.assert_babysitter_is_bare(host)
                    host.stop(job)
                    host.wait_end_of_babysitters()
            with self.subTest("own"):  # one is ours, one is not
                report = self.serve(host, starts_on([INET_2]), [INET_2], "--notify", job="own")
                self.assert_handed_over(report, [INET_2], "own")
                self.assert_babysitter_is_bare(host)
            gate.open()
            self.assertEqual(ask(client)[1], host.status("slow").pid)

    def test_bus_hangs(self):
        """One socket is vouched for by its event: not asked. Two are not: as long as for readiness, and then 125."""
        with Host() as host:
            report = "report=%s/report" % host.dir
            host.job("one", starts_on([INET]) + run(*bridge("serve")))
            host.job("two", starts_on([INET_2, INET_3]) + run(*bridge("serve")))
            host.job("forced", starts_on([UNIX, UNIX_2]) + run(*bridge("--force-sockets", report, "serve")))
            host.hang_bus()

            def attempt():
                began = time.monotonic()
                ask(INET.connect(host))
                took = time.monotonic() - began
                self.assertEqual(host.stop("one").rc, 0)
                return took
            self.assertLess(least(attempt, 0.8), 0.8)
            with contextlib.ExitStack() as clients:
                began = time.monotonic()
                self.assert_refused(host, "two", "cannot be confirmed", "no answer over D-Bus in time",
                                    "--force-sockets", cause=lambda: [
                                        clients.enter_context(kind.connect(host)) for kind in (INET_2, INET_3)])
                self.assertGreater(time.monotonic() - began, 9)
            began = time.monotonic()
            self.meet(host, [UNIX, UNIX_2], "forced")
            self.assertLess(time.monotonic() - began, 2)
            self.assert_handed_over(host.read_report(), [UNIX, UNIX_2], "forced")

    def test_bus_is_away_for_a_moment(self):
        """Longer than a detection may take: what decides whether the service runs is waited for."""
        with Host() as host:
            host.job("two", starts_on([INET, INET_2]) + run(*bridge("serve")))
            host.hang_bus()
            with contextlib.ExitStack() as clients:
                found = [clients.enter_context(kind.connect(host)) for kind in (INET, INET_2)]
                host.wait("two", "start/running")
                pid = host.status("two").pid
                host.wait_quietly(pid, 1.5)
                host.answer_bus()
                self.assertEqual([ask(client)[1] for client in found], [pid, pid])

    def test_bus_out_of_reach(self):
        """A user may speak to PID 1 on the system bus alone."""
        with Host() as host:
            host.job("job", AS_USER + starts_on([INET, INET_2]) + run(*bridge("serve")))
            with contextlib.ExitStack() as clients:
                self.assert_refused(host, "job", "cannot be confirmed", cause=lambda: [
                    clients.enter_context(kind.connect(host)) for kind in (INET, INET_2)])

    def test_abstract_without_a_bus(self):
        """Its event does not name it."""
        with Host() as host:
            host.job("job", starts_on([ABSTRACT]) + run(*bridge("serve")))
            host.hang_bus()
            with contextlib.ExitStack() as clients:
                self.assert_refused(host, "job", "cannot be confirmed", cause=lambda: clients.enter_context(
                    ABSTRACT.connect(host)))

    def test_no_list_of_descriptors(self):
        rows = {
            "x": "'x' is not a descriptor", "-1": "'-1' is not a descriptor", "0": "'0' is not a descriptor",
            "2": "'2' is not a descriptor", "1e1": "'1e1' is not a descriptor", "10,11": "'10,11' is not a descriptor",
            "99999999999999999999": "is not a", "9" * 100: "is not a", "0x10": "'0x10' is not a descriptor",
            "11 11": "names descriptor 11 twice", "10": "descriptor 10 in UPSTART_FDS is stale",
            "10 x": "'x' is not a descriptor", "10\t11": "not a descriptor",
        }
        with Host() as host:
            for text, says in rows.items():
                for options in (), ("--force-sockets",):
                    with self.subTest(text, options=options):
                        job = next(self.names)
                        host.job(job, run("env", "UPSTART_FDS=" + text, *bridge(*options, "pause")))
                        self.assert_refused(host, job, says)
            for text in "", " ", "   ":
                with self.subTest(text):
                    job, post = next(self.names), host.signpost("post-" + str(len(text)))
                    host.job(job, run("env", "UPSTART_FDS=" + text, *bridge("report=%s/report" % host.dir,
                                                                            "touch=%s" % post, "pause")))
                    self.assertEqual(host.start(job).rc, 0)
                    post.wait()
                    self.assertNotIn("LISTEN_FDS", host.read_report().env)

    def test_what_is_no_listener(self):
        """upstart-socket-bridge makes nothing of the kind, so it is none of this job's."""
        def connected(host):
            listener = host.socket(socket.AF_INET)
            listener.bind(("127.0.0.1", 5050))
            listener.listen()
            client = host.socket(socket.AF_INET)
            client.connect(("127.0.0.1", 5050))
            return client, listener

        makers = {
            "datagram": lambda host: (host.socket(socket.AF_INET, socket.SOCK_DGRAM),),
            "not listening": lambda host: (host.socket(socket.AF_INET),),
            "connected": connected,
            "pipe": lambda host: tuple(open(fd, "rb" if i == 0 else "wb") for i, fd in enumerate(os.pipe())),
        }
        for name, make in makers.items():
            with self.subTest(name), Host() as host, contextlib.ExitStack() as stack:
                fd = [stack.enter_context(thing) for thing in make(host)][0]
                host.job("job", "start on socket\n" + run(*bridge("--force-sockets", "pause")))
                self.assert_refused(host, "job", "stale", cause=lambda host=host, fd=fd: host.emit(
                    "socket", "PROTO=inet", "PORT=5050", "ADDR=127.0.0.1", fd=fd.fileno(), wait=False))


if __name__ == "__main__":
    tap.main()
