/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse references to semaphores and their indices, and wait for operations. */
#include "sem/sem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/util.h"

/* sem_num of semop(2) is an unsigned short. */
#define NUM_MOST 65535
/* SEMVMX */
#define VALUE_MOST 32767

/* clang-format off */
const struct opt semverb_count_opts[] = {
	{ "count", 'c', NUMBER(struct semverb_args, count), GIVEN(struct semverb_args, given, GIVEN_COUNT), .arg = "N", .help = "the amount, in one step (default 1)" },
	{ .name = "" },
};
/* clang-format on */

bool semverb_array(const struct app *app)
{
	return app_can(app, IPCX_CAN_SEM_SET);
}

int64_t semverb_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int semverb_count(const struct semverb_args *args, int32_t *ret_count)
{
	uint64_t n = args->given & GIVEN_COUNT ? args->count : 1;

	if (n < 1 || n > VALUE_MOST)
		return msg_usage("--count: a semaphore holds 1 to %d (SEMVMX)",
				 VALUE_MOST);
	*ret_count = (int32_t)n;
	return 0;
}

/* Parse len digits as the index of a semaphore. */
static int sem_number(const char *text, size_t len, uint32_t *ret_n)
{
	char digits[8];
	uint64_t n;

	if (len == 0 || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (ix_parse_u64(digits, NUM_MOST, &n) < 0)
		return -EINVAL;
	*ret_n = (uint32_t)n;
	return 0;
}

int semverb_range(const char *text, const char **ret_end, uint32_t *ret_first,
		  uint32_t *ret_last)
{
	size_t len = strspn(text, "0123456789");
	uint32_t first, last;

	if (sem_number(text, len, &first) < 0)
		return -EINVAL;
	last = first;
	text += len;
	if (*text == ':') {
		len = strspn(++text, "0123456789");
		if (sem_number(text, len, &last) < 0 || last < first)
			return -EINVAL;
		text += len;
	}
	*ret_end = text;
	*ret_first = first;
	*ret_last = last;
	return 0;
}

/* Return where the index begins: after the last colon, unless that colon ends the name of
 * the mechanism. */
static const char *index_of(const char *word)
{
	const char *colon = strrchr(word, ':');
	unsigned mech;

	if (!colon || ipcx_mech_by_name(word, (size_t)(colon - word), &mech) == 0)
		return NULL;
	return colon + 1;
}

int semverb_begin(struct app *app, const struct ns_args *where, const char *word,
		  bool acts, struct semverb *ret_v)
{
	auto_free char *ref = strdup(word);
	struct semverb v = { .num = 0 };
	const char *text = NULL;
	int r;

	if (!ref) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	if (semverb_array(app))
		text = index_of(word);
	if (text) {
		if (sem_number(text, strlen(text), &v.num) < 0)
			return msg_usage("'%s': '%s' is not a semaphore index (0 to %d)",
					 word, text, NUM_MOST);
		ref[text - word - 1] = '\0';
		v.said = true;
	}
	r = verb_begin(app, where, ref, IPCX_MECH_BIT(app->mech), acts, &v.ref);
	if (!r)
		*ret_v = v;
	return r;
}

int semverb_op(struct app *app, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
	       size_t n, int64_t timeout)
{
	int64_t begun = semverb_now(), left = timeout;
	int r;

	while ((r = ipcx_sem_op(app->x, ref, ops, n, left)) == -EINTR)
		if (timeout > 0)
			left = MAX(timeout - (semverb_now() - begun), 1);
	return r < 0 ? app_failed(app, r) : EXIT_DONE;
}
