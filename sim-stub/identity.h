/* Who this simulator is: in its help, its messages and its hello_ack. It stands in a file of its
 * own, as the table of models does (models/model.c): a program with other models brings these
 * two and shares everything else (ns3/). */
#ifndef SIM_IDENTITY_H
#define SIM_IDENTITY_H

struct identity {
	const char *name;    /* of the program */
	const char *version; /* of it, and of what it computes with */
};

extern const struct identity this_simulator;

#endif
