# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--explain and --detect: what they print, to whom, in which form, and with which exit status.

By hand, without a manager: the hosts are named by -i. What each host and target has in its plan is in
the tables of tests/unit; how the managers themselves are recognised, in test_*_detect.py.
"""
import json
import os
import re
import socket
import stat
import subprocess
import tempfile
import unittest

import tap

BRIDGE = os.environ["CIB"]
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../man/cross-init-bridge.7")
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
TRUE = "/bin/true"


def bridge(*words, env=None, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([BRIDGE, *words], env={**ENV, **(env or {})}, text=True, check=False, **options)


def explain(*words, **options):
    return bridge("--explain", *words, **options)


class StatusTest(unittest.TestCase):
    """0: it would work; 3: with warnings; 125: it would be refused."""

    # options and command, status, what the output has, its last line's beginning
    ROWS = {
        "works": (["-i", "none", "-t", "systemd", TRUE], 0, "command: /bin/true", "program: /bin/true"),
        "found in PATH": (["-i", "none", "-t", "systemd", "sh"], 0, "command: sh", "program: /usr/"),
        "no effect here": (["-i", "systemd", "-t", "systemd", "-N", TRUE], 0, "without effect: --notify (the daemon speaks "
                           "to the service manager itself)", "program: "),
        "a warning": (["-i", "none", "-t", "systemd", "--wait-timeout=5", TRUE], 3,
                      "warning: --wait-timeout has no effect: --wait-for is missing", "program: "),
        "no host": (["-t", "systemd", "-N", TRUE], 125, "target: systemd\ncommand: /bin/true\n",
                    "refused: cannot tell which service manager started us"),
        "nobody waits": (["-i", "none", "-t", "systemd", "-N", TRUE], 125, "host: none (--init)\ntarget: systemd\ncommand:",
                         "refused: -N on host none: nobody waits"),
        "no socket": (["-i", "none", "-t", "inetd", TRUE], 125, "shape: replace", "refused: a daemon for inetd needs a socket"),
        "unknown target": (["-t", "sysv", TRUE], 125, "host: none shows itself\ncommand: ", "refused: --target: 'sysv'"),
        "missing": (["-i", "none", "-t", "systemd", "/nope/redis"], 125, "shape: replace",
                    "refused: cannot execute '/nope/redis': No such file"),
        "not in PATH": (["-i", "none", "-t", "systemd", "redis-serfer"], 125, "shape: replace",
                        "refused: cannot execute 'redis-serfer': No such file or directory: it is in no directory of PATH"),
        "quoted as one": (["-i", "none", "-t", "systemd", "/bin/sh -c true"], 125, "command: '/bin/sh -c true'\n",
                          "refused: cannot execute '/bin/sh -c true': No such file or directory: there are blanks in it"),
        "a directory": (["-i", "none", "-t", "systemd", "/usr/bin"], 125, "shape: replace",
                        "refused: cannot execute '/usr/bin': Permission denied: it is a directory"),
        "may come": (["-i", "none", "-t", "systemd", "--wait-for=path:/nope", "/nope/redis"], 3, "waits for: path:/nope",
                     "warning: cannot execute '/nope/redis': No such file or directory (unless what is waited for brings it)"),
    }

    def test_status_and_last_line(self):
        for name, (words, status, part, last) in self.ROWS.items():
            with self.subTest(name):
                done = explain(*words)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertIn(part, done.stdout)
                self.assertTrue(done.stdout.splitlines()[-1].startswith(last), done.stdout)
                refusal = re.match("refused: (.*)", done.stdout.splitlines()[-1])
                self.assertEqual(done.stderr, "cross-init-bridge: %s\n" % refusal[1] if refusal else "")

    def test_who_reads_both_reads_the_reason_once(self):
        done = explain("-i", "none", "-t", "systemd", "-N", TRUE, stderr=subprocess.STDOUT)
        self.assertEqual(done.stdout.count("nobody waits"), 1)

    def test_scripts(self):
        rows = {"#!/bin/sh\n": (0, "program: %s, run by /bin/sh"),
                "#!/nope/python\n": (125, "not its interpreter, /nope/python"),
                "#!/bin/sh\r\n": (125, "its lines end as those of DOS do"),
                "echo\n": (125, "a script begins with a line like #!/bin/sh")}
        for text, (status, part) in rows.items():
            with self.subTest(text), tempfile.NamedTemporaryFile("w", newline="") as file:
                file.write(text)
                file.flush()
                os.chmod(file.name, stat.S_IRWXU)
                done = explain("-i", "none", "-t", "systemd", file.name)
                self.assertEqual(done.returncode, status, done.stdout)
                self.assertIn(part % file.name if "%" in part else part, done.stdout)

    def test_words_are_quoted(self):
        done = explain("-i", "none", "-t", "systemd", TRUE, "--save", "", "a b", "it's", "x\ny")
        line = re.search("^command: (.*)$", done.stdout, re.M)[1]
        words = subprocess.run(["bash", "-c", "printf '%s\\0' " + line], capture_output=True, text=True, check=True).stdout
        self.assertEqual(words.split("\0")[:-1], [TRUE, "--save", "", "a b", "it's", "x\ny"])

    def test_nothing_is_started(self):
        with tempfile.TemporaryDirectory() as directory:
            path = directory + "/made"
            self.assertEqual(explain("-i", "none", "-t", "systemd", "--listen=" + path, "touch", path).returncode, 0)
            self.assertFalse(os.path.exists(path))


class JsonTest(unittest.TestCase):
    def documented(self, option):
        """The members that the manual lists for @option."""
        with open(MANUAL, encoding="utf-8") as file:
            section = re.search(r"^\.Sh OUTPUT FOR PROGRAMS\n(.*?)^\.Sh ", file.read(), re.S | re.M)[1]
        part = re.search(r"^\.Fl -%s :\n(.*?)^\.El" % option, section, re.S | re.M)[1]
        return [name for line in re.findall(r"^\.It Li (.*)$", part, re.M) for name in line.split(" , ")]

    def test_explain_has_what_is_documented(self):
        for words in (["-i", "none", "-t", "systemd", "--listen=8080", TRUE], ["-i", "upstart", "-t", "systemd", TRUE]):
            with self.subTest(words=words):
                done = explain("--format=json", *words)
                self.assertEqual(done.stdout.count("\n"), 1)
                self.assertEqual(list(json.loads(done.stdout)), self.documented("explain"))

    def test_detect_has_what_is_documented(self):
        done = bridge("--detect", "--format=json")
        self.assertEqual(done.returncode, 0)
        found = json.loads(done.stdout)
        self.assertEqual(sorted(found), sorted(self.documented("detect")))
        self.assertIsNone(found["verdict"])
        self.assertEqual(found["parent"]["pid"], os.getpid())
        by_host = {entry["host"]: {at["what"]: at["answer"] for at in entry["at"]} for entry in found["looked_at"]}
        self.assertEqual(by_host["systemd"]["SYSTEMD_EXEC_PID"], "not set")
        self.assertEqual(by_host["upstart"]["its socket"], "not asked")

    def test_values(self):
        done = explain("--format=json", "-i", "none", "-t", "systemd", "--listen=8080", "--fdname=web", "--wait-timeout=7",
                       TRUE, "a b", "\udcff")
        plan = json.loads(done.stdout)
        self.assertEqual(done.returncode, 3)
        self.assertEqual((plan["status"], plan["host"], plan["target"], plan["shape"], plan["untouched"]),
                         (3, "none", "systemd", "replace", False))
        self.assertEqual([(fd["number"], fd["listen"]) for fd in plan["descriptors"]], [(3, "8080")])
        self.assertEqual(plan["set"], {"LISTEN_PID": None, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"})
        self.assertEqual(plan["command"], [TRUE, "a b", "\ufffd"])
        self.assertEqual(plan["program"]["path"], TRUE)
        self.assertEqual(plan["warnings"], ["--wait-timeout has no effect: --wait-for is missing"])
        self.assertIsNone(plan["refused"])

    def test_a_refusal_is_in_the_object(self):
        done = explain("--format=json", "-i", "none", "-t", "systemd", "-N", TRUE)
        plan = json.loads(done.stdout)
        self.assertEqual((done.returncode, plan["status"], plan["shape"]), (125, 125, None))
        self.assertIn("nobody waits", plan["refused"])

    def test_without_something_to_print_it_is_refused(self):
        done = bridge("--format=json", "-i", "none", "-t", "systemd", TRUE)
        self.assertEqual(done.returncode, 125)
        self.assertIn("--format=json without --explain or --detect", done.stderr)


class ClientTest(unittest.TestCase):
    """On a line of inetd's standard output is the client."""

    def run_for_client(self, *words, **options):
        """What the client was sent, and what was said elsewhere."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            connection, _ = server.accept()
        with client:
            with connection:
                done = bridge(*words, stdin=connection, stdout=connection, **options)
            client.settimeout(20)
            return client.recv(65536), done.stderr

    def test_the_plan_does_not_go_to_the_client(self):
        sent, said = self.run_for_client("--explain", "-i", "inetd", "-t", "systemd", TRUE)
        self.assertEqual(sent, b"")
        self.assertIn("cross-init-bridge: host: inetd (--init)\n", said)
        self.assertIn("cross-init-bridge: program: /bin/true", said)

    def test_neither_does_the_evidence_nor_a_refusal(self):
        sent, said = self.run_for_client("--detect")
        self.assertEqual(sent, b"")
        self.assertIn("cross-init-bridge: verdict: ", said)
        sent, said = self.run_for_client("--explain", "-i", "inetd", "-t", "upstart", TRUE)
        self.assertEqual(sent, b"")
        self.assertEqual(said.count("is a single connection"), 1)

    def test_a_pair_is_no_client(self):
        """As ssh(1) gives one to a command."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.settimeout(10)
            done = bridge("--detect", stdin=theirs, stdout=theirs)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"verdict: ", ours.recv(65536))


