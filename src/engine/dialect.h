// How one API spells requests and answers. Pure: a dialect is handed texts and
// returns values; the engine does all I/O. The room `script` implements this
// table over Lua modules; tests implement it in C. Called from engine_step()
// and engine_buy() only, never below a loop callback.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/value.h"
#include "recipe/fields.h"

// What a dialect may know of the gateway that it speaks to.
struct dialect_ctx {
    const char *prefix;       // of the API's paths; NULL: the dialect's own
    const char *profile;      // or NULL
    const char *callback_url; // for submit: never NULL
};

// One HTTP request to the gateway's API. `path` begins with "/".
struct dialect_call {
    char *method; // "GET" or "POST"
    char *path;
    struct value *headers; // map of texts, or NULL; never Authorization or Host
    struct value *body;    // sent as JSON, or NULL
};
void dialect_call_free(struct dialect_call *call);

struct dialect_answer {
    long status;
    const struct value *headers; // map, names in lower case
    const char *body;            // NUL-terminated, may hold NUL inside
    size_t len;
};

// What a submit's answer means for the money.
enum dialect_bought {
    DIALECT_BOUGHT,        // task_id is set
    DIALECT_NOT_BOUGHT,    // the service says so: kind, reason
    DIALECT_BOUGHT_UNKNOWN // anything else
};
struct dialect_accepted {
    enum dialect_bought bought;
    char *task_id;
    char *kind;   // "auth" "credits" "invalid" "rate" "daily" …; or NULL
    char *reason; // one line; or NULL
    // Until it makes sense to ask again, where the body says so; 0: it does not
    int64_t retry_after_ms;
};
void dialect_accepted_free(struct dialect_accepted *accepted);

enum dialect_phase {
    DIALECT_RUNNING, // and every status word that is not known
    DIALECT_SUCCEEDED,
    DIALECT_FAILED,
    DIALECT_CANCELLED,
    DIALECT_NOT_FOUND, // task_not_exist: not yet visible, or forgotten
    DIALECT_NO_NEWS,   // not an answer about the task: HTML, 5xx, a refusal
};
struct dialect_status {
    enum dialect_phase phase;
    double progress;    // 0..1; -1: not said
    struct value *urls; // list of texts; NULL: none
    char *last_frame;   // URL or NULL
    char *kind, *reason;
    int64_t charge; // thousandths; -1: not said
};
void dialect_status_free(struct dialect_status *status);

// A page of the service's own list of tasks.
struct dialect_listed {
    char *task_id;
    char *callback_url; // NULL: the service does not echo it
};
struct dialect_list {
    bool read;         // else it is no answer, and may be asked for again
    bool complete;     // the service lists every task that it has of us
    bool more;         // a page follows
    int64_t total;     // tasks, of all pages
    int64_t uptime_ms; // of the process that answered; -1: not said
    struct dialect_listed *tasks;
    size_t n;
};
void dialect_list_free(struct dialect_list *list);

// What the service says of the account that the key belongs to.
struct dialect_model {
    char *name;
    int64_t in_flight;  // attempts that run at once; -1: not said
    int64_t left_today; // that it still takes; -1: not said
};
struct dialect_account {
    bool read;       // else it is no answer
    int64_t balance; // thousandths of a credit; -1: not said
    struct dialect_model *models;
    size_t n;
};
void dialect_account_free(struct dialect_account *account);

struct dialect {
    const char *name;
    const char *version;       // of its tables: a date
    const char *as_of;         // of its models and prices: a date; or NULL
    const char *const *routes; // their names, NULL-ended; NULL: not said
    void *ctx;
    // Images may be sent as data: URIs; always true on loopback, unless the
    // dialect says that it never can.
    bool data_uri, never_data_uri;
    // NULL: no such route. Borrowed.
    const struct field_table *(*fields)(void *ctx, const char *route);
    // Thousandths of a credit for a request, the most that it can cost, and
    // into `least` the least; -1: unknown.
    int64_t (*price)(void *ctx, const char *route, const struct value *request,
                     int64_t *least);
    bool (*submit)(void *ctx, const char *route, const struct value *request,
                   const struct dialect_ctx *gateway, struct dialect_call *call,
                   struct err *err);
    bool (*accepted)(void *ctx, const struct dialect_answer *answer,
                     struct dialect_accepted *accepted, struct err *err);
    bool (*poll)(void *ctx, const char *task_id,
                 const struct dialect_ctx *gateway, struct dialect_call *call,
                 struct err *err);
    bool (*state)(void *ctx, const struct dialect_answer *answer,
                  struct dialect_status *status, struct err *err);
    // The task_id that a callback's body names; NULL when it names none.
    char *(*callback)(void *ctx, const char *body, size_t len);
    // The call that cancels a task; any answer is followed by a poll. NULL: the
    // service has no way to.
    bool (*cancel)(void *ctx, const char *task_id,
                   const struct dialect_ctx *gateway, struct dialect_call *call,
                   struct err *err);
    // Page `page` (from 1) of the list, and what it says. NULL, both: the
    // service has none that is complete.
    bool (*list)(void *ctx, int page, const struct dialect_ctx *gateway,
                 struct dialect_call *call, struct err *err);
    bool (*listed)(void *ctx, const struct dialect_answer *answer,
                   struct dialect_list *list, struct err *err);
    // The question what the account allows, asked before the first purchase of
    // a run, and what its answer says. NULL, both: the service tells nobody.
    bool (*account)(void *ctx, const struct dialect_ctx *gateway,
                    struct dialect_call *call, struct err *err);
    bool (*accounted)(void *ctx, const struct dialect_answer *answer,
                      struct dialect_account *account, struct err *err);
    // What submit() adds where a request says nothing ("model", "seconds" …),
    // for prices and checks; never hashed. Borrowed; NULL: none.
    const struct value *(*defaults)(void *ctx, const char *route);
};
