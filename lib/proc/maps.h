/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mappings of a process that are backed by a file: read by the ioctl PROCMAP_QUERY of
 * /proc/PID/maps (Linux 6.11), which formats no path, or from the text where the kernel
 * has no such ioctl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_mapping {
	uint64_t start, end, dev, ino;
	bool read, write, shared;
	uint64_t offset; /* in the file, of the start */
};

struct ix_maps {
	int fd;
	bool shared_only, text;
	bool cut;      /* text: the rest of a line that was too long follows */
	uint64_t next; /* where the next query begins */
	char *data;    /* text: a buffer of its own */
	size_t len, at, cap;
	const char *name; /* text: the path of the last mapping, name_len bytes */
	size_t name_len;
};

/* Begin to read the mappings of a process or thread: "path" ("maps", "task/TID/maps") is
 * relative to its /proc directory. With shared_only, private mappings are left out.
 * Returns 0 or -errno. */
int ix_maps_open(int dir, const char *path, bool shared_only, struct ix_maps *ret_maps);

/* Return 1 and the next mapping; 0 at the end; -ESRCH if the memory does not exist (any
 * more), as the process has ended, executed another program, or is a thread of the
 * kernel; or another -errno. Mappings without a file are left out. */
int ix_maps_next(struct ix_maps *m, struct ix_mapping *ret_mapping);

/* Write the path of the mapping returned last, NUL-terminated, and cut to fit. Instead
 * of a path, memory of a file that was unlinked when it was mapped may have a name that
 * the process gave to it: "[anon_shmem:NAME]". Returns its length; -ENAMETOOLONG if the
 * kernel does not tell it, because it has more than PATH_MAX bytes; or another -errno. */
int ix_maps_name(struct ix_maps *m, const struct ix_mapping *mapping, char *buf,
		 size_t size);

/* Find the mapping with an address: of a file, and shared if the reader returns only
 * those. Returns 1; 0 if there is none; or -errno as ix_maps_next(). A reader that
 * returned mappings already cannot go back. */
int ix_maps_at(struct ix_maps *m, uint64_t address, struct ix_mapping *ret_mapping);

#define auto_maps __attribute__((cleanup(ix_maps_close)))
void ix_maps_close(struct ix_maps *m);

/* Parse one line of the text, without its newline; ret_name points into it. Returns 0 or
 * -EPROTO. */
int ix_maps_parse(const char *line, size_t len, struct ix_mapping *ret_mapping,
		  const char **ret_name, size_t *ret_name_len);
