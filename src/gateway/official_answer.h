// The answers of Runway's own API, in its shape. Each answers the call.

#pragma once

#include "gateway/routes.h"
#include "gateway/schema.h"

// {"error":text,"docUrl":…}; a docUrl leads to our own description.
void official_error(const struct routes *r, struct net_call *call,
                    unsigned status, const char *text);
// 400 {"error":"Validation of body failed","issues":[…],"docUrl":…}
void official_invalid(const struct routes *r, struct net_call *call,
                      const struct schema_issues *issues);
// False when the header of the API's version is missing or another one: the
// call is answered.
bool official_version_ok(const struct routes *r, struct net_call *call);

// Thousandths of a credit as credits.
struct value *official_credits(int64_t thousandths);
