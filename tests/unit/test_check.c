/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What --check finds: a service with each fault, the same without it, and how each manager's files are
 * taken apart. Every row of the tables in src/check/rules_*.c has a service here in which it is found.
 */
#include "unit.h"

#include "base/util.h"
#include "check/read.h"
#include "check/rules.h"

#define B "/usr/bin/cross-init-bridge "
#define D " -- /usr/sbin/d --opt"
#define UNIT "[Service]\n"
#define NOTIFY UNIT "Type=notify\n"
#define HAND_OVER NOTIFY "ExecStart=" B "-t upstart -N" D "\n"
#define JOB "expect stop\nexec " B "-t systemd -N" D "\n"
#define RUN "#!/bin/sh\nexec " B

static const struct row {
	const char *name;
	const char *file, *text;
	const char *beside_file,
		*beside; /* a drop-in, a .socket, or a small file beside; NULL: none */
	const char *found; /* "LINE refused|warning ID", a line each; of what is beside with its name in front */
	bool has_selinux;
} rows[] = {
	/* ---- systemd ---- */
	{ .name = "-N needs Type=notify",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t upstart -N" D "\n",
	  .found = "2 refused notify-type\n" },
	{ .name = "the wrong Type= is where the fault is",
	  .file = "x.service",
	  .text = UNIT "Type=exec\nExecStart=" B "-t upstart --ready-when=path:/x" D "\n",
	  .found = "2 refused notify-type\n" },
	{ .name = "NotifyAccess= gives a socket, but nobody waits",
	  .file = "x.service",
	  .text = UNIT "NotifyAccess=main\nExecStart=" B "-t upstart -N" D "\n",
	  .found = "3 warning notify-unused\n" },
	{ .name = "a forgotten -N",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t upstart" D "\n",
	  .found = "2 warning notify-forgotten\n" },
	{ .name = "a daemon that cannot say it",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t inetd" D "\n",
	  .found = "2 warning notify-forgotten\n" },
	{ .name = "notify-reload",
	  .file = "x.service",
	  .text = UNIT "Type=notify-reload\nExecStart=" B "-t upstart -N" D "\n",
	  .found = "2 warning notify-reload\n" },
	{ .name = "restarts of what is refused",
	  .file = "x.service",
	  .text = UNIT "Restart=on-failure\nExecStart=" B "-t upstart" D "\n",
	  .found = "2 warning restart\n" },
	{ .name = "restarts of crashes only",
	  .file = "x.service",
	  .text = UNIT "Restart=on-abnormal\nExecStart=" B "-t upstart" D "\n",
	  .found = "" },
	{ .name = "a restart that is prevented, among others",
	  .file = "x.service",
	  .text = UNIT "Restart=always\nRestartPreventExitStatus=1 125 127\nExecStart=" B
		       "-t upstart" D "\n",
	  .found = "" },
	{ .name = "1125 is not 125",
	  .file = "x.service",
	  .text = UNIT "Restart=always\nRestartPreventExitStatus=1125\nExecStart=" B "-t upstart" D
		       "\n",
	  .found = "2 warning restart\n" },
	{ .name = "a limit that nothing extends",
	  .file = "x.service",
	  .text = UNIT "Type=dbus\nBusName=a.b\nTimeoutStartSec=1min 20s\nExecStart=" B
		       "-t upstart --wait-for=path:/x" D "\n",
	  .found = "4 warning wait-limit\n" },
	{ .name = "a limit that is extended",
	  .file = "x.service",
	  .text = NOTIFY "TimeoutStartSec=20\nExecStart=" B "-t upstart -N --wait-for=path:/x" D "\n",
	  .found = "" },
	{ .name = "a watchdog",
	  .file = "x.service",
	  .text = HAND_OVER "WatchdogSec=30\n",
	  .found = "4 warning watchdog\n" },
	{ .name = "connections for upstart",
	  .file = "x@.service",
	  .text = UNIT "ExecStart=" B "-t upstart" D "\n",
	  .beside_file = "x.socket",
	  .beside = "[Socket]\nListenStream=80\nAccept=yes\n",
	  .found = "x.socket:3 refused accept\n" },
	{ .name = "datagrams for upstart",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t upstart" D "\n",
	  .beside_file = "x.socket",
	  .beside = "[Socket]\nListenStream=80\nListenDatagram=80\n",
	  .found = "x.socket:3 refused socket-kind\n" },
	{ .name = "a FIFO for inetd",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t inetd" D "\n",
	  .beside_file = "x.socket",
	  .beside = "[Socket]\nListenFIFO=/run/f\n",
	  .found = "x.socket:2 refused socket-kind\n" },
	{ .name = "two sockets for inetd",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t inetd" D "\n",
	  .beside_file = "x.socket",
	  .beside = "[Socket]\nListenStream=80\nListenStream=81\n",
	  .found = "x.socket:3 refused socket-count\n" },
	{ .name = "a socket that was taken back",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t inetd" D "\n",
	  .beside_file = "x.socket",
	  .beside = "[Socket]\nListenStream=80\nListenStream=\nListenStream=81\n",
	  .found = "" },
	{ .name = "a PAM session",
	  .file = "x.service",
	  .text = HAND_OVER "PAMName=su\n",
	  .found = "4 warning pam\n" },
	{ .name = "a file with a mark of UTF-8",
	  .file = "x.service",
	  .text = "\xef\xbb\xbf" HAND_OVER "PAMName=su\n",
	  .found = "4 warning pam\n" },
	{ .name = "lines that end as on DOS, and go on",
	  .file = "x.service",
	  .text = "[Service]\r\nType=simple\r\nExecStart=" B "-t upstart \\\r\n -N" D "\r\n",
	  .found = "2 refused notify-type\n" },
	{ .name = "no AF_UNIX",
	  .file = "x.service",
	  .text = HAND_OVER "RestrictAddressFamilies=AF_INET AF_INET6\n",
	  .found = "4 refused families\n" },
	{ .name = "all families but AF_UNIX",
	  .file = "x.service",
	  .text = HAND_OVER "RestrictAddressFamilies=~AF_UNIX\n",
	  .found = "4 refused families\n" },
	{ .name = "all families but others",
	  .file = "x.service",
	  .text = HAND_OVER "RestrictAddressFamilies=~AF_PACKET\n",
	  .found = "" },
	{ .name = "no processes",
	  .file = "x.service",
	  .text = HAND_OVER "SystemCallFilter=@system-service\nSystemCallFilter=~@process\n",
	  .found = "5 refused process-calls\n" },
	{ .name = "what a service needs",
	  .file = "x.service",
	  .text = HAND_OVER
	  "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
	  .found = "" },
	{ .name = "a short list of calls",
	  .file = "x.service",
	  .text = HAND_OVER "SystemCallFilter=@basic-io @network-io\n",
	  .found = "4 refused process-calls\n" },
	{ .name = "SELinux",
	  .file = "x.service",
	  .text = HAND_OVER,
	  .found = "3 warning selinux\n",
	  .has_selinux = true },
	{ .name = "a context",
	  .file = "x.service",
	  .text = HAND_OVER "SELinuxContext=system_u:system_r:d_t:s0\n",
	  .found = "4 warning selinux-context\n" },
	{ .name = "few tasks",
	  .file = "x.service",
	  .text = HAND_OVER "TasksMax=4\n",
	  .found = "4 warning tasks\n" },
	{ .name = "too few",
	  .file = "x.service",
	  .text = HAND_OVER "TasksMax=2\n",
	  .found = "4 refused tasks\n" },
	{ .name = "enough", .file = "x.service", .text = HAND_OVER "TasksMax=512\n", .found = "" },
	{ .name = "few files",
	  .file = "x.service",
	  .text = HAND_OVER "LimitNOFILE=8:1024\n",
	  .found = "4 refused open-files\n" },
	{ .name = "enough files", .file = "x.service", .text = HAND_OVER "LimitNOFILE=9\n", .found = "" },
	{ .name = "no limit",
	  .file = "x.service",
	  .text = HAND_OVER "LimitNOFILE=infinity\n",
	  .found = "" },
	{ .name = "/run hidden",
	  .file = "x.service",
	  .text = HAND_OVER "TemporaryFileSystem=/srv /run:mode=0755\n",
	  .found = "4 refused hidden-socket\n" },
	{ .name = "everything hidden",
	  .file = "x.service",
	  .text = HAND_OVER "TemporaryFileSystem=/:ro\nBindReadOnlyPaths=/usr /bin\n",
	  .found = "4 refused hidden-socket\n" },
	{ .name = "/run hidden, but not the socket",
	  .file = "x.service",
	  .text = HAND_OVER "InaccessiblePaths=-/run\nBindPaths=/run/systemd/notify\n",
	  .found = "" },
	{ .name = "something else hidden",
	  .file = "x.service",
	  .text = HAND_OVER "InaccessiblePaths=/runner /run/systemd/private\n",
	  .found = "" },
	{ .name = "a root without /run",
	  .file = "x.service",
	  .text = HAND_OVER "RootDirectory=/srv/root\nMountAPIVFS=no\n",
	  .found = "4 refused hidden-socket\n" },
	{ .name = "a root with /run",
	  .file = "x.service",
	  .text = HAND_OVER "RootDirectory=/srv/root\n",
	  .found = "" },
	{ .name = "no CAP_KILL",
	  .file = "x.service",
	  .text = HAND_OVER "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n",
	  .found = "4 warning cap-kill\n" },
	{ .name = "CAP_KILL taken away",
	  .file = "x.service",
	  .text = HAND_OVER "CapabilityBoundingSet=~CAP_KILL\n",
	  .found = "4 warning cap-kill\n" },
	{ .name = "a terminal",
	  .file = "x.service",
	  .text = HAND_OVER "StandardInput=tty\n",
	  .found = "4 warning terminal\n" },
	{ .name = "-i forking, not Type=forking",
	  .file = "x.service",
	  .text = UNIT "Type=exec\nExecStart=" B "-i forking --pidfile=/run/d.pid -t systemd -N" D "\n",
	  .found = "2 warning forking-type\n" },
	{ .name = "another pid file",
	  .file = "x.service",
	  .text = UNIT "Type=forking\nPIDFile=/run/other.pid\nExecStart=" B
		       "-i forking --pidfile=/run/d.pid -t systemd -N" D "\n",
	  .found = "3 warning forking-pidfile\n" },
	{ .name = "the same pid file",
	  .file = "x.service",
	  .text = UNIT "Type=forking\nPIDFile=/run/d.pid\nExecStart=" B
		       "-i forking --pidfile=/run/d.pid -t systemd -N" D "\n",
	  .found = "" },
	{ .name = "systemd for systemd",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t systemd -N" D "\n",
	  .found = "3 warning at-home\n" },
	{ .name = "sh -c",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=/bin/sh -c '" B "-t upstart -N" D "'\n",
	  .found = "3 warning shell\n" },
	{ .name = "sh -c exec",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=/bin/sh -c 'exec " B "-t upstart -N" D "'\n",
	  .found = "" },
	{ .name = "tini",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=/usr/bin/tini -- " B "-t upstart -N" D "\n",
	  .found = "3 refused exec\n" },
	{ .name = "what executes in its own place",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=/usr/bin/nice -n 5 /usr/bin/env A=b " B "-t upstart -N" D "\n",
	  .found = "" },
	{ .name = "a prefix, a name of its own, escapes",
	  .file = "x.service",
	  .text = NOTIFY
	  "ExecStart=@/usr/bin/cross-init-bridge d -t 'upstart' \\x2dN \"--\" /usr/sbin/d\n",
	  .found = "" },
	{ .name = "a line that goes on, with a comment in it",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "\\\n# why\n  -t upstart \\\n  -N \\\n ; this, too\n" D
			 "\nRestart=always\n",
	  .found = "9 warning restart\n" },
	{ .name = "variables of the unit",
	  .file = "x.service",
	  .text = NOTIFY "Environment=T=upstart \"OPTS=-N --supervise\"\nExecStart=" B
			 "-t ${T} $OPTS" D "\n",
	  .found = "" },
	{ .name = "variables of elsewhere",
	  .file = "x.service",
	  .text = NOTIFY "EnvironmentFile=/etc/d\nExecStart=" B
			 "--start-timeout=${LIMIT} -t upstart -N" D "\n",
	  .found = "4 warning unknown\n" },
	{ .name = "specifiers",
	  .file = "x@y.service",
	  .text = NOTIFY "ExecStart=" B "-t upstart -N --job=%p/%i --start-timeout=0" D " 100%%\n",
	  .found = "" },
	{ .name = "a bad option",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t upstart --ntify" D "\n",
	  .found = "3 refused options\n" },
	{ .name = "no target",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-N" D "\n",
	  .found = "3 refused target\n" },
	{ .name = "no such target",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t sysv -N" D "\n",
	  .found = "3 refused target\n" },
	{ .name = "no such host",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-i sysv -t upstart -N" D "\n",
	  .found = "3 refused target\n" },
	{ .name = "another host",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-i s6 -t systemd -N" D "\n",
	  .found = "3 warning other-host\n" },
	{ .name = "the daemon in quotes",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t upstart -N -- '/usr/sbin/d --opt'\n",
	  .found = "3 warning quotes\n" },
	{ .name = "all of it in quotes",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart='" B "-t upstart -N -- /usr/sbin/d'\n",
	  .found = "3 warning not-found\n" },
	{ .name = "--explain",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "--explain -t upstart -N" D "\n",
	  .found = "3 warning explain\n" },
	{ .name = "what decide() refuses",
	  .file = "x.service",
	  .text = NOTIFY "ExecStart=" B "-t systemd -N --ready-file=/run/r" D "\n",
	  .found = "3 warning at-home\n3 refused bridge\n" },
	{ .name = "what decide() warns of",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t upstart --log=all" D "\n",
	  .found = "2 warning bridge\n" },
	{ .name = "a drop-in takes a command back, and gives another",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t nonsense" D "\n",
	  .beside_file = "x.service.d/a.conf",
	  .beside = "[Service]\nExecStart=\nExecStart=" B "-t upstart -N" D "\n",
	  .found = "x.service.d/a.conf:3 refused notify-type\n" },
	{ .name = "a drop-in makes it right",
	  .file = "x.service",
	  .text = UNIT "ExecStart=" B "-t upstart -N" D "\n",
	  .beside_file = "x.service.d/a.conf",
	  .beside = "[Service]\nType=notify\n",
	  .found = "" },
	{ .name = "the bridge before the daemon",
	  .file = "x.service",
	  .text = NOTIFY "ExecStartPre=" B "-i none -t systemd" D "\nExecStart=/usr/sbin/d\n",
	  .found = "" },
	{ .name = "a comment with its name",
	  .file = "x.service",
	  .text = "# not " B "\n" UNIT "ExecStart=/usr/sbin/d\n",
	  .found = "" },

	/* ---- Upstart ---- */
	{ .name = "no expect stop",
	  .file = "etc/init/x.conf",
	  .text = "exec " B "-t systemd -N" D "\n",
	  .found = "1 warning expect-stop\n" },
	{ .name = "expect fork",
	  .file = "etc/init/x.conf",
	  .text = "expect fork\nexec " B "-t systemd -N" D "\n",
	  .found = "1 refused expect-fork\n" },
	{ .name = "a forgotten -N, on Upstart",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nexec " B "-t systemd" D "\n",
	  .found = "1 warning expect-unused\n" },
	{ .name = "respawn",
	  .file = "etc/init/x.conf",
	  .text = JOB "respawn\nnormal exit 0 TERM\n",
	  .found = "3 warning respawn\n" },
	{ .name = "respawn limit is not a respawn",
	  .file = "etc/init/x.conf",
	  .text = JOB "respawn limit 10 5\n",
	  .found = "" },
	{ .name = "kill timeout",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nexec " B "-t systemd -N -- /usr/sbin/mariadbd\n",
	  .found = "2 warning kill-timeout\n" },
	{ .name = "kill timeout 5",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nkill timeout 5\nexec " B "-t systemd -N -- /usr/sbin/haproxy -Ws\n",
	  .found = "2 warning kill-timeout\n" },
	{ .name = "setuid with sockets",
	  .file = "etc/init/x.conf",
	  .text = JOB "setuid nobody\nstart on (socket PROTO=inet PORT=80\n  or runlevel 2)\n",
	  .found = "3 warning setuid-sockets\n" },
	{ .name = "a script with sockets",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nstart on socket PROTO=inet PORT=80\nscript\n mkdir /x\n exec " B
		  "-t systemd -N" D "\nend script\n",
	  .found = "3 warning script-sockets\n" },
	{ .name = "limit nproc",
	  .file = "etc/init/x.conf",
	  .text = JOB "setuid d\nlimit nproc 2 2\n",
	  .found = "4 warning nproc\n" },
	{ .name = "--supervise with respawn",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nrespawn\nnormal exit 125\nexec " B "-t systemd -N --supervise" D "\n",
	  .found = "2 warning job-respawns\n" },
	{ .name = "--job-respawns without respawn",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nexec " B "-t systemd -N --supervise --job-respawns" D "\n",
	  .found = "2 warning job-respawns-unused\n" },
	{ .name = "Upstart for Upstart",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nexec " B "-t upstart -N" D "\n",
	  .found = "2 warning at-home\n" },
	{ .name = "no exec in a script",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nscript\n  mkdir /x\n  " B "-t systemd -N" D "\nend script\n",
	  .found = "4 refused exec\n" },
	{ .name = "su in front",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nexec su d -s /bin/sh -c '" B "-t systemd -N" D "'\n",
	  .found = "2 refused exec\n" },
	{ .name = "a job's variable",
	  .file = "etc/init/x.conf",
	  .text = "expect stop\nenv WHO=systemd\nexec " B "-t $WHO -N" D "\n",
	  .found = "" },
	{ .name = "an override",
	  .file = "etc/init/x.conf",
	  .text = JOB,
	  .beside_file = "etc/init/x.override",
	  .beside = "respawn\n",
	  .found = "etc/init/x.override:1 warning respawn\n" },

	/* ---- run scripts ---- */
	{ .name = "s6 without notification-fd",
	  .file = "etc/s6/x/run",
	  .text = RUN "-t systemd -N" D "\n",
	  .found = "2 warning notification-fd\n" },
	{ .name = "s6 without it, for upstart",
	  .file = "etc/s6/x/run",
	  .text = RUN "-t upstart -N" D "\n",
	  .found = "2 warning notification-fd\n" },
	{ .name = "a bad number",
	  .file = "etc/s6/x/run",
	  .text = RUN "-t systemd -N" D "\n",
	  .beside_file = "notification-fd",
	  .beside = "1",
	  .found = "notification-fd:1 warning notification-number\n" },
	{ .name = "s6 that waits in vain",
	  .file = "etc/s6/x/run",
	  .text = RUN "-t systemd" D "\n",
	  .beside_file = "notification-fd",
	  .beside = "3",
	  .found = "notification-fd:1 warning notify-forgotten\n" },
	{ .name = "s6-rc's limit",
	  .file = "etc/s6/x/run",
	  .text = RUN "-t systemd --wait-for=path:/x" D "\n",
	  .beside_file = "timeout-up",
	  .beside = "30000",
	  .found = "timeout-up:1 warning wait-limit\n" },
	{ .name = "execline",
	  .file = "x/run",
	  .text = "#!/bin/execlineb -P\n# first\nfdmove -c 2 1\n" B "-t systemd -N" D "\n",
	  .beside_file = "notification-fd",
	  .beside = "3",
	  .found = "" },
	{ .name = "runit",
	  .file = "etc/sv/x/run",
	  .text = RUN "-t systemd -N" D "\n",
	  .found = "2 refused ready-file\n" },
	{ .name = "s6 or runit",
	  .file = "x/run",
	  .text = RUN "-t systemd -N" D "\n",
	  .found = "2 warning ready-file\n" },
	{ .name = "no exec in a run script",
	  .file = "etc/sv/x/run",
	  .text = "#!/bin/sh\n" B "-t systemd" D "\n",
	  .found = "2 warning exec\n" },
	{ .name = "what a shell makes of it",
	  .file = "etc/s6/x/run",
	  .text = "#!/bin/sh\nexec 2>&1\n[ -x " B "] || exit 1\ncat <<E >/dev/null\n" B "-t nonsense\nE\n"
		  "OPTS=\"-t systemd\" # here\nif true; then exec nice " B
		  "$OPTS -N --start-timeout='1'" D " \"$@\" 2>/dev/null; fi\n",
	  .beside_file = "notification-fd",
	  .beside = "3",
	  .found = "" },

	/* ---- the others ---- */
	{ .name = "dinit without a pipe",
	  .file = "etc/dinit.d/x",
	  .text = "type = process\ncommand = " B "-t systemd -N" D "\n",
	  .found = "2 warning ready-notification\n" },
	{ .name = "dinit, another descriptor",
	  .file = "etc/dinit.d/x",
	  .text = "command = " B "--host-fd=4 -t systemd -N" D "\nready-notification = pipefd:5\n",
	  .found = "2 warning host-fd\n" },
	{ .name = "dinit waits in vain",
	  .file = "etc/dinit.d/x",
	  .text = "command = " B "-t systemd" D "\nready-notification = pipefd:5\n",
	  .found = "2 warning notify-forgotten\n" },
	{ .name = "dinit's limit",
	  .file = "etc/dinit.d/x",
	  .text = "command = " B "--host-fd=5 -t systemd -N --wait-for=path:/x" D
		  "\nready-notification = pipefd:5\n",
	  .found = "1 warning wait-limit\n" },
	{ .name = "dinit's bgprocess",
	  .file = "etc/dinit.d/x",
	  .text = "type = process\ncommand = " B "-i forking --pidfile=/run/x -t systemd -N" D "\n",
	  .found = "1 warning bgprocess\n" },
	{ .name = "OpenRC without notify",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=" B
		  "\ncommand_args=\"-t systemd -N" D "\"\n",
	  .found = "4 warning openrc-notify\n" },
	{ .name = "OpenRC by a socket",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=" B
		  "\ncommand_args=\"-t systemd -N" D "\"\nnotify=socket:ready\n",
	  .found = "5 warning openrc-socket\n" },
	{ .name = "OpenRC with a logger",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=" B
		  "\ncommand_args=\"-t systemd -N" D "\"\nnotify=fd:9\noutput_logger=logger\n",
	  .found = "6 warning openrc-logger\n" },
	{ .name = "OpenRC by its own number",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=" B
		  "\ncommand_args=\"-t systemd -N" D "\"\nnotify=fd:5\noutput_log=/x\n",
	  .found = "5 warning openrc-number\n" },
	{ .name = "OpenRC without a log",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=" B
		  "\ncommand_args=\"-t systemd -N" D "\"\nnotify=fd:9\n",
	  .found = "5 warning openrc-respawn\n" },
	{ .name = "OpenRC without stop",
	  .file = "etc/init.d/x",
	  .text = "#!/sbin/openrc-run\ncommand=" B "\ncommand_args=\"-t systemd" D
		  "\"\ncommand_background=yes\n",
	  .found = "2 warning openrc-stop\n" },
	{ .name = "finit without notify",
	  .file = "finit.d/x.conf",
	  .text = "service " B "-t systemd -N /usr/sbin/d -- D\n",
	  .found = "1 warning finit-notify\n" },
	{ .name = "finit without the number",
	  .file = "finit.d/x.conf",
	  .text = "service notify:s6 " B "-t systemd -N /usr/sbin/d -- D\n",
	  .found = "1 warning finit-number\n" },
	{ .name = "finit, a number that is not set",
	  .file = "finit.d/x.conf",
	  .text = "service " B "--host-fd=%n -t systemd -N /usr/sbin/d -- D\n",
	  .found = "1 refused finit-number\n" },
	{ .name = "finit's --",
	  .file = "finit.d/x.conf",
	  .text = "service notify:s6 " B "--host-fd=%n -t systemd -N" D " -- D\n",
	  .found = "1 refused finit-end\n" },
	{ .name = "start-stop-daemon --exec",
	  .file = "etc/init.d/x",
	  .text = "#!/bin/sh\nB=" B
		  "\nstart-stop-daemon --start --background --notify-await --exec $B -- -t systemd -N" D
		  "\n",
	  .found = "3 warning start-stop-daemon\n" },
	{ .name = "start-stop-daemon does not wait",
	  .file = "etc/init.d/x",
	  .text = "#!/bin/sh\nstart-stop-daemon -S -b -x /usr/sbin/d -a " B "-- -t systemd -N" D "\n",
	  .found = "2 refused notify-await\n" },
	{ .name = "start-stop-daemon's limit",
	  .file = "etc/init.d/x",
	  .text = "#!/bin/sh\nstart-stop-daemon --start --notify-await --notify-timeout=30 --startas " B
		  "-- -t systemd -N --wait-for=path:/x" D "\n",
	  .found = "2 warning wait-limit\n" },
	{ .name = "an init script alone",
	  .file = "etc/init.d/x",
	  .text = "#!/bin/sh\ncase $1 in\nstart)\n\texec " B "-t systemd -N" D "\n\t;;\nesac\n",
	  .found = "4 refused notify-await\n" },
	{ .name = "supervisord",
	  .file = "supervisor/conf.d/x.conf",
	  .text = "[program:x]\ncommand=" B "-t systemd\n   -N" D " ; a comment\n",
	  .found = "2 refused ready-file\n" },
	{ .name = "shepherd",
	  .file = "x.scm",
	  .text = "(define x (service '(x)\n  ;; \"cross-init-bridge\" (\n  #:start (make-forkexec-constructor\n"
		  "   '(\"/usr/bin/cross-init-bridge\" \"-t\" \"systemd\"\n     \"-N\" \"--\" \"/d\"))))\n",
	  .found = "4 refused ready-file\n" },
	{ .name = "shepherd's list, and a path that is put together",
	  .file = "x.scm",
	  .text = "#| \"( |#\n(list \"/x\" #\\( (string-append d \"/bin/cross-init-bridge\")\n \"-t\" \"systemd\" \"-N\" "
		  "\"--\" (file-append h \"/d\"))",
	  .found = "2 refused ready-file\n" },
	{ .name = "shepherd and another pid file",
	  .file = "x.scm",
	  .text = "(make-forkexec-constructor '(\"/usr/bin/cross-init-bridge\" \"-i\" \"forking\" \"--pidfile=/run/x\"\n"
		  "\"-t\" \"systemd\" \"-N\" \"/d\")\n #:pid-file \"/run/y\")",
	  .found = "3 warning pid-file\n" },
	{ .name = "shepherd without a pid file",
	  .file = "x.scm",
	  .text = "(make-forkexec-constructor '(\"/usr/bin/cross-init-bridge\" \"-i\" \"forking\" \"--pidfile=/run/x\"\n"
		  "\"-t\" \"systemd\" \"-N\" \"/d\"))",
	  .found = "1 warning pid-file\n" },
	{ .name = "shepherd, all right",
	  .file = "x.scm",
	  .text = "(make-forkexec-constructor '(\"/usr/bin/cross-init-bridge\" \"-i\" \"forking\" \"--pidfile=/run/x\"\n"
		  "\"-t\" \"systemd\" \"-N\" \"/d\")\n #:pid-file \"/run/x\")",
	  .found = "" },
	{ .name = "inetd nowait",
	  .file = "etc/inetd.conf",
	  .text = "http stream tcp nowait root " B "cross-init-bridge -t upstart" D "\n",
	  .found = "1 refused accept\n" },
	{ .name = "inetd with datagrams",
	  .file = "etc/inetd.conf",
	  .text = "tftp dgram udp wait root " B "cross-init-bridge -t upstart" D "\n",
	  .found = "1 refused socket-kind\n" },
	{ .name = "inetd and readiness",
	  .file = "etc/inetd.conf",
	  .text = "http stream tcp wait root " B "cross-init-bridge -t systemd -N" D "\n",
	  .found = "1 refused bridge\n" },
	{ .name = "inittab",
	  .file = "etc/inittab",
	  .text = "# x\n::respawn:" B "-t systemd -N" D "\n",
	  .found = "2 refused ready-file\n" },
	{ .name = "a container's shell",
	  .file = "Containerfile",
	  .text = "FROM x\nENTRYPOINT " B "-t systemd -N" D "\n",
	  .found = "2 warning shell\n" },
	{ .name = "a container",
	  .file = "Dockerfile",
	  .text = "FROM x\nENTRYPOINT [\"cross-init-bridge\", \"-t\", \"systemd\", \\\n  \"-N\"]\nCMD [\"--\", \"/d\"]\n",
	  .found = "" },
};

