// What the program tells people on stderr, besides results and errors. One
// sink for the process, so that the terminal display can print around itself.

#pragma once

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

// `line` has no newline at its end. The default sink writes "tarmac: line" to
// stderr. Only from the main thread.
void log_set_sink(void (*sink)(void *ctx, enum log_level, const char *line),
                  void *ctx);
// "tarmac: warning: line", as the default sink writes it; owned.
char *log_line(enum log_level level, const char *line);
void log_set_level(enum log_level least); // LOG_INFO at start
bool log_wants(enum log_level level); // for a line that costs something to make

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
