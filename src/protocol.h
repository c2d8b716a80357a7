/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The neutral vocabulary, the only thing that hosts and targets share.
 *
 * A host (the service manager that started us) gives a hand-over; a target (the protocol the
 * daemon speaks) is given one. The daemon makes state changes; the host is told of them. A host
 * module turns what its manager gives into a hand-over, a target module turns a hand-over into
 * what its daemon expects; neither includes the other's header. What both must agree on beyond
 * that is named here: how readiness is said, and which process is whose (the shape).
 */
#ifndef CIB_PROTOCOL
#define CIB_PROTOCOL

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* How one side says "ready". */
enum ready_by {
	READY_BY_NOTHING,   /* neither said nor waited for */
	READY_BY_DATAGRAM,  /* READY=1 to a socket, sd_notify(3) */
	READY_BY_STOP,      /* the main process stops itself, init(5) "expect stop" */
	READY_BY_CONDITION, /* it says nothing: somebody else sees it, --ready-when */
};

/*
 * Which process is the daemon, which is ours, and for how long.
 *
 *   replace     the daemon takes our place (execve); nothing of ours stays
 *   attend      the same, and a babysitter stays that carries state changes to the host
 *   hand over   the daemon is started beside us; at readiness the host is told to follow it, and
 *               we leave
 *   supervise   we stay, for life, as the process the host watches
 */
enum shape {
	SHAPE_REPLACE,
	SHAPE_ATTEND,
	SHAPE_HAND_OVER,
	SHAPE_SUPERVISE,
};

/* What the daemon said in one message, as bits; sd_notify(3) has the words for it. */
enum state_change {
	STATE_READY = 1 << 0,
	STATE_RELOADING = 1 << 1,
	STATE_STOPPING = 1 << 2,
	STATE_BARRIER = 1 << 3,
	STATE_STATUS = 1 << 4,
	STATE_ERROR = 1 << 5,
	STATE_BUS_ERROR = 1 << 6,
	STATE_VARLINK_ERROR = 1 << 7,
	STATE_EXIT_STATUS = 1 << 8,
	STATE_MAIN_PID = 1 << 9,
	STATE_MAIN_PIDFD_ID = 1 << 10,
	STATE_MAIN_PIDFD = 1 << 11, /* a descriptor that came along is the main process */
	STATE_TIME = 1 << 12,
	STATE_ALIVE = 1 << 13, /* sign of life for a watchdog */
	STATE_NOT_ALIVE = 1 << 14,
	STATE_WATCHDOG_TIME = 1 << 15,
	STATE_EXTEND_TIMEOUT = 1 << 16,
	STATE_FD_STORE = 1 << 17, /* keep the descriptors that came along, or give some up */
	STATE_NOTIFY_ACCESS = 1 << 18,
};

/* Who may speak for the daemon, from few to many (systemd.service(5), NotifyAccess=). */
enum notify_access {
	NOTIFY_ACCESS_NONE,
	NOTIFY_ACCESS_MAIN,
	NOTIFY_ACCESS_ALL,
};

/* Where the private notify socket is. */
enum notify_place {
	NOTIFY_PLACE_AUTO, /* at a path, or else under an abstract name */
	NOTIFY_PLACE_PATH,
	NOTIFY_PLACE_ABSTRACT,
};

/* How much of what the daemon says goes to the log. */
enum report_detail {
	REPORT_NONE,
	REPORT_STATUS, /* its status, its errors */
	REPORT_ALL,
};

/* A piece of somebody's text, borrowed, which no NUL ends. */
struct slice {
	const char *text;
	size_t length;
};

/* One message of the daemon. A value means something only if the bit of its change is set. */
struct statement {
	unsigned changes; /* bits of enum state_change */
	unsigned invalid; /* said with a value that is none: bits of enum state_change */
	struct slice status, error, bus_error, varlink_error, exit_status;
	unsigned long long main_pid, main_pidfd_id;
	unsigned long long time_us, watchdog_us, extend_us;
	enum notify_access access;
};

/* What becomes of one of 0-2. */
enum stdio {
	STDIO_KEPT, /* stays what the host gave */
	STDIO_NULL, /* becomes /dev/null */
	STDIO_SOCKET, /* becomes another number of the daemon's socket, the first if there are several */
};

#define N_STDIO 3

enum fd_kind {
	FD_KIND_CLOSED,
	FD_KIND_SOCKET,
	FD_KIND_FIFO,
	FD_KIND_NETLINK,
	FD_KIND_OTHER, /* message queue, device, file */
};

/* One inherited descriptor, as fd_describe() found it. */
struct fd_info {
	int fd;
	enum fd_kind kind;
	int family; /* AF_*; sockets only, as all that follows */
	int type;   /* SOCK_* */
	bool is_listening;
	struct sockaddr_storage address; /* getsockname(2) */
	socklen_t address_length;
};

/* The other end of a connection, as text; both empty unless it has an IP address. */
struct peer {
	char address[64];
	char port[8];
};

/* What the host gave us. Strings are borrowed from the environment or from struct facts. */
struct handover {
	struct fd_info *fds; /* the sockets handed to us, in the host's order; the arena's */
	size_t n_fds;
	const char *fd_names;       /* "a:b:c" as in LISTEN_FDNAMES, or NULL: the host names none */
	const char *job;            /* name of the job or unit, or NULL */
	const char *instance;       /* its instance, or NULL */
	const char *notify_address; /* where the host takes datagrams, or NULL */
	bool has_watchdog;          /* the host expects signs of life */
	bool is_on_stdio[N_STDIO]; /* the first of @fds is this one of 0-2, too: not the daemon's */
	struct peer peer;
	pid_t fds_holder;        /* they were not handed over but taken from this process; or 0 */
	const char *fds_missing; /* why there are none although there ought to be; or NULL */
	bool fds_are_parents;    /* sockets there are, but for our parent: a shell without exec */
	bool fds_are_ours; /* handed over was none: these are still to be opened, for --listen */
};

#endif
