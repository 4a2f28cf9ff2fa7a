/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings such as processes with libraries have, six of ten backed by a file. */
#ifndef BENCH_BALLAST_H
#define BENCH_BALLAST_H

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#define PAGE 4096UL

static int disk = -1; /* a file that is on a disk */
static char *ballast;

static inline int count_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int c, lines = 0;

	if (!f)
		return -1;
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static inline int open_disk(void)
{
	Dl_info libc;

	if (!dladdr((void *)&printf, &libc))
		return -1;
	disk = open(libc.dli_fname, O_RDONLY);
	return disk < 0 ? -1 : 0;
}

/* Map pages that the kernel cannot merge: three of a file, two without one, and so on. */
static inline int fill(int pages)
{
	ballast = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; ballast != MAP_FAILED && i < pages; i++) {
		int prot = i % 2 ? PROT_READ : PROT_NONE;
		char *page = ballast + i * PAGE;

		if (i % 5 < 3 ? mmap(page, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, disk,
				     0) == MAP_FAILED
			      : mprotect(page, PAGE, prot) < 0)
			return -1;
	}
	return ballast == MAP_FAILED ? -1 : 0;
}

#endif
