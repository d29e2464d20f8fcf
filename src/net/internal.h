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
// under another rule. And so has money: of what libcurl may do by itself in
// HTTP/2, nothing can then happen to a request that is spending.
struct net_lane {
    struct net_client *client;
    bool spending;
    bool plain; // HTTP/2 has failed here: HTTP/1.1 from now on
    CURLM *multi;
    struct loop_timer *timer;
    int sockets; // an epoll of libcurl's, which the loop watches as one
    struct loop_poll *ready;
    size_t added, keeps;     // exchanges now; connections that are kept
    struct net_handle *idle; // for the next exchanges
    size_t n_idle;
};

#define NET_REACHES (NET_REACH_PUBLIC + 1)
#define NET_ORIGINS 4

struct net_list {
    struct net_exchange *first, *last;
};

struct net_client {
    struct loop *loop;
    struct net_lane lanes[NET_REACHES][2]; // [1]: of what is spending
    CURLSH *share;                         // TLS sessions, names looked up
    struct net_list running;
    struct net_list waiting;    // to be added, refused or dropped
    struct loop_timer *kick;    // looks after those that wait
    int64_t away_ms;            // that exchanges were excused for
    bool inside;                // below curl: its handles are off limits
    char *origins[NET_ORIGINS]; // "https://h:1" of addresses found fine
    size_t n_origins;           // that were put there, in turn
};

// A handle of libcurl's, with what it writes into: an exchange's, or idle. What
// all exchanges of its lane have in common is set once.
struct net_handle {
    CURL *easy;
    struct net_exchange *x; // whose it is; NULL when idle
    struct net_lane *lane;
    struct net_handle *next; // idle ones
    char error[CURL_ERROR_SIZE];
    struct buf head;            // of the answer: name, NUL, value, NUL, …
    struct net_header *headers; // into `head`, once they were asked for
    size_t n_headers, n_indexed, room;
    bool direct, insecure; // as it is set now
    long at_once;          // bytes read; the same
};

// Why an exchange was ended by us rather than by the world.
enum net_stop {
    NET_STOP_NONE,
    NET_STOP_SINK,    // headers_done or sink said so
    NET_STOP_BODY,    // larger than body_max
    NET_STOP_HEADERS, // more or larger than we take
};

// One block of memory with the texts that it points to.
struct net_exchange {
    struct net_client *client;
    struct net_lane *lane;
    struct net_list *list; // that it is in
    struct net_exchange *prev, *next;
    struct net_handle *handle; // NULL when refused
    bool added, cancelled;
    bool two; // it may go by HTTP/2

    // the request
    const char *method, *url;
    const char *body;
    struct curl_slist *headers; // an array in fact
    char *lines;                // of those headers: one may hold the key
    size_t lines_len;
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
    size_t answer_header_bytes;
    bool headers_over, headers_told, body_begun;
    bool address_refused; // its reach was in the way
    enum net_stop stop;
};

// exchange.c: from a request to an exchange, and its end
struct net_exchange *net_exchange_new(struct net_client *client,
                                      const struct net_request *request);
// `again`: nothing speaks against using its handle once more.
void net_exchange_free(struct net_exchange *x, bool again);
// It costs nothing, and died with an HTTP/2 connection that others shared
// before anything of an answer came.
bool net_exchange_may_repeat(const struct net_exchange *x, CURLcode code);
void net_exchange_make_plain(struct net_exchange *x); // HTTP/1.1 from now on
// The loop was kept from turning, `away_ms` in all: that is not its fault.
void net_exchange_excuse(struct net_exchange *x, int64_t away_ms);

// handle.c: what every exchange of a lane has in common is set once
struct net_handle *net_handle_take(struct net_lane *lane,
                                   struct net_exchange *x);
void net_handle_give(struct net_handle *h, bool again);
void net_handle_drop_idle(struct net_lane *lane);

// lane.c
bool net_lane_open(struct net_lane *lane, struct net_client *client,
                   bool spending);
void net_lane_close(struct net_lane *lane); // also after a failed opening
void net_lane_add(struct net_lane *lane, struct net_exchange *x);
void net_lane_remove(struct net_lane *lane, struct net_exchange *x);

// client.c: what a lane's sockets and timer tell
void net_client_act(struct net_lane *lane, curl_socket_t fd, int events);

// transfer.c: what curl calls while bytes move
void net_transfer_setup(struct net_handle *h);
bool net_head_add(struct net_handle *h, const char *line, size_t len);
void net_head_clear(struct net_handle *h);
// Valid until the next line is added.
const struct net_header *net_head_index(struct net_handle *h);

// result.c: what came of it. `code` is curl's; borrows from `x`.
void net_result_of(struct net_exchange *x, CURLcode code,
                   struct net_response *response);
void net_result_log(const struct net_exchange *x,
                    const struct net_response *response);

// reach.c: of an address as in struct in_addr or in6_addr, or of its text
enum net_reach net_reach_of(int family, const void *address);
enum net_reach net_reach_of_text(const char *ip);

#define NET_NO_NAMES "a name or password in the address is not accepted"

// url.c: nothing in it that is read differently by others: no space, …
bool net_url_is_clean(const char *url);
// Owned texts for messages: "host:port" of an accepted URL; any URL
// without its query and whatever stands before an '@'
char *net_url_authority(const char *url);
char *net_url_shown(const char *url);
