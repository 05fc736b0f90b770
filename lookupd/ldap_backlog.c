/*
 * A socket buffer layer (lber-sockbuf(3)) with a buffer in each direction.
 */
#include "lookupd/ldap_backlog.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "common/buffer.h"

/* A larger buffer is given back once it is empty. */
#define KEEP_MAX (64 * 1024)

struct ldap_backlog {
	Sockbuf_IO_Desc *desc;		/* NULL: no more part of a handle */
	struct buffer out;
	size_t sent;			/* bytes of out that are gone */
	bool stuck;
	size_t first, last;		/* bytes of in not yet taken */
	char in[LDAP_BACKLOG_READ];
};

static int
layer_setup(Sockbuf_IO_Desc *desc, void *argument)
{
	struct ldap_backlog *backlog = argument;

	desc->sbiod_pvt = backlog;
	backlog->desc = desc;
	return 0;
}

static int
layer_remove(Sockbuf_IO_Desc *desc)
{
	struct ldap_backlog *backlog = desc->sbiod_pvt;

	desc->sbiod_pvt = NULL;
	if (backlog != NULL)
		backlog->desc = NULL;
	return 0;
}

static int
layer_ctrl(Sockbuf_IO_Desc *desc, int option, void *argument)
{
	const struct ldap_backlog *backlog = desc->sbiod_pvt;

	if (option == LBER_SB_OPT_DATA_READY &&
	    backlog->first < backlog->last)
		return 1;
	return LBER_SBIOD_CTRL_NEXT(desc, option, argument);
}

/* As read(2), into the empty buffer. */
static ber_slen_t
fill(struct ldap_backlog *backlog)
{
	ber_slen_t got = LBER_SBIOD_READ_NEXT(backlog->desc, backlog->in,
	    sizeof(backlog->in));

	backlog->first = 0;
	backlog->last = got > 0 ? (size_t)got : 0;
	return got;
}

static ber_slen_t
layer_read(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
	struct ldap_backlog *backlog = desc->sbiod_pvt;
	ber_slen_t got;

	if (backlog->first == backlog->last) {
		if (len >= sizeof(backlog->in))
			return LBER_SBIOD_READ_NEXT(desc, bytes, len);
		got = fill(backlog);
		if (got <= 0)
			return got;
	}
	if (len > backlog->last - backlog->first)
		len = backlog->last - backlog->first;
	memcpy(bytes, backlog->in + backlog->first, len);
	backlog->first += len;
	return (ber_slen_t)len;
}

static ber_slen_t
layer_write(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
	struct ldap_backlog *backlog = desc->sbiod_pvt;

	if (buffer_put(&backlog->out, bytes, len) != 0) {
		errno = ENOBUFS;
		return -1;
	}
	return (ber_slen_t)len;
}

/* The last request of a handle is that it goes. */
static int
layer_close(Sockbuf_IO_Desc *desc)
{
	struct ldap_backlog *backlog = desc->sbiod_pvt;

	if (!backlog->stuck)
		(void)ldap_backlog_flush(backlog);
	return 0;
}

static Sockbuf_IO layer = {
	.sbi_setup = layer_setup,
	.sbi_remove = layer_remove,
	.sbi_ctrl = layer_ctrl,
	.sbi_read = layer_read,
	.sbi_write = layer_write,
	.sbi_close = layer_close,
};

struct ldap_backlog *
ldap_backlog_new(struct ldap *ld)
{
	struct ldap_backlog *backlog;
	Sockbuf *sockbuf = NULL;

	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf) !=
	    LDAP_OPT_SUCCESS || sockbuf == NULL)
		return NULL;
	backlog = calloc(1, sizeof(*backlog));
	if (backlog == NULL)
		return NULL;
	buffer_init(&backlog->out, LDAP_BACKLOG_WRITE_MAX);
	if (ber_sockbuf_add_io(sockbuf, &layer, LBER_SBIOD_LEVEL_APPLICATION,
	    backlog) != 0) {
		free(backlog);
		return NULL;
	}
	return backlog;
}

void
ldap_backlog_free(struct ldap_backlog *backlog)
{
	if (backlog == NULL)
		return;
	buffer_free(&backlog->out);
	free(backlog);
}

void
ldap_backlog_fill(struct ldap_backlog *backlog)
{
	/* An end or an error is met again by libldap. */
	if (backlog->desc != NULL && backlog->first == backlog->last)
		(void)fill(backlog);
}

size_t
ldap_backlog_held(const struct ldap_backlog *backlog)
{
	return backlog->out.len - backlog->sent;
}

enum ldap_flush
ldap_backlog_flush(struct ldap_backlog *backlog)
{
	struct buffer *out = &backlog->out;
	ber_slen_t put;

	if (backlog->desc == NULL || out->failed)
		return FLUSH_BROKEN;
	while (backlog->sent < out->len) {
		errno = 0;
		put = LBER_SBIOD_WRITE_NEXT(backlog->desc,
		    out->data + backlog->sent, out->len - backlog->sent);
		if (put > 0) {
			backlog->sent += (size_t)put;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* TLS libraries may not say anything: they wait, too */
		backlog->stuck = errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == 0;
		return backlog->stuck ? FLUSH_STUCK : FLUSH_BROKEN;
	}
	backlog->stuck = false;
	backlog->sent = 0;
	if (out->capacity > KEEP_MAX)
		buffer_free(out);
	else
		buffer_clear(out);
	return FLUSH_DONE;
}
