/*
 * All clients of a front, who made progress last first: how long one has been
 * silent is seen from its end.
 */
#include "lookupd/client.h"

#include "lookupd/front.h"

void
clients_put(struct client *client)
{
	struct front *front = client->front;

	client->previous = NULL;
	client->next = front->clients;
	if (front->clients != NULL)
		front->clients->previous = client;
	else
		front->clients_last = client;
	front->clients = client;
}

void
clients_take(struct client *client)
{
	struct front *front = client->front;

	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		front->clients = client->next;
	if (client->next != NULL)
		client->next->previous = client->previous;
	else
		front->clients_last = client->previous;
}

void
clients_touch(struct client *client, int64_t now)
{
	/* In the same millisecond the order is as good as any. */
	if (client->since == now)
		return;
	client->since = now;
	if (client->previous != NULL) {
		clients_take(client);
		clients_put(client);
	}
}

void
clients_queue(struct client *client, struct client **list)
{
	client->queue_next = *list;
	client->queue_at = list;
	if (client->queue_next != NULL)
		client->queue_next->queue_at = &client->queue_next;
	*list = client;
}

void
clients_unqueue(struct client *client)
{
	if (client->queue_at == NULL)
		return;
	*client->queue_at = client->queue_next;
	if (client->queue_next != NULL)
		client->queue_next->queue_at = client->queue_at;
	client->queue_at = NULL;
}

void
clients_sweep(struct front *front, int64_t now)
{
	struct client *client, *previous;

	for (client = front->clients_last; client != NULL; client = previous) {
		previous = client->previous;
		if (now - client->since < CLIENT_PATIENCE_MS)
			break;
		if (client_is_owing(client))
			client_drop(client);
	}
}

bool
clients_evict(struct front *front, int64_t now)
{
	struct client *client = front->clients_last;

	while (client != NULL && client->request != NULL)
		client = client->previous;
	if (client == NULL || now - client->since < CLIENT_PATIENCE_MS)
		return false;
	client_drop(client);
	return true;
}
