#include "ledger/settle.h"

#include <string.h>

#define KIND_NOT_BOUGHT "not_bought"
#define KIND_BUY_AGAIN "buy_again"

static struct ledger_move move_of(const struct ledger_settle *settle)
{
    struct ledger_move move = {
        .attempt = settle->attempt,
        .from = ATTEMPT_UNKNOWN,
        .owner = settle->owner,
        .price = -1,
        .now_ms = settle->now_ms,
    };
    switch (settle->choice) {
    case SETTLE_ADOPT:
        move.to = ATTEMPT_ACCEPTED;
        move.task_id = settle->task_id;
        move.reason = "the user named its task";
        break;
    case SETTLE_NOT_BOUGHT:
        move.to = ATTEMPT_REFUSED;
        move.kind = KIND_NOT_BOUGHT;
        move.reason = "the user says that it was not bought";
        break;
    case SETTLE_BUY_AGAIN:
        move.to = ATTEMPT_CANCELLED;
        move.kind = KIND_BUY_AGAIN;
        move.reason = "the user buys it again; this one may have been bought";
        break;
    }
    return move;
}

// Two moves of one that was submitting: where the first does not apply, the
// second does not either, and says so.
void ledger_settle(struct ledger *l, const struct ledger_settle *settle,
                   ledger_done *done, void *arg)
{
    struct ledger_move move = move_of(settle);
    if (settle->from == ATTEMPT_SUBMITTING) {
        struct ledger_move first = {
            .attempt = settle->attempt,
            .from = ATTEMPT_SUBMITTING,
            .to = ATTEMPT_UNKNOWN,
            .price = -1,
            .now_ms = settle->now_ms,
        };
        ledger_move(l, &first, NULL, NULL);
    }
    ledger_move(l, &move, done, arg);
}

bool settle_leaves_to_buy(const struct attempt_row *newest)
{
    bool closed = newest->state == ATTEMPT_CANCELLED && newest->kind &&
                  strcmp(newest->kind, KIND_BUY_AGAIN) == 0;
    return !newest->id || newest->state == ATTEMPT_REFUSED || closed;
}
