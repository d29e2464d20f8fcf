#include <string.h>

#include "ledger/internal.h"

#define BIT(state) (1u << (state))

// Each state with where it may go: refused, failed, cancelled and forgotten are
// final, delivered is left only to fetch a lost file again.
static const struct {
    const char *name;
    bool open;
    unsigned next;
} states[] = {
    [ATTEMPT_INTENT] = {"intent", true,
                        BIT(ATTEMPT_SUBMITTING) | BIT(ATTEMPT_REFUSED) |
                            BIT(ATTEMPT_CANCELLED)},
    // Back to intent only when it provably was not sent.
    [ATTEMPT_SUBMITTING] = {"submitting", true,
                            BIT(ATTEMPT_ACCEPTED) | BIT(ATTEMPT_REFUSED) |
                                BIT(ATTEMPT_UNKNOWN) | BIT(ATTEMPT_INTENT)},
    [ATTEMPT_ACCEPTED] = {"accepted", true,
                          BIT(ATTEMPT_RUNNING) | BIT(ATTEMPT_READY) |
                              BIT(ATTEMPT_FAILED) | BIT(ATTEMPT_CANCELLED) |
                              BIT(ATTEMPT_FORGOTTEN)},
    [ATTEMPT_RUNNING] = {"running", true,
                         BIT(ATTEMPT_READY) | BIT(ATTEMPT_FAILED) |
                             BIT(ATTEMPT_CANCELLED) | BIT(ATTEMPT_FORGOTTEN)},
    [ATTEMPT_READY] = {"ready", true,
                       BIT(ATTEMPT_FETCHING) | BIT(ATTEMPT_FAILED) |
                           BIT(ATTEMPT_FORGOTTEN)},
    [ATTEMPT_FETCHING] = {"fetching", true,
                          BIT(ATTEMPT_READY) | BIT(ATTEMPT_DELIVERED) |
                              BIT(ATTEMPT_FAILED) | BIT(ATTEMPT_FORGOTTEN)},
    [ATTEMPT_DELIVERED] = {"delivered", false, BIT(ATTEMPT_READY)},
    [ATTEMPT_REFUSED] = {"refused", false, 0},
    // Cancelled only by the user, who buys it again knowing that both may cost.
    [ATTEMPT_UNKNOWN] = {"unknown", true,
                         BIT(ATTEMPT_ACCEPTED) | BIT(ATTEMPT_INTENT) |
                             BIT(ATTEMPT_REFUSED) | BIT(ATTEMPT_CANCELLED)},
    [ATTEMPT_FAILED] = {"failed", false, 0},
    [ATTEMPT_CANCELLED] = {"cancelled", false, 0},
    [ATTEMPT_FORGOTTEN] = {"forgotten", false, 0},
};

#define N_STATES (sizeof(states) / sizeof(states[0]))

const char *attempt_state_name(enum attempt_state state)
{
    return states[state].name;
}

bool attempt_state_is_open(enum attempt_state state)
{
    return states[state].open;
}

bool attempt_state_may(enum attempt_state from, enum attempt_state to)
{
    return states[from].next & BIT(to);
}

bool attempt_state_read(const char *name, enum attempt_state *state)
{
    for (size_t i = 0; name && i < N_STATES; i++) {
        if (strcmp(states[i].name, name) == 0) {
            *state = (enum attempt_state)i;
            return true;
        }
    }
    return false;
}
