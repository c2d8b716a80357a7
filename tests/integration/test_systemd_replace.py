# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd, without readiness: the daemon takes the bridge's place.

What it then sees is compared with what it sees without the bridge, and its sockets are where an
Upstart daemon looks for them. Separate from the hand over, where processes come between.

"defect N" is the row of that number among the defects of the 2014 predecessor.
"""
import os
import re
import stat
import struct

import tap
from fake_report import Report
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge
from systemd_host import wait_until

# Units whose every property must reach the daemon through the bridge.
SETTINGS = {
    "plain": {},
    "limits": {"LimitNOFILE": "100:200", "LimitNPROC": "77", "LimitCORE": "0", "UMask": "0027",
               "Nice": "5", "TimerSlackNSec": "1000", "OOMScoreAdjust": "300"},
    "signals": {"IgnoreSIGPIPE": "no", "WorkingDirectory": "/srv"},
    "user": {"User": "www-data", "SupplementaryGroups": "daemon"},
    "privileges": {"CapabilityBoundingSet": "CAP_NET_BIND_SERVICE CAP_KILL", "NoNewPrivileges": "yes",
                   "SecureBits": "keep-caps", "SystemCallFilter": "@system-service"},
    "ambient": {"User": "www-data", "AmbientCapabilities": "CAP_NET_BIND_SERVICE"},
    "streams": {"StandardInput": "file:/etc/passwd", "StandardOutput": "append:/srv/out/stdout",
                "StandardError": "null"},
    "environment": {"Environment": "ONE=1 LISTENING=yes UPSTART_=3 PROTOCOL=x WATCHDOGS=2 MANAGER=1",
                    "PassEnvironment": "container"},
    "scheduler": {"CPUSchedulingPolicy": "batch", "CPUAffinity": "0"},
    "notify": {"Type": "notify"},
    "watchdog": {"WatchdogSec": "1h"},
    "notify-access": {"NotifyAccess": "all"},
    "directories": {"StateDirectory": "x", "RuntimeDirectory": "x"},
}

# name, Listen directive, what Upstart says of such a socket, and where a client finds it
SOCKETS = (
    ("inet", "ListenStream=127.0.0.1:5001", {"PROTO": "inet", "PORT": "5001", "ADDR": "127.0.0.1"},
     "('127.0.0.1', 5001)"),
    ("inet6", "ListenStream=[::1]:5002", {"PROTO": "inet6", "PORT": "5002", "ADDR": "::1"},
     "('::1', 5002)"),
    ("port", "ListenStream=5003", {"PROTO": "inet6", "PORT": "5003", "ADDR": "::"},
     "('127.0.0.1', 5003)"),
    ("unix", "ListenStream=/srv/out/unix", {"PROTO": "unix", "SOCKET_PATH": "/srv/out/unix"},
     "'/srv/out/unix'"),
    ("abstract", "ListenStream=@name", {"PROTO": "unix", "SOCKET_PATH": ""}, r"'\0name'"),
)
EVENT = ("PROTO", "PORT", "ADDR", "SOCKET_PATH")

# What Upstart's protocol cannot say: name, directive, how the refusal describes it
REFUSED = (
    ("datagram", "ListenDatagram=127.0.0.1:5004", "datagram"),
    ("unix-datagram", "ListenDatagram=/srv/out/datagram", "datagram"),
    ("seqpacket", "ListenSequentialPacket=/srv/out/seqpacket", "seqpacket"),
    ("fifo", "ListenFIFO=/srv/out/fifo", "FIFO"),
    ("netlink", "ListenNetlink=kobject-uevent 1", "netlink"),
    ("mqueue", "ListenMessageQueue=/queue", "no socket"),
)

CLIENT = """
import socket, sys
for address in (%s,):
    family = socket.AF_UNIX if isinstance(address, str) else \\
             socket.AF_INET6 if ':' in address[0] else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        print(client.recv(100).decode(), end='')
