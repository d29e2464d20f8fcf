#include "cli/stops.h"

#include <signal.h>

static const int signums[STOPS] = {SIGINT, SIGTERM, SIGHUP};

void stops_take(struct stops *stops, struct loop *loop,
                void (*on_interrupt)(void *arg), void (*on_hangup)(void *arg),
                void *arg)
{
    for (size_t i = 0; i < STOPS; i++) {
        struct sigaction before;
        bool hangup = signums[i] == SIGHUP;
        sigaction(signums[i], NULL, &before);
        if (!hangup || before.sa_handler != SIG_IGN)
            stops->signals[i] = loop_signal_new(
                loop, signums[i], hangup ? on_hangup : on_interrupt, arg);
    }
}

void stops_drop(struct stops *stops)
{
    for (size_t i = 0; i < STOPS; i++) {
        if (!stops->signals[i])
            continue;
        loop_signal_free(stops->signals[i]);
        signal(signums[i], SIG_IGN);
    }
}
