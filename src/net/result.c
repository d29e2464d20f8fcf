// What came of an exchange: the result that decides whether money may have
// been spent, and a line that says why, without the key.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/internal.h"

// curl's results that come before a request can leave. Each of them is
// believed only when curl also took and sent nothing of the request.
static const CURLcode before_sending[] = {
    CURLE_UNSUPPORTED_PROTOCOL,
    CURLE_URL_MALFORMAT,
    CURLE_COULDNT_RESOLVE_PROXY,
    CURLE_COULDNT_RESOLVE_HOST,
    CURLE_COULDNT_CONNECT,
    CURLE_INTERFACE_FAILED,
    CURLE_PROXY,
    CURLE_SSL_CONNECT_ERROR,
    CURLE_SSL_ENGINE_NOTFOUND,
    CURLE_SSL_ENGINE_SETFAILED,
    CURLE_SSL_CERTPROBLEM,
    CURLE_SSL_CIPHER,
    CURLE_PEER_FAILED_VERIFICATION,
    CURLE_SSL_CACERT_BADFILE,
    CURLE_SSL_CRL_BADFILE,
    CURLE_SSL_ISSUER_ERROR,
    CURLE_SSL_PINNEDPUBKEYNOTMATCH,
    CURLE_SSL_INVALIDCERTSTATUS,
    CURLE_SSL_CLIENTCERT,
    CURLE_OPERATION_TIMEDOUT, // and the connection was not made
};

static bool provably_not_sent(struct net_exchange *x, CURLcode code)
{
    bool early = false;
    size_t n = sizeof(before_sending) / sizeof(before_sending[0]);
    for (size_t i = 0; i < n; i++)
        early |= before_sending[i] == code;
    long sent = 0, status = 0;
    curl_off_t ready = 0;
    curl_easy_getinfo(x->handle->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(x->handle->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->handle->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (code == CURLE_OPERATION_TIMEDOUT && ready != 0)
        return false;
    return early && sent == 0 && status == 0 && x->body_read == 0;
}

static enum net_result judge(struct net_exchange *x, CURLcode code)
{
    if (x->refused)
        return NET_NOT_SENT;
    if (x->stop != NET_STOP_NONE || code == CURLE_TOO_MANY_REDIRECTS)
        return NET_STOPPED;
    if (code == CURLE_OK)
        return NET_ANSWERED;
    return provably_not_sent(x, code) ? NET_NOT_SENT : NET_MAYBE_SENT;
}

static char *why_curl(struct net_exchange *x, CURLcode code)
{
    const char *text =
        x->handle->error[0] ? x->handle->error : curl_easy_strerror(code);
    char *url = NULL;
    long os_errno = 0;
    curl_easy_getinfo(x->handle->easy, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(x->handle->easy, CURLINFO_OS_ERRNO, &os_errno);
    char *peer = net_url_authority(url ? url : x->url);
    // libcurl speaks of "::1", we of "[::1]:80".
    const char *start = peer + (peer[0] == '[');
    char *host = xstrndup(start, strcspn(start, peer[0] == '[' ? "]" : ":"));
    char *why;
    if (code == CURLE_LOGIN_DENIED)
        why = xasprintf("%s: " NET_NO_NAMES, peer);
    else if (code == CURLE_SEND_FAIL_REWIND) // as we have it say
        why = xasprintf("%s: the connection ended without an answer", peer);
    else if (strstr(text, "HTTP/0.9"))
        why = xasprintf("%s: what it answers is not HTTP", peer);
    else if (x->address_refused)
        why = xasprintf("%s is at a private address, which is not allowed here",
                        peer);
    else if (code == CURLE_COULDNT_CONNECT && os_errno != 0 &&
             strstr(text, host)) // else it speaks of a proxy
        why = xasprintf("could not connect to %s: %s", peer,
                        strerror((int)os_errno));
    else
        why = xasprintf("%s: %s", peer, text);
    free(host);
    free(peer);
    return why;
}

static char *why(struct net_exchange *x, CURLcode code)
{
    if (x->refused)
        return xstrdup(x->refused);
    // A single line that is longer than libcurl takes.
    bool endless_line = code == CURLE_OUT_OF_MEMORY && !x->headers_over;
    switch (endless_line ? NET_STOP_HEADERS : x->stop) {
    case NET_STOP_BODY:
        return xasprintf("the answer is larger than %zu bytes", x->body_max);
    case NET_STOP_HEADERS:
        return xasprintf("the answer has more than %d headers or %zu bytes of "
                         "them",
                         NET_HEADERS_MAX, NET_HEADER_BYTES_MAX);
    case NET_STOP_SINK:
        return xstrdup("stopped by the receiver");
    case NET_STOP_NONE:
        break;
    }
    return code == CURLE_OK ? xstrdup("") : why_curl(x, code);
}

void net_result_of(struct net_exchange *x, CURLcode code,
                   struct net_response *response)
{
    *response = (struct net_response){
        .result = judge(x, code),
        .body = x->answer.data,
        .body_len = x->answer.len,
        .url = x->url,
        .peer = NET_REACH_PUBLIC,
        .barred =
            x->refused || x->address_refused || code == CURLE_LOGIN_DENIED,
    };
    if (x->handle) {
        char *url = NULL, *ip = NULL;
        curl_off_t us = 0;
        curl_easy_getinfo(x->handle->easy, CURLINFO_RESPONSE_CODE,
                          &response->status);
        curl_easy_getinfo(x->handle->easy, CURLINFO_EFFECTIVE_URL, &url);
        curl_easy_getinfo(x->handle->easy, CURLINFO_TOTAL_TIME_T, &us);
        curl_easy_getinfo(x->handle->easy, CURLINFO_PRIMARY_IP, &ip);
        if (url)
            response->url = url;
        if (ip)
            response->peer = net_reach_of_text(ip);
        response->elapsed_ms = us / 1000;
        response->headers = net_head_index(x->handle);
        response->n_headers = x->handle->n_headers;
    }
    if (response->result == NET_ANSWERED)
        return;
    char *text = why(x, code);
    char *shown =
        text_printable(text, strlen(text), sizeof(response->error) - 1);
    snprintf(response->error, sizeof(response->error), "%s", shown);
    free(shown);
    free(text);
}

void net_result_log(const struct net_exchange *x,
                    const struct net_response *response)
{
    curl_off_t bytes = 0;
    if (!log_wants(LOG_DEBUG))
        return;
    if (x->handle)
        curl_easy_getinfo(x->handle->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    char *url = net_url_shown(x->url);
    log_debug("%s %s: %ld, %lld bytes, %lld ms%s%s", x->method, url,
              response->status, (long long)bytes,
              (long long)response->elapsed_ms, response->error[0] ? ", " : "",
              response->error);
    free(url);
}

const char *net_response_header(const struct net_response *response,
                                const char *lower_case_name)
{
    for (size_t i = 0; i < response->n_headers; i++)
        if (strcmp(response->headers[i].name, lower_case_name) == 0)
            return response->headers[i].value;
    return NULL;
}
