#include "base/proof.h"
#include "client/client.h"

int client_prove(struct client *client, struct slice secret, struct slice nonce, uint32_t *ref)
{
	uint8_t proof[PROOF_BYTES];

	if (client->state != CLIENT_STATE_CHALLENGED) {
		return client->state < CLIENT_STATE_CLOSED ? CLIENT_NO_CHALLENGE : CLIENT_CLOSED;
	}
	if (proof_make(secret, nonce, slice_of(client->drone_id, client->drone_id_size), proof) <
	    0) {
		return CLIENT_NO_MEMORY;
	}
	return client_authenticate(client, slice_of(proof, sizeof(proof)), ref);
}
