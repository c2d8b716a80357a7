# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--listen: the sockets that nobody handed over, by hand, in units and in jobs.

Separate from the sockets that are handed over, because here the bridge makes something, which must be
what was asked for, must not be taken from anybody, and must go if there is no daemon.
"""
import glob
import grp
import os
import signal
import socket
import stat

import tap
import upstart_case
from fake_report import Report
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge
from upstart_case import Host, run, wait_until
from upstart_socket_case import SocketTestCase, ask, inet, starts_on

# --listen=: what the daemon finds, what is made for it in the file system.
KINDS = {
    "5001": ("inet6 stream listening [::]:5001", None),
    "127.0.0.1:5002": ("inet stream listening 127.0.0.1:5002", None),
    "[::1]:5003": ("inet6 stream listening [::1]:5003", None),
    OUT + "/stream": ("unix stream listening /srv/out/stream", stat.S_IFSOCK),
    "@stream": ("unix stream listening @stream", None),
    "udp:5001": ("inet6 dgram [::]:5001", None),
    "udp:127.0.0.1:5002": ("inet dgram 127.0.0.1:5002", None),
    "dgram:" + OUT + "/dgram": ("unix dgram /srv/out/dgram", stat.S_IFSOCK),
    "dgram:@dgram": ("unix dgram @dgram", None),
    "seqpacket:" + OUT + "/seq": ("unix seqpacket listening /srv/out/seq", stat.S_IFSOCK),
    "seqpacket:@seq": ("unix seqpacket listening @seq", None),
    "fifo:" + OUT + "/made/fifo": ("fifo /srv/out/made/fifo", stat.S_IFIFO),
}
STREAMS = list(KINDS)[:5]
REPORT = OUT + "/report"

CLIENT = """
import socket, sys
for address in sys.argv[1:]:
    kind = socket.AF_UNIX if address[0] in '/@' else socket.AF_INET6 if address[0] == '[' else socket.AF_INET
    host, _, port = address.rpartition(':')
    client = socket.socket(kind)
    client.settimeout(10)
    client.connect(address.replace('@', chr(0)) if kind == socket.AF_UNIX else (host.strip('[]'), int(port)))
    print(client.recv(100).decode(), end='')
"""
CLIENTS = ["127.0.0.1:5001", *STREAMS[1:]]


def listen(*addresses):
    return ["--listen=" + address for address in addresses]


class ListenTestCase(SystemdTestCase):
    def by_hand(self, *words, command=(DAEMON, "report=" + REPORT), **options):
        """Not in a unit, and started by nobody that shows itself: as in a terminal."""
        return self.host.run(BRIDGE, *words, "--", *command, **options)

    def assert_no_daemon(self, result, *words, status=125):
        """One line, our status, nothing made."""
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(self.host.exists(REPORT))

    def made(self):
        return sorted(os.listdir(self.host.path(OUT)))

    def sockets(self):
        """What the daemon found from 3 on; the others are whoever runs this test's."""
        report = Report(self.host.wait_file(REPORT))
        numbers = report.env.get("LISTEN_FDS") or len(report.env["UPSTART_FDS"].split())
        return [report.fds[3 + i] for i in range(int(numbers))]

    def clients(self, *addresses):
        """The descriptors by which clients of all addresses are served."""
        result = self.host.run("/usr/bin/python3", "-c", CLIENT, *addresses)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [int(line.split()[1]) for line in result.stdout.splitlines()]


