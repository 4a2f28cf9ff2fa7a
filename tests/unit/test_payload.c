/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress/parcel.c: a message that is lost, doubled, changed or out of its turn is found. */
#include "stress/channel/payload.h"

#include <string.h>

#include "unit.h"

#define ROOM 4200

static const size_t sizes[] = { 0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 23, 24, 64, 1000, 4096 };

/* From where on a message has a number, and a whole one. */
#define NUMBERED 4
#define WHOLE    16

struct post {
	struct ix_sender s;
	struct ix_receiver r;
	struct ix_payload *p;
};

static int post_new(void **state)
{
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return -1;
	post->p = ix_payload_new(ROOM);
	post->s = (struct ix_sender){ .salt = 42, .number = 2 };
	post->r = (struct ix_receiver){ .salt = 42, .senders = 4, .alone = true };
	*state = post;
	return post->p ? 0 : -1;
}

static int post_end(void **state)
{
	struct post *post = *state;

	free(post->p);
	free(post);
	return 0;
}

/* Send one, into the parcel. */
static void one(struct post *post, size_t size, unsigned rank)
{
	memset(post->p->data, 0xaa, ROOM);
	ix_payload_fill(&post->s, post->p, size, rank);
	ix_payload_sent(&post->s, size, rank);
}

static enum ix_payload_verdict came(struct post *post, size_t size, unsigned rank)
{
	return ix_payload_check(&post->r, post->p, size, rank);
}

static bool balanced(const struct post *post)
{
	return memcmp(&post->s.totals, &post->r.totals, sizeof(post->s.totals)) == 0;
}

static void whole_and_in_order(void **state)
{
	struct post *post = *state;

	for (unsigned i = 0; i < 200000; i++) {
		size_t size = sizes[i % ARRAY_SIZE(sizes)];
		unsigned rank = i / 3 % IX_RANKS;

		one(post, size, rank);
		assert_int_equal(post->p->type, rank + 1);
		assert_int_equal(came(post, size, rank), IX_SOUND);
	}
	assert_true(balanced(post));
	assert_int_equal(post->r.totals.count, 200000);
}

/* Whoever answers reads in the message who asked. */
static void says_who_sent_it(void **state)
{
	struct post *post = *state;

	for (unsigned i = 0; i < IX_WORKERS; i++)
		for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
			if (sizes[k] < IX_PAYLOAD_NUMBERED)
				continue;
			post->s.number = i;
			one(post, sizes[k], 0);
			assert_int_equal(ix_payload_sender(post->p, sizes[k]), i);
		}
}

/* Nothing is written beyond a message. */
static void within_its_size(void **state)
{
	struct post *post = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		for (size_t at = sizes[i]; at < ROOM; at++)
			assert_int_equal(post->p->data[at], 0xaa);
	}
}

/* Ranks are orders of their own: another may overtake. */
static void ranks_overtake(void **state)
{
	struct post *post = *state;
	auto_free struct ix_payload *late = ix_payload_new(ROOM);

	ix_payload_fill(&post->s, late, 64, 0);
	ix_payload_sent(&post->s, 64, 0);
	one(post, 64, 3);
	assert_int_equal(came(post, 64, 3), IX_SOUND);
	assert_int_equal(ix_payload_check(&post->r, late, 64, 0), IX_SOUND);
	assert_true(balanced(post));
}

static void changed_in_any_bit(void **state)
{
	struct post *post = *state;
	unsigned missed = 0, bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i];

		for (size_t bit = 0; bit < MIN(size * 8, 600); bit++) {
			one(post, size, 1);
			post->p->data[bit / 8] ^= (unsigned char)(1U << bit % 8);
			bits++;
			if (came(post, size, 1) == IX_SOUND) {
				missed++;
				assert_true(size < WHOLE); /* eight bits of check */
			}
			post->r.next[2][1] = post->s.next[1];
		}
	}
	assert_true(bits > 2000 && missed * 100 < bits);
}

static void changed_at_its_end(void **state)
{
	struct post *post = *state;

	one(post, 4096, 0);
	post->p->data[4095] ^= 0x80;
	assert_int_equal(came(post, 4096, 0), IX_CHANGED);
}

