# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: sockets that it forgets to hand over are taken from who holds them.

Separate from test_upstart_sockets.py, because here the bridge reaches into other processes: most rows
are about what it must leave alone.
"""
import os
import shutil
import signal
import sys
import time

import tap
from upstart_case import AS_USER, BRIDGE, DAEMON, READY, Host, bridge, least, run, wait_until
from upstart_host import wait_for_file
from upstart_socket_case import (ABSTRACT, FOREIGN, INET, INET6, INET_2, INET_3, INET6_ANY, INET_ANY, INET_ELSEWHERE,
                                 RESPAWN, UNIX, UNIX_2, SocketTestCase, ask, slow, starts_on)

HOLDER = "upstart-socket-bridge"
WARNING = "the job was started without the sockets it starts on"

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
ENOSYS, EPERM, PIDFD_GETFD = 38, 1, 438
WITHOUT_GETFD = (sys.executable, WITHOUT_CALL, str(PIDFD_GETFD), str(ENOSYS))


class AdoptTestCase(SocketTestCase):
    def define(self, host, stanzas, *options, job="job", prefix=()):
        expects = "--notify" in options
        host.job(job, stanzas + "expect stop\n" * expects + run(*prefix, *bridge(
            *options, "report=%s/report-%s" % (host.dir, job), *([READY] if expects else []), "serve")))

    def start(self, host, job="job"):
        result = host.start(job)
        self.assertEqual(result.rc, 0, result.output)

    def assert_adopted(self, host, kinds, job="job"):
        """Each client is answered by the socket it came to, and the daemon has these and no other."""
        self.meet(host, kinds, job)
        self.assert_handed_over(host.read_report("report-" + job), kinds, job)
        self.assertEqual(host.bridge_lines(job), [])

    def kill_daemon(self, host, job="job"):
        pid = host.status(job).pid
        mark = len(host.log())
        host.kill(pid, signal.SIGKILL)
        host.wait_log("%s main process (%d) killed" % (job, pid), mark)


class AdoptTest(AdoptTestCase):
    KINDS = {
        "inet": [INET], "inet, any address": [INET_ANY], "inet6": [INET6], "inet6, any address": [INET6_ANY],
        "unix": [UNIX], "abstract": [ABSTRACT], "two": [INET, INET_2], "two of one port": [INET, INET_ELSEWHERE],
        "both families": [INET6, INET], "two paths": [UNIX_2, UNIX],
        "all": [INET, INET6, UNIX, ABSTRACT, INET_2],
    }

    def test_manual_start(self):
        for name, kinds in self.KINDS.items():
            for options in (), ("--notify",), ("--adopt=require",):
                with self.subTest(name, options=options), Host() as host:
                    self.define(host, starts_on(kinds), *options)
                    self.start(host)
                    self.assert_adopted(host, kinds)
                    if "--notify" in options:
                        self.assert_babysitter_is_bare(host)

    def test_restart(self):
        with Host() as host:
            self.define(host, starts_on([INET, UNIX]), "--notify")
            self.meet(host, [INET, UNIX])
            for _ in range(3):
                self.assertEqual(host.restart("job").rc, 0)
                self.assert_adopted(host, [INET, UNIX])
            self.assertEqual(host.stop("job").rc, 0)
            self.meet(host, [INET, UNIX])  # as ever: by the event

    def test_respawn(self):
        """After an event: the numbers in UPSTART_FDS are stale; and after a manual start, without any."""
        for name, kinds in self.KINDS.items():
            for by_event in True, False:
                with self.subTest(name, by_event=by_event), Host() as host:
                    self.define(host, RESPAWN + starts_on(kinds), "--notify")
                    if by_event:
                        self.meet(host, kinds)
                    else:
                        self.start(host)
                    for _ in range(3):
                        self.kill_daemon(host)
                        self.assert_adopted(host, kinds)

    def test_waiting_client_is_answered(self):
        """The client whose event does not suffice to start the job."""
        with Host() as host:
            self.define(host, starts_on([INET, INET_2]))
            client = INET.connect(host)
            host.wait_log("Handling socket event")
            self.start(host)
            self.assertEqual(ask(client), (3, host.status("job").pid))

    def test_numbers_of_another_job_after_a_respawn(self):
        """UPSTART_FDS names another job's listener: each client is answered by the daemon it wants."""
        for name, (kinds, foreign) in FOREIGN.items():
            for options in (), ("--notify",), ("--force-sockets",):
                with self.subTest(name, options=options), Host() as host:
                    gate = host.gate()
                    host.choose_fds(*range(10, 10 + len(kinds)), 10)
                    self.define(host, RESPAWN + starts_on(kinds), *options)
                    self.meet(host, kinds)
                    host.job("slow", slow(foreign, gate))
                    client = foreign.connect(host)
                    host.wait("slow", "start/spawned")
                    self.kill_daemon(host)
                    self.assert_adopted(host, kinds)
                    gate.open()
                    self.assertEqual(ask(client)[1], host.status("slow").pid)

    def test_script_at_9(self):
        """Upstart itself has put the text of the script over the socket."""
        with Host() as host:
            host.choose_fds(9)
            path = "%s/report-job" % host.dir
            host.job("job", starts_on([INET]) + "script\n  true\n  %send script\n" % run(*bridge(
                "report=" + path, "serve")))
            self.assertEqual(ask(INET.connect(host))[1], host.status("job").pid)

    def test_one_side_of_or(self):
        with Host() as host:
            self.define(host, RESPAWN + starts_on([INET, UNIX, INET_2], "or"))
            with self.subTest("the first"):
                self.start(host)
                self.assert_adopted(host, [INET])
                host.stop("job")
            with self.subTest("the one of the event"):
                self.meet(host, [INET_2])
                self.kill_daemon(host)
                self.assert_adopted(host, [INET_2])

    def test_side_with_a_client(self):
        stanza = "start on (%s or %s) and %s\n" % (INET.condition, INET_2.condition, INET_3.condition)
        with Host() as host:
            self.define(host, stanza)
            client = INET_2.connect(host)
            host.wait_log("Handling socket event")
            self.start(host)
            self.assertEqual(ask(client)[1], host.status("job").pid)
            self.assert_adopted(host, [INET_2, INET_3])

    def test_variables_say_which(self):
        """initctl start JOB PORT=...: the socket that is meant, and never another in its place."""
        port = INET_2.condition.split("PORT=")[1].split()[0]
        with Host() as host:
            self.define(host, starts_on([INET, INET_2], "or"))
            with self.subTest("the second"):
                self.assertEqual(host.start("job", "PORT=" + port).rc, 0)
                self.meet(host, [INET_2])
                self.assertEqual(host.read_report("report-job").env["PORT"], port)  # somebody's own
                host.stop("job")
            with self.subTest("none"):
                self.assertEqual(host.start("job", "PORT=4242").rc, 0)
                line, = wait_until(lambda: host.bridge_lines("job"), "a warning")
                self.assertIn(WARNING, line)
                self.assertIn("PORT=4242 in the environment is not one of the sockets of the job's 'start on'", line)
                host.stop("job")
            with self.subTest("nothing said"):
                self.start(host)
                self.meet(host, [INET])
                host.stop("job")

    def test_instances_each_have_their_own(self):
        stanza = starts_on([INET, INET_2], "or") + "instance $PORT\n"
        with Host() as host:
            host.job("job", stanza + run(*bridge("serve")))
            for kind in INET_2, INET:
                port = kind.condition.split("PORT=")[1].split()[0]
                self.assertEqual(host.start("job", "PORT=" + port).rc, 0)
                ask(kind.connect(host))

    def test_below_other_conditions(self):
        with Host() as host:
            self.define(host, "start on started other and %s\n" % INET.condition)
            self.start(host)
            self.assert_adopted(host, [INET])

    def test_from_pid_1(self):
        """The socket bridge has lost it, but an event is pending that holds it."""
        with Host() as host:
            self.define(host, "start on %s and never\n" % INET.condition)
            client = INET.connect(host)
            host.wait_log("Handling socket event")
            host.must("bridge", "restart")
            host.wait_log("Failed to bind socket in job: Address already in use")
            self.start(host)
            self.assertEqual(ask(client), (3, host.status("job").pid))

    def test_daemon_at_home(self):
        """`require` serves one that speaks Upstart's protocol, too; otherwise that is left as it is."""
        with Host() as host:
            words = ["-t", "upstart", "--adopt=require", "--", DAEMON]
            host.job("job", RESPAWN + starts_on([INET, UNIX]) + "expect stop\n" + run(
                BRIDGE, *words, "report=%s/report" % host.dir, "stop", "serve"))
            for cause in lambda: self.start(host), lambda: self.kill_daemon(host), lambda: host.stop("job"):
                cause()
                numbers = [ask(connection)[0] for connection in [INET.connect(host), UNIX.connect(host)]]
                host.wait("job", "start/running")
                report = host.read_report()
                self.assertEqual(report.env["UPSTART_FDS"], "%d %d" % tuple(numbers))
                # Besides, PID 1 leaks the listener of a client's event, as ever where nothing is changed.
                self.assertEqual([report.fds[number] for number in numbers], [INET.described, UNIX.described])
                self.assertEqual((report.env["PROTO"], report.env["SOCKET_PATH"]), ("unix", "/run/sock"))
                self.assertEqual(report.env["UPSTART_JOB"], "job")
            host.job("none", run(BRIDGE, *words, "pause"))
            self.assert_refused(host, "none", "--adopt=require", "names no socket")

    def test_explain(self):
        with Host() as host:
            host.job("job", starts_on([INET]) + "task\n" + run(*bridge("--explain")))
            self.assertEqual(host.start("job").rc, 0)
            self.assertRegex(host.job_output("job"), r"(?m)^sockets: taken from process \d+, ")
            self.assertRegex(host.job_output("job"), r"(?m)^descriptor 3: stream listener 127.0.0.1:5001")
            host.job("user", starts_on([INET]) + AS_USER + "task\n" + run(*bridge("--explain")))
            self.assertEqual(host.start("user").rc, 0)
            self.assertRegex(host.job_output("user"), r"(?m)^sockets: none taken for the job: Upstart does not tell")


