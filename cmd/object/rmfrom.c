/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm --from: read lists that ls printed. A plain reference may refer to another object by
 * now; JSON contains the identity of each object, and only that object is removed. The
 * whole list is read before anything is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/jsonread.h"
#include "base/named.h"
#include "base/num.h"
#include "object/rm.h"

/* Maximum size of a list; a million objects in JSON take half of this size. */
#define FROM_MAX ((size_t)1 << 30)

#define WHAT_TO_GIVE \
	"use the output of 'ipcx ls --json' without -o, or plain references ('ipcx ls -q')"

struct input {
	struct app *app;
	const char *name;
	const char *text;
	size_t len, at;
	size_t line, counted; /* line number of the position `counted` */
	size_t object;        /* index in an array, from 1; 0: not in an array */
	uint64_t ns;          /* namespace to remove from; 0: unknown */
	struct rm_list *list;
};

/* Return the line number of a position; positions must not decrease. */
static size_t rmfrom_line_of(struct input *in, size_t at)
{
	for (; in->counted < at; in->counted++)
		in->line += in->text[in->counted] == '\n';
	return in->line;
}

static int __attribute__((format(printf, 2, 3)))
fail(struct input *in, const char *fmt, ...)
{
	auto_free char *text = NULL;
	char object[40] = "";
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (in->object)
		(void)snprintf(object, sizeof(object), "object %zu: ", in->object);
	msg_error("%s: line %zu: %s%s; nothing was removed", in->name,
		  rmfrom_line_of(in, in->at), object, text ? text : "out of memory");
	return EXIT_FAILED;
}

static int rmfrom_no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* Append an object; mark may be NULL. */
static int rmfrom_add(struct rm_list *list, const struct ipcx_ref *ref,
		      const struct rm_mark *mark)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct ipcx_ref *refs;
	struct rm_mark *marks;

	if (list->n == list->room) {
		refs = reallocarray(list->refs, room, sizeof(*refs));
		if (!refs)
			return rmfrom_no_memory();
		list->refs = refs;
		marks = mark ? reallocarray(list->marks, room, sizeof(*marks)) : NULL;
		if (mark && !marks)
			return rmfrom_no_memory();
		list->marks = marks;
		list->room = room;
	}
	if (mark)
		list->marks[list->n] = *mark;
	list->refs[list->n++] = *ref;
	return 0;
}

/* ---- references, one per line */

static int rmfrom_read_line(struct input *in, const char *line, size_t len)
{
	auto_free char *word = NULL;
	struct ipcx_ref ref;

	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (len == 0)
		return 0;
	if (memchr(line, '\0', len))
		return fail(in,
			    "contains a NUL (use --null for NUL-terminated references)");
	word = strndup(line, len);
	if (!word)
		return rmfrom_no_memory();
	if (ipcx_ref_parse(in->app->x, word, IPCX_NO_MECH, &ref) < 0)
		return fail(in, "%s", ipcx_error(in->app->x));
	return rmfrom_add(in->list, &ref, NULL);
}

static int rmfrom_read_lines(struct input *in, char end)
{
	int r = 0;

	for (size_t number = 1; !r && in->at < in->len; number++) {
		const char *line = in->text + in->at, *stop;
		size_t len;

		stop = memchr(line, end, in->len - in->at);
		len = stop ? (size_t)(stop - line) : in->len - in->at;
		if (end == '\0') { /* NUL-terminated: count references as lines */
			in->line = number;
			in->counted = in->len;
		}
		r = rmfrom_read_line(in, line, len);
		in->at += len + 1;
	}
	return r;
}

/* ---- JSON */

/* Build the path of a member of the object at path `object`. */
struct path {
	char text[64];
};

static const char *rmfrom_member(struct path *p, const char *object, const char *name)
{
	(void)snprintf(p->text, sizeof(p->text), "%s%s%s", object, *object ? "/" : "",
		       name);
	return p->text;
}

static bool unsigned_at(const struct ix_json *j, const char *object, const char *name,
			uint64_t *ret_n)
{
	struct path p;
	int64_t n;

	if (!ix_json_number(j, rmfrom_member(&p, object, name), &n) || n < 0)
		return false;
	*ret_n = (uint64_t)n;
	return true;
}

