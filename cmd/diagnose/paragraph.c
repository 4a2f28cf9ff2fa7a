/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines of a paragraph may be broken: those of text, not those of commands. */
#include "diagnose/paragraph.h"

#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "ui/cell.h"
#include "ui/out.h"

void paragraph_text(const char *text)
{
	char shown[CELL_MAX];

	*ix_put_escaped(shown, sizeof(shown) - 1, text, IX_ESC_TEXT) = '\0';
	out_indented(shown, PARAGRAPH_INDENT);
}

/* A command is to be copied: it must stay one line, and keep its backslashes. */
static bool paragraph_command(const char *fix)
{
	static const char programs[][IX_TEXT(10)] = { "ipcx ",    "mount ",   "sysctl ",
						      "chmod ",   "rm ",      "ulimit ",
						      "prlimit ", "mkdir ",   "loginctl ",
						      "docker ",  "systemctl" };

	for (const unsigned char *p = (const unsigned char *)fix; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (!strncmp(fix, programs[i], strlen(programs[i])))
			return true;
	return false;
}

void paragraph_fix(const char *fix)
{
	out_format("%*sfix: ", PARAGRAPH_INDENT, "");
	if (paragraph_command(fix))
		out_format("%s\n", fix);
	else
		out_indented(fix, PARAGRAPH_INDENT + 5);
}
