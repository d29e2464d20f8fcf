// What the parts of the live page share.

#pragma once

#include "base/buf.h"
#include "base/token.h"
#include "engine/posters.h"
#include "ledger/ledger.h"
#include "net/server.h"
#include "ui/live.h"
#include "ui/watched.h"

#define LIVE_STREAMS_MAX 16 // pages that listen

struct live {
    struct live_config config; // its strings are these
    char *state_dir, *media_program;
    struct ledger *ledger;
    struct posters *posters;
    struct net_server *server;
    struct watched *watched;
    struct loop_timer *look, *alive;
    bool looks;  // it is time to
    bool leaves; // says goodbye to who listens
    char token[TOKEN_HEX];
    char *host[2]; // as a browser names us
    struct live_stream *streams;
    size_t n_streams;
    size_t calls;               // that have begun, and not ended
    struct live_call *controls; // not done yet, the first asked first
    struct live_call *pictures; // posters that are being made
    struct value *can;          // what `head.run` gains
};

struct live_call {
    struct live *live;
    struct live_call *next;
    struct net_call *call;
    enum live_action action;
    uint64_t nth;
};

// live_stream.c: answer with events from version `since` on (UINT64_MAX: from
// where all is new), or with all there is as data.json.
void live_answer_events(struct live *live, struct net_call *call,
                        uint64_t since);
void live_answer_data(struct live *live, struct net_call *call);
void live_wake(struct live *live, bool alive);
// What `head` is for the page; owned. Of data.json it has the version of the
// board that it was made at; 0: of an event.
char *live_head(struct live *live, uint64_t version);

// live_files.c: below clips/ and posters/.
void live_answer_clip(struct live *live, struct net_call *call,
                      const char *name);
void live_answer_poster(struct live *live, struct net_call *call,
                        const char *name);
void live_drop_pictures(struct live *live);

// live_control.c: take a POST; do what was asked for.
void live_take_control(struct live *live, struct net_call *call);
void live_do_controls(struct live *live);
void live_drop_controls(struct live *live);
// {"error":"…"}
void live_refuse(struct net_call *call, unsigned status, const char *why);
const char *live_action_name(enum live_action action);

// live_routes.c: one request.
void live_handle(void *arg, struct net_call *call);
// Asked once of each call, as it begins.
bool live_wants_body(void *arg, const struct net_call *call);
void live_served(void *arg, const struct net_served *served);