static int rmfrom_lacks(struct input *in, const char *ref, const char *what)
{
	return fail(in, "%s%sno %s, so the object cannot be identified: " WHAT_TO_GIVE,
		    ref, *ref ? ": " : "", what);
}

/* Read the members that distinguish the object from another object with the same name or
 * id. */
static int read_mark(struct input *in, const struct ix_json *j, const char *object,
		     const struct ipcx_ref *ref, const char *text)
{
	bool named = ipcx_mech_info(ref->mech)->named;
	struct rm_mark mark = { .has_cuid = false };
	struct path p;
	const char *ctime = ix_json_text(j, rmfrom_member(&p, object, "ctime")), *key;
	uint64_t ns;

	if (!ctime || !*ctime || strlen(ctime) >= sizeof(mark.ctime))
		return rmfrom_lacks(in, text, "ctime");
	(void)snprintf(mark.ctime, sizeof(mark.ctime), "%s", ctime);
	if (named && !unsigned_at(j, object, "device", &mark.device))
		return rmfrom_lacks(in, text, "device");
	if (named && !unsigned_at(j, object, "inode", &mark.inode))
		return rmfrom_lacks(in, text, "inode");
	if (!named && !ix_json_has(j, rmfrom_member(&p, object, "key")))
		return rmfrom_lacks(in, text, "key");
	key = named ? NULL : ix_json_text(j, rmfrom_member(&p, object, "key"));
	if (key && strlen(key) < sizeof(mark.key))
		(void)snprintf(mark.key, sizeof(mark.key), "%s", key);
	mark.has_cuid = !named && unsigned_at(j, object, "cuid", &mark.cuid);
	if (!named && !mark.has_cuid)
		return rmfrom_lacks(in, text, "cuid");
	if (ix_json_has(j, rmfrom_member(&p, object, "ns")) &&
	    !unsigned_at(j, object, "ns", &ns))
		return rmfrom_lacks(in, text, "known namespace");
	/* ls prints ns only with --ns; a list without the member ns is from our own
	 * namespace. */
	if (!unsigned_at(j, object, "ns", &ns))
		return in->app->ns ? rmfrom_lacks(in, text, "ns")
				   : rmfrom_add(in->list, ref, &mark);
	if (!in->ns && in->app->ns)
		return fail(in,
			    "%s is of namespace ipc:[%" PRIu64
			    "], but a directory has no namespace",
			    text, ns);
	if (!in->ns)
		return fail(in, "%s: our own namespace is unknown without /proc", text);
	if (ns != in->ns)
		return fail(in,
			    "%s is of namespace ipc:[%" PRIu64
			    "], but this is ipc:[%" PRIu64 "] (select it with --ns)",
			    text, ns, in->ns);
	return rmfrom_add(in->list, ref, &mark);
}

static int read_object(struct input *in, const struct ix_json *j, const char *object)
{
	struct ipcx_ref ref;
	struct path p;
	const char *text = ix_json_text(j, rmfrom_member(&p, object, "ref"));

	if (!text)
		return rmfrom_lacks(in, "", "ref");
	if (ipcx_ref_parse(in->app->x, text, IPCX_NO_MECH, &ref) < 0)
		return fail(in, "%s", ipcx_error(in->app->x));
	if (ref.by == IPCX_BY_KEY)
		return fail(in,
			    "%s: a key may belong to another object by now: " WHAT_TO_GIVE,
			    text);
	return read_mark(in, j, object, &ref, text);
}

static int read_array(struct input *in, const struct ix_json *j, const char *array)
{
	size_t n = ix_json_count(j, array);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		char at[32];

		(void)snprintf(at, sizeof(at), "%s%s%zu", array, *array ? "/" : "", i);
		in->object = i + 1;
		r = read_object(in, j, at);
	}
	in->object = 0;
	return r;
}

/* Report errors in the document: what ls could not read may have been meant, too. */
static void rmfrom_note_errors(const struct input *in, const struct ix_json *j)
{
	size_t n = ix_json_count(j, "errors"), gaps = 0;
	char first[200] = "";

	for (size_t i = 0; i < n; i++) {
		struct path p;
		char at[32];
		const char *kind, *text;

		(void)snprintf(at, sizeof(at), "errors/%zu", i);
		kind = ix_json_text(j, rmfrom_member(&p, at, "kind"));
		if (!kind || !strcmp(kind, "info") || !strcmp(kind, "skipped"))
			continue;
		text = ix_json_text(j, rmfrom_member(&p, at, "message"));
		if (gaps++ == 0 && text)
			(void)snprintf(first, sizeof(first), "%s", text);
	}
	if (gaps)
		msg_note("%s: the list is incomplete according to %zu of its errors%s%s",
			 in->name, gaps, *first ? "; the first: " : "", first);
}

