# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: who started us.

Each row is a job that hides some of the evidence, or lays a false trail. Separate from what is then
done with the answer, because detection has to be right where everything else is hidden or broken.
"""
import os
import shlex
import subprocess
import sys
import time
import unittest

import tap
from upstart_case import BRIDGE, DAEMON, NOBODY, READY, Host, UpstartTestCase, attended, bridge, least, run

DETECT = (BRIDGE, "--detect")

ITSELF = "verdict: upstart; it started us itself"
BETWEEN = "verdict: upstart; something between it and us started us"
UNKNOWN = "verdict: upstart; whether it started us itself is not known"
SYSTEMD = "verdict: systemd; "
NOBODY_SHOWS = "verdict: no service manager shows itself"

BY_SOCKET = "evidence (socket): upstart: UPSTART_JOB is set and Upstart's socket belongs to our parent"
BY_OTHER_SOCKET = "evidence (socket): upstart: UPSTART_JOB is set and Upstart's socket answers"
BY_PARENT = "evidence (parent): upstart: UPSTART_JOB is set and our parent is PID 1, called init"
BY_BUS = "evidence (D-Bus): upstart: Upstart says over D-Bus that we are a job's process"

# What systemd leaves to those who were started by somebody whom it started.
INHERITED = "".join("env %s\n" % variable for variable in (
    "SYSTEMD_EXEC_PID=4711", "LISTEN_PID=4711", "LISTEN_FDS=1", "MANAGERPID=4711", "WATCHDOG_PID=4711",
    "NOTIFY_SOCKET=/run/systemd/notify", "INVOCATION_ID=0123456789abcdef0123456789abcdef"))

# An abstract socket of Upstart's name, held by a process of another user, our parent.
SQUATTER = "; ".join((
    "import os, socket, subprocess, sys",
    "squat = socket.socket(socket.AF_UNIX)",
    "os.seteuid(%d)" % NOBODY,
    "squat.bind(chr(0) + sys.argv[1])",
    "squat.listen()",
    "os.seteuid(0)",
    "sys.exit(subprocess.run(sys.argv[2:]).returncode)"))
SOCKET_NAME = "/com/ubuntu/upstart"


def squatted(name, *words):
    return (sys.executable, "-c", SQUATTER, name, *words)


# name: stanzas of the job, the verdict, what else --detect says
JOBS = {
    "plain": (run(*DETECT), ITSELF, [BY_SOCKET]),
    "with characters for a shell": (run("env", "A=$B", *DETECT), ITSELF, [BY_SOCKET]),
    "script that execs": ("script\n  :\n  %send script\n" % run(*DETECT), ITSELF, [BY_SOCKET]),
    "script that does not": ("script\n  %s\n  :\nend script\n" % shlex.join(DETECT), BETWEEN, [BY_OTHER_SOCKET]),
    "pre-start": ("pre-start %sexec true\n" % run(*DETECT), ITSELF, [BY_SOCKET]),
    "setuid": ("setuid nobody\n" + run(*DETECT), ITSELF, [BY_SOCKET]),
    "setuid script": ("setuid nobody\nscript\n  %s\n  :\nend script\n" % shlex.join(DETECT), BETWEEN, []),
    "other network": (run("unshare", "--net", *DETECT), ITSELF, [BY_PARENT]),
    "other network, as a user": (run("unshare", "--net", "setpriv", "--reuid=nobody", "--clear-groups", *DETECT),
                                 ITSELF, [BY_PARENT]),
    "other network, squatted": (run("unshare", "--net", *squatted(SOCKET_NAME, *DETECT)), NOBODY_SHOWS, []),
    "other processes": (run("unshare", "--pid", "--fork", *DETECT), UNKNOWN, [BY_OTHER_SOCKET]),
    "inherited from systemd": (INHERITED + run(*DETECT), ITSELF, [BY_SOCKET]),
    "inherited from systemd, in a script": (INHERITED + "script\n  %s\n  :\nend script\n" % shlex.join(DETECT),
                                            BETWEEN, []),
    "session that is gone": ("env UPSTART_SESSION=unix:abstract=/gone\n" + run(*DETECT), ITSELF, [BY_PARENT]),
    "session that is garbage": ("env UPSTART_SESSION=garbage\n" + run(*DETECT), ITSELF, [BY_PARENT]),
    "session that is squatted": ("env UPSTART_SESSION=unix:abstract=/squatted\n"
                                 + run(*squatted("/squatted", *DETECT)), NOBODY_SHOWS, []),
    "no variables": (run("env", "-u", "UPSTART_JOB", *DETECT), ITSELF, [BY_BUS]),
    "no variables, as a user": ("setuid nobody\n" + run("env", "-u", "UPSTART_JOB", *DETECT), ITSELF, [BY_BUS]),
    "no variables, other network": (run("unshare", "--net", "env", "-i", *DETECT), ITSELF, [BY_BUS]),
    "--init=upstart": (run(*DETECT, "--init=upstart"), ITSELF, ["evidence (option): --init=upstart", BY_SOCKET]),
    "--init=systemd": (run(*DETECT, "--init=systemd"), SYSTEMD, ["evidence (option): --init=systemd"]),
}


class DetectTest(UpstartTestCase):
    def detect(self, host, stanzas):
        """What --detect printed in a job with these stanzas."""
        host.job("job", stanzas)
        before = len(host.job_output("job"))
        self.assertEqual(host.start("job").rc, 0)
        host.wait("job", "stop/waiting")
        return host.job_output("job")[before:].splitlines()

    def test_evidence_and_verdict(self):
        with Host(system_bus=True) as host:
            for name, (stanzas, verdict, evidence) in JOBS.items():
                with self.subTest(job=name):
                    lines = self.detect(host, stanzas)
                    self.assertTrue([line for line in lines if line.startswith(verdict)], lines)
                    for word in evidence:
                        self.assertTrue([line for line in lines if line.startswith(word)], (word, lines))
                    if INHERITED not in stanzas:
                        self.assertFalse([line for line in lines if ": systemd: " in line], lines)

    def test_session_init(self):
        """The session's init is our parent, whoever is PID 1; what it inherited from systemd names itself."""
        with Host() as host:
            session = host.session(NOBODY)
            for name, env in (("plain", ""), ("below systemd", "".join(
                    "env %s=%d\n" % (variable, session.inner_pid)
                    for variable in ("SYSTEMD_EXEC_PID", "LISTEN_PID", "MANAGERPID")))):
                with self.subTest(name):
                    lines = self.detect(session, env + run(*DETECT))
                    self.assertIn(ITSELF, lines)
                    self.assertIn(BY_SOCKET, lines)
            self.assertIn(BETWEEN, self.detect(session, run("sh", "-c", shlex.join(DETECT) + "; :")))

    def test_session_job_is_attended(self):
        with Host() as host:
            session = host.session(NOBODY)
            session.job("job", attended(READY, "pause"))
            self.assertEqual(session.start("job").rc, 0)
            self.assertEqual(session.status("job").state, "running")
            self.assertEqual(session.stop("job").rc, 0)
            self.assert_nothing_left(host)

    def test_outside_of_jobs(self):
        """A shell somewhere: not even a variable makes it a job's process."""
        rows = (
            ({}, NOBODY_SHOWS),
            ({"UPSTART_JOB": "x"}, BETWEEN),
            ({"UPSTART_SESSION": "unix:abstract=" + SOCKET_NAME}, NOBODY_SHOWS),
            ({"SYSTEMD_EXEC_PID": "1", "LISTEN_PID": "1", "LISTEN_FDS": "1"}, NOBODY_SHOWS),
        )
        with Host() as host:
            for env, verdict in rows:
                with self.subTest(env=env):
                    self.assertIn(verdict, host.run(DETECT, env=env).stdout.splitlines())

    def test_nobody_started_us(self):
        with Host() as host:
            def attempt():
                began = time.monotonic()
                result = host.run((BRIDGE, "-t", "systemd", "-N", DAEMON))
                took = time.monotonic() - began
                self.assertEqual(result.returncode, 125)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                for word in "--init", "--detect":
                    self.assertIn(word, result.stderr)
                return took
            self.assertLess(least(attempt, 2), 2)

    def test_explain(self):
        """The plan, whole, and nothing is started."""
        with Host() as host:
            host.job("job", "expect stop\nenv PROTO=inet\n" + run(*bridge("--notify", "--explain", "touch=%s/started" % host.dir)))
            self.assertEqual(host.start("job").rc, 0)
            host.wait("job", "stop/waiting")
            self.assertEqual(sorted(host.job_output("job").splitlines()), sorted((
                "host: upstart (UPSTART_JOB is set and Upstart's socket belongs to our parent)",
                "target: systemd",
                "shape: attend (the daemon takes our place, a babysitter stays)",
                "sockets: none taken for the job: the job's 'start on' names no socket",
                "variable PROTO: removed", "variable UPSTART_JOB: removed", "variable UPSTART_INSTANCE: removed",
                "variable NOTIFY_SOCKET: the babysitter's socket",
                "readiness: the babysitter receives READY=1 from the daemon's main process and tells upstart "
                "(expect stop)",
                "start timeout: 90 s, then the daemon is ended",
                "command: %s touch=%s/started" % (DAEMON, host.dir),
                *[line for line in host.job_output("job").splitlines() if line.startswith("program: " + DAEMON)])))
            self.assertFalse(os.path.exists(host.dir + "/started"))
            self.assert_nothing_left(host)

    def test_verbose_prints_the_plan_and_goes_on(self):
        with Host() as host:
            host.job("job", attended("--verbose", READY, "pause"))
            self.assert_started(host)
            self.assertIn("shape: attend", host.job_output("job"))
            host.stop("job")


