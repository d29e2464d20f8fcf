#include "cli/stuck.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/json.h"
#include "report/events.h"
#include "script/script.h"

// Not by stdio: this is another thread than the one that is stuck.
static void put(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static void put_event(const char *message)
{
    struct value *event = event_message("error", message);
    char *text = json_text(event);
    char *line = xasprintf("%s\n", text);
    put(STDOUT_FILENO, line);
    free(line);
    free(text);
    value_free(event);
}

// The ledger says at any moment what was bought, so that nothing is lost by
// leaving here; a stuck thread could not be asked to clean up. On a terminal
// the picture is complete, with the cursor below it.
static void on_stuck(void *arg, const char *who)
{
    const struct options *options = arg;
    char *again = options_again(options);
    char *message = xasprintf("%s; it cannot be stopped alone, so tarmac ends. "
                              "Nothing that was bought is lost: mend the "
                              "script, then: %s",
                              who, again);
    char *line = xasprintf("tarmac: error: %s\n", message);
    if (options->json)
        put_event(message);
    else
        put(STDERR_FILENO, line);
    _exit(EXIT_CELLS_FAILED);
}

void stuck_watch(const struct options *options)
{
    script_watch(on_stuck, (void *)options);
}

void stuck_unwatch(void)
{
    script_unwatch();
}
