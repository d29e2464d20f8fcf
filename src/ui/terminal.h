// The terminal that stderr is: its size, what it can show, and writing to it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct terminal_size {
    int columns, lines;
};
struct terminal_size terminal_size(void); // 80 x 24 where it does not say

// Its user's locale has letters beyond ASCII.
bool terminal_is_unicode(void);
// Whether this process is the one that its user looks at.
bool terminal_is_ours(void);

// From now on, until terminal_drop(): notice that the process was stopped and
// goes on, with other text on the terminal.
void terminal_watch(void);
bool terminal_was_left(void); // since it was asked last
void terminal_drop(void);

// All of it in one write, where the system takes it so.
void terminal_write(const char *bytes, size_t len);
