/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of a program that we start, put together before anything is entered.
 * What a container says goes into arrays for that program, never into our own
 * environment, which libraries read.
 */
#include "exec/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "cmd.h"

#define ENV_FILE_BYTES ((size_t)1 << 20)

static int env_no_memory(void)
{
	msg_error("cannot set the environment: out of memory");
	return EXIT_FAILED;
}

/* ---- the options */

static int env_add(struct run_env *env, const char *name, const char *value)
{
	int r = ix_buf_add(&env->pool, name, strlen(name) + (value ? 0 : 1));

	if (r == 0 && value)
		r = ix_buf_add(&env->pool, "=", 1);
	if (r == 0 && value)
		r = ix_buf_add(&env->pool, value, strlen(value) + 1);
	return r < 0 ? env_no_memory() : 0;
}

/* A name has no blanks: one that seems to is a mistake in the file. */
static int env_line(struct run_env *env, const char *file, size_t number, char *line)
{
	size_t name;
	const char *value;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	name = strcspn(line, "= \t\r");
	if (name == 0 || (line[name] && line[name] != '='))
		return msg_usage("--env-file: %s:%zu: '%s' is not NAME=VALUE or NAME",
				 file, number, line);
	if (line[name] == '=')
		return env_add(env, line, NULL);
	value = secure_getenv(line);
	return value ? env_add(env, line, value) : 0;
}

static int env_file(struct run_env *env, const char *file)
{
	auto_fd int fd = ix_open(AT_FDCWD, file, O_RDONLY);
	auto_buf struct ix_buf b = { 0 };
	int r = fd < 0 ? fd : ix_read_all(fd, ENV_FILE_BYTES, &b);
	size_t number = 0;

	if (r < 0) {
		msg_error("--env-file: %s: %s", file, strerror(-r));
		return EXIT_FAILED;
	}
	if (b.len && memchr(b.data, '\0', b.len))
		return msg_usage("--env-file: %s: contains a NUL byte", file);
	if (ix_buf_add(&b, "", 1) < 0)
		return env_no_memory();
	r = 0;
	for (char *at = b.data; !r && at && *at;)
		r = env_line(env, file, ++number, strsep(&at, "\n"));
	return r;
}

int env_read(struct run_env *env, const char *file, const struct opt_list *words)
{
	int r = 0;

	for (size_t i = 0; i < words->n; i++)
		if (!strchr(words->all[i], '=') || words->all[i][0] == '=')
			return msg_usage("--env: '%s' is not NAME=VALUE", words->all[i]);
	if (file)
		r = env_file(env, file);
	for (size_t i = 0; !r && i < words->n; i++)
		r = env_add(env, words->all[i], NULL);
	return r;
}

/* ---- the array */

/* A variable, and its place in all lists together. */
struct env_entry {
	const char *text;
	size_t at;
};

static int env_by_name(const struct env_entry *a, const struct env_entry *b)
{
	size_t n = strcspn(a->text, "="), m = strcspn(b->text, "=");
	int order = memcmp(a->text, b->text, MIN(n, m));

	return order ? order : (n > m) - (n < m);
}

/* By name, the last of a name first. */
static int env_compare(const void *a, const void *b)
{
	const struct env_entry *x = a, *y = b;
	int order = env_by_name(x, y);

	return order ? order : (x->at < y->at) - (x->at > y->at);
}

/* execve(2) takes pointers to texts that it does not change. */
static char **env_take(const char **array)
{
	union {
		const char **read;
		char **words;
	} u = { .read = array };

	return u.words;
}

char **env_array(const struct env_list *lists, size_t n)
{
	size_t most = 1, all = 0, kept = 0;
	auto_free struct env_entry *entries = NULL;
	const char **array;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lists[i].len; k++)
			most += lists[i].text[k] == '\0';
	array = calloc(most, sizeof(*array));
	entries = calloc(most, sizeof(*entries));
	if (!array || !entries) {
		free(array);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lists[i].len; k += strlen(lists[i].text + k) + 1) {
			entries[all].text = lists[i].text + k;
			entries[all].at = all;
			all++;
		}
	qsort(entries, all, sizeof(*entries), env_compare);
	for (size_t i = 0; i < all; i++)
		if (!i || env_by_name(&entries[i - 1], &entries[i]) != 0)
			array[kept++] = entries[i].text;
	return env_take(array);
}

const char *env_value(char *const *array, const char *name)
{
	size_t n = strlen(name);

	for (; *array; array++)
		if (strncmp(*array, name, n) == 0 && (*array)[n] == '=')
			return *array + n + 1;
	return NULL;
}
