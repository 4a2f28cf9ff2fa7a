/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runtimes and monitors of containers say: command lines, state files and JSON;
 * anybody may have written them. Every parser gets every text; results must occur in the
 * text, and nothing is read past its end.
 */
#include <errno.h>

#include "base/jsonread.h"
#include "base/util.h"
#include "container/container.h"
#include "container/pods.h"
#include "container/spec.h"
#include "container/state.h"
#include "fuzz.h"

/* ---- command lines */

static void check_part(const struct ix_words *w, size_t size, const char *part)
{
	CHECK(!part || (part >= w->text && part + strlen(part) <= w->text + size));
}

static void check_options(const struct ix_words *w, size_t size)
{
	static const char *const options[][2] = {
		{ "-c", "--cid" },       { "-n", "--name" },  { "-b", "--bundle" },
		{ "-M", "--machine" },   { "-i", "--image" }, { "-D", "--directory" },
		{ NULL, "--namespace" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *full = options[i][1],
			   *value = ix_words_option(w, options[i][0], full);

		check_part(w, size, value);
		/* If an option has a value, there are at least two words. */
		CHECK(!value || w->n > 1);
	}
	CHECK(!ix_words_has(w, "-e", "--exec") || w->n > 1);
}

static void check_families(const struct ix_words *w, size_t size)
{
	for (size_t i = 0; ix_runtime(i); i++) {
		struct ix_container found = { .pid = 77 };

		if (!ix_runtime(i)->read_words)
			continue;
		if (ix_runtime(i)->read_words(w, &found))
			CHECK(found.id || found.name);
		/* A command line never names the first process. */
		CHECK(found.pid == 77 && !found.start);
		check_part(w, size, found.id);
		check_part(w, size, found.name);
		CHECK(!found.pod && !found.pod_namespace && !found.cgroup);
	}
}

static void check_words(const char *text, size_t size)
{
	struct ix_buf b = { 0 };
	size_t at = 0, nuls = 0;
	struct ix_words w;

	CHECK(ix_buf_add(&b, text, size) == 0);
	CHECK(ix_words_parse(&b, &w) == 0);
	CHECK(!size || !memcmp(w.text, text, size));
	for (size_t i = 0; i < size; i++)
		nuls += text[i] == '\0';
	CHECK(w.n == nuls + (size && text[size - 1]));
	/* Words are adjacent. */
	for (size_t i = 0; i < w.n; i++) {
		CHECK(w.all[i] == w.text + at);
		at += strlen(w.all[i]) + 1;
	}
	CHECK(at == size || at == size + 1);
	check_options(&w, size);
	check_families(&w, size);
	ix_words_free(&w);
	ix_buf_free(&b);
}

/* ---- files that are not JSON */

static void check_pid(char *text, size_t size)
{
	const struct ix_state s = { .text = { .data = text, .len = size } };
	int32_t pid = ix_state_pid(&s);
	char number[16];
	size_t len = (size_t)snprintf(number, sizeof(number), "%d", pid);

	CHECK(pid >= 0);
	CHECK(!pid || (len <= size && !memcmp(text, number, len)));
}

static void check_value(char *text, size_t size, const char *key, size_t room)
{
	const struct ix_state s = { .text = { .data = text, .len = size } };
	auto_free char *value = calloc(room, 1), *line = calloc(room + 16, 1);
	const char *at;

	CHECK(value && line);
	if (!ix_state_value(&s, key, value, room))
		return;
	CHECK(memchr(value, '\0', room) && !strchr(value, '\n'));
	(void)snprintf(line, room + 16, "%s=%s", key, value);
	at = memmem(text, size, line, strlen(line));
	CHECK(at);
}

/* ---- JSON */

static void check_spec(const struct ix_json *j)
{
	const char *modes[] = { ix_spec_ipc(j), ix_spec_ipc_of_runc(j) };
	struct ix_container found = { .runtime = "?" };
	struct ix_crio_name name;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		CHECK(!modes[i] || *modes[i] == '/' || !strcmp(modes[i], "private") ||
		      !strcmp(modes[i], "host"));
	if (ix_spec_crio(j, &found))
		CHECK(!strcmp(found.runtime, "crio"));
	ix_spec_crio_name(found.name, &name, &found);
}

static void check_json(const char *text, size_t size)
{
	static const char *const texts[] = {
		"Name",
		"IpcMode",
		"data-root",
		"mounts/0/source",
		"Config/Labels/io.kubernetes.pod.name",
		"annotations/io.container.manager",
		"annotations/io.kubernetes.cri.container-type",
		"annotations/io.kubernetes.cri.sandbox-name",
	};
	static const char *const numbers[] = { "State/Pid", "pid", "init_process_pid",
					       "init_process_start", "child-pid" };
	struct ix_json *j = NULL;
	int r = ix_json_parse(text, size, &j);

	if (r < 0) {
		CHECK(!j);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *found = ix_json_text(j, texts[i]);

		CHECK(!found || strlen(found) <= 3 * size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t n = 77;

		CHECK(ix_json_number(j, numbers[i], &n) || n == 77);
	}
	CHECK(ix_json_count(j, "mounts") <= size);
	check_spec(j);
	for (size_t i = 0; ix_runtime(i); i++) {
		struct ix_container found = { .runtime = "?" };

		if (ix_runtime(i)->read_state && ix_runtime(i)->read_state(j, &found))
			CHECK(found.pid >= 0 && found.runtime);
	}
	ix_json_free(j);
}

/* ---- podman's database */

struct pods_in {
	const char *text;
	size_t size, n;
};

static int check_pod(void *arg, const char *id, const char *name)
{
	struct pods_in *in = arg;

	CHECK(strlen(id) == IX_POD_ID && *name);
	CHECK(memmem(in->text, in->size, id, IX_POD_ID));
	CHECK(memmem(in->text, in->size, name, strlen(name)));
	return in->n++ >= 3;
}

static void check_pods(const char *text, size_t size)
{
	struct pods_in in = { .text = text, .size = size };
	int r = ix_pods_scan(text, size, check_pod, &in);

	CHECK(r == (in.n > 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = calloc(size ? size : 1, 1);

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	check_words(text, size);
	check_pods(text, size);
	check_pid(text, size);
	check_value(text, size, "LEADER", 16);
	check_value(text, size, "name", 1);
	check_value(text, size, "name", 256);
	check_json(text, size);
	CHECK(!size || !memcmp(text, data, size));
	return 0;
}
