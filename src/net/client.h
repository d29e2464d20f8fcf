// HTTP exchanges through libcurl's multi interface, driven by the loop.
//
// What the caller must know about money: a request with `spending` set is sent
// from a read callback that refuses to rewind, by HTTP/1.1 on connections that
// only such requests use, without Expect and without redirects, so that libcurl
// can never repeat it by itself; result NET_MAYBE_SENT then means "may have
// arrived". Every other request may arrive more than once: when its connection
// dies before an answer it is sent again. With TLS those go by HTTP/2 where the
// service has it, many on one connection.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

enum net_result {
    NET_ANSWERED,   // status, headers and whole body are there
    NET_NOT_SENT,   // provably did not reach the service: DNS, refused, TLS
    NET_MAYBE_SENT, // sent, or partly; no whole answer
    NET_STOPPED,    // the sink refused or a ceiling was reached: it was sent,
                    // and `status` is what was answered
};

// Whose addresses an exchange may connect to, or whose one is: each takes in
// those below it.
enum net_reach {
    NET_REACH_ANY,     // this machine's, and what no network should route
    NET_REACH_PRIVATE, // a local network's
    NET_REACH_PUBLIC,
};

struct net_header {
    const char *name, *value;
};

struct net_response;

struct net_request {
    const char *method; // "GET", "POST", "HEAD", …
    const char *url;    // http: or https: only
    const struct net_header *headers;
    size_t n_headers;
    const char *bearer; // the key: sent as Authorization, never logged; or NULL
    const void *body;
    size_t body_len;
    bool spending;
    size_t body_max;      // ceiling of the answer's body in memory; 0: 8 MiB
    int64_t timeout_ms;   // whole exchange; 0: none, but stall_ms
    int64_t stall_ms;     // longest time below 1 KiB a second; 0: 60 s
    int64_t connect_ms;   // 0: 10 s
    int redirects;        // GET without `bearer` only: how many are followed
    enum net_reach reach; // other addresses are refused at connect
    bool direct;          // through no proxy, whose reach is not ours
    bool insecure;        // do not verify the certificate
    // A streaming sink instead of a body in memory: gets bytes of 2xx answers
    // only, after `headers_done` (called once, also without a body); false
    // stops. Other answers' bodies are kept (up to body_max).
    bool (*headers_done)(void *arg, const struct net_response *response);
    bool (*sink)(void *arg, const void *bytes, size_t len);
    // Called once, inside loop_once(); `response` lives until it returns.
    void (*done)(void *arg, const struct net_response *response);
    void *arg;
};

struct net_response {
    enum net_result result;
    long status;      // 0 when there is none
    const char *body; // NUL-terminated, body_len bytes
    size_t body_len;
    const struct net_header *headers; // names in lower case, of the last hop
    size_t n_headers;
    const char *url;     // after redirects
    enum net_reach peer; // whose address answered; public when nobody did
    bool barred;     // we may not go there, now or later: its address, or whose
    char error[256]; // why, when result is not NET_ANSWERED; holds no key
    int64_t elapsed_ms;
};

const char *net_response_header(const struct net_response *response,
                                const char *lower_case_name); // or NULL

struct net_client *net_client_new(struct loop *loop, struct err *err);
void net_client_free(struct net_client *client); // cancels what is under way

// Copies everything it needs of `request`. A request that may not be sent (its
// address, a control character in a header) ends as NET_NOT_SENT.
struct net_exchange *net_send(struct net_client *client,
                              const struct net_request *request);
// No callback comes after this. From anywhere but the exchange's own `done`.
void net_cancel(struct net_exchange *exchange);

// --- addresses
// Scheme, host and port of an http(s) URL, normalised ("https://h", port only
// when it is not the default); false when it is not one, or has user:password.
// owned.
char *net_origin(const char *url, struct err *err);
bool net_is_loopback(const char *url); // host is 127.0.0.0/8, ::1, localhost
// Whose address the URL spells out; public for a name, but "localhost".
enum net_reach net_url_reach(const char *url);
// The host of an http(s) URL in lower case, "[::1]" with its brackets; owned,
// NULL when it is not one.
char *net_host(const char *url);
