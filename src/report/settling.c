#include "report/settling.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/listing.h"
#include "report/showing.h"

#define ID_SHOWN 12
#define NAME_MAX_SHOWN 120
#define AGAIN_MAX_SHOWN 300

static void add_again(const char *again, struct buf *out)
{
    shown_text(again, strlen(again), AGAIN_MAX_SHOWN, out);
}

// A run that listens, or its note, settles it without the user.
static bool settles_itself(const struct settling *settling)
{
    return settling->run_is_alive || settling->noted;
}

static void write_choices(const struct settling *s, struct buf *out)
{
    static const struct {
        const char *option, *when;
    } choices[] = {
        {"--adopt TASK_ID", "the service's own list shows it, with this id"},
        {"--not-bought", "the service's own list does not show it"},
        {"--buy-again", "nobody can tell; it may be paid twice"},
    };
    buf_str(out, "to settle it, look at the service's own list of tasks, then "
                 "type one of:\n");
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
        buf_printf(out, "  tarmac settle %.*s %-15s  # %s\n", ID_SHOWN,
                   s->fingerprint, choices[i].option, choices[i].when);
    buf_str(out,
            "a task that runway.wait() has fetched by its id is a purchase "
            "of its own: it cannot be\nadopted here, and this one stays "
            "unknown until it is settled otherwise\n");
}

void settling_text(const struct value *tree, const struct settling *s,
                   struct buf *out)
{
    showing_purchase(tree, out);
    if (s->port)
        buf_printf(out, "callback     port %d, where a run listens for it\n",
                   s->port);
    if (s->run_is_alive) {
        buf_str(out, "its run is alive and listens for the answer\n\n");
    } else if (s->noted) {
        buf_str(out, "it was bought: its run noted task ");
        shown_text(s->noted, strlen(s->noted), NAME_MAX_SHOWN, out);
        buf_str(out, "; fetch it with: ");
        add_again(s->again, out);
        buf_str(out, "\n\n");
    } else {
        write_choices(s, out);
        buf_str(out, "\n");
    }
}

void settling_add(const struct settling *s, struct value *event)
{
    if (s->port)
        value_set(event, "callback_port", value_int(s->port));
    if (s->noted)
        value_set(event, "noted", value_str(s->noted));
    value_set(event, "run_alive", value_bool(s->run_is_alive));
    char *settle = xasprintf("tarmac settle %.*s", ID_SHOWN, s->fingerprint);
    value_set(event, "next", value_str(settles_itself(s) ? s->again : settle));
    free(settle);
}

const char *settling_state(enum settle_choice choice)
{
    switch (choice) {
    case SETTLE_ADOPT:
        return attempt_state_name(ATTEMPT_ACCEPTED);
    case SETTLE_NOT_BOUGHT:
        return attempt_state_name(ATTEMPT_REFUSED);
    case SETTLE_BUY_AGAIN:
        return attempt_state_name(ATTEMPT_CANCELLED);
    }
    return "";
}

void settling_done(const struct value *row, enum settle_choice choice,
                   const char *again, struct buf *out)
{
    static const char *const said[] = {
        [SETTLE_ADOPT] = "is taken as bought, with this task; fetch its clip",
        [SETTLE_NOT_BOUGHT] = "is taken as not bought, and its price is free "
                              "again; buy it",
        [SETTLE_BUY_AGAIN] = "is closed, and its price still counts as spent; "
                             "buy it once more",
    };
    const char *cell = value_get_text(row, "cell");
    const char *name = cell ? cell : value_get_text(row, "fingerprint");
    if (name)
        shown_text(name, strlen(name), NAME_MAX_SHOWN, out);
    buf_printf(out, ": %s with: ", said[choice]);
    add_again(again, out);
}