static int rmfrom_read_value(struct input *in, const struct ix_json *j)
{
	int64_t schema;

	if (!ix_json_has(j, "ipcx"))
		return in->text[in->at] == '[' ? read_array(in, j, "")
					       : read_object(in, j, "");
	if (!ix_json_number(j, "ipcx", &schema) || schema != 1)
		return fail(in, "the document does not have schema version 1");
	if (!ix_json_has(j, "objects") || !ix_json_has(j, "errors"))
		return fail(in, "the document has no list of objects: " WHAT_TO_GIVE);
	rmfrom_note_errors(in, j);
	return read_array(in, j, "objects");
}

static size_t rmfrom_skip_blanks(const char *text, size_t at, size_t len)
{
	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at;
}

static int read_json(struct input *in)
{
	struct ix_json *j = NULL;
	int r = 0;

	while (!r && (in->at = rmfrom_skip_blanks(in->text, in->at, in->len)) < in->len) {
		size_t used = 0;
		int error = ix_json_next(&j, in->text + in->at, in->len - in->at, &used);

		if (error == -ENOMEM) {
			r = rmfrom_no_memory();
		} else if (error == -ENOPKG) {
			msg_error("%s: JSON cannot be read without json-c "
				  "(libjson-c.so.5); plain references can ('ipcx ls -q')",
				  in->name);
			r = EXIT_FAILED;
		} else if (error < 0) {
			in->at = error == -ENODATA ? in->len : in->at + used;
			r = fail(in, error == -ENODATA ? "the JSON is truncated"
						       : "this is not valid JSON");
		} else {
			r = rmfrom_read_value(in, j);
			in->at += used;
		}
	}
	ix_json_free(j);
	return r;
}

/* ---- the file */

static int rmfrom_read_file(const char *file, struct ix_buf *text)
{
	bool is_file = strcmp(file, "-") != 0;
	const char *why = NULL;
	int fd = is_file ? ix_open_input(AT_FDCWD, file, &why) : STDIN_FILENO;
	int r = fd < 0 ? fd : ix_read_all(fd, FROM_MAX, text);

	if (is_file && fd >= 0)
		(void)close(fd);
	if (r == 0)
		return 0;
	msg_error("--from: %s: %s", file, why ? why : strerror(-r));
	return EXIT_FAILED;
}

/* Return the N of "ipc:[N]"; 0 if unknown. A directory may have brackets in its name. */
static uint64_t number_of(char *ns)
{
	char *open = strchr(ns, '['), *close = strchr(ns, ']');
	uint64_t n = 0;

	if (strncmp(ns, "ipc:[", 5) != 0 || !open || !close)
		return 0;
	*close = '\0';
	return ix_parse_u64(open + 1, UINT64_MAX, &n) == 0 ? n : 0;
}

int rm_from_read(struct app *app, const char *file, bool nul, struct rm_list *ret_list)
{
	auto_buf struct ix_buf text = { 0 };
	struct rm_list list = { .n = 0 };
	struct input in = { .app = app, .line = 1, .list = &list };
	char ns[64];
	size_t first;
	int r = rmfrom_read_file(file, &text);

	if (r)
		return r;
	ipcx_namespace(app->x, ns, sizeof(ns));
	in.ns = number_of(ns);
	in.name = strcmp(file, "-") != 0 ? file : "standard input";
	in.text = text.data;
	in.len = text.len;
	first = rmfrom_skip_blanks(in.text, 0, in.len);
	if (nul)
		r = rmfrom_read_lines(&in, '\0');
	else if (first < in.len && (in.text[first] == '{' || in.text[first] == '['))
		r = read_json(&in);
	else
		r = rmfrom_read_lines(&in, '\n');
	if (r) {
		free(list.refs);
		free(list.marks);
		return r;
	}
	*ret_list = list;
	return 0;
}
