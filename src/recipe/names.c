#include "recipe/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

// Marks that print nothing, spaces of all kinds, and what reorders text.
static bool is_odd(uint32_t c)
{
    return c < 0xa1 || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

// Windows keeps these, with any ending, for devices.
static bool is_device(const char *name, size_t len)
{
    static const char *const words[] = {"con", "prn", "aux", "nul"};
    if (len == 4 &&
        (strncasecmp(name, "com", 3) == 0 || strncasecmp(name, "lpt", 3) == 0))
        return isdigit((unsigned char)name[3]);
    for (size_t i = 0; len == 3 && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncasecmp(name, words[i], 3) == 0)
            return true;
    }
    return false;
}

char *name_safe(const char *text)
{
    struct buf out;
    size_t len = strlen(text);
    buf_init(&out, len + 1);
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t code = 0;
        step = text_utf8(text + i, len - i, &code);
        bool plain = step == 1 && (isalnum((unsigned char)text[i]) ||
                                   strchr("._+-", text[i]));
        if (plain || (step > 1 && !is_odd(code))) {
            if (out.len > 0 || text[i] != '.')
                buf_add(&out, text + i, step);
        } else {
            buf_byte(&out, '-');
        }
        step = step ? step : 1;
    }
    size_t end = out.len;
    if (end > NAME_PART_MAX)
        end = text_cut(out.data, NAME_PART_MAX);
    while (end > 0 && out.data[end - 1] == '.')
        end--;
    char *cut = xstrndup(out.data, end);
    buf_free(&out);
    size_t stem = strcspn(cut, ".");
    if (end > 0 && !is_device(cut, stem))
        return cut;
    char *safe = end > 0 ? xasprintf("%.*s_%s", (int)stem, cut, cut + stem)
                         : xstrdup("-");
    free(cut);
    return safe;
}

// Blocks where capitals and small letters stand side by side, and blocks where
// they stand a distance apart: what file systems that ignore case fold.
static uint32_t fold(uint32_t c)
{
    static const struct {
        uint32_t first, last, up;
    } apart[] = {
        {'A', 'Z', 32},     {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},
        {0x391, 0x3a1, 32}, {0x3a3, 0x3ab, 32}, {0x400, 0x40f, 80},
        {0x410, 0x42f, 32}, {0x531, 0x556, 48}, {0xff21, 0xff3a, 32},
        {0x3c2, 0x3c2, 1},
    };
    static const struct {
        uint32_t first, last, odd; // `odd`: of the capitals, 0 or 1
    } beside[] = {
        {0x100, 0x137, 0}, {0x139, 0x148, 1},   {0x14a, 0x177, 0},
        {0x179, 0x17e, 1}, {0x460, 0x481, 0},   {0x48a, 0x4bf, 0},
        {0x4d0, 0x52f, 0}, {0x1e00, 0x1e95, 0}, {0x1ea0, 0x1eff, 0},
    };
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        if (c >= apart[i].first && c <= apart[i].last)
            return c + apart[i].up;
    }
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        if (c >= beside[i].first && c <= beside[i].last)
            return (c & 1) == beside[i].odd ? c + 1 : c;
    }
    return c == 0x178 ? 0xff : c;
}

// All that fold() returns has as many bytes as what it was given, or fewer.
static void add_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_byte(out, (char)c);
    } else if (c < 0x800) {
        buf_byte(out, (char)(0xc0 | c >> 6));
        buf_byte(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_byte(out, (char)(0xe0 | c >> 12));
        buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_byte(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_byte(out, (char)(0xf0 | c >> 18));
        buf_byte(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_byte(out, (char)(0x80 | (c & 0x3f)));
    }
}

char *name_fold(const char *name)
{
    struct buf out;
    size_t len = strlen(name);
    buf_init(&out, len);
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t code = 0;
        step = text_utf8(name + i, len - i, &code);
        if (step > 0)
            add_utf8(&out, fold(code));
        else
            buf_byte(&out, name[i]);
        step = step ? step : 1;
    }
    return buf_take(&out);
}

static const char *component_fault(const char *name, size_t len)
{
    if (len > NAME_COMPONENT_MAX)
        return "has a part of more than 200 bytes";
    for (size_t i = 0; i < len; i++) {
        if (strchr("<>:\"|?*", name[i]))
            return "holds one of < > : \" | ? *, which not every file system "
                   "takes";
    }
    if (name[0] == ' ' || name[len - 1] == ' ' || name[len - 1] == '.')
        return "has a part that begins or ends with a space, or ends with a "
               "dot";
    if (is_device(name, strcspn(name, "./")))
        return "has a part that is the name of a device on Windows";
    if (strncasecmp(name, ".tarmac", len) == 0 && len == strlen(".tarmac"))
        return "lies in .tarmac, which is tarmac's own";
    return NULL;
}

const char *name_fault(const char *name)
{
    if (strlen(name) > NAME_TOTAL_MAX)
        return "is longer than 1000 bytes";
    if (!path_is_safe(name))
        return "is not a plain relative path (no leading '/', no '..', no "
               "empty part, no backslash)";
    for (const char *part = name;;) {
        size_t len = strcspn(part, "/");
        const char *fault = component_fault(part, len);
        if (fault || !part[len])
            return fault;
        part += len + 1;
    }
}

static bool add_variable(struct buf *out, const char *name, struct scope *scope,
                         struct err *err)
{
    const struct value *v = scope_get(scope, name);
    if (!v && scope->failed) {
        if (err)
            *err = scope->err;
        return false;
    }
    char *text = v ? template_text(v) : NULL;
    if (!text)
        return err_set(err, ERR_RECIPE,
                       v ? "${%s} is not a single value: it cannot stand in a "
                           "name"
                         : "unknown variable '%s'",
                       name);
    char *safe = name_safe(v->type == VALUE_NULL ? "none" : text);
    bool ok = buf_str(out, safe);
    free(safe);
    free(text);
    return ok || err_set(err, ERR_RECIPE, "the name becomes too long");
}

char *name_build(const struct template_parts *parts, struct scope *scope,
                 struct err *err)
{
    struct buf out;
    buf_init(&out, 2 * NAME_TOTAL_MAX);
    bool ok = true;
    for (size_t i = 0; i < parts->n && ok; i++) {
        if (parts->items[i].name)
            ok = add_variable(&out, parts->items[i].name, scope, err);
        else if (!buf_str(&out, parts->items[i].literal))
            ok = err_set(err, ERR_RECIPE, "the name becomes too long");
    }
    const char *fault = ok ? name_fault(out.data) : NULL;
    if (fault)
        ok = err_set(err, ERR_RECIPE, "the name '%s' %s", out.data, fault);
    if (ok)
        return buf_take(&out);
    buf_free(&out);
    return NULL;
}

char *name_default(const struct recipe *recipe)
{
    struct buf out;
    buf_init(&out, NAME_TOTAL_MAX * 16);
    buf_str(&out, recipe->n_axes ? "${recipe}/" : "${recipe}/${recipe}");
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const char *name = recipe->axes[i].name;
        const char *dot = strrchr(name, '.');
        buf_printf(&out, "%s%s${%s}", i ? "_" : "", dot ? dot + 1 : name, name);
    }
    if (recipe->sweep.takes > 1)
        buf_str(&out, "_t${take}");
    return buf_take(&out);
}
