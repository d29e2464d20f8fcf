// When tasks were bought, by API and model: kept in memory for two days, so
// that a submit under a daily limit counts no rows.

#pragma once

#include <stdint.h>

#define BOUGHT_KEPT_MS ((int64_t)48 * 3600 * 1000)

struct boughts;

struct boughts *boughts_new(void);
void boughts_free(struct boughts *boughts); // NULL is fine

void boughts_add(struct boughts *boughts, const char *api, const char *model,
                 int64_t wall_ms);
// What was added with these, and did not come about.
void boughts_take_back(struct boughts *boughts, const char *api,
                       const char *model, int64_t wall_ms);
int64_t boughts_since(const struct boughts *boughts, const char *api,
                      const char *model, int64_t wall_ms);