static void cut_or_longer(void **state)
{
	struct post *post = *state;

	one(post, 64, 0);
	assert_int_equal(came(post, 63, 0), IX_CHANGED);
	one(post, 64, 0);
	assert_int_equal(came(post, 72, 0), IX_CHANGED);
	one(post, 64, 0);
	assert_int_equal(came(post, 16, 0), IX_CHANGED);
	assert_false(balanced(post));
}

static void wrong_rank(void **state)
{
	struct post *post = *state;

	one(post, 64, 1);
	assert_int_equal(came(post, 64, 2), IX_CHANGED);
	one(post, 64, 1);
	assert_int_equal(came(post, 64, 1 + 256), IX_CHANGED);
	one(post, 16, 1);
	assert_int_equal(came(post, 16, (unsigned)-1), IX_CHANGED);
}

static void of_another_channel(void **state)
{
	struct post *post = *state;

	post->s.salt++;
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_CHANGED);
}

static void of_nobody_here(void **state)
{
	struct post *post = *state;

	post->s.number = 4;
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_FOREIGN);
	one(post, 4, 0);
	assert_int_equal(came(post, 4, 0), IX_FOREIGN);
}

static void lost(void **state)
{
	struct post *post = *state;

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
		one(post, sizes[i], 0); /* which never comes */
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_GAP);
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
	}
	assert_false(balanced(post));
}

static void doubled(void **state)
{
	struct post *post = *state;

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
		assert_int_equal(came(post, sizes[i], 0), IX_AGAIN);
	}
	assert_false(balanced(post));
}

/* Late is late, and does not make the next one so. */
static void out_of_order(void **state)
{
	struct post *post = *state;
	auto_free struct ix_payload *first = ix_payload_new(ROOM);

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		ix_payload_fill(&post->s, first, sizes[i], 0);
		ix_payload_sent(&post->s, sizes[i], 0);
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_GAP);
		assert_int_equal(ix_payload_check(&post->r, first, sizes[i], 0),
				 IX_AGAIN);
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
	}
	assert_true(balanced(post)); /* they did all come */
}

/* Where others receive, too, a gap is no fault, but to go back is one. */
static void others_receive(void **state)
{
	struct post *post = *state;
	auto_free struct ix_payload *first = ix_payload_new(ROOM);

	post->r.alone = false;
	ix_payload_fill(&post->s, first, 64, 0);
	ix_payload_sent(&post->s, 64, 0);
	post->s.next[0] += 100000; /* that others received */
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_SOUND);
	assert_int_equal(came(post, 64, 0), IX_AGAIN);
	assert_int_equal(ix_payload_check(&post->r, first, 64, 0), IX_AGAIN);
	one(post, 8, 0);
	assert_int_equal(came(post, 8, 0), IX_SOUND);
}

/* One lost and another doubled: as many, but not the same. */
static void sums_tell_them_apart(void **state)
{
	struct post *post = *state;

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		assert_true(balanced(post));
		one(post, sizes[i], 0);
		one(post, sizes[i], 0);
		(void)came(post, sizes[i], 0);
		(void)came(post, sizes[i], 0);
		assert_int_equal(post->s.totals.count, post->r.totals.count);
		assert_int_equal(post->s.totals.bytes, post->r.totals.bytes);
		assert_false(balanced(post));
		post->r.totals = post->s.totals;
	}
}

static void every_flaw_has_a_text(void **state)
{
	(void)state;
	for (int f = IX_SOUND; f <= IX_GAP; f++)
		assert_true(strlen(ix_payload_verdict_text((enum ix_payload_verdict)f)) >
			    10);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, post_new, post_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(whole_and_in_order),
		CASE(says_who_sent_it),
		CASE(within_its_size),
		CASE(ranks_overtake),
		CASE(changed_in_any_bit),
		CASE(changed_at_its_end),
		CASE(cut_or_longer),
		CASE(wrong_rank),
		CASE(of_another_channel),
		CASE(of_nobody_here),
		CASE(lost),
		CASE(doubled),
		CASE(out_of_order),
		CASE(others_receive),
		CASE(sums_tell_them_apart),
		cmocka_unit_test(every_flaw_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
