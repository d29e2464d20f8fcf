// HTTP/1.1 for bench_responder: connections in an epoll, kept alive.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A connection that was accepted, or one that callbacks go out by.
struct wire {
    int fd;
    bool out;
    bool busy;     // out: it waits for an answer
    unsigned port; // out: it is connected to it
    bool close;    // once all is sent
    bool broken;   // nothing more can be sent
    char *in;      // NUL-terminated
    size_t in_len, in_cap;
    char *left; // of an answer that did not fit
    size_t left_len, left_at;
    uint32_t events; // waited for
};

// A message that came by `w`: its first line and headers, then its body, both
// NUL-terminated.
typedef void wire_message_fn(struct wire *w, char *head, char *body);

int wire_epoll(void); // everything below waits in it; made at the first call

// Listens on 127.0.0.1 (0: any port); the listener's own data.ptr is NULL.
int wire_listen(int port, int *got);
// Every connection that waits. How many they were.
int wire_accept(int listener);
// `w` is connected there at once, or never: false.
bool wire_connect(struct wire *w, unsigned port);

// What is not taken at once goes when there is room.
void wire_put(struct wire *w, const char *bytes, size_t len);
__attribute__((format(printf, 3, 4))) void
wire_say(struct wire *w, int status, const char *fmt, ...); // a JSON text
// The head now, the body with it.
void wire_give(struct wire *w, const char *type, const char *bytes, size_t len);

// Does what `events` ask for. False: it was closed, and freed if it was
// accepted.
bool wire_turn(struct wire *w, uint32_t events, wire_message_fn *message);
