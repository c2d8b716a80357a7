# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""supervisord, asked over its own socket."""
import contextlib
import http.client
import os
import shlex
import socket
import xmlrpc.client

from upstart_host import DEADLINE, poll_until

from .manager import File, Manager, write_file

CONFIG = """
[unix_http_server]
file={dir}/control
[supervisord]
nodaemon=true
user=root
logfile={dir}/messages
pidfile={dir}/pid
childlogdir={dir}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[{kind}:{name}]
command={command}
autostart=false
startsecs=0
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=0
"""

HAS_ENDED = 40, 50      # ABNORMAL_TERMINATION, SPAWN_ERROR of its interface


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


class Transport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, _host):
        return Connection(self.path)


class Supervisord(Manager):
    name = "supervisord"
    programs = ("supervisord",)

    def __init__(self, **how):
        super().__init__(**how)
        self.config = os.path.join(self.dir, "supervisord.conf")
        self.init = ["supervisord", "-c", self.config]
        self.socket_path = os.path.join(self.dir, "control")
        self.text = CONFIG.format(dir=self.dir)

    def declare(self, name, words, kind="program", **settings):
        self.text += PROGRAM.format(kind=kind, name=name, command=shlex.join(words).replace("%", "%%"),
                                    log=self.log_path(name))
        self.text += "".join("%s=%s\n" % item for item in settings.items())
        write_file(self.config, self.text)

    def booted(self):
        poll_until(self.answers)

    def answers(self):
        """It binds its socket before it listens."""
        with contextlib.suppress(OSError):
            return self.supervisor.getState()

    @property
    def supervisor(self):
        return xmlrpc.client.ServerProxy("http://localhost", transport=Transport(self.socket_path)).supervisor

    def ask_start(self, name):
        """Whether it is ready the file tells: supervisord may be answering that what it has started has ended already,
        which is started again where it is to be."""
        try:
            self.supervisor.startProcess(name)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in HAS_ENDED:
                raise
        return File(self.ready_path(name))

    def pid_of(self, name):
        return self.supervisor.getProcessInfo(name)["pid"] or None

    def stop(self, name):
        try:
            self.supervisor.stopProcess(name)
        except xmlrpc.client.Fault as fault:
            raise AssertionError(fault.faultString) from None

    def reload(self, name):
        self.supervisor.signalProcess(name, "HUP")
