#include "cli/held.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

#define HELD_MAX 1000

struct held_text {
    struct held_text *next;
    uint64_t index;
    char *text;
};

static void print_first(struct held *held, FILE *file)
{
    struct held_text *text = held->first;
    held->first = text->next;
    held->n--;
    if (text->index > held->printed)
        held->printed = text->index;
    fputs(text->text, file);
    free(text->text);
    free(text);
}

void held_say(struct held *held, uint64_t index, char *text, FILE *file)
{
    struct held_text **at = &held->first;
    while (*at && (*at)->index < index)
        at = &(*at)->next;
    struct held_text *more = xmalloc(sizeof(*more));
    *more = (struct held_text){.next = *at, .index = index, .text = text};
    *at = more;
    held->n++;
    bool many = held->n > HELD_MAX;
    while (held->first && (many || held->first->index <= held->printed + 1))
        print_first(held, file);
}

void held_end(struct held *held, FILE *file)
{
    while (held->first)
        print_first(held, file);
}
