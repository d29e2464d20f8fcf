// A lock as YAML: one line an entry, texts plain where that is safe.

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "report/lock_inside.h"

#define KEY_BYTES_MAX 1000 // of a name on one line: YAML reads 1024 characters

static bool is_printable(uint32_t c)
{
    if (c < 0xa0)
        return c >= 0x20 && c < 0x7f;
    // Marks that order text otherwise, separators of lines, and the BOM.
    if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
        (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xad)
        return false;
    return c < 0xfff0 || (c >= 0x10000 && c < 0xe0000);
}

static void write_char(const char *s, size_t len, uint32_t c, struct buf *out)
{
    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", (char)c);
    else if (is_printable(c))
        buf_add(out, s, len);
    else if (c <= 0xff)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else if (c <= 0xffff)
        buf_printf(out, "\\u%04x", (unsigned)c);
    else
        buf_printf(out, "\\U%08x", (unsigned)c);
}

// What is not UTF-8 becomes U+FFFD.
static void write_quoted(const char *text, struct buf *out)
{
    size_t len = strlen(text);
    buf_byte(out, '"');
    for (size_t at = 0; at < len;) {
        uint32_t c = 0xfffd;
        size_t n = text_utf8(text + at, len - at, &c);
        write_char(text + at, n, n > 0 ? c : 0xfffd, out);
        at += n > 0 ? n : 1;
    }
    buf_byte(out, '"');
}

// Nothing in YAML takes it for anything but a text: no number, not even one
// that is too long to be one, no date, no word with a meaning.
static bool is_plain(const char *text)
{
    static const char marks[] = "_/.=-";
    bool word = false; // a letter that no number has
    size_t len = strlen(text), n = 0;
    for (; n < len; n++) {
        bool digit = text[n] >= '0' && text[n] <= '9';
        bool letter = (text[n] >= 'a' && text[n] <= 'z') ||
                      (text[n] >= 'A' && text[n] <= 'Z');
        bool inner =
            n > 0 && n + 1 < len && (text[n] == ' ' || strchr(marks, text[n]));
        if (!letter && !digit && !inner)
            return false;
        word = word || (letter && !strchr("eExo", text[n]));
    }
    struct value *read = yaml_scalar(text);
    bool same = read->type == VALUE_STRING;
    value_free(read);
    bool number = text_starts(text, "0x") || text_starts(text, "0o");
    return word && same && !number;
}

static void write_text(const char *text, struct buf *out)
{
    if (is_plain(text))
        buf_str(out, text);
    else
        write_quoted(text, out);
}

static void write_member(const char *key, const char *text, bool *first,
                         struct buf *out)
{
    if (!text)
        return;
    buf_printf(out, "%s%s: ", *first ? "" : ", ", key);
    write_text(text, out);
    *first = false;
}

static void write_entry(const struct lock_entry *e, struct buf *out)
{
    bool first = true;
    buf_str(out, "    - {");
    write_member("output", e->output, &first, out);
    if (e->file > 1) {
        buf_printf(out, "%sfile: %d", first ? "" : ", ", e->file);
        first = false;
    }
    write_member("gateway", e->gateway, &first, out);
    write_member("dialect", e->dialect, &first, out);
    write_member("fingerprint", e->fingerprint, &first, out);
    write_member("task_id", e->task_id, &first, out);
    write_member("failed", e->failed, &first, out);
    write_member("sha256", e->sha256, &first, out);
    buf_str(out, "}\n");
}

// A name that is too long for a key on one line stands behind a '?'.
static void write_cell(const struct lock_cell *cell, struct buf *out)
{
    struct buf name;
    buf_init(&name, LOCK_BYTES_MAX);
    write_text(cell->name, &name);
    bool is_long = name.len > KEY_BYTES_MAX;
    buf_printf(out, is_long ? "  ? %s\n  :" : "  %s:", name.data);
    buf_free(&name);
    buf_str(out, cell->n > 0 ? "\n" : " []\n");
    for (size_t i = 0; i < cell->n; i++)
        write_entry(cell->entries[i], out);
}

static void write_given(const struct value *given, struct buf *out)
{
    if (value_count(given) == 0)
        return;
    buf_str(out, "given: [");
    for (size_t i = 0; i < value_count(given); i++) {
        const char *text = value_text(value_at(given, i));
        buf_str(out, i > 0 ? ", " : "");
        write_text(text ? text : "", out);
    }
    buf_str(out, "]\n");
}

bool lock_write(const struct lock *lock, struct buf *out, struct err *err)
{
    buf_str(out, "# Written by tarmac run --lock; run --locked buys nothing "
                 "and delivers exactly this.\n");
    buf_printf(out, "tarmac_lock: %d\nrecipe: ", LOCK_FORMAT);
    write_text(lock->recipe, out);
    buf_byte(out, '\n');
    write_given(lock->given, out);
    buf_str(out, lock->n > 0 ? "cells:\n" : "cells: {}\n");
    for (size_t i = 0; i < lock->n; i++)
        write_cell(lock->cells[i], out);
    bool fits = !out->overflow && out->len <= LOCK_BYTES_MAX &&
                lock->nodes <= YAML_NODES_MAX;
    return fits || err_set(err, ERR_DISK,
                           "a lock holds about ten thousand clips, and this "
                           "run has more");
}
