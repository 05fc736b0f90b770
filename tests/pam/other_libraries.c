/*
 * A library that has the names of other people's: OpenSSL's, libevent's,
 * libldap's, and those of our own common/ and client/, each of another
 * version, one that ends the process when it is called.  Loaded for everybody
 * before the module, it must not come between the module and its own code.
 */
#include <stdlib.h>

#define OTHER(name)						\
	void name(void);					\
	void							\
	name(void)						\
	{							\
		abort();					\
	}

OTHER(SSL_new)
OTHER(SSL_CTX_new)
OTHER(SSL_library_init)
OTHER(OPENSSL_init_ssl)
OTHER(OPENSSL_init_crypto)
OTHER(X509_new)
OTHER(d2i_X509)
OTHER(EVP_DigestInit_ex)
OTHER(EVP_sha256)
OTHER(RAND_bytes)
OTHER(event_new)
OTHER(event_base_new)
OTHER(event_base_loop)
OTHER(event_add)
OTHER(evbuffer_new)
OTHER(evbuffer_add)
OTHER(bufferevent_socket_new)
OTHER(evhttp_new)
OTHER(ldap_initialize)
OTHER(ldap_result)
OTHER(ber_init)
OTHER(config_init)
OTHER(buffer_init)
OTHER(buffer_put)
OTHER(buffer_free)
OTHER(buffer_reserve)
OTHER(caller_may_claim)
OTHER(client_ask)
OTHER(client_reply_init)
OTHER(client_reply_free)
OTHER(conversation_is_empty)
OTHER(conversation_name)
OTHER(deadline_in)
OTHER(deadline_left)
OTHER(deadline_now)
OTHER(login_rank)
OTHER(login_set)
OTHER(module_decide)
OTHER(note_name)
OTHER(note_refusal)
OTHER(options_parse)
OTHER(outcome_of)
OTHER(passwd_uid)
OTHER(protocol_begin)
OTHER(protocol_decode)
OTHER(protocol_put)
OTHER(protocol_put_text)
OTHER(protocol_text)
OTHER(question_ask)
OTHER(services_are_typed)
OTHER(text_escape)
OTHER(text_to_int)
OTHER(unix_socket_connect)
OTHER(verdict_parse)
OTHER(verdict_word)