class DetectTest(unittest.TestCase):
    def test_all_that_was_looked_at_is_told(self):
        done = bridge("--detect", env={"UPSTART_JOB": "x", "SYSTEMD_EXEC_PID": "1"})
        self.assertEqual(done.returncode, 0)
        with open("/proc/self/comm", encoding="utf-8") as file:
            comm = file.read().strip()
        self.assertRegex(done.stdout, r"(?m)^process: \d+, parent %d \(%s\)$" % (os.getpid(), re.escape(comm)))
        self.assertRegex(done.stdout, r"(?m)^process 1: .*, not our parent$")
        self.assertRegex(done.stdout, r"(?m)^looked at \(systemd\): SYSTEMD_EXEC_PID: 1; LISTEN_PID: not set; .*; D-Bus: ")
        self.assertRegex(done.stdout, r"(?m)^looked at \(upstart\): UPSTART_JOB: x; ")

    def test_a_variable_that_names_us_is_evidence(self):
        script = 'export SYSTEMD_EXEC_PID=$$; exec "$0" --detect'
        done = subprocess.run(["sh", "-c", script, BRIDGE], env=ENV, capture_output=True, text=True, check=True)
        self.assertIn("learns of readiness by: READY=1 with MAINPID=\nverdict: systemd; it started us itself\n", done.stdout)


if __name__ == "__main__":
    tap.main()
