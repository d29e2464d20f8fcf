#include "recipe/frame.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

#define FRAME_SECONDS_MAX 86400
#define FRAME_FILE_MAX 1000

static bool is_film(const char *field)
{
    return strstr(field, "video");
}

static bool counts_files(const struct value *file)
{
    double n;
    return !file || (value_number(file, &n) && n == floor(n) && n >= 1 &&
                     n <= FRAME_FILE_MAX);
}

// What is wrong with a map that is to be a frame; NULL: nothing.
static const char *frame_fault(const struct value *v)
{
    const struct value *at = value_get(v, "frame");
    const struct value *file = value_get(v, "file");
    const char *of = value_get_text(v, "of");
    const char *word = value_text(at);
    double seconds;
    bool which = word ? strcmp(word, "first") == 0 || strcmp(word, "last") == 0
                      : value_number(at, &seconds) && seconds >= 0 &&
                            seconds <= FRAME_SECONDS_MAX;
    if (value_get(v, "clip"))
        return "a clip is no picture; a script takes one out of it: clip:frame "
               "\"last\"";
    if (!at)
        return "a map there is a frame of a clip; a script makes one: "
               "clip:frame \"last\"";
    if (!which)
        return "a frame is \"first\", \"last\" or the seconds at which it is "
               "shown";
    if (!of || !hash_is_hex(of))
        return "'of' must be the fingerprint of the clip's purchase";
    if (!counts_files(file))
        return "'file' must count the clip's files from 1";
    return value_count(v) == (file ? 3 : 2)
               ? NULL
               : "a frame takes no more than 'frame', 'of' and 'file'";
}

// The same of one that is to be a clip.
static const char *clip_fault(const struct value *v)
{
    const struct value *file = value_get(v, "file");
    const char *clip = value_get_text(v, "clip");
    if (value_get(v, "frame"))
        return "a frame is a picture; give the clip itself";
    if (!value_get(v, "clip"))
        return "a map there is a clip, as a script has it from runway.wait";
    if (!clip || !hash_is_hex(clip))
        return "'clip' must be the fingerprint of the clip's purchase";
    if (!counts_files(file))
        return "'file' must count the clip's files from 1";
    return value_count(v) == (file ? 2 : 1)
               ? NULL
               : "a clip takes no more than 'clip' and 'file'";
}

bool frame_check(const char *field, const struct value *v, struct problems *p)
{
    if (v->type != VALUE_MAP)
        return false;
    const char *fault = is_film(field) ? clip_fault(v) : frame_fault(v);
    if (fault)
        problem_add(p, v->pos, "'%s': %s", field, fault);
    return true;
}
