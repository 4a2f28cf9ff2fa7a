/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/nssfiles.c, which the library has only if it is static: the linker redirects
 * ix_open() to the test, where passwd, group and nsswitch.conf are strings. */
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/nsscall.h"
#include "base/util.h"
#include "unit.h"

/* The files; NULL: there is none. */
static const char *users, *groups, *conf;

static int file_of(const char *text)
{
	int fd;

	if (!text)
		return -ENOENT;
	fd = memfd_create("file", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int __wrap_ix_open(int dirfd, const char *path, int flags);
int __wrap_ix_open(int dirfd, const char *path, int flags)
{
	(void)dirfd;
	(void)flags;
	if (!strcmp(path, "/etc/passwd"))
		return file_of(users);
	if (!strcmp(path, "/etc/group"))
		return file_of(groups);
	assert_string_equal(path, "/etc/nsswitch.conf");
	return file_of(conf);
}

static int a_machine(void **state)
{
	(void)state;
	users = "root:x:0:0:root:/root:/bin/sh\n"
		"+nis::::::\n"
		"\n"
		"torn:x:12\n"
		"bob:x:1000:100:Bob:/srv/bob:/bin/sh\n"
		"high:x:4294967294:4294967293::/:/bin/sh\n"
		"again:x:1000:7::/:/bin/sh\n";
	groups = "root:x:0:\n"
		 "users:x:100:\n"
		 "-nis:::\n"
		 "tape:x:26:eve,bob\n"
		 "lp:x:7:bobby\n"
		 "video:x:44:bob\n"
		 "users2:x:100:bob\n";
	conf = "passwd: files\ngroup: files\n";
	return 0;
}

static char room[200];

static int ask(bool group, const char *name, uint32_t id, struct ix_nss_answer *ret_a)
{
	const struct ix_nss_question q = { group, name, id };

	return ix_nss_call(&q, room, sizeof(room), ret_a);
}

static void entries_are_found(void **state)
{
	/* clang-format off */
	static const struct {
		bool group;
		const char *name;
		uint32_t id;
		const char *found;
		uint32_t found_id, gid;
	} rows[] = {
		{ false, "bob", 0, "bob", 1000, 100 },
		{ false, NULL, 0, "root", 0, 0 },
		{ false, NULL, 1000, "bob", 1000, 100 }, /* the first one */
		{ false, "again", 0, "again", 1000, 7 },
		{ false, NULL, 4294967294, "high", 4294967294, 4294967293 },
		{ true, "tape", 0, "tape", 26, 0 },
		{ true, NULL, 100, "users", 100, 0 },
	};
	/* clang-format on */
	struct ix_nss_answer a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW_TRUE(rows[i].found,
			 ask(rows[i].group, rows[i].name, rows[i].id, &a) == 0);
		ROW_TRUE(rows[i].found, a.name && !strcmp(a.name, rows[i].found));
		ROW_TRUE(rows[i].found, a.id == rows[i].found_id && a.gid == rows[i].gid);
	}
}

static void what_is_no_entry_is_not_found(void **state)
{
	static const char *const names[] = { "nobody", "+nis", "nis", "torn", "", "ROOT" };
	struct ix_nss_answer a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ROW_TRUE(names[i], ask(false, names[i], 0, &a) == 0 && !a.name);
	assert_int_equal(ask(true, "-nis", 0, &a), 0);
	assert_null(a.name);
	assert_int_equal(ask(false, NULL, 12, &a), 0);
	assert_null(a.name);
}

static void another_service_may_know_it(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{ "passwd: files systemd\n", IX_NSS_FILES },
		{ " passwd :\tfiles  sss # all\r\n", IX_NSS_FILES },
		{ "passwd: compat [SUCCESS=return] ldap", IX_NSS_FILES },
		{ "passwd: systemd files\n", IX_NSS_FILES },
		{ "passwd: files [NOTFOUND=return] ldap\n", 0 },
		{ "passwd: files [UNAVAIL=return NotFound=return] ldap\n", 0 },
		{ "passwd: files [ NOTFOUND=return ] ldap\n", 0 },
		{ "passwd: files [!NOTFOUND=return] ldap\n", IX_NSS_FILES },
		{ "passwd: files [!UNAVAIL=return TRYAGAIN=continue]\n", 0 },
		{ "passwd: files # ldap\n", 0 },
		{ "#passwd: files ldap\npasswd: files\n", 0 },
		{ "passwdx: files ldap\n", 0 },
		{ "group: files ldap\npasswd: files\n", 0 },
		{ "passwd: compat\n", 0 },
		{ "passwd:", 0 },
		{ "", 0 },
	};
	/* clang-format on */
	struct ix_nss_answer a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		conf = rows[i].text;
		ROW_TRUE(conf, ask(false, "eve", 0, &a) == rows[i].result && !a.name);
		/* What the files have, nobody else is asked for. */
		ROW_TRUE(conf, ask(false, "bob", 0, &a) == 0 && a.id == 1000);
	}
	conf = NULL;
	assert_int_equal(ask(false, "eve", 0, &a), 0);
}

static void without_a_file_nothing_is_known(void **state)
{
	struct ix_nss_answer a;

	(void)state;
	users = NULL;
	assert_int_equal(ask(false, "bob", 0, &a), ENOENT);
	conf = "passwd: files ldap\n";
	assert_int_equal(ask(false, "bob", 0, &a), IX_NSS_FILES);
}

static void the_room_may_be_too_small(void **state)
{
	const struct ix_nss_question q = { false, "bob", 0 };
	struct ix_nss_answer a;

	(void)state;
	assert_int_equal(ix_nss_call(&q, room, 8, &a), ERANGE);
	assert_null(a.name);
}

static void groups_of_a_user(void **state)
{
	gid_t found[8] = { 0 };
	int n = ARRAY_SIZE(found);

	(void)state;
	assert_int_equal(ix_nss_grouplist("bob", 100, found, &n), 0);
	assert_int_equal(n, 3); /* users2 is the group 100 again */
	assert_true(found[0] == 100 && found[1] == 26 && found[2] == 44);
	n = 2;
	assert_int_equal(ix_nss_grouplist("bob", 100, found, &n), -ERANGE);
	assert_int_equal(n, 3);
	n = ARRAY_SIZE(found);
	assert_int_equal(ix_nss_grouplist("nis", 9, found, &n), 0);
	assert_true(n == 1 && found[0] == 9);
	/* Another service may have more. */
	conf = "group: files ldap\n";
	n = ARRAY_SIZE(found);
	assert_int_equal(ix_nss_grouplist("bob", 100, found, &n), -IX_NSS_FILES);
	/* A small container has neither file. */
	conf = groups = NULL;
	n = ARRAY_SIZE(found);
	assert_int_equal(ix_nss_grouplist("bob", 100, found, &n), 0);
	assert_true(n == 1 && found[0] == 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(entries_are_found, a_machine),
		cmocka_unit_test_setup(what_is_no_entry_is_not_found, a_machine),
		cmocka_unit_test_setup(another_service_may_know_it, a_machine),
		cmocka_unit_test_setup(without_a_file_nothing_is_known, a_machine),
		cmocka_unit_test_setup(the_room_may_be_too_small, a_machine),
		cmocka_unit_test_setup(groups_of_a_user, a_machine),
	};

	return cmocka_run_group_tests_name("nssfiles", tests, NULL, NULL);
}
