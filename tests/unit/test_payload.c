/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress/payload.c: a lost, duplicated, changed or reordered message is detected. */
#include "stress/channel/payload.h"

#include <string.h>

#include "unit.h"

#define ROOM 4200

static const size_t sizes[] = { 0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 23, 24, 64, 1000, 4096 };

/* Least size of a message that has room for its number, and of a message with room for
 * all fields. */
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

/* Fill the payload with a message, and count the message as sent. */
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

static void test_intact_messages_in_order(void **state)
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

/* A process that replies finds the sender's number in the message. */
static void test_message_names_its_sender(void **state)
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

/* Nothing is written beyond the end of a message. */
static void test_message_stays_within_its_size(void **state)
{
	struct post *post = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		for (size_t at = sizes[i]; at < ROOM; at++)
			assert_int_equal(post->p->data[at], 0xaa);
	}
}

/* Messages are ordered only within one type or priority: those of another type or
 * priority may overtake. */
static void test_other_types_may_overtake(void **state)
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

static void test_any_flipped_bit_is_detected(void **state)
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
				assert_true(size <
					    WHOLE); /* only eight bits of checksum */
			}
			post->r.next[2][1] = post->s.next[1];
		}
	}
	assert_true(bits > 2000 && missed * 100 < bits);
}

static void test_change_at_the_end_is_detected(void **state)
{
	struct post *post = *state;

	one(post, 4096, 0);
	post->p->data[4095] ^= 0x80;
	assert_int_equal(came(post, 4096, 0), IX_CHANGED);
}

static void test_wrong_length_is_detected(void **state)
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

static void test_wrong_type_is_detected(void **state)
{
	struct post *post = *state;

	one(post, 64, 1);
	assert_int_equal(came(post, 64, 2), IX_CHANGED);
	one(post, 64, 1);
	assert_int_equal(came(post, 64, 1 + 256), IX_CHANGED);
	one(post, 16, 1);
	assert_int_equal(came(post, 16, (unsigned)-1), IX_CHANGED);
}

static void test_message_of_another_channel(void **state)
{
	struct post *post = *state;

	post->s.salt++;
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_CHANGED);
}

static void test_message_of_an_unknown_sender(void **state)
{
	struct post *post = *state;

	post->s.number = 4;
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_FOREIGN);
	one(post, 4, 0);
	assert_int_equal(came(post, 4, 0), IX_FOREIGN);
}

static void test_lost_message_is_detected(void **state)
{
	struct post *post = *state;

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
		one(post, sizes[i], 0); /* never received */
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_GAP);
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
	}
	assert_false(balanced(post));
}

static void test_duplicate_is_detected(void **state)
{
	struct post *post = *state;

	for (size_t i = 3; i < ARRAY_SIZE(sizes); i++) {
		one(post, sizes[i], 0);
		assert_int_equal(came(post, sizes[i], 0), IX_SOUND);
		assert_int_equal(came(post, sizes[i], 0), IX_AGAIN);
	}
	assert_false(balanced(post));
}

/* A message that arrives late is reported once, and the message after it does not count
 * as late. */
static void test_reordered_message_is_detected(void **state)
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
	assert_true(balanced(post)); /* all messages arrived */
}

/* If there are other receivers, missing numbers are no error, but a lower number after a
 * higher one is. */
static void test_gaps_are_normal_with_other_receivers(void **state)
{
	struct post *post = *state;
	auto_free struct ix_payload *first = ix_payload_new(ROOM);

	post->r.alone = false;
	ix_payload_fill(&post->s, first, 64, 0);
	ix_payload_sent(&post->s, 64, 0);
	post->s.next[0] += 100000; /* received by others */
	one(post, 64, 0);
	assert_int_equal(came(post, 64, 0), IX_SOUND);
	assert_int_equal(came(post, 64, 0), IX_AGAIN);
	assert_int_equal(ix_payload_check(&post->r, first, 64, 0), IX_AGAIN);
	one(post, 8, 0);
	assert_int_equal(came(post, 8, 0), IX_SOUND);
}

/* If one message is lost and another is duplicated, the counts agree, but the totals do
 * not. */
static void test_totals_detect_a_swap(void **state)
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

static void test_every_verdict_has_a_text(void **state)
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
		CASE(test_intact_messages_in_order),
		CASE(test_message_names_its_sender),
		CASE(test_message_stays_within_its_size),
		CASE(test_other_types_may_overtake),
		CASE(test_any_flipped_bit_is_detected),
		CASE(test_change_at_the_end_is_detected),
		CASE(test_wrong_length_is_detected),
		CASE(test_wrong_type_is_detected),
		CASE(test_message_of_another_channel),
		CASE(test_message_of_an_unknown_sender),
		CASE(test_lost_message_is_detected),
		CASE(test_duplicate_is_detected),
		CASE(test_reordered_message_is_detected),
		CASE(test_gaps_are_normal_with_other_receivers),
		CASE(test_totals_detect_a_swap),
		cmocka_unit_test(test_every_verdict_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
