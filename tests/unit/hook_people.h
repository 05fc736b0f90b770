/*
 * A hook with listeners for people and monitors, and what is fetched from them.
 */
#ifndef CERTAUTH_TESTS_HOOK_PEOPLE_H
#define CERTAUTH_TESTS_HOOK_PEOPLE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/hook_case.h"

#define KEY "6b7ead4bd425836e8cf0079cd6c1a05acc127acd07c8ee4b61023e19250e929c"

#define COMMON "service = \"nginx\"; evidence = \"nginx-escaped\"; "
#define ZIMBRA "personality = \"zimbra\"; " \
	"zimbra_url = \"https://mail.example.com\"; " \
	"zimbra_admin_url = \"https://mail.example.com:7071\"; " \
	"admin_path = \"/admin\"; "

static const char people[] =
    "{ socket = \"~page~\"; personality = \"page\"; mode = \"optional\"; "
    COMMON "login_url = \"/login\"; contact = \"<us>\"; },"
    "{ socket = \"~zimbra~\"; mode = \"required\"; " COMMON ZIMBRA
    "preauth_keys = [ \"example.net:~elses~\", \"example.com:~key~\" ]; },"
    "{ socket = \"~want~\"; mode = \"optional\"; login_url = "
    "\"https://mail.example.com/?ignoreLoginURL=1\"; " COMMON ZIMBRA
    "preauth_keys = [ \"example.com:~key~\" ]; },"
    "{ socket = \"~other~\"; mode = \"required\"; " COMMON ZIMBRA
    "preauth_keys = [ \"example.net:~key~\" ]; },"
    "{ socket = \"~off~\"; mode = \"off\"; personality = \"page\"; "
    COMMON " },"
    "{ socket = \"~health~\"; personality = \"health\"; "
    "service = \"monitor\"; },"
    "{ socket = \"~http~\"; mode = \"required\"; " COMMON " }";

static inline void
write_key(const struct rig *rig, const char *name, const char *key)
{
	int fd = open(rig_path(rig, name), O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, key, strlen(key)), strlen(key));
	close(fd);
}

static inline void
start_people(struct rig *rig, const char *top)
{
	rig_open(rig);
	rig->quiet = true;
	write_key(rig, "key", KEY "\n");
	write_key(rig, "elses", "the-key-of-another-domain\n");
	rig_configure(rig, top, people);
	rig_start_lookupd(rig);
	if (rig_start_hook(rig))
		return;
	rig_close(rig);
	fail_msg("the hook does not start");
}

/* One request; head and body in static memory. */
struct got {
	char head[8192], body[16384];
};

static inline struct got *
fetch(const struct rig *rig, const char *socket, const char *request)
{
	static struct got got;
	int fd = rig_connect(rig, socket);
	const char *length;
	size_t want, len = 0;
	ssize_t n = 1;

	assert_true(fd != -1);
	rig_send(fd, request, strlen(request));
	rig_head(fd, got.head, sizeof(got.head));
	length = strstr(got.head, "Content-Length: ");
	want = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
	assert_true(want < sizeof(got.body));
	while (strncmp(request, "HEAD", 4) != 0 && len < want && n > 0) {
		n = read(fd, got.body + len, want - len);
		len += n > 0 ? (size_t)n : 0;
	}
	got.body[len] = '\0';
	close(fd);
	return &got;
}

#endif
