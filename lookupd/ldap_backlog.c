/*
 * A socket buffer layer (lber-sockbuf(3)) that passes everything through.
 */
#include "lookupd/ldap_backlog.h"

#include <ldap.h>

static int
layer_setup(Sockbuf_IO_Desc *desc, void *argument)
{
	desc->sbiod_pvt = argument;
	return 0;
}

static int
layer_remove(Sockbuf_IO_Desc *desc)
{
	desc->sbiod_pvt = NULL;
	return 0;
}

static int
layer_ctrl(Sockbuf_IO_Desc *desc, int option, void *argument)
{
	return LBER_SBIOD_CTRL_NEXT(desc, option, argument);
}

static ber_slen_t
layer_read(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
	return LBER_SBIOD_READ_NEXT(desc, bytes, len);
}

static ber_slen_t
layer_write(Sockbuf_IO_Desc *desc, void *bytes, ber_len_t len)
{
	ber_slen_t put = LBER_SBIOD_WRITE_NEXT(desc, bytes, len);
	bool *stuck = desc->sbiod_pvt;

	*stuck = put < (ber_slen_t)len;
	return put;
}

static int
layer_close(Sockbuf_IO_Desc *desc)
{
	(void)desc;
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

int
ldap_backlog_watch(struct ldap *ld, bool *stuck)
{
	Sockbuf *sockbuf = NULL;

	*stuck = false;
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf) !=
	    LDAP_OPT_SUCCESS || sockbuf == NULL)
		return -1;
	return ber_sockbuf_add_io(sockbuf, &layer,
	    LBER_SBIOD_LEVEL_APPLICATION, stuck);
}
