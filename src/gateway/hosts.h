// Which machines may be called: for the pictures and films that requests bring,
// and for callbacks.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/client.h"

#define HOSTS_ACCEPTED                                                         \
    "host names, *.example.com, public, private, loopback, or none"

// A list with commas between:
//     nas.local, *.example.com, 10.0.0.7  the host, wherever its name leads to
//     public    whatever is on the open internet, and nothing else
//     private   the same and local networks
//     loopback  this machine: 127.0.0.1, [::1], localhost
//     none      nothing, alone
struct hosts;
struct hosts *hosts_parse(const char *list, struct err *err); // ERR_USAGE
void hosts_free(struct hosts *hosts);                         // NULL is fine

// May this http(s) URL be called, as far as its text tells? hosts_reach() says
// the rest, which is for the connection: where its name may lead to.
bool hosts_allow(const struct hosts *hosts, const char *url);
enum net_reach hosts_reach(const struct hosts *hosts, const char *url);
