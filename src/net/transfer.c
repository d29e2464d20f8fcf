// What libcurl calls while bytes move: the body out, headers and body in, and
// the addresses that a connection is made to.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/crash.h"
#include "base/mem.h"
#include "net/internal.h"

static size_t on_read(char *out, size_t size, size_t n, void *arg)
{
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    size_t len = x->body_len - x->body_read;
    if (len > size * n)
        len = size * n;
    memcpy(out, x->body + x->body_read, len);
    x->body_read += len;
    return len;
}

// libcurl seeks when it wants to send the request again by itself. That is
// fine for anything but money: there, one call is one request.
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    if (x->spending || origin != SEEK_SET || offset < 0 ||
        (size_t)offset > x->body_len)
        return CURL_SEEKFUNC_FAIL;
    x->body_read = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static long status_of(struct net_exchange *x)
{
    long status = 0;
    curl_easy_getinfo(x->handle->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool stop(struct net_exchange *x, enum net_stop why)
{
    x->stop = why;
    return false;
}

static bool add_answer_header(struct net_exchange *x, const char *line,
                              size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon || colon == line)
        return true; // not a header: nothing we could look up
    x->answer_header_bytes += len;
    if (x->handle->n_headers == NET_HEADERS_MAX ||
        x->answer_header_bytes > NET_HEADER_BYTES_MAX ||
        !net_head_add(x->handle, line, len))
        return stop(x, NET_STOP_HEADERS);
    return true;
}

// The headers of a final answer are complete.
static bool tell_headers(struct net_exchange *x)
{
    long status = status_of(x);
    if (status < 200 || status > 299 || x->headers_told)
        return true;
    x->headers_told = true;
    if (!x->headers_done)
        return true;
    struct net_response response;
    net_result_of(x, CURLE_OK, &response);
    if (x->cancelled || !x->headers_done(x->arg, &response))
        return stop(x, NET_STOP_SINK);
    return true;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    size_t len = size * n;
    bool go_on = true;
    if (x->body_begun) {
        return len; // a trailer: we ask for nothing that comes there
    } else if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        x->answer_header_bytes = 0;
        net_head_clear(x->handle); // of an interim answer or redirect
        x->headers_over = false;
    } else if (line[0] == '\r' || line[0] == '\n') {
        x->headers_over = true;
        go_on = tell_headers(x);
    } else if (!x->headers_over) {
        go_on = add_answer_header(x, line, len);
    }
    return go_on ? len : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    size_t len = size * n;
    x->body_begun = true;
    if (x->cancelled)
        return 0;
    if (x->sink && x->headers_told) {
        if (x->sink(x->arg, bytes, len))
            return len;
        x->stop = NET_STOP_SINK;
        return 0;
    }
    if (buf_add(&x->answer, bytes, len))
        return len;
    x->stop = NET_STOP_BODY;
    return 0;
}

// What curl allocates is as long as the address, unlike its declaration of it:
// read from its start.
static enum net_reach reach_of(const struct curl_sockaddr *address)
{
    const char *start =
        (const char *)address + offsetof(struct curl_sockaddr, addr);
    size_t at = address->family == AF_INET6
                    ? offsetof(struct sockaddr_in6, sin6_addr)
                    : offsetof(struct sockaddr_in, sin_addr);
    return net_reach_of(address->family, start + at);
}

// What is closed, or left by a process that was killed, is reset: else the
// kernel would go on for minutes to send what the other side did not take yet,
// and a purchase would arrive after its run had ended.
static void say_no_more(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    (void)purpose;
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    if (reach_of(address) < x->reach) {
        x->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);
    say_no_more(fd);
    return fd;
}

#ifdef TARMAC_CRASH_POINTS
// A purchase is asked for, and not a word of the answer has come.
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down,
                       curl_off_t up_total, curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total;
    struct net_exchange *x = ((struct net_handle *)arg)->x;
    bool asked = x->spending && up > 0 && (size_t)up == x->body_len;
    if (asked && x->handle->n_headers == 0 && !x->headers_over)
        CRASH_POINT("mid", "post");
    return 0;
}

static void watch(struct net_handle *h)
{
    curl_easy_setopt(h->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h->easy, CURLOPT_XFERINFODATA, h);
    curl_easy_setopt(h->easy, CURLOPT_NOPROGRESS, 0L);
}
#else
static void watch(const struct net_handle *h)
{
    (void)h;
}
#endif

void net_transfer_setup(struct net_handle *h)
{
    CURL *easy = h->easy;
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, h);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, h);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, h);
    watch(h);
}
