#include "gateway/official_camera.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/number.h"

#define LEAD "Camera: "
#define MOTION_MAX 1000.0

static const char *const axes[RENDER_AXES] = {
    [RENDER_X] = "x ", [RENDER_Y] = "y ",           [RENDER_Z] = "z ",
    [RENDER_R] = "r ", [RENDER_BG_X] = "bg_x_pan ", [RENDER_BG_Y] = "bg_y_pan ",
};

// The last one in the prompt, at its begin or behind a space.
static const char *find_lead(const char *prompt)
{
    const char *found = NULL;
    for (const char *p = strstr(prompt, LEAD); p; p = strstr(p + 1, LEAD))
        if (p == prompt || p[-1] == ' ')
            found = p;
    return found;
}

// The number at *s, moved past; a full stop that ends the sentence is not its.
static bool take_number(const char **s, double *out)
{
    char text[NUMBER_TEXT];
    size_t len = strspn(*s, "0123456789.eE+-");
    if (len > 0 && (*s)[len - 1] == '.')
        len--;
    if (len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)len, *s);
    *s += len;
    return number_read(text, out) && fabs(*out) <= MOTION_MAX;
}

static bool take_axes(const char *s, double motion[RENDER_AXES])
{
    bool any = false;
    for (int i = 0; i < RENDER_AXES; i++) {
        const char *name = any ? s + 2 : s; // behind ", "
        if ((any && !text_starts(s, ", ")) || !text_starts(name, axes[i]))
            continue;
        s = name + strlen(axes[i]);
        if (!take_number(&s, &motion[i]))
            return false;
        any = true;
    }
    return any && strcmp(s, ".") == 0;
}

bool official_camera(const char *prompt, double motion[RENDER_AXES],
                     size_t *keep)
{
    double taken[RENDER_AXES] = {0};
    const char *lead = find_lead(prompt);
    if (!lead || !take_axes(lead + strlen(LEAD), taken))
        return false;
    memcpy(motion, taken, sizeof taken);
    *keep = lead > prompt ? (size_t)(lead - prompt) - 1 : 0;
    return true;
}
