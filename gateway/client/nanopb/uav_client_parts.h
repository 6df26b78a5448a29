/* What the files of the client tell each other. */
#ifndef UAV_CLIENT_PARTS_H
#define UAV_CLIENT_PARTS_H

#include "uav_client.h"

/* --- uav_client.c --- */

/* Every function of the header that is told the time begins with this. */
void uav_client_set_time(struct uav_client *client, uint32_t now_ms);
/* Calls the handler. */
void uav_client_tell(struct uav_client *client, const struct uav_event *event);
/* client->frame holds a frame that has been read whole. */
void uav_client_heard(struct uav_client *client);
/* What comes is not of the protocol. */
void uav_client_unreadable(struct uav_client *client);
/* Whether bytes of this connection still count. */
bool uav_client_listens(const struct uav_client *client);

/* --- uav_client_read.c --- */

/* Forgets what has come of a frame. */
void uav_client_read_anew(struct uav_client *client);
/* Reads the frame for the second time and tells each entry of its list. */
void uav_client_tell_entries(struct uav_client *client);

/* --- uav_client_write.c --- */

void uav_client_write_anew(struct uav_client *client);
/* Writes one frame; 0, UAV_ERROR_FULL or UAV_ERROR_TOO_LARGE. */
int uav_client_write(struct uav_client *client, const uav_relay_v1_ToGateway *frame);
/* The next number of a request. */
uint32_t uav_client_next_ref(struct uav_client *client);
/* Both of them fit an empty output. */
int uav_client_write_registration(struct uav_client *client);
int uav_client_write_proof(struct uav_client *client, const uint8_t proof[UAV_PROOF_BYTES]);
/* Without a ref: nobody waits for the answer. */
int uav_client_write_ping(struct uav_client *client);
/* Writes the pong that waits, if one does and there is room. */
void uav_client_write_pong(struct uav_client *client);
/* True if the text fits `size` bytes with its end; NULL stands for an empty one. */
bool uav_client_put_text(char *to, size_t size, const char *text);

#endif
