#include "engine/calls.h"

#include <string.h>

bool calls_wait(struct calls *calls, bool *scout)
{
    if (calls->known != CALLS_UNKNOWN)
        return calls->known == CALLS_COME;
    if (!*scout && calls->n_scouts < CALLS_SCOUTS) {
        *scout = true;
        calls->n_scouts++;
    }
    return !*scout;
}

void calls_leave(struct calls *calls, bool *scout)
{
    calls->n_scouts -= *scout;
    *scout = false;
}

bool calls_came(struct calls *calls)
{
    bool news = calls->known != CALLS_COME;
    calls->known = CALLS_COME;
    return news;
}

bool calls_missed(struct calls *calls, const char *token)
{
    if (calls->known == CALLS_LOST || *calls->missed)
        return false;
    memcpy(calls->missed, token, TOKEN_HEX);
    return true;
}

bool calls_heard(struct calls *calls, const char *token)
{
    if (!*calls->missed || strcmp(calls->missed, token) != 0)
        return false;
    *calls->missed = 0;
    calls->known = CALLS_COME;
    return true;
}

bool calls_tell(const struct calls *calls)
{
    return calls->tell || calls->ends < CALLS_READ;
}

void calls_read(struct calls *calls, bool goes_on)
{
    calls->tell |= goes_on;
    calls->ends += !goes_on;
}

bool calls_over(struct calls *calls)
{
    if (!*calls->missed)
        return false;
    *calls->missed = 0;
    calls->known = CALLS_LOST;
    return true;
}
