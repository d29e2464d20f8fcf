// The access log: a line for each call, as it ends. It holds no keys, no
// bodies and no queries.
//
//     2026-11-21T19:07:03.123Z 127.0.0.1 GET /runway/feed 200 512 3ms "curl/7"
//     time, client, method, path, status, bytes, how long it took, agent
//
// "-" is the status of a call that ended without an answer; "cut" follows the
// bytes when the client left before it had them all.

#pragma once

#include <stdint.h>

#include "base/err.h"
#include "net/server.h"

struct access_log;

// `path` is borrowed and appended to, "-" is stdout. A file that was moved
// away is noticed within a second, and begun anew. NULL with `err`.
struct access_log *access_open(const char *path, struct err *err);
void access_served(void *log, const struct net_served *served); // net_server's
void access_free(struct access_log *log);                       // NULL is fine

// The line, with its newline; owned. `wall_ms`: since 1970.
char *access_line(const struct net_served *served, int64_t wall_ms);
