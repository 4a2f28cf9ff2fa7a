/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of --json, generated from the tables of fields and types. */
#include "help/dump.h"

#include "cmd.h"
#include "ui/json.h"

static void schema_field(enum ipcx_field f)
{
	const struct ipcx_field_info *info = ipcx_field_info(f);
	const struct ipcx_type_info *type = ipcx_type_info(info->type);

	json_string(info->name);
	if (info->type == IPCX_TYPE_ROWS) {
		out_text(
			":{\"type\":[\"array\",\"null\"],\"items\":{\"$ref\":\"#/$defs/row\"},\"description\":");
		json_string(info->doc);
		out_text("}");
		return;
	}
	/* Any value may be null: there is no value, or it is unknown (then "unknown"
	 * names the member). */
	out_format(":{\"type\":[\"%s\",\"null\"]%s%s,\"description\":", type->json,
		   type->schema ? "," : "", type->schema ? type->schema : "");
	json_string(info->doc);
	out_text("}");
}

#define SCHEMA_NAME IX_TEXT(12)

/* Members of the document, or of an object in it, that are arrays of rows. */
static void arrays(const char (*names)[SCHEMA_NAME], size_t n)
{
	for (size_t i = 0; i < n; i++)
		out_format(
			",\n\"%s\":{\"type\":[\"array\",\"null\"],\"items\":{\"$ref\":\"#/$defs/row\"}}",
			names[i]);
}

void dump_schema(void)
{
	static const char tops[][SCHEMA_NAME] = {
		"objects",    "limits",     "needs",    "keys",    "ids",    "namespaces",
		"comparison", "semaphores", "messages", "results", "facts",  "workloads",
		"users",      "waits",      "groups",   "memory",  "causes", "findings",
	};
	static const char inner[][SCHEMA_NAME] = { "semaphores", "messages",   "contents",
						   "limits",     "mechanisms", "members",
						   "sharers",    "users",      "waits" };

	out_text(
		"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n\"$id\":\"urn:ipcx:json:1\",\n"
		"\"title\":\"What ipcx prints with --json\",\n\"type\":\"object\",\n"
		"\"required\":[\"ipcx\",\"errors\"],\n\"properties\":{\n\"ipcx\":{\"const\":1},\n"
		"\"errors\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/error\"}}");
	arrays(tops, ARRAY_SIZE(tops));
	out_text(
		",\n\"cycles\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"grade\",\"members\"],\"properties\":{"
		"\"grade\":{\"enum\":[\"possible\",\"likely\",\"certain\"]},"
		"\"members\":{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,\"items\":{\"type\":\"integer\",\"minimum\":1}}}}},"
		"\n\"unseen\":{\"type\":\"object\",\"required\":[\"processes\",\"others\"],\"properties\":{"
		"\"attaches\":{\"type\":\"integer\",\"minimum\":0},\"waiters\":{\"type\":\"integer\",\"minimum\":0},\"processes\":{\"type\":\"integer\",\"minimum\":0},"
		"\"others\":{\"type\":\"boolean\"}}}");
	out_text(
		"},\n\"$defs\":{\n\"error\":{\"type\":\"object\",\"required\":[\"kind\",\"message\"],\"properties\":{\n"
		"\"kind\":{\"enum\":[\"missing\",\"failed\",\"unavailable\",\"incomplete\",\"skipped\",\"info\",\"error\"]},\n"
		"\"mech\":{\"type\":[\"string\",\"null\"]},\n\"ref\":{\"type\":[\"string\",\"null\"]},\n"
		"\"error\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^E[A-Z0-9]+$\"},\n"
		"\"message\":{\"type\":\"string\"}}},\n\"row\":{\"type\":\"object\",\"properties\":{");
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		if (!ipcx_field_info((enum ipcx_field)f))
			continue;
		/* No array of rows has the name of a field: "limit" is a field, "limits"
		 * an array of rows. */
		out_text(f ? ",\n" : "\n");
		schema_field((enum ipcx_field)f);
	}
	arrays(inner, ARRAY_SIZE(inner));
	out_text(
		",\n\"unknown\":{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,\"items\":{\"type\":\"string\"},"
		"\"description\":\"the members of this row that are null because they are unknown; any other null means: no value\"}}}}}\n");
}
