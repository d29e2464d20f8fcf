#include "ui/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/env.h"

#define WRITE_MS 1000 // for a terminal that takes nothing just now

static volatile sig_atomic_t left;
static struct sigaction before;

struct terminal_size terminal_size(void)
{
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 &&
                 size.ws_col > 0 && size.ws_row > 0;
    return known ? (struct terminal_size){size.ws_col, size.ws_row}
                 : (struct terminal_size){80, 24};
}

static bool names_utf8(const char *locale)
{
    return locale &&
           (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8"));
}

// The program's own locale is always the same; this is the user's. One that is
// not installed here, as that of another machine, tells by its name.
bool terminal_is_unicode(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (locale) {
        bool utf8 = names_utf8(nl_langinfo_l(CODESET, locale));
        freelocale(locale);
        return utf8;
    }
    const char *name = env_get("LC_ALL");
    name = name ? name : env_get("LC_CTYPE");
    return names_utf8(name ? name : env_get("LANG"));
}

bool terminal_is_ours(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);
    return group < 0 || group == getpgrp();
}

static void on_continue(int signum)
{
    (void)signum;
    left = 1;
}

void terminal_watch(void)
{
    struct sigaction action = {.sa_handler = on_continue,
                               .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    left = 0;
    sigaction(SIGCONT, &action, &before);
}

bool terminal_was_left(void)
{
    bool was = left;
    left = 0;
    return was;
}

void terminal_drop(void)
{
    sigaction(SIGCONT, &before, NULL);
}

void terminal_write(const char *bytes, size_t len)
{
    fflush(stderr);
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
            continue;
        }
        struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
        bool again =
            errno == EINTR || (errno == EAGAIN && poll(&fd, 1, WRITE_MS) > 0);
        if (!again)
            return; // the terminal is gone
    }
}
