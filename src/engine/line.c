// Purchases that wait their turn.

#include <stddef.h>

#include "engine/inside.h"

void line_add(struct line *line, struct purchase *p)
{
    if (p->in_line)
        return;
    p->in_line = true;
    p->next_line = NULL;
    p->prev_line = line->last;
    if (line->last)
        line->last->next_line = p;
    else
        line->first = p;
    line->last = p;
}

void line_add_first(struct line *line, struct purchase *p)
{
    if (p->in_line)
        return;
    p->in_line = true;
    p->next_line = line->first;
    p->prev_line = NULL;
    if (line->first)
        line->first->prev_line = p;
    else
        line->last = p;
    line->first = p;
}

void line_remove(struct line *line, struct purchase *p)
{
    *(p->prev_line ? &p->prev_line->next_line : &line->first) = p->next_line;
    *(p->next_line ? &p->next_line->prev_line : &line->last) = p->prev_line;
    p->in_line = false;
}

struct purchase *line_take(struct line *line)
{
    struct purchase *p = line->first;
    if (p)
        line_remove(line, p);
    return p;
}
