// The files of page/, as bytes in the program: a table a kind, each by name
// without its ending, in the order of their names.

#pragma once

#include <stddef.h>

struct page_part {
    const char *name; // "grid"
    const char *text; // followed by a NUL
    size_t len;
};

// Each ends with name NULL.
extern const struct page_part page_html_parts[]; // "index", the template
extern const struct page_part page_js_parts[];
extern const struct page_part page_css_parts[];
