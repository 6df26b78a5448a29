/* How a newcomer becomes a registered drone: its registration, the proof that the id is its own,
 * and what becomes of another drone that has this id.
 *
 *   registration ─▶ format, ban ─▶ ID_FREE, ID_PROVED ────────────────▶ admitted: id and callsign
 *                                  ID_SECRET ─▶ PROVING ─ authenticate ─▶┘  are looked at, a
 *                                  ID_DISPROVED ──────┐      │ wrong        holder gives way or
 *                                                     ▼      ▼              is asked
 *                                                     DENIED: told and ended after auth_delay_ms
 *
 * An unknown id and a wrong proof look the same from outside. What comes after the proof (who has
 * this id or callsign) is told to those alone who have given it. */
#ifndef UAV_CORE_ADMISSION_H
#define UAV_CORE_ADMISSION_H

#include "core/session.h"

/* Handlers of these two requests. */
void admission_register(struct core *core, struct session *session, const struct request *request);
void admission_authenticate(struct core *core, struct session *session,
			    const struct request *request);

/* See core_greet. */
void admission_greet(struct core *core, struct session *session,
		     const struct request_registration *registration);

/* A try that failed has waited for its time: told, and ended. */
void admission_tell_denied(struct core *core, struct session *session);

/* Who asks for this holder's id does not get it: NAME_TAKEN, it may try again. */
void admission_refuse_rival(struct core *core, struct session *holder, const char *why);

/* Finishes a registration that had to wait for the id's holder; the session is
 * SESSION_NEW again. */
void admission_register_asked(struct core *core, struct session *session, uint32_t ref,
			      const struct request_registration *registration);

#endif