class OutputTest(unittest.TestCase):
    """What is asked for on standard output, and cannot be written."""

    def test_why_it_cannot_be_written(self):
        plan = ["-t", "systemd", "-i", "none", "--explain", "--", "true"]
        for words in (["--help"], ["--version"], ["--detect"], plan, ["--format=json", *plan], ["--check", "/etc/passwd"],
                      ["--probe=here", "--seconds=1", "--", "true"]):
            for where, why in (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"):
                with self.subTest(words=words, where=where):
                    done = subprocess.run(["sh", "-c", '"$@" ' + where, "sh", os.environ["CIB"], *words], stderr=subprocess.PIPE,
                                          text=True, check=False)
                    self.assertEqual(done.returncode, 125, done.stderr)
                    self.assertRegex(done.stderr.splitlines()[-1],
                                     "^cross-init-bridge: (--check: |--probe: |)cannot write to standard output: %s$" % why)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_why_there_is_no_babysitter(self):
        """The second of two forks fails, of which only another process knows why."""
        enter = ["setpriv", "--reuid=54217", "--regid=54217", "--clear-groups", "prlimit", "--nproc=2:2"]
        done = subprocess.run([*enter, BRIDGE, "-i", "datagram", "-t", "systemd", "-N", "--", "true"], env={
            "NOTIFY_SOCKET": "@nobody-is-there", "PATH": os.environ["PATH"]}, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (
            125, "cross-init-bridge: cannot start the babysitter: Resource temporarily unavailable: a limit of processes is reached "
                 "(RLIMIT_NPROC, or the control group's)\n"))


class RefusalTest(UpstartTestCase):
    def test_readiness_of_a_process_that_nobody_tracks(self):
        """-N where Upstart would wait for another process, or for something else, is an error that says so."""
        words = shlex.join(bridge("--notify", READY, "pause"))
        namespace = shlex.join(["unshare", "--fork", "--pid", "--kill-child"])
        rows = {
            "shell": ("expect stop\nscript\n  %s\nend script\n" % words, ["put 'exec' before"]),
            "wrapper": ("expect stop\nexec sh -c %s\n" % shlex.quote("%s; exit $?" % words), ["put 'exec' before"]),
            "pid namespace": ("expect stop\nexec %s %s\n" % (namespace, words), ["PID 1 of a namespace"]),
            "expect fork": ("expect fork\nexec %s\n" % words, ["expect fork", "change it to 'expect stop'"]),
            "expect daemon": ("expect daemon\nexec %s\n" % words, ["expect daemon", "change it to 'expect stop'"]),
        }
        with Host() as host:
            for name, (stanzas, says) in rows.items():
                with self.subTest(name):
                    job = next(self.names)
                    host.job(job, stanzas)
                    self.assert_refused(host, job, *says)
                    self.assert_nothing_left(host)

    def test_without_readiness_all_of_them_run(self):
        words = shlex.join(bridge("pause"))
        forking = shlex.join(bridge("fork-exit", "pause"))
        rows = {
            "shell": "script\n  %s\n  :\nend script\n" % words,
            "expect fork": "expect fork\nexec %s\n" % forking,
            "expect daemon": "expect daemon\nexec %s\n" % shlex.join(bridge("fork-exit", "fork-exit", "pause")),
        }
        with Host() as host:
            for name, stanzas in rows.items():
                with self.subTest(name):
                    job = next(self.names)
                    host.job(job, stanzas)
                    self.assert_started(host, job)
                    self.assertEqual(host.stop(job).rc, 0)


class BusTest(UpstartTestCase):
    """D-Bus that hangs or is not there is not waited for, unless nothing else tells; then a second at most."""

    def time_of(self, host, stanzas):
        """How long the job took, and what it said."""
        host.job("job", stanzas)
        before = len(host.job_output("job"))
        began = time.monotonic()
        host.start("job")
        host.wait("job", "stop/waiting")
        return time.monotonic() - began, host.job_output("job")[before:]

    def assert_takes_less(self, limit, host, stanzas, says, says_not="\0"):
        def attempt():
            took, output = self.time_of(host, stanzas)
            self.assertIn(says, output)
            self.assertNotIn(says_not, output)
            return took
        self.assertLess(least(attempt, limit), limit)

    def test_hung_bus_is_not_asked_when_the_environment_tells(self):
        with Host(system_bus=True) as host:
            with host.stopped_system_bus():
                self.assert_quick(host)
            host.hang_bus()
            self.assert_quick(host)

    def assert_quick(self, host):
        for stanza in "", "setuid nobody\n":
            with self.subTest(stanza=stanza):
                stanza += "env UPSTART_EVENTS=runlevel\n"  # a manual start asks for the job's sockets
                self.assert_takes_less(0.8, host, stanza + run(*bridge("print=hello")), "hello")

    def test_hung_bus_costs_a_second_when_it_alone_could_tell(self):
        with Host(system_bus=True) as host:
            host.hang_bus()
            for stanza in "", "setuid nobody\n":
                with self.subTest(stanza=stanza):
                    self.assert_takes_less(2, host, stanza + run("env", "-u", "UPSTART_JOB", *bridge("print=hello")),
                                           "--init", "hello")

    def test_absent_bus_costs_nothing(self):
        with Host() as host:
            self.assert_takes_less(0.8, host, "setuid nobody\n" + run("env", "-u", "UPSTART_JOB", *bridge("pause")), "--init")


if __name__ == "__main__":
    tap.main()
