// The user's word about an attempt that nobody told us whether it was bought.

#pragma once

#include "ledger/ledger.h"

enum settle_choice {
    SETTLE_ADOPT,      // it was, as this task: accepted
    SETTLE_NOT_BOUGHT, // refused, and its price is free again
    SETTLE_BUY_AGAIN,  // cancelled, and its price stays spent
};

// Move an attempt that is unknown, or submitting of a dead run. The caller owns
// it (ledger_adopt()); `owner` is who owns it afterwards. `task_id` is asked
// for by SETTLE_ADOPT only, under the rules of ledger_move().
struct ledger_settle {
    int64_t attempt;
    enum attempt_state from;
    enum settle_choice choice;
    const char *task_id, *owner;
    int64_t now_ms;
};
void ledger_settle(struct ledger *l, const struct ledger_settle *settle,
                   ledger_done *done, void *arg);

// Whether the next run buys without being told to: nothing was tried, nothing
// was bought, or the user closed it with SETTLE_BUY_AGAIN.
bool settle_leaves_to_buy(const struct attempt_row *newest);
