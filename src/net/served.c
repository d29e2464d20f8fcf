// What is told of a call that has ended.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/answer.h"

static const char *name_peer(struct MHD_Connection *connection,
                             char text[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *peer = info ? info->client_addr : NULL;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    const char *name = NULL;
    if (peer && peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof v4);
        name = inet_ntop(AF_INET, &v4.sin_addr, text, INET6_ADDRSTRLEN);
    } else if (peer && peer->sa_family == AF_INET6) {
        memcpy(&v6, peer, sizeof v6);
        name = inet_ntop(AF_INET6, &v6.sin6_addr, text, INET6_ADDRSTRLEN);
    }
    return name ? name : "-";
}

void net_call_served(const struct net_call *call,
                     enum MHD_RequestTerminationCode how,
                     void (*served)(void *arg, const struct net_served *served),
                     void *arg)
{
    char peer[INET6_ADDRSTRLEN];
    bool body =
        call->response && strcmp(call->method, MHD_HTTP_METHOD_HEAD) != 0;
    served(arg, &(struct net_served){
                    .peer = name_peer(call->connection, peer),
                    .method = call->method,
                    .path = call->path,
                    .agent = net_call_header(call, MHD_HTTP_HEADER_USER_AGENT),
                    .status = call->response ? call->status : 0,
                    .bytes = body ? call->length : 0,
                    .whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK,
                    .ms = clock_mono_ms(&clock_system) - call->began_ms,
                });
}
