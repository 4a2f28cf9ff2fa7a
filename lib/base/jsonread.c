/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This file is the only user of json-c, which is loaded at first use: the only JSON that
 * is read are the state files of containers and lists given as input. */
#include "base/jsonread.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/dl.h"
#include "base/num.h"
#include "base/util.h"

IX_DL_NOTE(
	json_note,
	"[{\"feature\":\"json\",\"description\":\"Reading the state files of containers' "
	"runtimes\",\"priority\":\"recommended\",\"soname\":[\"libjson-c.so.5\"]}]");

/* The deepest nesting that is accepted: deeper than in any file that a runtime writes, so
 * that only hostile files are refused. */
#define DEPTH_MAX 64

/* json-c's functions, under their own names and types. */
struct ix_json {
	struct json_object *root;
	__typeof__(json_tokener_new_ex) *tokener_new_ex;
	__typeof__(json_tokener_parse_ex) *tokener_parse_ex;
	__typeof__(json_tokener_get_error) *tokener_get_error;
	__typeof__(json_tokener_get_parse_end) *tokener_get_parse_end;
	__typeof__(json_tokener_free) *tokener_free;
	__typeof__(json_object_put) *object_put;
	__typeof__(json_object_get_type) *object_get_type;
	__typeof__(json_object_object_get_ex) *object_object_get_ex;
	__typeof__(json_object_array_length) *object_array_length;
	__typeof__(json_object_array_get_idx) *object_array_get_idx;
	__typeof__(json_object_get_string) *object_get_string;
	__typeof__(json_object_get_string_len) *object_get_string_len;
	__typeof__(json_object_get_int64) *object_get_int64;
};

static int jsonread_load(struct ix_json *j)
{
	const struct ix_symbol symbols[] = {
		IX_SYMBOL(json_, j, tokener_new_ex),
		IX_SYMBOL(json_, j, tokener_parse_ex),
		IX_SYMBOL(json_, j, tokener_get_error),
		IX_SYMBOL(json_, j, tokener_get_parse_end),
		IX_SYMBOL(json_, j, tokener_free),
		IX_SYMBOL(json_, j, object_put),
		IX_SYMBOL(json_, j, object_get_type),
		IX_SYMBOL(json_, j, object_object_get_ex),
		IX_SYMBOL(json_, j, object_array_length),
		IX_SYMBOL(json_, j, object_array_get_idx),
		IX_SYMBOL(json_, j, object_get_string),
		IX_SYMBOL(json_, j, object_get_string_len),
		IX_SYMBOL(json_, j, object_get_int64),
	};

	return ix_dl_open("libjson-c.so.5", symbols, ARRAY_SIZE(symbols));
}

void ix_json_free(struct ix_json *j)
{
	if (j && j->root)
		(void)j->object_put(j->root);
	free(j);
}

/* Whether only blanks follow the value; json-c itself accepts any text that begins with a
 * value. */
static bool is_end(const char *text, size_t len)
{
	while (len && memchr(" \t\r\n", *text, 4)) {
		text++;
		len--;
	}
	return len == 0;
}

