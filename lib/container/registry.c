/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families, in order of precedence: runtimes that know the names given by users come
 * before runtimes that only start containers. A new family needs a file, a line here and
 * a line in meson.build. */
#include "base/util.h"
#include "container/container.h"

/* clang-format off */
#define RUNTIMES(line) \
	line(docker)     \
	line(podman)     \
	line(crio)       \
	line(containerd) \
	line(nomad)      \
	line(lxc)        \
	line(nspawn)     \
	line(oci)        \
	line(runsc)      \
	line(kata)       \
	line(bwrap)      \
	line(firejail)   \
	line(apptainer)  \
	line(systemd)
/* clang-format on */

#define DECLARE(name) extern const struct ix_runtime ix_runtime_##name;
#define LIST(name)    &ix_runtime_##name,

RUNTIMES(DECLARE)

static const struct ix_runtime *const runtimes[] = { RUNTIMES(LIST) };

const struct ix_runtime *ix_runtime(size_t i)
{
	return i < ARRAY_SIZE(runtimes) ? runtimes[i] : NULL;
}
