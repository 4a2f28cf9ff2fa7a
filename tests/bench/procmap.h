/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROCMAP_QUERY of /proc/PID/maps (Linux 6.11), which the headers of a system may lack. */
#ifndef BENCH_PROCMAP_H
#define BENCH_PROCMAP_H

#include <linux/types.h>
#include <sys/ioctl.h>

#define QUERY_SHARED      0x08
#define QUERY_NEXT        0x10
#define QUERY_FILE_BACKED 0x20

struct query {
	__u64 size, flags, addr;
	__u64 start, end, vma_flags, page_size, offset, inode;
	__u32 dev_major, dev_minor;
	__u32 name_size, build_id_size;
	__u64 name_addr, build_id_addr;
};

#define QUERY_MAPS _IOWR('f', 17, struct query)

#endif
