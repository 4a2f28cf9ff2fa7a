// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * qloop make KEY: create a queue that holds kernel.msgmnb bytes. qloop send KEY: send
 * each line of standard input as a message. qloop recv KEY: print every message as a
 * line. A bare loop that does what `ipcx msg send --lines` and `ipcx msg recv --all` do.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

static struct {
	long type;
	char text[65536];
} m = { .type = 1 };

static int send_lines(int id)
{
	while (fgets(m.text, sizeof(m.text), stdin)) {
		size_t n = strlen(m.text);

		if (msgsnd(id, &m, n - (n && m.text[n - 1] == '\n'), 0) < 0)
			return -1;
	}
	return 0;
}

static int recv_all(int id)
{
	ssize_t n;

	while ((n = msgrcv(id, &m, sizeof(m.text), 0, IPC_NOWAIT)) >= 0) {
		m.text[n] = '\n';
		if (fwrite(m.text, 1, (size_t)n + 1, stdout) != (size_t)n + 1)
			return -1;
	}
	return errno == ENOMSG && fflush(stdout) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	key_t key = argc == 3 ? (key_t)strtol(argv[2], NULL, 0) : 0;
	int r;

	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "make"))
		r = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
	else if (!strcmp(argv[1], "send"))
		r = send_lines(msgget(key, 0));
	else
		r = recv_all(msgget(key, 0));
	if (r < 0)
		perror(argv[1]);
	return r < 0;
}
