// The service's own list of tasks, where the dialect says that it is complete:
// one reading of it serves every unknown purchase of its gateway. A row whose
// callback URL carries the token of one names its task, which a poll confirms.
// That a purchase is on no row proves that it was not bought only
//  - of a whole reading: all pages, their total the same throughout and that of
//    the rows, none twice, each with its callback URL; and then
//  - by two of them, the first begun 60 s after nobody was sending it any more
//    (a proxy that says 504 may have a service behind it that still works on
//    it), the second 2 s after the first: what lay in the socket of a service
//    that stood still comes in between; or
//  - at the built-in gateway, by one, of a process that began after nobody was
//    sending it any more.

#pragma once

#include "engine/inside.h"

// When the engine starts: which runs have ended that left something unknown.
void list_find_dead(struct engine *engine);
// `p`, which another run sent, was that run's, which is dead.
void list_orphaned(struct purchase *p, const struct attempt_row *attempt);

void list_want(struct purchase *p); // it has become unknown
void list_step(struct gate *gate);
// A task of ours that the engine lets go of: a whole list has it all the same.
void list_was_ours(const struct purchase *p);
void list_free_ours(struct ours *ours); // NULL is fine
void list_free(struct list *list);      // NULL is fine

// Can a list still prove that it was not bought?
bool list_hopes(const struct purchase *p);
// Said once a run: for how long, while nothing else is left to do.
void list_say_wait(struct engine *engine);