struct findings {
	char text[1024];
	const char *file;
};

static bool is_seen[256]; /* rows of all tables, in order */

static size_t count_rules(const struct rules *const *tables)
{
	size_t n = 0;

	for (; *tables != NULL; tables++)
		n += (*tables)->n;
	return n;
}

static const struct rules *const tables[] = { &common_rules, &systemd_rules, &upstart_rules,
					      &other_rules, NULL };

static void note_seen(const char *id)
{
	size_t i = 0;

	for (const struct rules *const *table = tables; *table != NULL; table++) {
		for (size_t k = 0; k < (*table)->n; k++, i++)
			is_seen[i] = is_seen[i] || is_equal((*table)->list[k].id, id);
	}
}

static void collect(void *context, const struct finding *finding)
{
	struct findings *findings = context;
	size_t used = strlen(findings->text);
	bool is_own = is_equal(finding->place.file, findings->file);

	(void)snprintf(findings->text + used, sizeof(findings->text) - used, "%s%s%u %s %s\n",
		       is_own ? "" : finding->place.file, is_own ? "" : ":", finding->place.line,
		       finding->severity == SEVERITY_REFUSED ? "refused" : "warning", finding->id);
	note_seen(finding->id);
	check(finding->id, strchr(finding->text, '%') == NULL || strstr(finding->text, "%n") != NULL);
	check(finding->id, is_equal(finding->id, "options") || strstr(finding->text, ": ") != NULL);
}

