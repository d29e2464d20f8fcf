#include "cli/embedding.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "report/embed.h"

#define WHY_MAX 200

static bool find(void *arg, const char *fingerprint, struct embed_order *order)
{
    const struct embedding *embedding = arg;
    struct purchase_row row;
    struct err err;
    bool found = false;
    if (!ledger_find(embedding->ledger, fingerprint, &row, &found, &err))
        log_warn("%s", err.text);
    if (!found)
        return false;
    *order = (struct embed_order){
        .gateway = xstrdup(row.gateway),
        .route = xstrdup(row.route),
        .take = row.take,
        .request =
            json_read(row.request, strlen(row.request), JSON_LENIENT, NULL),
    };
    purchase_row_free(&row);
    return true;
}

static bool holds_text(const struct clip_row *clip)
{
    return strcmp(clip->ext, "mp4") == 0 || strcmp(clip->ext, "mov") == 0;
}

void embedding_tell(struct embedding *embedding, const char *cell,
                    const struct cell_output *output, struct output_told *told)
{
    const struct purchase *p = output->purchase;
    if (!holds_text(purchase_clip(p, output->clip))) {
        embedding_untold(embedding, output, "only MP4 and MOV hold it");
        return;
    }
    struct embed_cell made = {
        .version = TARMAC_VERSION,
        .recipe = embedding->recipe->name,
        .cell = cell,
        .output = output->suffix,
        .gateway = purchase_gateway(p)->name,
        .fingerprint = purchase_fingerprint(p),
        .task_id = purchase_task_id(p),
        .order = {.gateway = (char *)purchase_gateway(p)->identity,
                  .route = (char *)purchase_route(p),
                  .take = purchase_take(p),
                  .request = (struct value *)purchase_named(p)},
        .find = find,
        .arg = embedding,
    };
    told->text = embed_text(&made, told->made_of);
    if (!told->text)
        embedding_untold(embedding, output, "it is longer than 64 kB");
}

void embedding_untold(struct embedding *embedding,
                      const struct cell_output *output, const char *why)
{
    char *said = text_printable(why, strlen(why), WHY_MAX);
    if (embedding->untold++ == 0)
        log_warn("%s does not tell what made it (%s); it is placed as it was "
                 "bought, and so is every other one of which that is true",
                 output->shown, said);
    else
        log_debug("%s does not tell what made it (%s)", output->shown, said);
    free(said);
}
