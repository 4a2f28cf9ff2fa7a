/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recognizes the names that runtimes give to the cgroups of their containers. */
#include "container/cgroup.h"

#include <string.h>

#include "base/util.h"

/* Prefixes that runtimes put before an id (systemd scopes). */
static const char *const prefixes[] = {
	"docker-", "libpod-", "cri-containerd-", "crio-", "runc-", "crun-", "nerdctl-",
};

/* Names of cgroups that hold a container's monitor, not the container itself. */
static const char *const monitors[] = { "libpod-conmon-", "crio-conmon-",
					"lxc.monitor." };

#define SCOPE ".scope"

struct ix_cgroup_reader ix_cgroup_read(const char *text, size_t len)
{
	return (struct ix_cgroup_reader){ .at = text, .end = text + len, .fresh = true };
}

static bool cgroup_begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && !memcmp(text, with, n);
}

static bool watches(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(monitors); i++)
		if (cgroup_begins(text, len, monitors[i]))
			return true;
	return false;
}

/* Skip "HIERARCHY:CONTROLLERS:", which precedes the path. */
static void skip_head(struct ix_cgroup_reader *r)
{
	r->line = r->at;
	for (int colons = 0; r->at < r->end && *r->at != '\n' && colons < 2; r->at++) {
		colons += *r->at == ':';
		if (colons == 0)
			r->line = r->at + 1;
	}
	r->fresh = false;
}

bool ix_cgroup_next(struct ix_cgroup_reader *r, char *buf, size_t size)
{
	while (r->at < r->end) {
		const char *from;
		size_t len;

		if (r->fresh)
			skip_head(r);
		while (r->at < r->end && *r->at == '/')
			r->at++;
		from = r->at;
		while (r->at < r->end && *r->at != '/' && *r->at != '\n')
			r->at++;
		len = (size_t)(r->at - from);
		r->from = from;
		r->stop = r->at;
		if (r->at < r->end && *r->at == '\n') {
			r->at++;
			r->fresh = true;
		}
		if (len == 0 || watches(from, len))
			continue;
		if (len > strlen(SCOPE) &&
		    !memcmp(from + len - strlen(SCOPE), SCOPE, strlen(SCOPE)))
			len -= strlen(SCOPE);
		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
			if (cgroup_begins(from, len, prefixes[i])) {
				from += strlen(prefixes[i]);
				len -= strlen(prefixes[i]);
				break;
			}
		if (len >= size)
			continue;
		memcpy(buf, from, len);
		buf[len] = '\0';
		return true;
	}
	return false;
}

bool ix_cgroup_whole(const struct ix_cgroup_reader *r, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(r->stop - r->from) == len && !memcmp(r->from, text, len);
}
