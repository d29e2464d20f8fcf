#include "recipe/frame.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

#define FRAME_SECONDS_MAX 86400
#define FRAME_FILE_MAX 1000

// What is wrong with a map; NULL: nothing.
static const char *frame_fault(const struct value *v)
{
    const struct value *at = value_get(v, "frame");
    const struct value *file = value_get(v, "file");
    const char *of = value_get_text(v, "of");
    const char *word = value_text(at);
    double seconds, n = 1;
    bool which = word ? strcmp(word, "first") == 0 || strcmp(word, "last") == 0
                      : value_number(at, &seconds) && seconds >= 0 &&
                            seconds <= FRAME_SECONDS_MAX;
    bool whole = !file || (value_number(file, &n) && n == floor(n) && n >= 1 &&
                           n <= FRAME_FILE_MAX);
    if (!at)
        return "a map there is a frame of a clip; a script makes one: "
               "clip:frame \"last\"";
    if (!which)
        return "a frame is \"first\", \"last\" or the seconds at which it is "
               "shown";
    if (!of || !hash_is_hex(of))
        return "'of' must be the fingerprint of the clip's purchase";
    if (!whole)
        return "'file' must count the clip's files from 1";
    return value_count(v) == (file ? 3 : 2)
               ? NULL
               : "a frame takes no more than 'frame', 'of' and 'file'";
}

bool frame_check(const char *field, const struct value *v, struct problems *p)
{
    if (v->type != VALUE_MAP || strstr(field, "video"))
        return false;
    const char *fault = frame_fault(v);
    if (fault)
        problem_add(p, v->pos, "'%s': %s", field, fault);
    return true;
}
