// The page that a run is looked at with, put together of what page/ holds: a
// file that opens anywhere, or what a live run serves. Pure.
//
// The template has marks: <!--CSP-->, <!--STYLE-->, <!--IMPORTS-->, <!--DATA-->
// and NONCE. A written page holds everything, the modules as data: URLs; a live
// one fetches its modules and its data from where it is served.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "data/value.h"

#define PAGE_BYTES_MAX ((size_t)4 << 20) // of a page without its data

struct page {
    const char *nonce; // what nobody who supplies texts can know; hex
    bool live;
};

// What stands before the data, {"head":{…},"cells":[…]}, and behind it. A live
// page has none.
void page_begin(const struct page *page, struct buf *out);
void page_end(const struct page *page, struct buf *out);
// JSON, or a part of one, as it may stand between the two in a written page. It
// ends no script element, whatever its strings say.
void page_data(const char *json, size_t len, struct buf *out);

// The policy that the page states, for who serves it.
void page_csp(const struct page *page, struct buf *out);
// A module as it is served live ("grid.js"), borrowed; NULL: there is none.
const char *page_module(const char *name, size_t *len);

// How every page of ours says so; whoever finds it may write over the page.
#define PAGE_GENERATOR "<meta name=\"generator\" content=\"tarmac report\">"
