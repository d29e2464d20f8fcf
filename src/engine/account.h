// What a gateway says of our account there: asked once a run, before anything
// is bought, so that what the service would not take is not sent. What it does
// not say limits nothing.

#pragma once

#include "engine/inside.h"

// --- pure
// What this run has at the gateway.
struct account_use {
    int64_t running;  // attempts of the model that hold a place
    int64_t asked;    // of them, those that are not answered yet
    int64_t bought;   // attempts of the model, or may be
    int64_t spent;    // thousandths, of all models: bought, or may be
    int64_t reserved; // the same of what is not answered yet
};

enum account_word {
    ACCOUNT_GO,
    ACCOUNT_WAITS,      // until this run has less of it under way
    ACCOUNT_NONE_LEFT,  // today
    ACCOUNT_NO_CREDITS, // for it
};

// May an attempt of `model` (NULL: not known) be submitted that costs `price`
// at least (thousandths; -1: not known)? With nothing of the model under way it
// never waits.
enum account_word account_judge(const struct dialect_account *account,
                                const char *model, int64_t price,
                                const struct account_use *use);

// "1000 credits; gen4_turbo 3 at once, 150 left today", of these models; owned.
// NULL: nothing of them is known.
char *account_text(const struct dialect_account *account,
                   const char *const *models, size_t n);

// --- of a gate
// Has it been asked? Else that begins; the line of submits has to wait.
bool account_known(struct gate *gate);
// Take the first of that line which may be submitted; NULL: none may now. What
// can not be bought in this run is taken, too, and settles.
struct purchase *account_take(struct gate *gate);
// An attempt of `p` was bought, or may be; or was not after all.
void account_bought(struct purchase *p);
void account_not_bought(struct purchase *p);
// What is counted of it, after it may have changed; see purchase_count().
void account_count(struct purchase *p);
void account_free(struct account *account); // NULL is fine
