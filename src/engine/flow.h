// The steps of a purchase, by file. Each begins one thing and returns.

#pragma once

#include "engine/inside.h"

// resume.c: what the ledger says decides where it begins.
void resume_look(struct purchase *p);
// Settle as it ended in an earlier run.
void resume_recorded(struct purchase *p, const struct attempt_row *attempt);
// One that the ledger knows and nobody has ordered; not looked at yet.
struct purchase *resume_row(struct engine *engine, struct gate *gate,
                            const struct purchase_row *row);

// submit.c
void submit_want(struct purchase *p);  // into its gate's line
void submit_begin(struct purchase *p); // it is its turn
void submit_enter_intent(struct purchase *p);
void submit_enter_submitting(struct purchase *p);
// Waits to be sent, and for nothing else.
bool submit_waits(const struct purchase *p);
// The time that a pause took does not count.
void submit_forgive(struct purchase *p, int64_t paused_ms);
// Its row alone, for one that is cancelled before it had any.
void submit_note(struct purchase *p);
void submit_end_call(struct purchase *p); // what is to be sent
// It has its answer, or is no longer on its way to one.
void submit_over(struct purchase *p);
// Not sent, or not bought: to be sent in `retry_ms`.
void submit_again(struct purchase *p, int64_t retry_ms);

// accept.c: what the answer of the POST says.
void accept_answered(struct purchase *p);
// It was not bought; settles with `text`, which it owns.
void accept_refuse(struct purchase *p, const char *kind, const char *reason,
                   enum err_kind err, char *text);
void accept_not_recorded(struct purchase *p); // the task_id, by the ledger

// poll.c
void poll_enter_accepted(struct purchase *p);
void poll_plan(struct purchase *p); // at its time
void poll_now(struct purchase *p);
void poll_soon(struct purchase *p);  // if it waits for its time
void poll_asked(struct purchase *p); // somebody waits for the next read
void poll_read_ended(struct purchase *p);
void poll_hint(struct purchase *p); // a callback came
// Ask for `task_id`; `then` runs when p->answer is there.
bool poll_ask(struct purchase *p, const char *task_id, purchase_fn *then,
              struct err *err);
// The same, of what it is about. False: it settled.
bool poll_send(struct purchase *p, const char *task_id, purchase_fn *then);
// What p->answer says; "no news" (false) when it says nothing.
bool poll_read(struct purchase *p, struct dialect_status *status);

// unknown.c
void unknown_enter(struct purchase *p);
void unknown_heard(struct purchase *p);
// A list names `task_id` for it, which a poll has to confirm; or proves that it
// was not bought: back to intent, and sent again.
void unknown_listed(struct purchase *p, const char *task_id);
void unknown_absent(struct purchase *p);
// Once only unknown ones are left: wait for word of them, then settle them.
void unknown_step(struct engine *engine);

// fetch.c, keep.c
void fetch_enter_ready(struct purchase *p);
void fetch_renew(struct purchase *p); // poll for fresh URLs first
// The task is forgotten: its links of an earlier run may still work. False: it
// has none, or they were tried.
bool fetch_recorded(struct purchase *p);
void fetch_enter_fetching(struct purchase *p);
void fetch_pump(struct engine *engine);
void fetch_next(struct purchase *p);   // the next URL, or deliver
void fetch_end(struct purchase *p);    // no longer counts as fetching
void fetch_forget(struct purchase *p); // nor are there links of it, or a part
void fetch_give_up(struct purchase *p, enum err_kind err, const char *kind,
                   char *text);
void fetch_disk_failed(struct purchase *p); // as p->err says
void fetch_anew(struct purchase *p);        // this URL, from its first byte
void keep_check(struct purchase *p);
// What the ledger says of the clips that it was given; NULL: it is to be asked.
void keep_recorded(struct purchase *p, const struct clip_row *clips);
void keep_enter_delivered(struct purchase *p);

// retry.c
// Is this row's failure to be bought again by itself?
bool retry_wants(const struct purchase *p, const struct purchase_row *row);
void retry_begin(struct purchase *p, const struct purchase_row *row);
// It has just failed. True: it goes on, or has settled.
bool retry_take(struct purchase *p);

// adopt.c
void adopt_stop(struct purchase *p); // before it was asked for
// The locked task, as an attempt of this purchase.
void adopt_locked(struct purchase *p);

// locked.c
void locked_look(struct purchase *p); // with a lock, instead of resume_look()
// It would be bought now, if there were no lock.
void locked_instead(struct purchase *p);
// What the ledger has ended without a clip, and the lock has another task of.
bool locked_differs(const struct purchase *p,
                    const struct attempt_row *attempt);
// `text` says why the lock cannot be followed; owned by it then.
void locked_settle(struct purchase *p, char *text);
// As the lock says that it did.
void locked_settle_failed(struct purchase *p);

// cancel.c
void cancel_step(struct purchase *p); // one that is to be cancelled
void cancel_unsent(struct purchase *p);
void cancel_missed(struct purchase *p); // a question had no answer
// Its task runs. True: the call that cancels it is under way.
bool cancel_running(struct purchase *p);

// dry.c
void dry_look(struct purchase *p);
void dry_asked(struct purchase *p);  // somebody waits for the next read
void dry_cancel(struct purchase *p); // one that is to be cancelled
void dry_pump(struct gate *gate);    // who waits in its line