"""


class Transparency(SystemdTestCase):
    """With and without the bridge, the same unit, the same report."""

    def see(self, name, words, directives, sockets=()):
        """Runs words as a unit and returns the daemon's report."""
        self.host.service(name, *words, **{"Type": "exec", **directives})
        if sockets:
            self.host.socket(name, ListenStream=sockets)
            self.assert_started(name + ".socket")
        self.assert_started(name + ".service")
        text = self.host.wait_file(OUT + "/report")
        self.clear()
        return normal(text)

    def see_both(self, name, options, directives, sockets=()):
        actions = ["report=%s/report" % OUT, *READY.get(directives.get("Type"), []), "pause"]
        direct = self.see(name, [DAEMON, *actions], directives, sockets)
        bridged = self.see(name, bridge(*options, *actions), directives, sockets)
        return direct, bridged

    def test_target_systemd_changes_nothing(self):
        for name, directives in SETTINGS.items():
            with self.row(unit=name):
                direct, bridged = self.see_both(name, ["--target=systemd"], directives)
                self.assertEqual(direct, bridged)
        with self.row("sockets"):
            direct, bridged = self.see_both("x", ["--target=systemd"], {}, ["5001", "/srv/out/s"])
            self.assertEqual(direct, bridged)

    def test_target_systemd_with_notify_changes_nothing(self):
        direct, bridged = self.see_both("x", ["--target=systemd", "--notify"], {"Type": "notify"})
        self.assertEqual(direct, bridged)

    def test_target_upstart_removes_the_host_variables(self):
        """Seen in the predecessor: LISTEN_FDNAMES, WATCHDOG_*, SYSTEMD_EXEC_PID, MANAGERPID reached the daemon."""
        gone = re.compile("env (LISTEN_.*|NOTIFY_SOCKET|WATCHDOG_.*|SYSTEMD_EXEC_PID|MANAGERPID.*)=")
        for name, directives in SETTINGS.items():
            if directives.get("Type") == "notify":
                continue        # it would have to be ready
            with self.row(unit=name):
                direct, bridged = self.see_both(name, ["--target=upstart"], directives)
                self.assertEqual([line for line in direct if not gone.match(line)], bridged)

    def test_variables_of_the_administrator_arrive(self):
        """Those that only begin like systemd's: daemons' own settings."""
        own = {"LISTEN_ADDRESS": "0.0.0.0", "LISTEN_PORT": "80", "LISTEN_HOST": "h", "WATCHDOG_INTERVAL": "5",
               "WATCHDOG_DEVICE": "/dev/watchdog", "MANAGERPIDS": "1", "UPSTART_URL": "http://x", "PORT": "8080",
               "NOTIFY_SOCKET_PATH": "/x"}
        for target in "upstart", "systemd":
            for listens in [], ["/srv/out/s"]:
                with self.row(target=target, listens=listens):
                    expected = {("env %s=%s" % item) for item in own.items()}
                    if target == "upstart" and listens:
                        expected.remove("env PORT=8080")    # the event's
                    _, bridged = self.see_both("x", ["--target=" + target],
                                               {"Environment": " ".join("%s=%s" % item for item in own.items())}, listens)
                    self.assertEqual(expected - set(bridged), set())

    def test_target_upstart_with_sockets(self):
        """Nothing but UPSTART_* and the event's variables is added, no descriptor moves."""
        direct, bridged = self.see_both("x", ["--target=upstart"], {}, ["127.0.0.1:5001"])
        self.assertEqual([line for line in direct if line.startswith("fd ")],
                         [line for line in bridged if line.startswith("fd ")])
        self.assertEqual([line for line in direct if line not in bridged],
                         ["env LISTEN_FDNAMES=x.socket", "env LISTEN_FDS=1", "env LISTEN_PID=PID",
                          *[line for line in direct if line == "env LISTEN_PIDFDID"],   # from 258 on
                          *(["env SYSTEMD_EXEC_PID=PID"] if self.host.version() >= 248 else [])])
        added = [line for line in bridged if line not in direct]
        self.assertEqual(added, ["env ADDR=127.0.0.1", "env PORT=5001", "env PROTO=inet",
                                 "env UPSTART_EVENTS=socket", "env UPSTART_FDS=3",
                                 "env UPSTART_INSTANCE=", "env UPSTART_JOB=x"])

    def test_user_manager(self):
        """Seen in the predecessor: a user unit's daemon found MANAGERPID."""
        user = self.host.user_manager()
        user.service("x", *bridge("--target=upstart", "report=%s/report" % OUT, "pause"), Type="exec")
        self.assert_started("x.service", user)
        env = self.report().env
        for name in ("MANAGERPID", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET"):
            self.assertNotIn(name, env)
        self.assertIn("XDG_RUNTIME_DIR", env)


# What the daemon does so that a unit of this type starts.
READY = {"notify": ["notify=READY=1"]}


def normal(text):
    """A report without what differs from one start to the next."""
    pid = Report(text)["pid"]
    text = re.sub(r"^(env \w+=|\w+ )%s$" % pid, r"\1PID", text, flags=re.M)
    text = re.sub(r"^(env (INVOCATION_ID|LISTEN_PIDFDID))=.*", r"\1", text, flags=re.M)
    return re.sub(r"^(env JOURNAL_STREAM)=.*", r"\1", text, flags=re.M).splitlines()


class Sockets(SystemdTestCase):
    def listen(self, name, directives, *options, **service):
        self.host.unit(name + ".socket", "[Socket]\n%s\n" % "\n".join(directives))
        self.host.service(name, *bridge("--target=upstart", *options, "report=%s/report" % OUT,
                                        "serve"), Type="exec", **service)
        self.assert_started(name + ".socket")

    def ask(self, *addresses):
        """Connects to each; returns the descriptor by which the daemon got each client."""
        result = self.host.run("/usr/bin/python3", "-c", CLIENT % ",".join(addresses))
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line.split()[1] for line in result.stdout.splitlines()]

    def test_each_kind(self):
        """Seen in the predecessor: AF_INET6 was refused, UPSTART_EVENTS not set."""
        for name, directive, event, address in SOCKETS:
            with self.row(socket=name):
                self.listen(name, [directive])
                self.assertEqual(self.ask(address), ["3"])
                env = self.report().env
                self.assertEqual(env["UPSTART_FDS"], "3")
                self.assertEqual(env["UPSTART_EVENTS"], "socket")
                self.assertEqual((env["UPSTART_JOB"], env["UPSTART_INSTANCE"]), (name, ""))
                self.assertEqual({key: env[key] for key in EVENT if key in env}, event)

    def test_several(self):
        """Seen in the predecessor: more than one socket was refused. The event is that of the last."""
        self.listen("several", [directive for _, directive, _, _ in SOCKETS])
        answers = self.ask(*[address for _, _, _, address in SOCKETS])
        self.assertEqual(answers, ["3", "4", "5", "6", "7"])
        env = self.report().env
        self.assertEqual(env["UPSTART_FDS"], "3 4 5 6 7")
        self.assertEqual((env["PROTO"], env["SOCKET_PATH"]), ("unix", ""))
        self.assertNotIn("PORT", env)

    def test_inherited_event_variables_do_not_stay(self):
        """What the unit says by accident must not be mistaken for the socket's."""
        for name, directive, event, address in SOCKETS:
            with self.row(socket=name):
                self.listen(name, [directive],
                            Environment="PROTO=x PORT=1 ADDR=2 SOCKET_PATH=/x PORTS=3 UPSTART_FDS=9")
                self.assertEqual(self.ask(address), ["3"])
                env = self.report().env
                self.assertEqual(env["UPSTART_FDS"], "3")
                self.assertEqual({key: env[key] for key in EVENT if key in env}, event)
                self.assertEqual(env["PORTS"], "3")

    def test_refused_kinds(self):
        """Seen in the predecessor: dead code, and wrong messages for what cannot be expressed."""
        for name, directive, word in REFUSED:
            with self.row(socket=name):
                self.listen(name, [directive])
                line = self.assert_refused(name + ".service", "descriptor 3", "--force-sockets")
                self.assertIn(word.lower(), line.lower())

    def test_refused_among_good_ones(self):
        self.listen("x", ["ListenStream=5001", "ListenStream=5002", "ListenFIFO=/srv/out/fifo"])
        self.assert_refused("x.service", "descriptor 5")

    def test_forced(self):
        for name, directive, _ in REFUSED:
            with self.row(socket=name):
                self.host.unit(name + ".socket", "[Socket]\n%s\n" % directive)
                self.host.service(name, *bridge("--target=upstart", "--force-sockets",
                                                "report=%s/report" % OUT, "pause"), Type="exec")
                self.assert_started(name + ".socket")
                self.assert_started(name + ".service")
                report = self.report()
                self.assertEqual(report.env["UPSTART_FDS"], "3")
                self.assertIn(3, report.fds)

    def test_accepted_connection(self):
        """Seen in the predecessor: with Accept=yes the connection was handed over as if it were a listener."""
        self.host.socket("acc", ListenStream="127.0.0.1:5001", Accept="yes")
        self.host.service("acc@", *bridge("--target=upstart", "touch=%s/ran" % OUT))
        self.host.start("acc.socket")
        self.host.run("/usr/bin/python3", "-c", "import socket\n"
                      "c = socket.create_connection(('127.0.0.1', 5001)); c.recv(1)")
        lines = wait_until(lambda: [line for line in self.bridge_lines() if "descriptor 3" in line],
                           "the refusal")
        self.assertIn("not listen", lines[0])
        self.assertFalse(self.host.exists(OUT + "/ran"))


    def test_job_only_with_sockets_or_option(self):
        """redis and collectd stop themselves when they see UPSTART_JOB; nobody would continue them."""
        for name, options, job in (("none", [], (None, None)),
                                   ("option", ["--job=other"], ("other", "")),
                                   ("both", ["--job=other/one"], ("other", "one"))):
            with self.row(name):
                self.host.service(name, *bridge("--target=upstart", *options,
                                                "report=%s/report" % OUT, "pause"), Type="exec")
                self.assert_started(name + ".service")
                env = self.report().env
                self.assertEqual((env.get("UPSTART_JOB"), env.get("UPSTART_INSTANCE")), job)

    def test_job_option_beats_the_unit(self):
        """Seen in the predecessor: collectd wants its own name."""
        self.listen("metrics", ["ListenStream=/srv/out/unix"], "--job=collectd/a")
        self.ask("'/srv/out/unix'")
        env = self.report().env
        self.assertEqual((env["UPSTART_JOB"], env["UPSTART_INSTANCE"]), ("collectd", "a"))


