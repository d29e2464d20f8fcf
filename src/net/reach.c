// Whose an address is: what decides where an exchange may connect to.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/internal.h"

struct range {
    uint32_t base;
    int bits;
    enum net_reach reach;
};

static enum net_reach reach_of_v4(uint32_t address)
{
    static const struct range ranges[] = {
        {0x00000000, 8, NET_REACH_ANY},      // this network
        {0x0a000000, 8, NET_REACH_PRIVATE},  // private
        {0x64400000, 10, NET_REACH_PRIVATE}, // carrier's, and overlays
        {0x7f000000, 8, NET_REACH_ANY},      // loopback
        {0xa9fe0000, 16, NET_REACH_ANY}, // link-local: where clouds keep their
                                         // secrets
        {0xac100000, 12, NET_REACH_PRIVATE}, // private
        {0xc0000000, 24, NET_REACH_ANY},     // protocol assignments
        {0xc0a80000, 16, NET_REACH_PRIVATE}, // private
        {0xc6120000, 15, NET_REACH_ANY},     // benchmarks
        {0xe0000000, 3, NET_REACH_ANY},      // multicast, reserved, broadcast
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - ranges[i].bits);
        if ((address & mask) == ranges[i].base)
            return ranges[i].reach;
    }
    return NET_REACH_PUBLIC;
}

static uint32_t v4_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum net_reach reach_of_v6(const uint8_t a[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
                                       0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
        return reach_of_v4(v4_at(a + 12));
    if (a[0] == 0x20 && a[1] == 0x02) // 6to4 carries a v4 address
        return reach_of_v4(v4_at(a + 2));
    if ((a[0] & 0xfe) == 0xfc) // unique local
        return NET_REACH_PRIVATE;
    // 2000::/3 is what is routed.
    return (a[0] & 0xe0) == 0x20 ? NET_REACH_PUBLIC : NET_REACH_ANY;
}

enum net_reach net_reach_of(int family, const void *address)
{
    if (family == AF_INET) {
        struct in_addr v4;
        memcpy(&v4, address, sizeof(v4));
        return reach_of_v4(ntohl(v4.s_addr));
    }
    return family == AF_INET6 ? reach_of_v6(address) : NET_REACH_ANY;
}

enum net_reach net_reach_of_text(const char *ip)
{
    uint8_t address[16];
    if (inet_pton(AF_INET, ip, address) == 1)
        return net_reach_of(AF_INET, address);
    if (inet_pton(AF_INET6, ip, address) == 1)
        return net_reach_of(AF_INET6, address);
    return NET_REACH_PUBLIC;
}