class OptionTest(AdoptTestCase):
    def test_no(self):
        with Host() as host:
            self.define(host, RESPAWN + starts_on([INET]), "--adopt=no")
            self.assertEqual(self.report_of(host, "manual", starts_on([INET_2]), ("--adopt=no",)).inherited(), {})
            self.meet(host, [INET])
            self.assert_refused(host, "job", "stale", cause=lambda: self.kill_daemon(host))

    def test_require(self):
        rows = {
            "no start on": ("", "names no socket"),
            "another event": ("start on go\n", "names no socket"),
        }
        with Host() as host:
            for name, (stanzas, says) in rows.items():
                with self.subTest(name):
                    job = next(self.names)
                    self.define(host, stanzas, "--adopt=require", job=job)
                    self.assert_refused(host, job, "--adopt=require", says)
            with self.subTest("started by another event"):
                self.define(host, "start on go or %s\n" % INET.condition, "--adopt=require")
                host.emit("go")
                self.assert_adopted(host, [INET])

    def test_auto_leaves_other_events_alone(self):
        """The usual start, and the usual start of a job that has sockets at other times: D-Bus is not asked."""
        with Host() as host:
            host.hang_bus()
            for job, stanzas in ("plain", "start on go\n"), ("either", "start on go or %s\n" % INET.condition):
                host.job(job, stanzas + run(*bridge("report=%s/report-%s" % (host.dir, job), "pause")))

            def attempt():
                began = time.monotonic()
                host.emit("go")
                for job in "plain", "either":
                    wait_for_file("%s/report-%s" % (host.dir, job))
                    host.wait(job, "start/running")
                    self.assert_running(host, job)
                    self.assertEqual(host.read_report("report-" + job).inherited(), {})
                took = time.monotonic() - began
                for job in "plain", "either":
                    self.assertEqual(host.stop(job).rc, 0)
                    os.unlink("%s/report-%s" % (host.dir, job))
                return took
            self.assertLess(least(attempt, 0.8), 0.8)

    def test_listen_comes_last(self):
        """The job's own, handed over or taken, before those of --listen; these before none or stale ones."""
        listen = "--listen=127.0.0.1:%d" % INET_2.address[1]
        instead = "those of --listen are in place"
        with self.subTest("taken"), Host() as host:
            self.define(host, starts_on([INET]), listen)
            self.start(host)
            self.assert_adopted(host, [INET])
        with self.subTest("none"), Host() as host:
            self.define(host, starts_on([INET]).replace("\n", " OTHER=1\n"), listen)
            self.start(host)
            wait_for_file("%s/report-job" % host.dir)  # before that nobody listens
            self.meet(host, [INET_2])
            self.assertIn(instead, host.wait_output("job", instead)[0])
        with self.subTest("stale"), Host() as host:
            self.define(host, RESPAWN + starts_on([INET]), listen, prefix=WITHOUT_GETFD)
            self.meet(host, [INET])
            self.assertEqual(host.bridge_lines("job"), [])
            os.unlink("%s/report-job" % host.dir)
            self.kill_daemon(host)
            wait_for_file("%s/report-job" % host.dir)
            self.meet(host, [INET_2])
            self.assertIn(instead, host.wait_output("job", instead)[0])

    def test_session(self):
        """No socket bridge serves the init of a session, though that of the system may be in reach."""
        with Host() as host:
            host.job("other", starts_on([INET]) + run(DAEMON, "serve"))
            session = host.session(0)
            for options in (), ("--adopt=require",):
                job = next(self.names)
                session.job(job, starts_on([INET]) + run(*bridge(*options, "report=%s/%s" % (host.dir, job), "pause")))
                self.assertEqual(session.start(job).rc, 0)
                if options:
                    session.wait(job, "stop/waiting")
                    self.assertIn("the Upstart of a user session has no sockets", session.job_output(job))
                else:
                    wait_for_file("%s/%s" % (host.dir, job))
                    self.assertEqual(host.read_report(job).inherited(), {})


