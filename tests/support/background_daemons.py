# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Real daemons that go to the background by themselves, and name themselves in a pid file: a row each.

All of them can run at once in one network. What is said here is the daemon's own affair: nothing knows the
bridge, or a manager.
"""
import os
import shutil
import signal
import subprocess

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HTTP = b"GET / HTTP/1.0\r\nHost: test\r\n\r\n"
HUP, USR1, USR2, QUIT = signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT

NGINX = """
user root;
pid {dir}/pid;
error_log {dir}/error;
worker_processes 2;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d;
    scgi_temp_path {dir}/e;
    server {{ listen 127.0.0.1:8101; return 200 hello; }}
}}
"""
SSHD = """
ListenAddress 127.0.0.1:8102
HostKey {dir}/key
PidFile {dir}/pid
UsePAM no
StrictModes no
PermitRootLogin yes
AuthorizedKeysFile {dir}/key.pub
"""
RSYSLOGD = """
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{dir}/log")
*.* {dir}/messages
"""
VSFTPD = """
listen=YES
background=YES
listen_address=127.0.0.1
listen_port=8103
secure_chroot_dir=/run
"""
CHRONYD = """
pidfile {dir}/pid
cmdport 0
bindcmdaddress /
port 8104
allow 127.0.0.1
local
"""
APACHE = """
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
PidFile {dir}/pid
ErrorLog {dir}/error
ServerName test
Listen 127.0.0.1:8105
DocumentRoot {dir}
"""
LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = 8106
server.document-root = "{dir}"
server.pid-file = "{dir}/pid"
index-file.names = ( "config" )
# hello
"""
NAMED = """
options {{ directory "{dir}"; pid-file "{dir}/pid"; listen-on port 8107 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    session-keyfile "{dir}/session"; managed-keys-directory "{dir}"; }};
controls {{ }};
"""
BIRD = """
router id 192.0.2.1;
protocol device {{ }}
"""
OPENVPN = """
dev null
port 8108
local 127.0.0.1

secret {dir}/secret
cipher AES-256-CBC
"""
KEEPALIVED = """
global_defs {{ router_id test }}
"""
EXIM = """
primary_hostname = test
spool_directory = {dir}
log_file_path = {dir}/%slog
pid_file_path = {dir}/pid
daemon_smtp_ports = 8109
local_interfaces = 127.0.0.1
keep_environment =
exim_user = root
exim_group = root
never_users =
"""
SQUID = """
http_port 127.0.0.1:8110
pid_filename {dir}/pid
cache_log {dir}/cache.log
access_log none
coredump_dir {dir}
netdb_filename none
pinger_enable off
visible_hostname test
shutdown_lifetime 0 seconds
"""
REDIS = """
daemonize yes
pidfile {dir}/pid
bind 127.0.0.1
port 8112
save ""
dir {dir}
logfile {dir}/log
"""


class Daemon:
    """@comm: of its main process. @client: port, request, and what the answer has in it. @before: a line of shell.
    @reload: signals for the main process, the last of them the one that is tried; what begins with "new" has another
    main process then. @ends: how it ends when it is stopped, as of subprocess."""

    def __init__(self, package, command, comm, client=None, config=None, pid_file="{dir}/pid", before="", reload=HUP,
                 renews=False, upgrade=None, status=-signal.SIGTERM):
        self.package = package
        self.command = command
        self.comm = comm
        self.client = client
        self.config = config
        self.pid_file = pid_file
        self.before = before
        self.reload = reload
        self.renews = renews
        self.upgrade = upgrade
        self.status = status

    def missing(self):
        return None if shutil.which(self.command[0], path=PATH) else "needs the package " + self.package

    def prepare(self, directory):
        """Writes what it reads; the words of its command."""
        if self.config:
            with open(os.path.join(directory, "config"), "w") as file:
                file.write(self.config.format(dir=directory))
        if self.package == "openssh-server":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory + "/key"], check=True)
        if self.package == "openvpn":
            subprocess.run(["openvpn", "--genkey", "secret", directory + "/secret"], check=True)
        words = [word.format(dir=directory) for word in self.command]
        if not self.before:
            return words
        return ["sh", "-c", self.before.format(dir=directory) + '; exec "$@"', "sh", *words]