static int jsonread_parse(struct ix_json *j, const char *text, size_t len)
{
	struct json_tokener *tokener;
	size_t end;
	int r = -EPROTO;

	if (len == 0 || len > INT_MAX)
		return -EPROTO;
	tokener = j->tokener_new_ex(DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	j->root = j->tokener_parse_ex(tokener, text, (int)len);
	end = j->tokener_get_parse_end(tokener);
	if (j->tokener_get_error(tokener) == json_tokener_success && j->root &&
	    is_end(text + end, len - end))
		r = 0;
	j->tokener_free(tokener);
	return r;
}

int ix_json_next(struct ix_json **j, const char *text, size_t len, size_t *ret_used)
{
	struct json_tokener *tokener;
	enum json_tokener_error error;
	int r;

	if (!*j) {
		*j = calloc(1, sizeof(**j));
		r = *j ? jsonread_load(*j) : -ENOMEM;
		if (r < 0) {
			free(*j);
			*j = NULL;
			return r;
		}
	}
	if ((*j)->root)
		(void)(*j)->object_put((*j)->root);
	(*j)->root = NULL;
	tokener = (*j)->tokener_new_ex(DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	(*j)->root =
		(*j)->tokener_parse_ex(tokener, text, (int)MIN(len, (size_t)INT_MAX));
	error = (*j)->tokener_get_error(tokener);
	*ret_used = (*j)->tokener_get_parse_end(tokener);
	(*j)->tokener_free(tokener);
	if (error == json_tokener_continue)
		return -ENODATA;
	return error == json_tokener_success && (*j)->root ? 0 : -EPROTO;
}

int ix_json_parse(const char *text, size_t len, struct ix_json **ret_json)
{
	struct ix_json *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return -ENOMEM;
	r = jsonread_load(j);
	if (r == 0)
		r = jsonread_parse(j, text, len);
	if (r < 0) {
		ix_json_free(j);
		return r;
	}
	*ret_json = j;
	return 0;
}

/* One component of a path names an element of a node: find that element. */
static struct json_object *jsonread_step(const struct ix_json *j, struct json_object *o,
					 const char *part)
{
	struct json_object *next = NULL;
	uint64_t i;

	if (j->object_get_type(o) == json_type_object)
		return j->object_object_get_ex(o, part, &next) ? next : NULL;
	if (j->object_get_type(o) != json_type_array ||
	    ix_parse_u64(part, SIZE_MAX, &i) < 0 || i >= j->object_array_length(o))
		return NULL;
	return j->object_array_get_idx(o, (size_t)i);
}

/* A slash within a key is written as "~1". */
static void jsonread_slashes(char *part)
{
	char *to = part;

	for (const char *from = part; *from; from++) {
		bool slash = from[0] == '~' && from[1] == '1';

		*to++ = slash ? '/' : *from;
		from += slash;
	}
	*to = '\0';
}

static struct json_object *jsonread_find(const struct ix_json *j, const char *path)
{
	struct json_object *o = j->root;
	char part[128];

	while (o && *path) {
		size_t len = strcspn(path, "/");

		if (len >= sizeof(part))
			return NULL;
		memcpy(part, path, len);
		part[len] = '\0';
		jsonread_slashes(part);
		path += len + (path[len] == '/');
		o = jsonread_step(j, o, part);
	}
	return o;
}

const char *ix_json_text(const struct ix_json *j, const char *path)
{
	struct json_object *o = jsonread_find(j, path);
	const char *text;

	if (!o || j->object_get_type(o) != json_type_string)
		return NULL;
	text = j->object_get_string(o);
	return text && strlen(text) == (size_t)j->object_get_string_len(o) ? text : NULL;
}

bool ix_json_number(const struct ix_json *j, const char *path, int64_t *ret_n)
{
	struct json_object *o = jsonread_find(j, path);
	const char *text;
	int64_t n;

	if (!o || j->object_get_type(o) != json_type_int)
		return false;
	/* json-c returns the nearest int64_t for a number out of range. So INT64_MAX is
	 * accepted only if the text of the number is "9223372036854775807". */
	n = j->object_get_int64(o);
	text = n == INT64_MAX ? j->object_get_string(o) : "";
	if (n == INT64_MIN || !text ||
	    (n == INT64_MAX && strcmp(text, "9223372036854775807")))
		return false;
	*ret_n = n;
	return true;
}

bool ix_json_has(const struct ix_json *j, const char *path)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	struct json_object *o = j->root, *next;
	char above[128], name[128];

	if ((size_t)snprintf(name, sizeof(name), "%s", last) >= sizeof(name))
		return false;
	jsonread_slashes(name);
	if (slash) {
		if ((size_t)(slash - path) >= sizeof(above))
			return false;
		memcpy(above, path, (size_t)(slash - path));
		above[slash - path] = '\0';
		o = jsonread_find(j, above);
	}
	return o && j->object_get_type(o) == json_type_object &&
	       j->object_object_get_ex(o, name, &next);
}

size_t ix_json_count(const struct ix_json *j, const char *path)
{
	struct json_object *o = jsonread_find(j, path);

	return o && j->object_get_type(o) == json_type_array ? j->object_array_length(o)
							     : 0;
}
