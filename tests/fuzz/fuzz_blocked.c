/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of /proc/PID/syscall, the first line of the input: an accepted text, written
 * again as the kernel writes it, is the same. Its number and arguments are decoded for
 * every instruction set, and the rest of the input is the memory behind the futex: both
 * are whatever a process chooses.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>

#include "base/util.h"
#include "fuzz.h"
#include "proc/blocked.h"
#include "proc/peek.h"

static void check_again(const struct ix_syscall *c, const char *text, size_t len)
{
	char line[300];
	int n;

	if (c->nr < 0) /* "running", or a number below 0 */
		return;
	n = snprintf(line, sizeof(line),
		     "%" PRId64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
		     " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n",
		     c->nr, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4],
		     c->args[5], c->sp, c->pc);
	CHECK(n > 0 && (size_t)n == len && !memcmp(line, text, len));
}

static void check_lock(const struct ix_blocked *b, const uint8_t *data, size_t size)
{
	size_t n = MIN(size / sizeof(uint32_t), (size_t)IX_LOCK_WORDS);
	auto_free uint32_t *words = malloc(n ? n * sizeof(*words) : 1);
	struct ix_lock lock = { .owner = -77 };

	CHECK(words);
	if (n)
		memcpy(words, data, n * sizeof(*words));
	ix_lock_parse(b, words, n, &lock);
	CHECK(lock.owner >= 0 && lock.owner <= 4194304);
	switch (lock.kind) {
	case IX_LOCK_NONE:
		CHECK(!lock.owner && !lock.died);
		break;
	case IX_LOCK_PLAIN:
		CHECK(n >= 5 && lock.owner && !lock.died && b->value == 2);
		CHECK((uint32_t)lock.owner == words[2]);
		break;
	case IX_LOCK_ROBUST:
		CHECK(n && b->value & FUTEX_WAITERS);
		CHECK((uint32_t)lock.owner == (words[0] & FUTEX_TID_MASK));
		break;
	case IX_LOCK_PI:
		CHECK(n && (b->op == FUTEX_LOCK_PI || b->op == 13));
		break;
	}
}

static void check_call(enum ix_abi abi, const struct ix_syscall *c, const uint8_t *data,
		       size_t size)
{
	struct ix_blocked b = { .call = NULL };

	if (!ix_blocked_decode(abi, c, &b)) {
		CHECK(!b.call);
		return;
	}
	CHECK(b.kind > IX_WAIT_NONE && b.kind <= IX_WAIT_OPEN && *b.call);
	CHECK(!b.narrow || (b.data | b.timeout | b.flags_at) <= UINT32_MAX ||
	      c->nr & 0x40000000);
	CHECK(b.kind == IX_WAIT_FUTEX || b.object <= UINT32_MAX);
	CHECK(b.kind != IX_WAIT_SEM || b.count <= UINT32_MAX);
	CHECK(b.other == UINT64_MAX || b.kind == IX_WAIT_PIPE);
	CHECK(!b.timeout_narrow || b.narrow);
	CHECK(!b.mtype_at || (b.kind == IX_WAIT_MSG && !b.sends));
	check_lock(&b, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t len = newline ? (size_t)(newline + 1 - data) : size;
	struct ix_syscall c = { .nr = 77 };
	auto_free char *text = malloc(len ? len : 1);
	int r;

	CHECK(text);
	if (len)
		memcpy(text, data, len);
	r = ix_syscall_parse(text, len, &c);
	CHECK(r == 0 || r == 1 || r == -EPROTO);
	if (r < 0) {
		CHECK(c.nr == 77);
		return 0;
	}
	CHECK(newline && r == (c.nr >= 0));
	check_again(&c, text, len);
	for (enum ix_abi abi = 0; abi < IX_ABIS; abi++)
		check_call(abi, &c, data + len, size - len);
	return 0;
}
