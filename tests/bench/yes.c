/*
 * The least that nginx's auth_request can be asked: an evhttp server on a Unix
 * socket that reads nothing of the request and says 200 to all.
 *
 *   yes SOCKET
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "tests/bench/bench.h"

static void
on_request(struct evhttp_request *request, void *context)
{
	struct evkeyvalq *head = evhttp_request_get_output_headers(request);

	evhttp_add_header(head, "Content-Length", "0");
	evhttp_add_header(head, "X-Certauth-Account", "user1@example.com");
	evhttp_send_reply(request, 200, "OK", NULL);
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct event_base *base = event_base_new();
	struct evhttp *http = base == NULL ? NULL : evhttp_new(base);
	struct evconnlistener *listener;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fputs("usage: yes SOCKET\n", stderr);
		return 2;
	}
	bench_files();
	signal(SIGPIPE, SIG_IGN);
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	if (http == NULL)
		bench_die("evhttp_new");
	evhttp_set_default_content_type(http, NULL);
	evhttp_set_gencb(http, on_request, NULL);
	listener = evconnlistener_new_bind(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE, 4096, (struct sockaddr *)&address,
	    sizeof(address));
	if (listener == NULL || evhttp_bind_listener(http, listener) == NULL ||
	    chmod(argv[1], 0666) == -1)
		bench_die(argv[1]);
	return event_base_dispatch(base) == 0 ? 0 : 1;
}
