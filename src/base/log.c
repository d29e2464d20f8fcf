#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char *log_line(enum log_level level, const char *line)
{
    const char *mark = "";
    switch (level) {
    case LOG_DEBUG:
        mark = "debug: ";
        break;
    case LOG_INFO:
        break;
    case LOG_WARN:
        mark = "warning: ";
        break;
    case LOG_ERROR:
        mark = "error: ";
        break;
    }
    return xasprintf("tarmac: %s%s", mark, line);
}

static void to_stderr(void *ctx, enum log_level level, const char *line)
{
    (void)ctx;
    char *text = log_line(level, line);
    fprintf(stderr, "%s\n", text);
    free(text);
}

static struct {
    void (*sink)(void *ctx, enum log_level, const char *line);
    void *ctx;
    enum log_level least;
} out = {to_stderr, NULL, LOG_INFO};

void log_set_sink(void (*sink)(void *ctx, enum log_level, const char *line),
                  void *ctx)
{
    out.sink = sink ? sink : to_stderr;
    out.ctx = sink ? ctx : NULL;
}

void log_set_level(enum log_level least)
{
    out.least = least;
}

bool log_wants(enum log_level level)
{
    return level >= out.least;
}

static void say(enum log_level level, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void say(enum log_level level, const char *fmt, va_list args)
{
    if (level < out.least)
        return;
    char *line = xvasprintf(fmt, args);
    size_t len = strlen(line);
    while (len > 0 && line[len - 1] == '\n')
        line[--len] = '\0';
    out.sink(out.ctx, level, line);
    free(line);
}

void log_debug(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(LOG_DEBUG, fmt, args);
    va_end(args);
}

void log_info(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(LOG_INFO, fmt, args);
    va_end(args);
}

void log_warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(LOG_WARN, fmt, args);
    va_end(args);
}

void log_error(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(LOG_ERROR, fmt, args);
    va_end(args);
}
