/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/room.h. */
#include "probe/room.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/util.h"

/* Where daemons write, so that it can be written to here; last what hides the place of the layers. */
static const char *const writable[] = { "/etc",  "/run",  "/srv", "/var",
					"/home", "/root", "/opt", "/tmp" };

/* What the machine has only once, and no namespace keeps apart. */
static const int taken_away[] = { CAP_SYS_TIME,   CAP_SYS_MODULE, CAP_SYS_BOOT,
				  CAP_SYS_RAWIO,  CAP_MKNOD,      CAP_SYSLOG,
				  CAP_WAKE_ALARM, CAP_MAC_ADMIN,  CAP_AUDIT_CONTROL };

int room_open(void)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

	return unshare(flags) < 0 ? -errno : 0;
}

static int raise_loopback(void)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int lay_over(const char *place, const char *directory)
{
	char upper[200], work[200], options[700];
	struct stat st;

	if (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	(void)snprintf(upper, sizeof(upper), "%s/upper%s", place, directory);
	(void)snprintf(work, sizeof(work), "%s/work%s", place, directory);
	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", directory,
		       upper, work);
	if (mkdir(upper, st.st_mode & 07777) < 0 || mkdir(work, 0700) < 0 ||
	    chown(upper, st.st_uid, st.st_gid) < 0 || chmod(upper, st.st_mode & 07777) < 0 ||
	    mount("overlay", directory, "overlay", MS_NOSUID | MS_NODEV, options) < 0)
		return -errno;
	return 0;
}

/* All that is mounted so far; what is laid out after it can be written to. */
static int make_read_only(void)
{
#ifdef SYS_mount_setattr
	struct {
		unsigned long long set, clear, propagation, userns;
	} attributes = { .set = 1 /* MOUNT_ATTR_RDONLY */ };
	int recursive = 0x8000; /* AT_RECURSIVE */

	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", recursive, &attributes, sizeof(attributes)) == 0)
		return 0;
#endif
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0 ? -errno : 0;
}

static int mount_fresh(const char *type, const char *where, unsigned long flags, const char *options)
{
	return mount(type, where, type, flags | MS_NOSUID, options) < 0 ? -errno : 0;
}

/* What the managers of the machine keep in /run: nobody in the room can speak to them. */
static int hide_managers(bool has_systemd)
{
	static const char *const hidden[] = { "/run/systemd",     "/run/dbus",       "/run/user",
					      "/run/docker.sock", "/run/containerd", "/run/udev" };

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		struct stat st;

		if (lstat(hidden[i], &st) == 0 && !S_ISDIR(st.st_mode))
			(void)unlink(hidden[i]);
		else if (lstat(hidden[i], &st) == 0 &&
			 mount_fresh("tmpfs", hidden[i], 0, "mode=755") < 0)
			return -errno;
	}
	(void)mkdir("/run/dbus", 0755);
	(void)mkdir("/run/systemd", 0755);
	return has_systemd && mkdir("/run/systemd/system", 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int lay_out(const char *place, bool has_systemd)
{
	char path[200];
	int r = mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;

	if (r == 0)
		r = make_read_only();
	if (r == 0)
		r = mount_fresh("tmpfs", place, 0, "mode=755");
	(void)snprintf(path, sizeof(path), "%s/upper", place);
	if (r == 0 && mkdir(path, 0755) < 0)
		r = -errno;
	(void)snprintf(path, sizeof(path), "%s/work", place);
	if (r == 0 && mkdir(path, 0700) < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(writable); i++)
		r = lay_over(place, writable[i]);
	if (r == 0)
		r = hide_managers(has_systemd);
	return r;
}

/* A new one for the new namespace; what is in it of the whole machine stays read-only. */
static int mount_proc(void)
{
	int r = mount_fresh("proc", "/proc", MS_NODEV | MS_NOEXEC, NULL);

	if (r == 0 && (mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) < 0 ||
		       mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0))
		r = -errno;
	return r;
}

int room_furnish(const char *place, bool has_systemd, const char **ret_what)
{
	int r = lay_out(place, has_systemd);

	*ret_what = "the overlays for what the daemon writes";
	if (r == 0) {
		*ret_what = "/proc of the new namespace";
		r = mount_proc();
	}
	if (r == 0) {
		*ret_what = "the loopback interface";
		r = raise_loopback();
	}
	if (r < 0)
		return r;
	if (access("/dev/shm", F_OK) == 0)
		(void)mount_fresh("tmpfs", "/dev/shm", MS_NODEV, "mode=1777");
	for (size_t i = 0; i < ARRAY_SIZE(taken_away); i++)
		(void)prctl(PR_CAPBSET_DROP, taken_away[i], 0, 0, 0);
	return 0;
}