class NeverTest(AdoptTestCase):
    """What is not this job's stays where it is, and what is not a socket bridge is not asked."""

    def refuse_to_adopt(self, host, stanzas, *says, prefix=(), options=()):
        """`auto` says why and goes on without; `require` says why and does not start."""
        job, path = next(self.names), "%s/report" % host.dir
        host.job(job, stanzas + run(*prefix, *bridge(*options, "report=" + path, "pause")))
        self.start(host, job)
        lines = host.wait_output(job, WARNING)
        self.assertEqual(len(lines), 1, lines)
        for word in says:
            self.assertIn(word, lines[0])
        wait_for_file(path)
        self.assertEqual(host.read_report().inherited(), {})
        os.unlink(path)
        host.stop(job)
        job = next(self.names)
        host.job(job, stanzas + run(*prefix, *bridge("--adopt=require", *options, "pause")))
        self.assert_refused(host, job, "--adopt=require", *says)

    def test_listeners_of_other_jobs(self):
        """Not even where the other's event, if it came, would start this job, too, and give it the socket."""
        rows = ("socket PROTO=inet PORT=500*", "socket PROTO=inet PORT=500[1-3] ADDR=127.0.0.1",
                "socket PROTO=inet PORT!=5002", "socket PROTO=inet", "socket", "socket inet 5001 127.0.0.1",
                "socket PROTO=* PORT=5001 ADDR=127.0.0.1", 'socket PROTO=unix SOCKET_PATH=""',
                "socket PROTO=unix SOCKET_PATH=*", "socket PROTO=inet PORT=5001 ADDR=127.0.0.1 OTHER=1",
                "socket PROTO=inet PORT=5001 ADDR=127.0.0.1 OTHER!=1",
                "%s and socket PROTO=inet PORT=5077 OTHER=1" % INET_3.condition)
        with Host() as host:
            host.job("other", starts_on([INET, UNIX, ABSTRACT]) + run(DAEMON, "serve"))
            for condition in rows:
                with self.subTest(condition):
                    self.refuse_to_adopt(host, "start on %s\n" % condition, "does not listen for")

    def test_listeners_at_other_addresses(self):
        """The address is taken, so that the socket bridge has none of this job's."""
        for kind in INET_2, INET_ELSEWHERE, INET6:
            with self.subTest(kind.described), Host() as host, host.socket(kind.family) as occupant:
                occupant.bind(kind.address)
                occupant.listen()
                host.job("other", starts_on([INET, UNIX]) + run(DAEMON, "serve"))
                self.refuse_to_adopt(host, starts_on([kind]), "does not listen for", kind.condition.split(" ADDR")[0])

    def start_impostor(self, host, file, stanzas, words):
        """A process of that file name has INET's listener. An event's descriptor stays with the job it starts."""
        path, post = os.path.join(host.dir, file), host.signpost()
        shutil.copy(DAEMON, path)
        host.job("impostor", "start on go\n%sexec %s\n" % (stanzas, words % ("%s touch=%s pause" % (path, post))))
        with host.socket(INET.family) as listener:
            listener.setblocking(True)
            listener.bind(INET.address)
            listener.listen()
            host.emit("go", fd=listener.fileno())
        post.wait()

    def test_impostors(self):
        """A process that has the socket, but is not the socket bridge."""
        rows = {
            "a user's": (HOLDER, AS_USER, "%s"),
            "another program": ("upstart-socket-x", "", "%s"),
            "not PID 1's child": (HOLDER, "", "sh -c '%s & wait'"),
            "in another network": (HOLDER, "", "unshare --net %s"),
        }
        for name, row in rows.items():
            with self.subTest(name), Host() as host:
                self.start_impostor(host, *row)
                self.refuse_to_adopt(host, starts_on([INET]), "does not listen for")
        with self.subTest("the control: a second socket bridge"), Host() as host:
            self.start_impostor(host, HOLDER, "", "%s")
            self.define(host, starts_on([INET]))
            self.start(host)
            self.assert_adopted(host, [INET])

    def test_no_privilege(self):
        with Host(system_bus=True) as host:
            os.chmod(host.dir, 0o777)  # for the reports
            for name, stanzas, prefix in (
                    ("user", AS_USER, ()),
                    ("no CAP_SYS_PTRACE", "", ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"))):
                with self.subTest(name):
                    self.refuse_to_adopt(host, stanzas + starts_on([INET]), "needs root", prefix=prefix)

    def test_no_kernel_support(self):
        with Host() as host:
            for error, says in (ENOSYS, "Linux 5.6"), (EPERM, "not permitted"):
                with self.subTest(error=error):
                    prefix = (sys.executable, WITHOUT_CALL, str(PIDFD_GETFD), str(error))
                    self.refuse_to_adopt(host, starts_on([INET]), says, prefix=prefix)

    def test_stale_and_not_to_be_had(self):
        """In place of stale sockets none is worse than no start: a client starts it again."""
        with Host() as host:
            self.define(host, RESPAWN + starts_on([INET]), prefix=WITHOUT_GETFD)
            self.meet(host, [INET])
            self.assert_refused(host, "job", "stale", "stop the job", "Linux 5.6",
                                cause=lambda: self.kill_daemon(host))
            host.wait("job", "stop/waiting")
            self.meet(host, [INET])

    def test_bus_is_away_for_a_moment(self):
        """Longer than a detection may take: a manual start and a respawn have their sockets."""
        with Host() as host:
            self.define(host, RESPAWN + starts_on([INET]))
            for cause in lambda: self.start(host), lambda: self.kill_daemon(host):
                host.hang_bus()
                cause()
                wait_until(lambda: host.status("job").pid, "next process of the job")
                host.wait_quietly(host.status("job").pid, 1.5)
                host.answer_bus()
                self.assert_adopted(host, [INET])

    def test_respawn_on_a_bus_that_hangs(self):
        """In place of a stale socket none is taken, and the reason is named."""
        with Host() as host:
            self.define(host, RESPAWN + starts_on([INET]))
            self.meet(host, [INET])
            host.hang_bus()
            self.assert_refused(host, "job", "stale", "no answer over D-Bus in time",
                                cause=lambda: self.kill_daemon(host))

    def test_bus_hangs(self):
        """A manual start takes longer; whether there ought to be sockets, nobody knows, and that is said."""
        with Host() as host:
            host.job("job", starts_on([INET]) + run(*bridge("report=%s/report-job" % host.dir, "pause")))
            self.define(host, starts_on([INET]), "--adopt=require", job="require")
            host.hang_bus()
            began = time.monotonic()
            self.start(host)
            wait_for_file("%s/report-job" % host.dir)
            self.assertLess(time.monotonic() - began, 12)
            self.assertEqual(host.read_report("report-job").inherited(), {})
            lines = host.bridge_lines("job")
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("whether the job starts on sockets is not known", lines[0])
            self.assertIn("no answer over D-Bus in time", lines[0])
            self.assert_refused(host, "require", "does not tell", "no answer over D-Bus")


if __name__ == "__main__":
    tap.main()