class Command(SystemdTestCase):
    """What becomes of the command: found, not found, its status; and who may run the bridge."""

    def test_exit_status(self):
        rows = (("7", [BRIDGE, "-t", "upstart", DAEMON, "exit=7"]),
                ("127", [BRIDGE, "-t", "upstart", "/srv/bin/none"]),
                ("127", [BRIDGE, "-t", "upstart", "no-such-command"]),
                ("126", [BRIDGE, "-t", "upstart", "/etc/passwd"]),
                ("126", [BRIDGE, "-t", "upstart", "/srv"]),
                ("125", [BRIDGE, "-t", "upstart"]),
                ("125", [BRIDGE, "-t", "nothing", DAEMON]))
        for status, words in rows:
            for options in ([], ["-N"]):
                with self.row(command=words, options=options):
                    self.host.service("x", *words[:1], *options, *words[1:], Type="notify")
                    self.host.start("x.service")
                    self.assertEqual(self.host.show("x.service", "Result", "ExecMainStatus"),
                                     {"Result": "exit-code", "ExecMainStatus": status})

    def test_path_is_searched(self):
        self.host.service("x", BRIDGE, "-t", "upstart", "fake-daemon", "touch=%s/ran" % OUT,
                          Type="oneshot", Environment="PATH=/usr/bin:/srv/bin")
        self.assert_started("x.service")
        self.assertTrue(self.host.exists(OUT + "/ran"))

    def test_options_end_at_the_command(self):
        self.host.service("x", BRIDGE, "-t", "upstart", "/bin/sh", "-c", "exit 3", Type="oneshot")
        self.host.start("x.service")
        self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "3"})

    def test_more_rights_than_the_starter_s_are_refused(self):
        """Each for its own reason."""
        path = self.host.install(os.environ["CIB"], "privileged-bridge")
        file = self.host.path(path)

        def set_capability():
            os.chmod(file, 0o755)
            # cap_net_bind_service=ep, <linux/capability.h>
            os.setxattr(file, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0))
        rows = (
            ("set-user-ID:", lambda: os.chmod(file, 0o755 | stat.S_ISUID)),
            ("set-group-ID:", lambda: os.chmod(file, 0o755 | stat.S_ISGID)),
            ("with file capabilities:", set_capability),
        )
        for reason, prepare in rows:
            with self.row(reason):
                prepare()
                self.host.service("x", path, "-t", "upstart", DAEMON, Type="exec", User="www-data")
                self.assert_refused("x.service", reason)


if __name__ == "__main__":
    tap.main()
