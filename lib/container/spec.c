/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the parts of OCI specifications that several families need. */
#include "container/spec.h"

#include <string.h>

#include "base/jsonread.h"
#include "base/util.h"

/* There are eight kinds of namespaces. */
#define NAMESPACES_MAX 16

static const char *mode_of(const struct ix_json *j, const char *list, const char *type)
{
	size_t n = ix_json_count(j, list);

	if (!ix_json_has(j, list) || n > NAMESPACES_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		char at[64];
		const char *text;

		(void)snprintf(at, sizeof(at), "%s/%zu/type", list, i);
		text = ix_json_text(j, at);
		if (!text || strcmp(text, type) != 0)
			continue;
		(void)snprintf(at, sizeof(at), "%s/%zu/path", list, i);
		text = ix_json_text(j, at);
		if (!text || !*text)
			return "private";
		return *text == '/' ? text : NULL;
	}
	return "host";
}

const char *ix_spec_ipc(const struct ix_json *j)
{
	return mode_of(j, "linux/namespaces", "ipc");
}

const char *ix_spec_ipc_of_runc(const struct ix_json *j)
{
	return mode_of(j, "config/namespaces", "NEWIPC");
}

/* ---- CRI-O */

#define CRIO(name) "annotations/io.kubernetes.cri-o." name
#define KUBE(name) "annotations/io.kubernetes." name

/* The first of several annotations that exists. */
static const char *first_of(const struct ix_json *j, const char *one, const char *other)
{
	const char *text = ix_json_text(j, one);

	return text ? text : ix_json_text(j, other);
}

bool ix_spec_crio(const struct ix_json *j, struct ix_container *found)
{
	const char *manager = ix_json_text(j, "annotations/io.container.manager"), *text;

	if (!manager || strcmp(manager, "cri-o") != 0)
		return false;
	found->runtime = "crio";
	found->ipc_mode = ix_spec_ipc(j);
	found->pod = first_of(j, KUBE("pod.name"), CRIO("KubeName"));
	found->pod_namespace = first_of(j, KUBE("pod.namespace"), CRIO("Namespace"));
	found->pod_id = ix_json_text(j, CRIO("SandboxID"));
	/* The container that only holds the namespaces of a pod is called POD. */
	text = ix_json_text(j, KUBE("container.name"));
	if (text)
		found->name = strcmp(text, "POD") != 0 ? text : found->pod;
	else if (!found->name)
		found->name = ix_json_text(j, CRIO("Name"));
	text = ix_json_text(j, CRIO("ContainerName"));
	if (text && strncmp(text, "k8s_", 4) != 0 && found->pod_namespace)
		found->name = text;
	return true;
}

/* Names of Kubernetes contain no underscore. */
void ix_spec_crio_name(const char *text, struct ix_crio_name *name,
		       struct ix_container *found)
{
	char *part[6], *at = name->text;
	size_t n = 0;

	if (!text || strlen(text) >= sizeof(name->text))
		return;
	(void)snprintf(name->text, sizeof(name->text), "%s", text);
	while (n < ARRAY_SIZE(part)) {
		part[n++] = at;
		at = strchr(at, '_');
		if (!at)
			break;
		*at++ = '\0';
	}
	if (n != ARRAY_SIZE(part) || strcmp(part[0], "k8s") != 0 || !*part[1] ||
	    !*part[2])
		return;
	if (!found->pod)
		found->pod = part[2];
	if (!found->pod_namespace)
		found->pod_namespace = part[3];
	if (!found->name || !strcmp(found->name, text))
		found->name = strcmp(part[1], "POD") != 0 ? part[1] : found->pod;
}
