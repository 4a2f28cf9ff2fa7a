/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query/meet.c: every runtime has a text, and what a container's creator wrote is one
 * word in it. */
#include "query/meet.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define FALLBACK "let both use the host's"

static const char *fix(enum ix_meet what, const struct ix_container *a,
		       const struct ix_container *b)
{
	static char buf[IX_MEET_MAX];

	ix_meet_text(what, &(struct ix_meet_side){ a, 100, false },
		     &(struct ix_meet_side){ b, 200, false }, buf, sizeof(buf));
	return buf;
}

static struct ix_container named(const char *runtime, const char *name)
{
	return (struct ix_container){ .runtime = runtime, .name = name };
}

static void like(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void unlike(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" has \"%s\"", text, part);
}

static void has_texts(const char *runtime)
{
	struct ix_container c = named(runtime, "web");

	for (int what = IX_MEET_IPC; what <= IX_MEET_QUEUES; what++) {
		const char *text = fix((enum ix_meet)what, &c, &c);

		ROW_TRUE(runtime, *text && !strchr(text, '%'));
		ROW_TRUE(runtime, strncmp(text, FALLBACK, strlen(FALLBACK)) != 0);
		ROW_TRUE(runtime, !strstr(text, "ipcx ns enter"));
	}
}

/* The family of runc and crun has the name of none of them. */
static void test_every_runtime_has_texts(void **state)
{
	static const char *const members[] = { "nerdctl", "k8s",     "lxd",
					       "incus",   "runc",    "crun",
					       "buildah", "flatpak", "singularity" };

	(void)state;
	for (size_t i = 0; ix_runtime(i); i++)
		if (strcmp(ix_runtime(i)->name, "oci") != 0)
			has_texts(ix_runtime(i)->name);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		has_texts(members[i]);
}

static void test_others_fall_back(void **state)
{
	struct ix_container strange = named("strange", "a"),
			    docker = named("docker", "b"), crun = named("crun", "c"),
			    theirs = docker, inner = docker, one = named("nerdctl", "d"),
			    two = one;

	(void)state;
	theirs.uid = 1000;
	inner.outer = "docker:ci";
	one.space = "one";
	two.space = "two";
	like(fix(IX_MEET_IPC, &strange, &strange), FALLBACK);
	like(fix(IX_MEET_IPC, &strange, &strange), "ipcx ns enter strange:a -- COMMAND");
	like(fix(IX_MEET_SHM, &docker, &crun), "ipcx ns enter docker:b -- COMMAND");
	like(fix(IX_MEET_IPC, &crun, &docker),
	     "run the second as: ipcx ns enter crun:c ");
	/* Another daemon does not know the name. */
	like(fix(IX_MEET_IPC, &docker, &theirs), FALLBACK);
	like(fix(IX_MEET_IPC, &docker, &inner), FALLBACK);
	like(fix(IX_MEET_IPC, &one, &two), FALLBACK);
	like(fix(IX_MEET_IPC, &one, &one), "--ipc=container:d");
	/* A container can be entered by name, a process by its number. */
	like(fix(IX_MEET_IPC, &docker, NULL),
	     "run the second as: ipcx ns enter docker:b ");
	like(fix(IX_MEET_IPC, NULL, &docker), "run the second as: ipcx ns enter 100 ");
	assert_string_equal(fix(IX_MEET_IPC, NULL, NULL),
			    "run the second as: ipcx ns enter 100 -- COMMAND");
}

/* The process that asks has ended when the text is read; a pin has no process. */
static void test_sides_that_do_not_stay(void **state)
{
	struct ix_meet_side self = { NULL, 100, true }, pin = { NULL, 0, false },
			    other = { NULL, 200, false };
	char buf[IX_MEET_MAX];

	(void)state;
	ix_meet_text(IX_MEET_IPC, &self, &other, buf, sizeof(buf));
	assert_string_equal(buf, "run the first as: ipcx ns enter 200 -- COMMAND");
	ix_meet_text(IX_MEET_SHM, &self, &other, buf, sizeof(buf));
	like(buf, "has the /dev/shm of the second");
	ix_meet_text(IX_MEET_IPC, &pin, &other, buf, sizeof(buf));
	like(buf, "run the first as: ipcx ns enter 200 ");
	ix_meet_text(IX_MEET_IPC, &pin, &self, buf, sizeof(buf));
	like(buf, "run the second as: ipcx ns enter WHERE ");
}

