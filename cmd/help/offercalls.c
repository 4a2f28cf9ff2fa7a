/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for the words of a failed call. */
#include <string.h>

#include "help/offer.h"

void offer_calls(const struct cursor *at, int n, char **words)
{
	const char *call = NULL, *text;
	bool error = false;

	for (int i = 0; i < n; i++)
		if (!call && ipcx_why_error(words[i], 0))
			call = words[i];
		else if (call && !strchr(words[i], '=') && words[i][0] != '-')
			error = true;
	for (size_t i = 0; !call && (text = ipcx_why_call(i)) != NULL; i++)
		offer(at, text, "", "");
	for (size_t i = 0; call && !error && (text = ipcx_why_error(call, i)) != NULL;
	     i++)
		offer(at, text, "", "");
	for (size_t i = 0; call && (text = ipcx_why_argument(call, i)) != NULL; i++)
		offer(at, text, "=", "");
}
