// Which libraries this room works with.

#pragma once

#include "base/buf.h"

// "libavformat 59.27.100", one a line.
void media_versions(struct buf *out);
