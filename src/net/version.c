#include "net/version.h"

#include <curl/curl.h>
#include <microhttpd.h>

#include "base/mem.h"

char *net_curl_version(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return xasprintf("%s (%s)", info->version,
                     info->ssl_version ? info->ssl_version : "without TLS");
}

const char *net_server_version(void)
{
    return MHD_get_version();
}
