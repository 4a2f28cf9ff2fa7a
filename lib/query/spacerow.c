/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the row of an IPC namespace says about its oldest process and its user
 * namespace. */
#include <errno.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "proc/stat.h"
#include "query/spaces.h"

static void space_put_command(struct ipcx *x, struct ipcx_table *t,
			      struct ix_space_row *row, int32_t pid)
{
	char path[24], text[1024];
	struct ix_proc_stat st;
	int len;

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = pid ? ix_read_file(ix_procfd(x), path, text, sizeof(text)) : 0;
	if (len > 0 && ix_proc_stat_parse(text, (size_t)len, &st) == 0)
		row->command = ix_table_text(t, st.comm);
	else if (len < 0 && len != -ENOENT && len != -ESRCH)
		ix_table_once(t, len, "the commands of some processes could not be read");
}

/* The user of the oldest process, as in the rows of its members. */
static void space_put_uid(struct ipcx *x, struct ipcx_table *t, struct ix_space_row *row,
			  int32_t pid)
{
	char path[24];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d", pid);
	if (!pid)
		return;
	if (fstatat(ix_procfd(x), path, &st, 0) == 0) {
		row->uid = st.st_uid;
		return;
	}
	if (errno != ENOENT && errno != ESRCH)
		ix_table_once(t, -errno, "the users of some processes could not be read");
	else
		ix_table_reason(t, "the users of processes that just ended are unknown");
	ix_unknown(t, row, IPCX_F_UID);
	ix_unknown(t, row, IPCX_F_OWNER);
}

void ix_space_process(struct ipcx *x, struct ipcx_table *t, struct ix_space_row *row,
		      int32_t pid)
{
	space_put_command(x, t, row, pid);
	space_put_uid(x, t, row, pid);
}

void ix_space_identity(struct ipcx_table *t, struct ix_space_row *row,
		       const struct ix_target *p)
{
	struct ix_userspace found = { .ino = 0 };
	auto_fd int user = p->nsfd < 0 ? -1 : ioctl(p->nsfd, NS_GET_USERNS);
	int r = p->nsfd < 0 ? -EBADF : user < 0 ? -errno : 0;

	row->id = p->id;
	if (p->nsfd < 0)
		ix_unknown(t, row, IPCX_F_NS_ID);
	if (r == 0)
		r = ix_userspace_read(user, &found);
	row->user_ns = found.ino;
	row->user_ns_parent = found.parent;
	row->creator = found.uid;
	if (r < 0 && p->nsfd >= 0 && r != -ENOTTY)
		ix_table_once(t, r, "the owners of some namespaces could not be read");
	if (!found.ino)
		ix_unknown(t, row, IPCX_F_USER_NS);
	if (r == 0 && !found.parent && !found.first)
		ix_table_reason(
			t,
			"the parents of some user namespaces may not be seen from here");
	if (!found.parent && !found.first)
		ix_unknown(t, row, IPCX_F_USER_NS_PARENT);
	if (r == 0)
		return;
	ix_unknown(t, row, IPCX_F_USER_NS_UID);
	ix_unknown(t, row, IPCX_F_USER_NS_OWNER);
}
