/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: threads that wait for pipes and FIFOs. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int in[2], out[2]; /* an empty pipe and a full one */

static void ino_of(const char *name, int fd)
{
	struct stat st;

	must(fstat(fd, &st) == 0, "fstat");
	fact(name, (long long)st.st_ino);
}

static void fill(int fd)
{
	static char some[4096];

	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
	while (write(fd, some, sizeof(some)) > 0)
		;
	must(errno == EAGAIN && fcntl(fd, F_SETFL, 0) == 0, "F_SETFL");
}

enum { READ, WRITE, READV, WRITEV, SPLICE_IN, SPLICE_OUT, TEE, SENDFILE, VMSPLICE };

static long pipe_call(long how, struct iovec *v)
{
	switch (how) {
	case READ:
		return read(in[0], v[0].iov_base, 100);
	case WRITE:
		return write(out[1], v[0].iov_base, 100);
	case READV:
		return readv(in[0], v, 2);
	case WRITEV:
		return writev(out[1], v, 2);
	case SPLICE_IN:
		return splice(in[0], NULL, out[1], NULL, 100, 0);
	case TEE:
		return tee(in[0], out[1], 100, 0);
	case SENDFILE:
	case SPLICE_OUT: {
		int fd = memfd_create("m", 0);

		must(fd >= 0 && ftruncate(fd, 4096) == 0, "memfd_create");
		return how == SENDFILE ? sendfile(out[1], fd, NULL, 100)
				       : splice(fd, NULL, out[1], NULL, 100, 0);
	}
	default:
		return vmsplice(out[1], v, 1, 0);
	}
}

static void pipe_run(long how)
{
	char bytes[200] = "";
	struct iovec v[2] = { { bytes, 100 }, { bytes + 100, 100 } };

	about();
	must(pipe_call(how, v) >= 0, "read, write");
}

static void scene_pipe(long how)
{
	must(pipe(in) == 0 && pipe(out) == 0, "pipe");
	fill(out[1]);
	ino_of("in", in[0]);
	ino_of("out", out[0]);
	asleep(child("partner", pipe_run, how));
}

#define FIFO "/dev/shm/fifo"

static void fifo_run(long how)
{
	about();
	must(open(FIFO, (int)how) >= 0, "open");
}

static void scene_fifo(long how)
{
	struct stat st;

	must(mkfifo(FIFO, 0666) == 0 && stat(FIFO, &st) == 0, "mkfifo");
	fact("dev", (long long)st.st_dev);
	fact("ino", (long long)st.st_ino);
	asleep(child("partner", fifo_run, how));
}

/* A FIFO that is open: read(2) from it. */
static void fifo_read_run(long arg)
{
	char bytes[100];
	int fd = open(FIFO, O_RDWR);

	(void)arg;
	about();
	must(read(fd, bytes, sizeof(bytes)) > 0, "read");
}

static void scene_fifo_read(long arg)
{
	struct stat st;

	must(mkfifo(FIFO, 0666) == 0 && stat(FIFO, &st) == 0, "mkfifo");
	fact("dev", (long long)st.st_dev);
	fact("ino", (long long)st.st_ino);
	asleep(child("partner", fifo_read_run, arg));
}

const struct scene pipe_scenes[] = {
	{ "pipe-read", scene_pipe, READ },
	{ "pipe-write", scene_pipe, WRITE },
	{ "pipe-readv", scene_pipe, READV },
	{ "pipe-writev", scene_pipe, WRITEV },
	{ "pipe-splice", scene_pipe, SPLICE_IN },
	{ "pipe-splice-out", scene_pipe, SPLICE_OUT },
	{ "pipe-tee", scene_pipe, TEE },
	{ "pipe-sendfile", scene_pipe, SENDFILE },
	{ "pipe-vmsplice", scene_pipe, VMSPLICE },
	{ "fifo-read", scene_fifo_read, 0 },
	{ "fifo-open-read", scene_fifo, O_RDONLY },
	{ "fifo-open-write", scene_fifo, O_WRONLY },
	{ 0 },
};
