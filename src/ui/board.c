#include "ui/board.h"

#include <stdlib.h>

#include "base/mem.h"

// Things in the order of their last change, linked through an array: the oldest
// behind END, the newest before it.
enum { END, RELOAD, HEAD, CELLS };

struct slot {
    uint64_t version; // 0: nothing is known of it
    uint64_t hash;
    double progress;
    size_t prev, next;
};

struct board {
    struct slot *slots; // END, RELOAD, HEAD, the cells, their progress
    uint64_t cells, version;
};

struct board *board_new(void)
{
    struct board *board = xcalloc(1, sizeof(*board));
    board->slots = xcalloc(CELLS, sizeof(*board->slots));
    return board;
}

void board_free(struct board *board)
{
    if (!board)
        return;
    free(board->slots);
    free(board);
}

static void move_to_end(struct board *board, size_t i)
{
    struct slot *slots = board->slots, *slot = &slots[i];
    if (slot->version > 0) {
        slots[slot->prev].next = slot->next;
        slots[slot->next].prev = slot->prev;
    }
    slot->version = ++board->version;
    slot->prev = slots[END].prev;
    slot->next = END;
    slots[slot->prev].next = i;
    slots[END].prev = i;
}

void board_begin(struct board *board, uint64_t cells)
{
    free(board->slots);
    board->cells = cells;
    board->slots = xcalloc(CELLS + 2 * (size_t)cells, sizeof(*board->slots));
    move_to_end(board, RELOAD);
}

uint64_t board_cells(const struct board *board)
{
    return board->cells;
}

// FNV-1a.
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

static bool changed(struct board *board, size_t i, const char *text)
{
    struct slot *slot = &board->slots[i];
    uint64_t hash = hash_of(text);
    if (slot->version > 0 && slot->hash == hash)
        return false;
    slot->hash = hash;
    move_to_end(board, i);
    return true;
}

bool board_head(struct board *board, const char *text)
{
    return changed(board, HEAD, text);
}

static bool is_on(const struct board *board, uint64_t nth)
{
    return nth >= 1 && nth <= board->cells;
}

static size_t cell_slot(uint64_t nth)
{
    return CELLS + (size_t)nth - 1;
}

bool board_cell(struct board *board, uint64_t nth, const char *text)
{
    return is_on(board, nth) && changed(board, cell_slot(nth), text);
}

bool board_progress(struct board *board, uint64_t nth, double progress)
{
    if (!is_on(board, nth))
        return false;
    size_t i = cell_slot(nth) + (size_t)board->cells;
    struct slot *slot = &board->slots[i];
    double moved = progress - slot->progress;
    if (slot->version > 0 && moved < 0.001 && moved > -0.001)
        return false;
    slot->progress = progress;
    move_to_end(board, i);
    return true;
}

uint64_t board_version(const struct board *board)
{
    return board->version;
}

// The oldest that is newer than the reader's version; END: none.
static size_t find_next(const struct board *board,
                        const struct board_reader *reader)
{
    const struct slot *slots = board->slots;
    size_t all = CELLS + 2 * (size_t)board->cells;
    if (reader->at > END && reader->at < all &&
        slots[reader->at].version == reader->version)
        return slots[reader->at].next;
    size_t i = END;
    while (slots[i].prev != END &&
           slots[slots[i].prev].version > reader->version)
        i = slots[i].prev;
    return i;
}

bool board_has_more(const struct board *board,
                    const struct board_reader *reader)
{
    return board->slots[board->slots[END].prev].version > reader->version ||
           reader->version > board->version;
}

void board_next(const struct board *board, struct board_reader *reader,
                struct board_change *change)
{
    *change = (struct board_change){.kind = BOARD_NOTHING};
    if (reader->version > board->version)
        *reader = (struct board_reader){.version = board->slots[RELOAD].version,
                                        .at = RELOAD};
    size_t i = find_next(board, reader);
    if (i == END)
        return;
    const struct slot *slot = &board->slots[i];
    *reader = (struct board_reader){.version = slot->version, .at = i};
    change->version = slot->version;
    if (i < CELLS) {
        change->kind = i == RELOAD ? BOARD_RELOAD : BOARD_HEAD;
        return;
    }
    uint64_t place = i - CELLS;
    bool is_cell = place < board->cells;
    change->kind = is_cell ? BOARD_CELL : BOARD_PROGRESS;
    change->nth = (is_cell ? place : place - board->cells) + 1;
    change->progress = slot->progress;
}
