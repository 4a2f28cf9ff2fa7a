/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --root and IPCX_ROOT: in a debug container, the root directory of the host is mounted
 * somewhere. The library then finds the files and processes of the host, and commands
 * that name no namespace work in that of the host's process 1. Without these, and for the
 * root that we have anyway, nothing changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/file.h"
#include "base/firstroot.h"
#include "base/sidethread.h"
#include "cmd.h"

static int root_failed(const struct app *app, const char *text)
{
	msg_error("%s=%s: %s", app->root_from, app->root, text);
	return EXIT_FAILED;
}

/* The root that is meant: the option's or, for commands that can use one, that of the
 * environment; NULL: our own. */
static const char *root_meant(struct app *app, const char *option, bool at_home)
{
	const char *env = at_home ? NULL : secure_getenv("IPCX_ROOT");

	app->root_from = option ? "--root" : "IPCX_ROOT";
	return option ? option : env && *env ? env : NULL;
}

/* fstatfs(2) by a thread: the directory may be on a file system that never answers. */
struct type_call {
	struct ix_side_call call;
	int fd;
	bool proc;
};

static void type_run(struct ix_side_call *e)
{
	struct type_call *c = (struct type_call *)e;
	struct statfs fs;

	c->proc = fstatfs(c->fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static void type_end(struct ix_side_call *e)
{
	struct type_call *c = (struct type_call *)e;

	(void)close(c->fd);
	free(c);
}

static bool is_procfs(int fd)
{
	struct type_call *c = calloc(1, sizeof(*c));
	bool proc;

	if (!c)
		return false;
	c->call = (struct ix_side_call){ .run = type_run, .end = type_end };
	c->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (c->fd < 0) {
		free(c);
		return false;
	}
	if (ix_side_run(&c->call) < 0)
		return false;
	proc = c->proc;
	type_end(&c->call);
	return proc;
}

/* Open the /proc that belongs to the root: the one below it or, if nothing is mounted
 * there, ours, provided that our process 1 has this root. */
static int open_proc(struct app *app, int root, int *ret_proc)
{
	auto_fd int below = ix_open_below(root, "proc", O_PATH | O_DIRECTORY, true);
	auto_fd int ours = -1;
	char text[200];
	int r;

	if (below >= 0 && is_procfs(below)) {
		app->root_doubt = ix_first_root(below, root);
		*ret_proc = take_fd(&below);
		return 0;
	}
	ours = ix_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
	r = ours < 0 ? ours : ix_first_root(ours, root);
	if (r < 0) {
		(void)snprintf(text, sizeof(text), "it has no /proc, and by our own %s",
			       ix_first_root_text(r));
		return root_failed(app, text);
	}
	*ret_proc = take_fd(&ours);
	return 0;
}

static bool is_our_root(int root)
{
	struct stat given, own;

	return fstat(root, &given) == 0 && stat("/", &own) == 0 &&
	       given.st_dev == own.st_dev && given.st_ino == own.st_ino;
}

static int app_begin_at(struct app *app)
{
	struct ipcx_base base = { .size = sizeof(base),
				  .set = IPCX_BASE_ROOT | IPCX_BASE_PROC };
	auto_fd int root = ix_open(AT_FDCWD, app->root, O_PATH | O_DIRECTORY), proc = -1;
	int r;

	if (root < 0)
		return root_failed(app, strerror(-root));
	if (is_our_root(root)) {
		app->root = NULL;
		return app_begin(app, NULL, true);
	}
	r = open_proc(app, root, &proc);
	if (r)
		return r;
	base.root_fd = root;
	base.proc_fd = proc;
	r = ipcx_new_at(&base, &app->x);
	return r < 0 ? root_failed(app, strerror(-r)) : 0;
}

int app_begin(struct app *app, const char *root, bool at_home)
{
	int r;

	if (root && at_home)
		return msg_usage("--root: this command works in our own namespaces, and "
				 "below our own root directory");
	app->root = root_meant(app, root, at_home);
	if (app->root)
		return app_begin_at(app);
	r = ipcx_new(&app->x);
	if (r == 0)
		return 0;
	msg_error("out of memory");
	return EXIT_FAILED;
}

int app_where(const struct app *app, const char **where)
{
	if (*where || !app->root)
		return 0;
	if (app->root_doubt < 0) {
		msg_error("%s=%s: %s: name a namespace (--ns)", app->root_from, app->root,
			  ix_first_root_text(app->root_doubt));
		return EXIT_FAILED;
	}
	*where = "1";
	return 0;
}
