/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Send a message and receive one: messages mq:/jobs TEXT */
#include <stdio.h>
#include <string.h>

#include <ipcx.h>

#define SECOND INT64_C(1000000000)

static int messages_pass(struct ipcx_queue *q, int64_t rank,
			 const char *text)
{
	struct ipcx_message out = { sizeof(out), rank, text,
				    strlen(text) };
	struct ipcx_message in = { .size = sizeof(in) };
	struct ipcx_take next = { .size = sizeof(next) };
	int r = ipcx_queue_send(q, &out, 5 * SECOND);

	if (r == 0)
		r = ipcx_queue_receive(q, &next, 5 * SECOND, &in);
	if (r == 0)
		printf("%.*s\n", (int)in.len, (const char *)in.data);
	return r;
}

int main(int argc, char **argv)
{
	struct ipcx_queue *q = NULL;
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 3) {
		fputs("usage: messages REFERENCE TEXT\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref);
	if (r == 0)
		r = ipcx_queue_open(x, &ref,
				    IPCX_QUEUE_SEND |
					    IPCX_QUEUE_RECEIVE,
				    &q);
	if (r == 0)
		r = messages_pass(
			q, ipcx_mech_info(ref.mech)->message_least,
			argv[2]);
	if (r < 0)
		fprintf(stderr, "messages: %s\n", ipcx_error(x));
	ipcx_queue_close(q);
	ipcx_free(x);
	return r < 0;
}
