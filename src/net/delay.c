#include "net/delay.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#define DELAY_MAX_S (INT64_C(366) * 24 * 3600)

// Digits alone; -1: anything else.
static int64_t seconds_of(const char *text)
{
    int64_t seconds = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        seconds = seconds * 10 + (*text - '0');
        if (seconds > DELAY_MAX_S)
            seconds = DELAY_MAX_S;
    }
    return seconds;
}

// An HTTP date begins with its weekday; curl_getdate() would take more.
static int64_t date_of(const char *text)
{
    bool named = text && isalpha((unsigned char)*text);
    return named ? (int64_t)curl_getdate(text, NULL) : -1;
}

int64_t net_retry_after(const char *text, const char *date, int64_t wall_ms)
{
    if (!text || !*text)
        return -1;
    int64_t seconds = seconds_of(text);
    if (seconds >= 0)
        return seconds * 1000;
    int64_t until = date_of(text);
    if (until < 0)
        return -1;
    int64_t now = date_of(date);
    int64_t ms = until * 1000 - (now >= 0 ? now * 1000 : wall_ms);
    if (ms < 0)
        return 0;
    return ms < DELAY_MAX_S * 1000 ? ms : DELAY_MAX_S * 1000;
}