class ByHand(ListenTestCase):
    def test_every_kind_for_a_daemon_of_systemd(self):
        """Twice: what the first leaves is stale for the second."""
        for _ in range(2):
            result = self.by_hand("-t", "systemd", *listen(*KINDS))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(self.sockets(), [what + " rw" for what, _ in KINDS.values()])
            for address, (_, kind) in KINDS.items():
                if kind:
                    mode = os.lstat(self.host.path(address.split(":")[-1])).st_mode
                    self.assertEqual((stat.S_IFMT(mode), stat.S_IMODE(mode)), (kind, 0o666))
            env = Report(self.host.read(REPORT)).env
            self.assertEqual((env["LISTEN_FDS"], env["LISTEN_FDNAMES"].split(":")),
                             (str(len(KINDS)), ["unknown.socket"] * len(KINDS)))
            os.unlink(self.host.path(REPORT))

    def test_streams_for_a_daemon_of_upstart(self):
        result = self.by_hand("-t", "upstart", *listen(*STREAMS))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.sockets(), [KINDS[address][0] + " rw" for address in STREAMS])
        env = Report(self.host.read(REPORT)).env
        self.assertEqual((env["UPSTART_FDS"], env["UPSTART_JOB"]), ("3 4 5 6 7", "fake-daemon"))

    def test_one_for_a_daemon_of_inetd(self):
        for address, (what, _) in KINDS.items():
            if "fifo" in address:
                continue
            with self.row(address):
                result = self.by_hand("-t", "inetd", *listen(address))
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                fds = Report(self.host.read(REPORT)).fds
                self.assertEqual((fds[0], fds[1]), (what + " rw", what + " rw"))

    def test_other_kinds_are_not_for_upstart_and_nothing_is_made(self):
        for address in KINDS:
            if address not in STREAMS:
                with self.row(address):
                    self.assert_no_daemon(self.by_hand("-t", "upstart", *listen(OUT + "/first", address)),
                                          "descriptor 4", "change the --listen option")
                    self.assertEqual(self.made(), [])

    def test_without_a_daemon_nothing_is_left(self):
        self.host.write("/srv/out-not/text", "no program\n", 0o755)
        everything = [address for address, (_, kind) in KINDS.items() if kind]
        for command, status, word in (("none", 127, "cannot execute 'none'"), ("/srv/out-not", 126, "/srv/out-not"),
                                      ("/srv/out-not/text", 126, "Exec format error")):
            with self.row(command):
                self.assert_no_daemon(self.by_hand("-t", "systemd", *listen(*everything), command=[command]),
                                      word, status=status)
                self.assertEqual(self.made(), [])
        for last, word in (("/etc/passwd/x", "Not a directory"), ("/proc/x/y", "cannot make its directory"),
                           ("/etc/passwd", "not a socket"), ("192.0.2.1:80", "does not have the address"),
                           ("fifo:/srv/out", "is not a FIFO")):
            with self.row(last):
                self.assert_no_daemon(self.by_hand("-t", "systemd", *listen(*everything, last)), last, word)
                self.assertEqual(self.made(), [])

    def test_explain_makes_nothing(self):
        result = self.by_hand("-t", "systemd", "--explain", *listen(*KINDS))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for address in KINDS:
            self.assertIn("opened by us (--listen=%s)" % address, result.stdout)
        self.assertIn("host: none", result.stdout)
        self.assertEqual(self.made(), [])

    def test_what_needs_a_service_manager_is_still_refused(self):
        self.assert_no_daemon(self.by_hand("-t", "systemd"), "cannot tell which service manager", "--listen")
        self.assert_no_daemon(self.by_hand("-t", "systemd", "-N", *listen("5001")), "cannot tell which service manager")
        self.assert_no_daemon(self.by_hand("-t", "systemd", "-i", "none", "-N"), "nobody waits")

    def test_a_socket_of_a_unit_s_words(self):
        """docker.socket, rpcbind.socket: modes, owners, and two families of one port."""
        result = self.by_hand("-t", "systemd", *listen(OUT + "/docker,mode=0660,group=www-data", OUT + "/mine,mode=0600,owner=nobody",
                                                       "fifo:" + OUT + "/f,mode=0620,owner=65534,group=tty",
                                                       "0.0.0.0:111", "[::]:111,ipv6only,backlog=16"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        www_data, tty = (grp.getgrnam(name).gr_gid for name in ("www-data", "tty"))
        for name, expected in (("docker", (0o660, 0, www_data)), ("mine", (0o600, 65534, 0)), ("f", (0o620, 65534, tty))):
            st = os.lstat(self.host.path(OUT + "/" + name))
            self.assertEqual((stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid), expected, name)
        self.assertEqual(self.sockets(), ["unix stream listening /srv/out/docker rw", "unix stream listening /srv/out/mine rw",
                                          "fifo /srv/out/f rw", "inet stream listening 0.0.0.0:111 rw",
                                          "inet6 stream listening [::]:111 rw"])

    def test_nobody_of_that_name(self):
        for address, word in ((OUT + "/s,group=cib-nobody", "no group 'cib-nobody' in /etc/group"),
                              (OUT + "/s,owner=cib-nobody", "no user 'cib-nobody' in /etc/passwd"),
                              (OUT + "/s,mod=0660", "no ',mod=0660'")):
            with self.row(address):
                self.assert_no_daemon(self.by_hand("-t", "systemd", *listen(address)), word)
                self.assertEqual(self.made(), [])

    def test_sockets_that_are_not_passed_on_are_said(self):
        """LISTEN_FDS where the process is another's, or nobody's: whatever the host and the target."""
        script = ("import os, socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); os.dup2(s.fileno(), 3);"
                  "os.set_inheritable(3, True);"
                  "os.environ.update(word.split('=') for word in sys.argv[1].split()); os.execv(sys.argv[2], sys.argv[2:])")
        rows = (("LISTEN_FDS=1 LISTEN_PID=1", "LISTEN_PID=1 is another process, and we are "),
                ("LISTEN_FDS=1", "there is no LISTEN_PID"))
        for variables, word in rows:
            for init in "systemd", "none", "runit":
                for target in "upstart", "systemd", "inetd":
                    if init == target:
                        continue
                    with self.row(variables=variables, init=init, target=target):
                        result = self.host.run("/usr/bin/python3", "-c", script, variables, BRIDGE, "-i", init, "-t", target,
                                               "--", DAEMON, "report=" + REPORT)
                        self.assertEqual(result.returncode, 125 if target == "inetd" else 0, result.stderr)
                        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                        for part in (word, "LISTEN_FDS=1 is about sockets that are open here", "LISTEN_PID=$$ exec"):
                            self.assertIn(part, result.stderr)
        for variables in "LISTEN_FDS=x", "LISTEN_FDS=0 LISTEN_PID=1", "LISTEN_PID=1":
            with self.row(variables):
                result = self.host.run("/usr/bin/python3", "-c", script, variables, BRIDGE, "-i", "none", "-t", "upstart",
                                       "--", DAEMON, "report=" + REPORT)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
        with self.row("none is there"):
            result = self.host.run("/bin/sh", "-c", 'LISTEN_FDS=1 exec "$@" 3</etc/passwd', "sh", BRIDGE, "-i", "none",
                                   "-t", "upstart", "--", DAEMON, "report=" + REPORT)
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_descriptors_in_the_way(self):
        """Where the protocol chooses the numbers, what is there is named and goes; what is ours to move is not lost."""
        script = 'exec "$@" 3</etc/passwd 4</etc/group 5</etc/shells'
        for target, gone in (("systemd", "3 (/etc/passwd), 4 (/etc/group)"), ("upstart", None)):
            with self.row(target):
                result = self.host.run("/bin/sh", "-c", script, "sh", BRIDGE, "-t", target,
                                       *listen("@a", "@b"), "--", DAEMON, "report=" + REPORT)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1 if gone else 0, result.stderr)
                self.assertIn(gone or "", result.stderr)
                fds = Report(self.host.read(REPORT)).fds
                self.assertEqual(fds[5], "file /etc/shells r")
                self.assertIn("unix stream listening @b rw", fds.values())

    def test_the_host_s_descriptor_in_the_way(self):
        """What the service manager reads is moved where readiness is carried, else the daemon is not started."""
        inner = 'exec "$@" 3>&1 >/dev/null'
        command = [BRIDGE, "-i", "newline", "--host-fd=3", "-t", "systemd", *listen("@a")]
        for notify, said in (["-N"], "\n"), ([], ""):
            with self.row(notify=notify):
                result = self.host.run("/bin/sh", "-c", '(%s) | cat' % inner, "sh", *command, *notify, "--", DAEMON,
                                       "report=" + REPORT, *(["notify=READY=1"] if notify else []))
                self.assertEqual(result.stdout, said)
                if notify:
                    self.assertEqual(result.stderr, "")
                    self.assertEqual(self.sockets(), ["unix stream listening @a rw"])
                    # Of what is started by hand nobody but the babysitter knows when it has ended.
                    wait_until(lambda: not glob.glob(self.host.path("/run/cross-init-bridge*")), "end of the babysitter")
                else:
                    self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                    self.assertIn("sockets at descriptor 3, but the service manager reads from descriptor 3 (--host-fd) that",
                                  result.stderr)
                    self.assertFalse(self.host.exists(REPORT))

    def test_descriptors_that_are_open_stay(self):
        """What a shell has at 3 and 9 is not ours, if the protocol does not want the number."""
        result = self.host.run("/bin/sh", "-c", 'exec "$@" 3</etc/passwd 4</etc/group', "sh", BRIDGE, "-t", "upstart",
                               *listen("@a", "@b"), "--", DAEMON, "report=" + REPORT)
        self.assertEqual(result.returncode, 0, result.stderr)
        report = Report(self.host.read(REPORT))
        self.assertEqual([report.fds[3], report.fds[4]], ["file /etc/passwd r", "file /etc/group r"])
        numbers = report.env["UPSTART_FDS"].split()
        self.assertEqual([report.fds[int(n)] for n in numbers],
                         ["unix stream listening @a rw", "unix stream listening @b rw"])


class InUnits(ListenTestCase):
    def serve(self, *words, notify=False, **directives):
        ready = {"systemd": "notify=READY=1", "upstart": "stop"}
        target = next(word for word in words if word.startswith("--target=")).partition("=")[2]
        actions = [ready[target]] if notify else []
        self.host.service("x", *bridge(*words, "report=" + REPORT, *actions, "serve"),
                          **{"Type": "notify" if notify else "exec", **directives})

    def test_without_a_socket_unit(self):
        for target in "systemd", "upstart":
            for notify in False, True:
                with self.row(target=target, notify=notify):
                    self.serve("--target=" + target, *(["--notify"] if notify else []), *listen(*STREAMS), notify=notify)
                    for _ in range(2):
                        self.assert_started("x.service")
                        self.assert_only_daemon("x.service")
                        self.assertEqual(self.clients(*CLIENTS), [3, 4, 5, 6, 7])
                        self.host.stop("x.service")     # and the next finds what is stale
                    env = Report(self.host.read(REPORT)).env
                    if target == "systemd":
                        self.assertEqual(env["LISTEN_FDNAMES"], ":".join(["x.socket"] * 5))
                        self.assertEqual("NOTIFY_SOCKET" in env, notify)    # the daemon's own affair
                    else:
                        self.assertEqual(env["UPSTART_JOB"], "x")

    def test_with_a_socket_unit_nothing_is_opened(self):
        for target in "systemd", "upstart":
            with self.row(target=target):
                self.host.socket("x", ListenStream="/srv/out/unit")
                self.serve("--target=" + target, *listen(OUT + "/ours", "5001"))
                self.assert_started("x.socket")
                self.assertEqual(self.clients("/srv/out/unit"), [3])
                self.assertEqual(self.sockets(), ["unix stream listening /srv/out/unit rw"])
                self.assertEqual(self.made(), ["report", "unit"])

    def test_in_use(self):
        """Whoever has it keeps it, and is not even spoken to."""
        for address, client in ((OUT + "/s", "/srv/out/s"), ("127.0.0.1:5001", "127.0.0.1:5001"), ("@s", "@s")):
            with self.row(address):
                self.serve("--target=systemd", *listen(address))
                self.assert_started("x.service")
                self.host.wait_file(REPORT)
                self.host.service("y", *bridge("--target=systemd", *listen(OUT + "/other", address), "touch=/srv/out/y"))
                self.assert_refused("y.service", "--listen=" + address, "another process has it, %d (fake-daemon): stop "
                                    "that one, or choose another address" % self.host.main_pid("x.service"))
                self.assertEqual(self.clients(client), [3])
                self.assertNotIn("other", self.made())
                self.assertFalse(self.host.exists(OUT + "/y"))

    def test_twice_the_same(self):
        self.host.service("x", *bridge("--target=systemd", *listen("127.0.0.1:5001", "127.0.0.1:5001"), "pause"))
        self.assert_refused("x.service", "--listen=127.0.0.1:5001", "an earlier --listen has it")

    def test_without_ipv6(self):
        self.serve("--target=systemd", *listen("5001", "udp:5001"),
                   RestrictAddressFamilies="AF_INET AF_UNIX")
        self.assert_started("x.service")
        self.assertEqual(self.sockets(), ["inet stream listening 0.0.0.0:5001 rw", "inet dgram 0.0.0.0:5001 rw"])

    def test_without_privilege(self):
        """One reason, and not all that there may be."""
        uid = self.host.run("id", "-u", "www-data").stdout.strip()
        for address, word in (("80", "Permission denied: a port below 1024 needs CAP_NET_BIND_SERVICE"),
                              ("/srv/s", "user %s may not write /srv: it takes a directory that we may write" % uid),
                              ("/root/a/s", "user %s may not pass /root: " % uid),
                              ("192.0.2.1:5001", "this machine does not have the address"),
                              ("/etc/passwd/s", "a part of the path is a file"), ("/usr/s", "file system: make /usr writable")):
            with self.row(address):
                self.serve("--target=systemd", *listen(OUT + "/first", address), User="www-data")
                self.assert_refused("x.service", "--listen=" + address, word)
                self.assertEqual(self.made(), [])

    def test_stale_socket_of_another_user(self):
        """In a sticky directory only its owner may remove it; without the right to write to it, it may be in use."""
        path = OUT + "/s"
        for mode, word in (0o666, "replace the stale socket"), (0o600, "see whether the socket there is in use"):
            with self.row(word):
                self.by_hand("-t", "systemd", *listen(path))
                os.chmod(self.host.path(path), mode)
                before = os.lstat(self.host.path(path)).st_ino
                self.serve("--target=systemd", *listen(path), User="www-data")
                self.assert_refused("x.service", "--listen=" + path, word)
                self.assertEqual(os.lstat(self.host.path(path)).st_ino, before)
                self.assertEqual(self.made(), ["report", "s"])

    def test_without_a_daemon_nothing_is_left(self):
        """Whichever process it is that would have become the daemon."""
        self.host.write("/srv/bin/text", "no program\n", 0o755)
        for target in "systemd", "upstart":
            for notify in [], ["-N"]:
                with self.row(target=target, notify=notify):
                    self.host.service("x", BRIDGE, "-t", target, *notify, *listen(OUT + "/s", "@s"), "/srv/bin/text",
                                      Type="notify")
                    self.host.start("x.service")
                    self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "126"})
                    self.assertEqual(self.made(), [])

    def test_directives_of_a_socket_unit_give_the_same(self):
        """SocketMode= and the rest: what is at the path, and what the daemon finds."""
        directives = {"mode=0660": "SocketMode=0660", "mode=0600,owner=nobody": "SocketMode=0600\nSocketUser=nobody\nSocketGroup=root",
                      "mode=0620,group=tty": "SocketMode=0620\nSocketGroup=tty",
                      "owner=nobody,group=tty": "SocketUser=nobody\nSocketGroup=tty"}
        for kind, line in ("", "ListenStream"), ("dgram:", "ListenDatagram"), ("fifo:", "ListenFIFO"):
            for attributes, words in directives.items():
                seen = []
                for ours in False, True:
                    with self.row(kind=kind, attributes=attributes, ours=ours):
                        self.serve("--target=systemd", *(listen(kind + OUT + "/s," + attributes) if ours else []))
                        if not ours:
                            self.host.unit("x.socket", "[Socket]\n%s=/srv/out/s\n%s\n" % (line, words))
                            self.assert_started("x.socket")
                        self.assert_started("x.service")
                        self.host.wait_file(REPORT)
                        st = os.lstat(self.host.path(OUT + "/s"))
                        seen.append((self.sockets(), st.st_mode, st.st_uid, st.st_gid))
                self.assertEqual(*seen)

    def test_a_socket_unit_of_the_same_words_gives_the_same(self):
        lines = {"5001": "ListenStream=5001", "127.0.0.1:5002": "ListenStream=127.0.0.1:5002",
                 OUT + "/s": "ListenStream=/srv/out/s", "@s": "ListenStream=@s", "udp:5001": "ListenDatagram=5001",
                 "dgram:" + OUT + "/d": "ListenDatagram=/srv/out/d", "fifo:" + OUT + "/f": "ListenFIFO=/srv/out/f"}
        seen = []
        for ours in False, True:
            with self.row(ours=ours):
                self.serve("--target=systemd", *(listen(*lines) if ours else []))
                if not ours:
                    self.host.unit("x.socket", "[Socket]\n%s\n" % "\n".join(lines.values()))
                    self.assert_started("x.socket")
                self.assert_started("x.service")
                report = Report(self.host.wait_file(REPORT))
                seen.append((report.fds,
                             # systemd's own, from 258 on, may be absent
                             set(report.env) - {"LISTEN_PID", "LISTEN_PIDFDID"},
                             {name: os.lstat(self.host.path(OUT + "/" + name)).st_mode for name in "sdf"}))
        self.assertEqual(seen[:1], seen[1:])


