/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why calls on System V segments fail: which check is in which file, and causes that have
 * nothing to do with the segment. */
#include "why/shm.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"

/* Opening a file beyond fs.file-max needs CAP_SYS_ADMIN (alloc_empty_file() in
 * fs/file_table.c); each segment is a file, and so is each attach. */
static void shm_files(struct ix_why *w, struct ix_reason *r)
{
	int proc = ix_procfd(w->x);
	enum ix_so admin = ix_shm_machine_right(w, CAP_SYS_ADMIN);
	uint64_t used, max;
	char text[128], *rest;

	if (proc < 0 || ix_read_file(proc, "sys/fs/file-nr", text, sizeof(text)) < 0 ||
	    !ix_shm_proc_number(w, "sys/fs/file-max", &max)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: fs.file-nr cannot be read");
		return;
	}
	rest = strchr(text, '\t');
	if (rest)
		*rest = '\0';
	if (ix_parse_u64(text, UINT64_MAX, &used) < 0)
		return;
	ix_reason_set(r, used < max || admin == IX_SO ? IX_SO_NOT : admin,
		      "fs.file-max is %" PRIu64 ", %" PRIu64 " open%s", max, used,
		      admin == IX_SO ? "; CAP_SYS_ADMIN may exceed it" : "");
	if (used >= max && admin != IX_SO) {
		r->applies = admin == IX_SO_NOT ? IX_SO : IX_SO_UNKNOWN;
		(void)snprintf(r->fix, sizeof(r->fix), "sysctl -w fs.file-max=%" PRIu64,
			       max + max / 4 + 1);
	}
}

/* SELinux and Smack check calls on System V objects. A file system of theirs is known to
 * the kernel if they are active, wherever it is mounted. */
static void shm_module(struct ix_why *w, struct ix_reason *r)
{
	int proc = ix_procfd(w->x);
	char text[4096];

	if (proc < 0 || ix_read_file(proc, "filesystems", text, sizeof(text)) < 0)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: /proc/filesystems cannot be read");
	else if (strstr(text, "\tselinuxfs\n"))
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: SELinux is active; see ausearch -m avc");
	else if (strstr(text, "\tsmackfs\n"))
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: Smack is active; see the audit log");
	else
		ix_reason_set(r, IX_SO_NOT, "neither SELinux nor Smack is active");
}

void ix_why_shm(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	enum ix_shm_check check = (enum ix_shm_check)c->check;

	if (check == IX_SHM_SAID)
		ix_shm_said(w, c, r);
	else if (check == IX_SHM_FILES)
		shm_files(w, r);
	else if (check == IX_SHM_MODULE)
		shm_module(w, r);
	else if (c->call == IX_SHMGET && check <= IX_SHM_EMPTY)
		ix_shm_get(w, check, r);
	else if (c->call == IX_SHMGET)
		ix_shm_limit(w, c, r);
	else if (check == IX_SHM_NO_ID || check == IX_SHM_ID_ELSEWHERE)
		ix_shm_id(w, check, r);
	else if (check >= IX_SHM_NOT_OWNER)
		ix_shm_control(w, check, r);
	else if (check == IX_SHM_TAKEN || check == IX_SHM_MAPS ||
		 check >= IX_SHM_DETACH_UNALIGNED)
		ix_shm_maps(w, check, r);
	else
		ix_shm_attach(w, check, r);
}
