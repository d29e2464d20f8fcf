// Which libraries this room speaks through.

#pragma once

// "7.88.1 (OpenSSL/3.0.15)": with what it does TLS; owned.
char *net_curl_version(void);
const char *net_server_version(void); // of libmicrohttpd: "0.9.75"