class InJobs(SocketTestCase):
    ADDRESS = "127.0.0.1:5001"

    def job(self, host, stanzas, *options, actions=()):
        report = "report=%s/report" % host.dir
        host.job("job", stanzas + run(*upstart_case.bridge("--listen=" + self.ADDRESS, *options, report, *actions, "serve")))

    def assert_answers(self, host):
        descriptor, pid = ask(inet(5001).connect(host))
        self.assertEqual((descriptor, pid), (3, host.status("job").pid))

    def test_started_by_hand(self):
        """A job that was started by hand, or restarted, gets no socket; here it has one."""
        for options, stanzas, actions in ((), "", ()), (("--notify",), "expect stop\n", (upstart_case.READY,)):
            with self.subTest(options), Host() as host:
                self.job(host, stanzas, *options, actions=actions)
                self.assertEqual(host.start("job").rc, 0)
                upstart_case.wait_until(lambda: os.path.exists(host.dir + "/report"), "report")
                self.assert_answers(host)
                self.assertEqual(host.read_report().env["LISTEN_FDNAMES"], "job.socket")
                os.unlink(host.dir + "/report")
                self.assertEqual(host.restart("job").rc, 0)
                upstart_case.wait_until(lambda: os.path.exists(host.dir + "/report"), "report")
                self.assert_answers(host)

    def test_started_by_its_socket(self):
        """What Upstart hands over is used."""
        kind = inet(5009)
        with Host() as host:
            self.job(host, starts_on([kind]))
            self.meet(host, [kind])
            with self.assertRaises(OSError):
                inet(5001).connect(host)

    def test_respawned(self):
        """The path that the daemon before left is stale."""
        with Host() as host:
            path = "/run/job.sock"
            host.job("job", "respawn\n" + run(*upstart_case.bridge("--listen=" + path, "serve")))
            pids = []
            for _ in range(3):
                if pids:
                    host.kill(pids[-1], signal.SIGKILL)
                    upstart_case.wait_until(lambda: host.status("job").pid not in (None, pids[-1]), "respawn")
                else:
                    self.assertEqual(host.start("job").rc, 0)
                pids.append(host.status("job").pid)
                self.assertEqual(self.ask_when_there(host, path), (3, pids[-1]))

    def ask_when_there(self, host, path):
        def attempt():
            try:
                return ask(host.connect(socket.AF_UNIX, host.path(path)))
            except (ConnectionRefusedError, ConnectionResetError, FileNotFoundError):   # the last one's, or none
                return None
        return upstart_case.wait_until(attempt, "listener")


if __name__ == "__main__":
    tap.main()
