/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a record, and how strictly they are read. */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/b64.h"
#include "base/jsonread.h"

int record_put(struct ix_buf *b, const char *label, const struct ipcx_message *m)
{
	if (ix_buf_printf(b, "{\"ipcx\":%d,\"%s\":%" PRId64 ",\"data\":\"",
			  RECORD_VERSION, label, m->rank) < 0 ||
	    ix_b64_put(b, m->data, m->len) < 0 || ix_buf_str(b, "\"}\n") < 0)
		return -ENOMEM;
	return 0;
}

static const char *members(const struct ix_json *j, const char *label,
			   struct ix_buf *data, struct ipcx_message *m)
{
	const char *text;
	int64_t version;

	if (!ix_json_number(j, "ipcx", &version))
		return "is no record of a message: it has no \"ipcx\"";
	if (version != RECORD_VERSION)
		return "is a record of another version than 1";
	if (!ix_json_number(j, label, &m->rank)) {
		data->len = 0;
		if (ix_buf_printf(data, "has no \"%s\"", label) < 0)
			return "is too long: out of memory";
		return data->data;
	}
	text = ix_json_text(j, "data");
	if (!text)
		return "has no \"data\"";
	data->len = 0;
	switch (-ix_b64_get(data, text, strlen(text))) {
	case 0:
		m->data = data->data;
		m->len = data->len;
		return NULL;
	case ENOMEM:
		return "is too long: out of memory";
	default:
		return "has \"data\" that is no base64";
	}
}

const char *record_get(const char *line, size_t len, const char *label,
		       struct ix_buf *data, struct ipcx_message *ret_m)
{
	struct ipcx_message m = { .size = sizeof(m) };
	struct ix_json *j;
	const char *fault;
	int r = ix_json_parse(line, len, &j);

	if (r == -ENOPKG)
		return "cannot be read: json-c is not installed";
	if (r < 0)
		return r == -ENOMEM ? "is too long: out of memory" : "is no JSON";
	fault = members(j, label, data, &m);
	ix_json_free(j);
	if (!fault)
		*ret_m = m;
	return fault;
}
