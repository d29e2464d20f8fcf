#include "script/placing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

// One output: what the pool's thread needs, and what it found.
struct place {
    struct store_output spec;
    char known[HASH_HEX], known_made_of[HASH_HEX], made_sha256[HASH_HEX];
    int64_t clip_id;
    int64_t size, mtime_ns;
    struct output_told told;
    enum store_found found; // of one that tells
    char *made;             // by a worker; or NULL
    struct err err;
};

struct placing {
    const struct placing_config *config;
    const char *cell;
    struct cell_output *outputs;
    struct place *places; // one an output
    size_t n;
    size_t next;      // to be made
    size_t recording; // rows that are not on disk yet
    struct err err;   // the first
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void placing_free(struct placing *placing)
{
    for (size_t i = 0; i < placing->n; i++) {
        free(placing->places[i].told.text);
        free(placing->places[i].made);
    }
    free(placing->places);
    free(placing);
}

static void fail(struct placing *placing, const struct err *err)
{
    if (placing->err.kind == ERR_NONE)
        err_set(&placing->err, ERR_DISK, "%s", err->text);
}

// --- 4: what was placed is recorded

static void on_recorded(void *arg, const struct err *err)
{
    struct placing *placing = arg;
    if (err)
        fail(placing, err);
    if (--placing->recording > 0)
        return;
    placing->done(placing->arg,
                  placing->err.kind == ERR_NONE ? NULL : &placing->err);
    placing_free(placing);
}

static void record(struct placing *placing, size_t i)
{
    const struct placing_config *config = placing->config;
    const struct place *place = &placing->places[i];
    struct output_row row = {
        .clip = place->clip_id,
        .size = place->size,
        .mtime_ns = place->mtime_ns,
    };
    memcpy(row.sha256, placing->outputs[i].sha256, HASH_HEX);
    memcpy(row.made_of, place->told.made_of, HASH_HEX);
    placing->recording++;
    ledger_set_output(config->ledger, placing->outputs[i].path, config->run,
                      placing->cell, &row, on_recorded, placing);
}

static bool is_recorded(const struct cell_output *output,
                        const struct place *place)
{
    return place->mtime_ns == place->spec.known_mtime_ns &&
           strcmp(place->known, output->sha256) == 0 &&
           strcmp(place->known_made_of, place->told.made_of) == 0;
}

static void place_done(void *arg)
{
    struct placing *placing = arg;
    placing->recording = 1; // ours, so that it outlives this function
    for (size_t i = 0; i < placing->n; i++) {
        struct cell_output *output = &placing->outputs[i];
        switch (output->placed) {
        case STORE_PLACED:
            record(placing, i);
            break;
        case STORE_CURRENT:
            if (!is_recorded(output, &placing->places[i]))
                record(placing, i);
            break;
        case STORE_EDITED: // reported by the caller; never overwritten
            output->sha256[0] = '\0';
            break;
        case STORE_FAILED:
            fail(placing, &placing->places[i].err);
            output->sha256[0] = '\0';
            break;
        }
    }
    on_recorded(placing, NULL);
}

// --- 3: under its name

static enum store_placed place_one(const struct store *store,
                                   struct place *place, char sha256[HASH_HEX])
{
    if (place->told.text && place->found == STORE_THERE) {
        memcpy(sha256, place->known, HASH_HEX);
        return STORE_CURRENT;
    }
    if (place->told.text && place->found == STORE_UNKNOWN)
        return STORE_FAILED;
    place->spec.made = place->made;
    place->spec.made_hash = place->made_sha256;
    enum store_placed placed = store_place(store, &place->spec, &place->size,
                                           &place->mtime_ns, &place->err);
    memcpy(sha256, place->made ? place->made_sha256 : place->spec.sha256,
           HASH_HEX);
    return placed;
}

static void place_work(void *arg)
{
    struct placing *placing = arg;
    for (size_t i = 0; i < placing->n; i++) {
        struct place *place = &placing->places[i];
        struct cell_output *output = &placing->outputs[i];
        output->placed =
            place_one(placing->config->store, place, output->sha256);
        if (place->made)
            unlink(place->made);
    }
}

// --- 2: those that are not there are made, one after the other

static void make_next(struct placing *placing);

static void on_made(void *arg, enum checker_result result,
                    const struct checker_facts *facts, const char *why)
{
    (void)facts;
    struct placing *placing = arg;
    struct place *place = &placing->places[placing->next];
    if (result != CHECKER_OK) {
        unlink(place->made);
        free(place->made);
        place->made = NULL;
        placing->config->untold(placing->config->arg,
                                &placing->outputs[placing->next], why);
    }
    if (result == CHECKER_BROKEN) // another run may have a worker
        place->told.made_of[0] = '\0';
    placing->next++;
    make_next(placing);
}

// One that holds something else may be of a run that was killed before it
// recorded it.
static bool is_to_be_made(const struct place *place)
{
    return place->told.text &&
           (place->found == STORE_WANTED || place->found == STORE_ANOTHER);
}

static void make_next(struct placing *placing)
{
    const struct placing_config *config = placing->config;
    while (placing->next < placing->n &&
           !is_to_be_made(&placing->places[placing->next]))
        placing->next++;
    if (placing->next == placing->n) {
        loop_work(config->loop, place_work, place_done, placing);
        return;
    }
    struct place *place = &placing->places[placing->next];
    place->made = store_made_path(config->store, place->spec.ext);
    char *clip = store_path(config->store, place->spec.sha256, place->spec.ext);
    checker_tag(config->checker, clip, place->told.text, place->made, on_made,
                placing);
    free(clip);
}

// --- 1: what is there

static void look_work(void *arg)
{
    struct placing *placing = arg;
    for (size_t i = 0; i < placing->n; i++) {
        struct place *place = &placing->places[i];
        bool known = place->spec.known_sha256 &&
                     strcmp(place->known_made_of, place->told.made_of) == 0;
        place->spec.made_sha256 = known ? place->known : NULL;
        if (place->told.text)
            place->found =
                store_look(placing->config->store, &place->spec, &place->size,
                           &place->mtime_ns, &place->err);
    }
}

static void look_done(void *arg)
{
    make_next(arg);
}

// The same text in another clip is another output.
static void add_clip(struct output_told *told, const char *sha256)
{
    char *both = xasprintf("%s %s", told->made_of, sha256);
    hash_bytes(both, strlen(both), told->made_of);
    free(both);
}

// What the ledger remembers of an output's path, read before the thread.
static bool look_up(const struct placing *placing, size_t i, struct err *err)
{
    const struct placing_config *config = placing->config;
    const struct cell_output *output = &placing->outputs[i];
    struct place *place = &placing->places[i];
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    place->clip_id = clip->id;
    place->spec.path = output->path;
    place->spec.sha256 = clip->sha256;
    place->spec.ext = clip->ext;
    struct output_row row;
    bool found = false;
    if (!ledger_find_output(config->ledger, output->path, &row, &found, err))
        return false;
    if (found) {
        memcpy(place->known, row.sha256, HASH_HEX);
        memcpy(place->known_made_of, row.made_of, HASH_HEX);
        place->spec.known_sha256 = place->known;
        place->spec.known_size = row.size;
        place->spec.known_mtime_ns = row.mtime_ns;
    }
    if (config->tell)
        config->tell(config->arg, placing->cell, output, &place->told);
    if (place->told.text)
        add_clip(&place->told, clip->sha256);
    return true;
}

bool placing_start(const struct placing_config *config, const char *cell,
                   struct cell_output *outputs, size_t n,
                   void (*done)(void *arg, const struct err *err), void *arg,
                   struct err *err)
{
    struct placing *placing = xcalloc(1, sizeof(*placing));
    *placing = (struct placing){.config = config,
                                .cell = cell,
                                .outputs = outputs,
                                .n = n,
                                .done = done,
                                .arg = arg};
    placing->places = xcalloc(n + 1, sizeof(*placing->places));
    bool tells = false;
    for (size_t i = 0; i < n; i++) {
        if (!look_up(placing, i, err)) {
            placing_free(placing);
            return false;
        }
        tells = tells || placing->places[i].told.text;
    }
    if (tells)
        loop_work(config->loop, look_work, look_done, placing);
    else
        make_next(placing);
    return true;
}