/* As gather() does it with files. */
static void read_row(const struct row *row, struct service *service)
{
	bool is_small = row->beside != NULL && strchr(row->beside, '\n') == NULL;

	*service = (struct service){ .file = row->file, .has_selinux = row->has_selinux };
	service->kind = kind_of(row->file, row->text);
	(void)snprintf(service->name, sizeof(service->name), "%s", row->file);
	if (is_small) {
		check_int(row->name,
			  service_add(service, "file", row->beside_file, row->beside,
				      (struct place){ .file = row->beside_file, .line = 1 }),
			  0);
		service->kind = KIND_S6;
	}
	check_int(row->name, read_service(service, row->file, row->text), 0);
	if (row->beside != NULL && !is_small)
		check_int(row->name, read_service(service, row->beside_file, row->beside), 0);
	check_int(row->name, read_done(service), 0);
}

static void test_what_is_found(void **state)
{
	static struct service service;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct findings findings = { .file = rows[i].file };

		read_row(&rows[i], &service);
		check_service(&service, collect, &findings);
		check_text(rows[i].name, findings.text, rows[i].found);
		arena_done(&service.arena);
	}
}

/* After the test above. */
static void test_every_row_has_a_service_with_its_fault(void **state)
{
	size_t i = 0;

	(void)state;
	assert_true(count_rules(tables) >= 40 && count_rules(tables) <= ARRAY_SIZE(is_seen));
	for (const struct rules *const *table = tables; *table != NULL; table++) {
		for (size_t k = 0; k < (*table)->n; k++, i++)
			check((*table)->list[k].id, is_seen[i]);
	}
}

