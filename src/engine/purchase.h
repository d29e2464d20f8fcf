// One purchase's state, and the only ways to change it.

#pragma once

#include "engine/inside.h"

// A new one, in the engine's lists. `fingerprint` is not known yet there.
struct purchase *purchase_new(struct engine *engine, struct gate *gate,
                              const char *fingerprint);
void purchase_free(struct purchase *p);
// Cancel its exchange and timer, close what is open. Writes go on.
void purchase_let_go(struct purchase *p);

// `then` runs in engine_step().
void purchase_due(struct purchase *p, purchase_fn *then);
void purchase_after(struct purchase *p, int64_t ms, purchase_fn *then);
void purchase_rest(struct purchase *p); // forget the timer and `then`
void purchase_poke(struct purchase *p); // it has a hint to look at
// Watches and the display hear of it, once its turn is over; or now.
void purchase_changed(struct purchase *p);
void purchase_wake(struct purchase *p); // the watches alone
void purchase_tell(struct purchase *p);

// The one state setter: the row first, then the enter action of `to`. `with`
// says what else goes into the row; NULL: nothing.
void purchase_move(struct purchase *p, enum attempt_state to,
                   const struct ledger_move *with);
// The same, and then it settles instead of the enter action.
void purchase_move_end(struct purchase *p, enum attempt_state to,
                       const struct ledger_move *with, enum err_kind err,
                       const char *kind, char *text);
void purchase_deliver(struct purchase *p); // fetching -> delivered, with clips

// After what its engine counts of it may have changed: its state, whether it
// settled, was bought, or is somebody's.
void purchase_count(struct purchase *p);
// p->err; NULL: none.
void purchase_note_err(struct purchase *p, const struct err *err);
// What the write of an intent came to, from its callback to its turn.
void purchase_note_intent(struct purchase *p,
                          const struct ledger_intent_result *result);
struct ledger_intent_result purchase_take_intent(struct purchase *p);

// A request that nobody looks at while its task runs takes less as a text. Once
// a purchase: who looks all the same has it from then on. And so do p->urls
// while they wait in a long line.
void purchase_pack(struct purchase *p);
const struct value *purchase_unpack(struct purchase *p);
void purchase_unpack_urls(struct purchase *p); // fine without

// In memory alone; for the setter, and a dry engine.
void purchase_assume(struct purchase *p, enum attempt_state to);
// What the ledger says of `fingerprint`; id 0: nothing. False: `p` has settled.
bool purchase_find(struct purchase *p, const char *fingerprint,
                   struct purchase_row *row);
// What the ledger says of it already is, without a write.
void purchase_take_row(struct purchase *p, const struct purchase_row *row);
// As it was before it had any attempt.
void purchase_restart(struct purchase *p);
// known.c: by what it is found.
void purchase_set_task(struct purchase *p, const char *task_id); // or NULL
// By the key of a task that is not known to be its own; takes `key`.
void purchase_find_by_task(struct purchase *p, char *key);
void purchase_lose_task(struct purchase *p);  // it has none any more
void purchase_lose_token(struct purchase *p); // nor is found by its token
void purchase_set_clips(struct purchase *p, const struct clip_row *clips,
                        size_t n);

// For this run it ends here. `text` is owned by it then.
void purchase_settle(struct purchase *p, enum err_kind err, const char *kind,
                     char *text);
void purchase_settle_delivered(struct purchase *p);
void purchase_hold(struct purchase *p);    // a place of its gate's pace
void purchase_release(struct purchase *p); // fine without one

// Ctrl-C, with its task under way.
void purchase_settle_stopped(struct purchase *p);
// Settle with what the ledger or the disk said (p->err).
void purchase_settle_disk(struct purchase *p);

// For messages: the name of its gateway, its task.
const char *purchase_where(const struct purchase *p);
const char *purchase_task(const struct purchase *p);
// What to type about one that failed, as the end of a line; owned. `clip`: the
// service named one all the same.
char *purchase_again(const struct purchase *p, bool clip);
