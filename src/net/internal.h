// What the client's files share: the client, its lanes, one exchange.

#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "net/client.h"

#define NET_HEADERS_MAX 256
#define NET_HEADER_BYTES_MAX ((size_t)64 << 10)

// One curl multi handle with its own connection cache. Every reach has a lane
// of its own, so that an exchange can never reuse a connection that was made
// under another rule.
struct net_lane {
    struct net_client *client;
    CURLM *multi;
    struct loop_timer *timer;
};

#define NET_LANES (NET_REACH_PUBLIC + 1)

struct net_client {
    struct loop *loop;
    struct net_lane lanes[NET_LANES];
    struct net_exchange *exchanges; // all, doubly linked
    struct loop_timer *kick;        // looks after exchanges that are not added
    int64_t away_ms;                // that exchanges were excused for
    bool inside;                    // below curl: its handles are off limits
    bool unsettled; // some exchange is to be added, refused or dropped
};

// Why an exchange was ended by us rather than by the world.
enum net_stop {
    NET_STOP_NONE,
    NET_STOP_SINK,    // headers_done or sink said so
    NET_STOP_BODY,    // larger than body_max
    NET_STOP_HEADERS, // more or larger than we take
};

struct net_exchange {
    struct net_client *client;
    struct net_lane *lane;
    struct net_exchange *prev, *next;
    CURL *easy;
    bool added, cancelled;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];

    // the request
    char *method, *url;
    char *body;
    size_t body_len, body_read; // body_read: bytes that curl took
    size_t body_max;
    bool spending;
    int64_t timeout_ms, stall_ms; // timeout_ms 0: only the other counts
    int64_t away_ms;              // of the loop, when it began
    enum net_reach reach;
    char *refused; // why it may not even be tried; or NULL
    bool (*headers_done)(void *arg, const struct net_response *response);
    bool (*sink)(void *arg, const void *bytes, size_t len);
    void (*done)(void *arg, const struct net_response *response);
    void *arg;

    // the answer
    struct buf answer;
    struct net_header answer_headers[NET_HEADERS_MAX]; // both sides owned
    size_t n_answer_headers, answer_header_bytes;
    bool headers_over, headers_told, body_begun;
    bool address_refused; // its reach was in the way
    enum net_stop stop;
};

// exchange.c: from a request to an easy handle, and its end
struct net_exchange *net_exchange_new(struct net_client *client,
                                      const struct net_request *request);
void net_exchange_free(struct net_exchange *x);
// The loop was kept from turning, `away_ms` in all: that is not its fault.
void net_exchange_excuse(struct net_exchange *x, int64_t away_ms);
void net_exchange_clear_headers(struct net_exchange *x);

// transfer.c: what curl calls while bytes move
void net_transfer_setup(struct net_exchange *x);

// result.c: what came of it. `code` is curl's; borrows from `x`.
void net_result_of(struct net_exchange *x, CURLcode code,
                   struct net_response *response);
void net_result_log(const struct net_exchange *x,
                    const struct net_response *response);

// reach.c: of an address as in struct in_addr or in6_addr, or of its text
enum net_reach net_reach_of(int family, const void *address);
enum net_reach net_reach_of_text(const char *ip);

#define NET_NO_NAMES "a name or password in the address is not accepted"

// url.c: owned texts for messages: "host:port" of an accepted URL; any URL
// without its query and whatever stands before an '@'
char *net_url_authority(const char *url);
char *net_url_shown(const char *url);