static void test_who_lends(void **state)
{
	static const struct {
		char runtime[8], first[12], second[12];
		const char *begin;
	} rows[] = {
		{ "docker", "", "",
		  "start the first with --ipc=shareable, and the second with --ipc=container:a;" },
		{ "docker", "private", "private",
		  "start the first with --ipc=shareable, and the second with --ipc=container:a;" },
		{ "docker", "none", "private", "start the first with --ipc=shareable, " },
		{ "docker", "shareable", "private",
		  "start the second with --ipc=container:a;" },
		{ "docker", "host", "private",
		  "start the second with --ipc=container:a;" },
		{ "docker", "container:1", "",
		  "start the second with --ipc=container:a;" },
		{ "docker", "private", "shareable",
		  "start the first with --ipc=container:b;" },
		{ "docker", "shareable", "shareable",
		  "start the second with --ipc=container:a;" },
		{ "nerdctl", "private", "shareable",
		  "start the first with --ipc=container:b;" },
		{ "podman", "private", "private",
		  "start the second with --ipc=container:a, which the first permits unless" },
		{ "runc", "private", "private",
		  "in the config.json of the second, give the namespace of type ipc the path /proc/100/ns/ipc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_container a = named(rows[i].runtime, "a"),
				    b = named(rows[i].runtime, "b");

		a.ipc_mode = rows[i].first[0] ? rows[i].first : NULL;
		b.ipc_mode = rows[i].second[0] ? rows[i].second : NULL;
		ROW_TRUE(rows[i].begin, !strncmp(fix(IX_MEET_IPC, &a, &b), rows[i].begin,
						 strlen(rows[i].begin)));
	}
}

/* The word behind --ipc=container:, as a shell reads it, or by another name. */
static void test_names_are_one_word(void **state)
{
	static const struct {
		const char *name, *id, *word;
	} rows[] = {
		{ "web", NULL, "web;" },
		{ "web_1.x-y", NULL, "web_1.x-y;" },
		{ "$(id)", NULL, "'$(id)';" },
		{ "a;b", NULL, "'a;b';" },
		{ "it's", NULL, "'it'\\''s';" },
		{ "''''", NULL, "''\\'''\\'''\\'''\\''';" },
		{ "-x", NULL, "'-x';" },
		{ "~root", NULL, "'~root';" },
		{ "%p", NULL, "%p;" },
		/* What a line or a terminal would change is not written. */
		{ "a b", "12ab", "12ab;" },
		{ "a\nb", "12ab", "12ab;" },
		{ "a\x1b[31m", "12ab", "12ab;" },
		{ "\xe2\x80\xae", NULL, "NAME;" },
		{ "\xff", "\x7f", "NAME;" },
		{ "", "12ab", "12ab;" },
		{ NULL, "12ab", "12ab;" },
		{ NULL, NULL, "NAME;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_container c = named("docker", rows[i].name);
		const char *text, *at;

		c.id = rows[i].id;
		c.ipc_mode = "shareable";
		text = fix(IX_MEET_IPC, &c, &c);
		at = strstr(text, "--ipc=container:");
		ROW_TRUE(rows[i].word,
			 at && !strncmp(at + 16, rows[i].word, strlen(rows[i].word)));
	}
}

static void test_labels_are_one_word(void **state)
{
	struct ix_container docker = named("docker", "x"),
			    space = named("containerd", "c");

	(void)state;
	space.space = "ex";
	like(fix(IX_MEET_IPC, &space, &docker), "ns enter 'containerd[ex]:c' -- COMMAND");
	for (int byte = 1; byte < 256; byte++) {
		char name[] = { 'a', (char)byte, 'b', '\0' };
		struct ix_container c = named("bwrap", name);
		const char *text = fix(IX_MEET_IPC, &c, &docker);

		for (const char *p = text; *p; p++)
			assert_in_range((unsigned char)*p, ' ', '~');
		unlike(text, "enter 'bwrap:a'b");
		assert_true(strstr(text, "enter bwrap:a") ||
			    strstr(text, "enter 'bwrap:a") || strstr(text, "enter 100 "));
	}
}

/* A name that was cut off would be that of another container, or leave a quote open. */
static void test_long_names_are_not_cut_off(void **state)
{
	char name[2 * IX_LABEL_MAX];
	struct ix_container docker = named("docker", "x");

	(void)state;
	for (size_t n = 1; n < sizeof(name); n += n < 400 ? 1 : 100) {
		struct ix_container c = named("lxd", name),
				    quoted = named("docker", name);
		const char *text;

		c.pid = 100;
		memset(name, 'a', n);
		name[n] = '\0';
		text = fix(IX_MEET_IPC, &c, &docker);
		assert_true(strstr(text, name) ? n < 300 : !!strstr(text, "100 --"));
		like(text, " -- COMMAND");
		memset(name, '\'', n);
		quoted.id = "12ab";
		text = fix(IX_MEET_IPC, &quoted, &quoted);
		assert_true(strstr(text, "''\\''") ? n < 100
						   : !!strstr(text, "container:12ab;"));
		like(text, "or both with --ipc=host");
	}
}

/* A text is cut off at the end of its buffer. */
static void test_short_buffers(void **state)
{
	struct ix_container c = named("docker", "web");
	char buf[400];

	(void)state;
	for (size_t size = 1; size < sizeof(buf); size++) {
		struct ix_meet_side side = { &c, 100, false };

		memset(buf, 'x', sizeof(buf));
		ix_meet_text(IX_MEET_IPC, &side, &side, buf, size);
		assert_true(strlen(buf) < size);
		assert_int_equal(buf[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_runtime_has_texts),
		cmocka_unit_test(test_others_fall_back),
		cmocka_unit_test(test_sides_that_do_not_stay),
		cmocka_unit_test(test_who_lends),
		cmocka_unit_test(test_names_are_one_word),
		cmocka_unit_test(test_labels_are_one_word),
		cmocka_unit_test(test_long_names_are_not_cut_off),
		cmocka_unit_test(test_short_buffers),
	};

	return cmocka_run_group_tests_name("meet", tests, NULL, NULL);
}
