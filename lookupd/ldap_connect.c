/*
 * The hand-over between the loop and a connecting thread.
 */
#include "lookupd/ldap_connect.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldap.h>

struct ldap_connect {
	pthread_mutex_t mutex;
	/* constant while two hold it */
	struct ldap_target target;
	int64_t deadline;
	int event_fd;
	/* under the mutex */
	unsigned references;
	int fd;				/* what to shut down, or -1 */
	bool cancelled, finished;
	struct ldap *ld;		/* not yet taken */
	const char *security;
	char error[LDAP_ESTABLISH_ERROR_MAX];
};

/* Copy what is needed of a realm; 0 or -1 (clear it all the same). */
static int
target_set(struct ldap_target *target, const struct realm *realm,
    const char *uri)
{
	const char *from[] = { uri, realm->bind_dn, realm->secret_file,
		realm->tls_ca, realm->tls_cert, realm->tls_key };
	char **to[] = { &target->uri, &target->bind_dn, &target->secret_file,
		&target->tls_ca, &target->tls_cert, &target->tls_key };
	size_t i;

	memset(target, 0, sizeof(*target));
	target->bind = realm->bind;
	target->tls = realm->tls;
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		if (from[i] != NULL && (*to[i] = strdup(from[i])) == NULL)
			return -1;
	}
	return 0;
}

static void
target_clear(struct ldap_target *target)
{
	free(target->uri);
	free(target->bind_dn);
	free(target->secret_file);
	free(target->tls_ca);
	free(target->tls_cert);
	free(target->tls_key);
	memset(target, 0, sizeof(*target));
}

static void
release(struct ldap_connect *connect)
{
	unsigned left;

	pthread_mutex_lock(&connect->mutex);
	left = --connect->references;
	pthread_mutex_unlock(&connect->mutex);
	if (left > 0)
		return;
	if (connect->ld != NULL)
		ldap_unbind_ext(connect->ld, NULL, NULL);
	if (connect->event_fd != -1)
		close(connect->event_fd);
	target_clear(&connect->target);
	pthread_mutex_destroy(&connect->mutex);
	free(connect);
}

static int
publish(void *context, int fd)
{
	struct ldap_connect *connect = context;
	bool cancelled;

	pthread_mutex_lock(&connect->mutex);
	connect->fd = fd;
	cancelled = connect->cancelled;
	pthread_mutex_unlock(&connect->mutex);
	return cancelled ? -1 : 0;
}

static void *
run(void *context)
{
	struct ldap_connect *connect = context;
	const char *security = NULL;
	char error[LDAP_ESTABLISH_ERROR_MAX];
	struct ldap *ld = ldap_establish(&connect->target, connect->deadline,
	    publish, connect, &security, error);
	const uint64_t one = 1;

	pthread_mutex_lock(&connect->mutex);
	connect->fd = -1;
	connect->finished = true;
	connect->ld = ld;
	connect->security = security;
	memcpy(connect->error, error, sizeof(error));
	pthread_mutex_unlock(&connect->mutex);
	/* the counter of an eventfd is never full after one write */
	while (write(connect->event_fd, &one, sizeof(one)) == -1 &&
	    errno == EINTR)
		;
	release(connect);
	return NULL;
}

static int
start_thread(struct ldap_connect *connect)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int status;

	status = pthread_attr_init(&attributes);
	if (status != 0)
		return status;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, LDAP_CONNECT_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(&thread, &attributes, run, connect);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return status;
}

struct ldap_connect *
ldap_connect_start(const struct realm *realm, const char *uri,
    int64_t deadline)
{
	struct ldap_connect *connect = calloc(1, sizeof(*connect));
	int status;

	if (connect == NULL)
		return NULL;
	if (pthread_mutex_init(&connect->mutex, NULL) != 0) {
		free(connect);
		errno = ENOMEM;
		return NULL;
	}
	connect->references = 1;
	connect->fd = -1;
	connect->deadline = deadline;
	connect->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	status = connect->event_fd == -1 ? errno : 0;
	if (status == 0 && target_set(&connect->target, realm, uri) != 0)
		status = ENOMEM;
	if (status == 0) {
		connect->references = 2;
		status = start_thread(connect);
		if (status != 0)
			connect->references = 1;
	}
	if (status != 0) {
		release(connect);
		errno = status;
		return NULL;
	}
	return connect;
}

int
ldap_connect_fd(const struct ldap_connect *connect)
{
	return connect->event_fd;
}

struct ldap *
ldap_connect_take(struct ldap_connect *connect, const char **ret_security,
    char *error)
{
	struct ldap *ld;

	pthread_mutex_lock(&connect->mutex);
	ld = connect->ld;
	connect->ld = NULL;
	*ret_security = connect->security;
	snprintf(error, LDAP_ESTABLISH_ERROR_MAX, "%s", connect->finished ?
	    connect->error : "not finished");
	pthread_mutex_unlock(&connect->mutex);
	return ld;
}

void
ldap_connect_cancel(struct ldap_connect *connect)
{
	pthread_mutex_lock(&connect->mutex);
	connect->cancelled = true;
	if (connect->fd != -1)
		shutdown(connect->fd, SHUT_RDWR);
	pthread_mutex_unlock(&connect->mutex);
}

void
ldap_connect_free(struct ldap_connect *connect)
{
	if (connect == NULL)
		return;
	ldap_connect_cancel(connect);
	release(connect);
}