/* What a file may hold, and, behind the bridge's name, a command. */
static const char *const odd_texts[] = {
	"",
	"\n\n",
	"\\\n",
	"=",
	"[",
	"[]",
	"[Service",
	"ExecStart",
	"ExecStart=",
	"'",
	"\"",
	"$",
	"${",
	"${A",
	"$(",
	"`",
	"<<",
	"<<E\n",
	"script",
	"script\n",
	"exec",
	"exec 'x",
	"%",
	"\\x",
	"ExecStart=\"a",
	"ExecStart=%",
	";;;",
	"#|",
	"#\\",
	"(\"a\\",
	"'(((((((((((((((((((((((((((((((((((((((((((((((((((((",
	"))('()#:a (list) \"b\"",
};

static const char *const odd_files[] = {
	"x.service", "x.socket",          "etc/init/x.conf", "etc/s6/x/run", "etc/dinit.d/x",
	"finit.d/x", "supervisor/x.conf", "etc/inetd.conf",  "inittab",      "Dockerfile",
	"x.scm",
};

static void read_odd(const char *file, const char *text)
{
	static struct service service;
	struct row row = { .name = text, .file = file, .text = text };
	struct findings findings = { .file = file };
	char *whole = NULL;

	read_row(&row, &service);
	check_service(&service, collect, &findings);
	arena_done(&service.arena);
	if (asprintf(&whole, "[Service]\nExecStart=" B "%s", text) < 0)
		fail();
	row.text = whole;
	findings.text[0] = '\0';
	read_row(&row, &service);
	check_service(&service, collect, &findings);
	arena_done(&service.arena);
	free(whole);
}

/* Whatever it is, it is an answer, and no crash. */
static void test_any_text_is_read(void **state)
{
	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(odd_files); f++) {
		for (size_t i = 0; i < ARRAY_SIZE(odd_texts); i++)
			read_odd(odd_files[f], odd_texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_found),
		cmocka_unit_test(test_every_row_has_a_service_with_its_fault),
		cmocka_unit_test(test_any_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
