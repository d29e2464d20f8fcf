#include "report/page.h"

#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "data/json.h"
#include "report/page_files.h"

#define DATA_MARK "<!--DATA-->"
#define MODULE_BYTES_MAX ((size_t)1 << 20)

// --- what the marks stand for

void page_csp(const struct page *page, struct buf *out)
{
    // A file has no origin: what lies beside it is allowed by its scheme.
    const char *media = page->live ? "'self'" : "file: 'self'";
    buf_printf(out,
               "default-src 'none'; script-src 'nonce-%s' %s; "
               "style-src 'nonce-%s'; img-src %s; media-src %s; ",
               page->nonce, page->live ? "'self'" : "data:", page->nonce, media,
               media);
    if (page->live)
        buf_str(out, "connect-src 'self'; ");
    buf_str(out, "base-uri 'none'; form-action 'none'");
}

static void add_csp(const struct page *page, struct buf *out)
{
    buf_str(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"");
    page_csp(page, out);
    buf_str(out, "\">");
}

static void add_style(const struct page *page, struct buf *out)
{
    buf_printf(out, "<style nonce=\"%s\">\n", page->nonce);
    for (int base = 1; base >= 0; base--)
        for (const struct page_part *p = page_css_parts; p->name; p++)
            if ((strcmp(p->name, "base") == 0) == base)
                buf_add(out, p->text, p->len);
    buf_str(out, "</style>");
}

static void add_module(const struct page_part *part, struct buf *out)
{
    struct buf bytes;
    buf_init(&bytes, MODULE_BYTES_MAX);
    buf_add(&bytes, part->text, part->len);
    // What a debugger calls it.
    buf_printf(&bytes, "\n//# sourceURL=%s.js\n", part->name);
    buf_str(out, "data:text/javascript;base64,");
    base64_add(out, bytes.data, bytes.len);
    buf_free(&bytes);
}

static void add_imports(const struct page *page, struct buf *out)
{
    buf_printf(out, "<script type=\"importmap\" nonce=\"%s\">\n{\"imports\":{",
               page->nonce);
    for (const struct page_part *p = page_js_parts; p->name; p++) {
        buf_printf(out, "%s\n\"#%s\":\"", p == page_js_parts ? "" : ",",
                   p->name);
        if (page->live)
            buf_printf(out, "./page/%s.js", p->name);
        else
            add_module(p, out);
        buf_byte(out, '"');
    }
    buf_str(out, "\n}}\n</script>");
}

static void add_nonce(const struct page *page, struct buf *out)
{
    buf_str(out, page->nonce);
}

// --- the template

// A part of the template, with what its marks stand for.
static void fill(const struct page *page, const char *from, const char *end,
                 struct buf *out)
{
    static const struct {
        const char *mark;
        void (*add)(const struct page *page, struct buf *out);
    } marks[] = {{"<!--CSP-->", add_csp},
                 {"<!--STYLE-->", add_style},
                 {"<!--IMPORTS-->", add_imports},
                 {"NONCE", add_nonce}};
    const char *plain = from;
    while (from < end) {
        size_t i = 0, n = sizeof(marks) / sizeof(*marks);
        while (i < n && !text_starts(from, marks[i].mark))
            i++;
        if (i == n) {
            from++;
            continue;
        }
        buf_add(out, plain, (size_t)(from - plain));
        marks[i].add(page, out);
        plain = from += strlen(marks[i].mark);
    }
    buf_add(out, plain, (size_t)(end - plain));
}

static const char *data_mark(void)
{
    return strstr(page_html_parts[0].text, DATA_MARK);
}

void page_begin(const struct page *page, struct buf *out)
{
    fill(page, page_html_parts[0].text, data_mark(), out);
    if (!page->live)
        buf_str(out, "<script type=\"application/json\" id=\"data\">");
}

void page_end(const struct page *page, struct buf *out)
{
    const struct page_part *part = &page_html_parts[0];
    if (!page->live)
        buf_str(out, "</script>");
    fill(page, data_mark() + strlen(DATA_MARK), part->text + part->len, out);
}

// --- the data

// The length of what may not stand in a script element as it is; its character
// in `code`.
static size_t unfit(const char *at, size_t len, uint32_t *code)
{
    if (*at == '<' || *at == '>' || *at == '&') {
        *code = (unsigned char)*at;
        return 1;
    }
    bool separates = len >= 3 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 ||
                                  memcmp(at, "\xe2\x80\xa9", 3) == 0);
    *code = 0x2000u | (separates ? (unsigned char)at[2] & 0x3f : 0u);
    return separates ? 3 : 0;
}

void page_data(const char *json, size_t len, struct buf *out)
{
    size_t plain = 0, at = 0;
    while (at < len) {
        uint32_t code;
        size_t n = unfit(json + at, len - at, &code);
        if (n == 0) {
            at++;
            continue;
        }
        buf_add(out, json + plain, at - plain);
        buf_printf(out, "\\u%04x", code);
        plain = at += n;
    }
    buf_add(out, json + plain, len - plain);
}

const char *page_module(const char *name, size_t *len)
{
    size_t stem = text_stem(name, ".js");
    for (const struct page_part *p = page_js_parts; stem && p->name; p++) {
        if (strlen(p->name) == stem && memcmp(p->name, name, stem) == 0) {
            *len = p->len;
            return p->text;
        }
    }
    return NULL;
}
