#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

// One line, and never half a character where the text was cut.
static void tidy(char *text)
{
    for (char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    }
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len == ERR_TEXT_MAX - 1)
        len = text_cut(text, len);
    text[len] = '\0';
}

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
    if (!err)
        return false;
    // Through a second buffer: an argument may be the old err->text.
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    tidy(text);
    err->kind = kind;
    memcpy(err->text, text, sizeof(text));
    return false;
}

bool err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
{
    int number = errno;
    if (!err)
        return false;
    char why[128];
    const char *reason = strerror_r(number, why, sizeof(why));
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    errno = number;
    return err_set(err, kind, "%s: %s", text, reason);
}