DAEMONS = {
    "nginx": Daemon("nginx-light", ["/usr/sbin/nginx", "-p", "{dir}", "-c", "{dir}/config", "-e", "{dir}/error"], "nginx",
                    (8101, HTTP, b"hello"), NGINX, upgrade=(USR2, QUIT), status=0),
    "sshd": Daemon("openssh-server", ["/usr/sbin/sshd", "-f", "{dir}/config"], "sshd", (8102, b"", b"SSH-"), SSHD,
                   before="mkdir -p /run/sshd", renews=True, status=0),
    "cron": Daemon("cron", ["/usr/sbin/cron"], "cron", pid_file="/run/crond.pid", reload=None),
    "rsyslogd": Daemon("rsyslog", ["/usr/sbin/rsyslogd", "-f", "{dir}/config", "-i", "{dir}/pid"], "rsyslogd", None,
                       RSYSLOGD, status=0),
    "vsftpd": Daemon("vsftpd", ["/usr/sbin/vsftpd", "{dir}/config"], "vsftpd", (8103, b"", b"220 "), VSFTPD, pid_file=None,
                     status=-15),
    "chronyd": Daemon("chrony", ["/usr/sbin/chronyd", "-x", "-u", "root", "-f", "{dir}/config"], "chronyd", None, CHRONYD,
                      reload=None, status=0),
    "snmpd": Daemon("snmpd", ["/usr/sbin/snmpd", "-Lf", "{dir}/log", "-p", "{dir}/pid", "-C", "-c", "{dir}/config",
                              "udp:127.0.0.1:8111"], "snmpd", None, "rocommunity public\n",
                    before="export SNMP_PERSISTENT_DIR={dir}", status=0),
    "apache2": Daemon("apache2", ["/usr/sbin/apache2", "-d", "{dir}", "-f", "{dir}/config"], "apache2",
                      (8105, HTTP, b"HTTP/1"), APACHE, status=0),
    "dnsmasq": Daemon("dnsmasq-base", ["/usr/sbin/dnsmasq", "-C", "/dev/null", "-x", "{dir}/pid", "-p", "8113", "-u", "root",
                                       "-a", "127.0.0.1", "-z", "-R", "-h"], "dnsmasq", None, status=0),
    "lighttpd": Daemon("lighttpd", ["/usr/sbin/lighttpd", "-f", "{dir}/config"], "lighttpd", (8106, HTTP, b"hello"),
                       LIGHTTPD, reload=USR1, status=0),
    "squid": Daemon("squid", ["/usr/sbin/squid", "-f", "{dir}/config"], "squid", None, SQUID, status=0),
    "named": Daemon("bind9", ["/usr/sbin/named", "-c", "{dir}/config"], "named", None, NAMED, status=0),
    "bird": Daemon("bird2", ["/usr/sbin/bird", "-c", "{dir}/config", "-s", "{dir}/control", "-P", "{dir}/pid"], "bird", None,
                   BIRD, status=0),
    "openvpn": Daemon("openvpn", ["/usr/sbin/openvpn", "--daemon", "--writepid", "{dir}/pid", "--config", "{dir}/config"],
                      "openvpn", None, OPENVPN, status=0),
    "keepalived": Daemon("keepalived", ["/usr/sbin/keepalived", "-f", "{dir}/config", "-p", "{dir}/pid", "-r", "{dir}/vrrp",
                                        "-c", "{dir}/checkers"], "keepalived", None, KEEPALIVED, status=0),
    "exim": Daemon("exim4-daemon-light", ["/usr/sbin/exim4", "-C", "{dir}/config", "-bd"], "exim4", (8109, b"", b"220 "),
                   EXIM, renews=True, status=0),
    "redis": Daemon("redis-server", ["/usr/bin/redis-server", "{dir}/config"], "redis-server",
                    (8112, b"PING\r\n", b"+PONG"), REDIS, reload=None, status=0),
}
