/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema, made of the table of fields: what a field is in --json stands nowhere
 * else. */
#include "dump.h"

#include "cmd.h"
#include "ui/json.h"

/* What a field's value looks like in JSON; every one may be null, for unknown. */
static const char *shape(enum ipcx_type type)
{
	switch (type) {
	case IPCX_TYPE_BOOL:
		return "\"type\":[\"boolean\",\"null\"]";
	case IPCX_TYPE_INT:
		return "\"type\":[\"integer\",\"null\"]";
	case IPCX_TYPE_UINT:
		return "\"type\":[\"integer\",\"null\"],\"minimum\":0,\"maximum\":18446744073709551615";
	case IPCX_TYPE_REAL:
		return "\"type\":[\"number\",\"null\"]";
	case IPCX_TYPE_NONE:
	case IPCX_TYPE_STRING:
		return "\"type\":[\"string\",\"null\"]";
	case IPCX_TYPE_TIME:
		return "\"type\":[\"string\",\"null\"],\"pattern\":\"^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$\"";
	case IPCX_TYPE_MODE:
		return "\"type\":[\"string\",\"null\"],\"pattern\":\"^0[0-7]{3}$\"";
	case IPCX_TYPE_KEY:
		return "\"type\":[\"string\",\"null\"],\"pattern\":\"^0x[0-9a-f]{8}$\"";
	}
	return "";
}

static void field(enum ipcx_field f)
{
	const struct ipcx_field_info *info = ipcx_field_info(f);

	json_string(info->name);
	out_format(":{%s,\"description\":", shape(info->type));
	json_string(info->doc);
	out_text("}");
}

/* Arrays of rows: at the top of a document, or inside an object. */
static void arrays(const char *const *names)
{
	for (; *names; names++)
		out_format(
			",\n\"%s\":{\"type\":[\"array\",\"null\"],\"items\":{\"$ref\":\"#/$defs/row\"}}",
			*names);
}

void dump_schema(void)
{
	static const char *const tops[] = { "objects",    "limits",     "needs",
					    "keys",       "ids",        "namespaces",
					    "comparison", "semaphores", "results",
					    "facts",      "workloads",  NULL };
	static const char *const inner[] = { "semaphores", "messages",   "contents",
					     "limits",     "mechanisms", "containers",
					     "members",    "sharers",    NULL };

	out_text(
		"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n\"$id\":\"urn:ipcx:json:1\",\n"
		"\"title\":\"What ipcx prints with --json\",\n\"type\":\"object\",\n"
		"\"required\":[\"ipcx\",\"errors\"],\n\"properties\":{\n\"ipcx\":{\"const\":1},\n"
		"\"errors\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/error\"}}");
	arrays(tops);
	out_text(
		"},\n\"$defs\":{\n\"error\":{\"type\":\"object\",\"required\":[\"kind\",\"message\"],\"properties\":{\n"
		"\"kind\":{\"enum\":[\"missing\",\"failed\",\"unavailable\",\"skipped\",\"info\",\"error\"]},\n"
		"\"mech\":{\"type\":[\"string\",\"null\"]},\n\"ref\":{\"type\":[\"string\",\"null\"]},\n"
		"\"error\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^E[A-Z0-9]+$\"},\n"
		"\"message\":{\"type\":\"string\"}}},\n\"row\":{\"type\":\"object\",\"properties\":{");
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		if (!ipcx_field_info((enum ipcx_field)f))
			continue;
		/* In a row that shows an object, "limit" is a number and "limits" are
		 * rows: no name is both. */
		out_text(f ? ",\n" : "\n");
		field((enum ipcx_field)f);
	}
	arrays(inner);
	out_text("}}}}\n");
}
