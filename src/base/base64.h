// Bytes as base64 text (RFC 4648, padded).

#pragma once

#include <stddef.h>

#include "base/buf.h"

void base64_add(struct buf *out, const void *bytes, size_t len);
