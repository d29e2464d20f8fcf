#include "gateway/camera.h"

#include "gateway/render.h"

#define MOTION_MAX 20.0
#define HORIZON 0.075f     // below the centre: the sky is the larger part
#define DARK_CORNERS 0.22f // what the lens takes there
#define FOCAL 1.08f        // in side lengths of a square of the picture's area

// What a motion of 1 does in a second.
static const double rate[RENDER_AXES] = {
    [RENDER_X] = 0.22,     // metres
    [RENDER_Y] = 0.16,     // metres
    [RENDER_Z] = 0.30,     // metres
    [RENDER_R] = 0.6,      // degrees
    [RENDER_BG_X] = 0.013, // focal lengths
    [RENDER_BG_Y] = 0.007, // focal lengths
};

void camera_sincos(double degrees, double *sine, double *cosine)
{
    const double pi = 3.14159265358979323846;
    double turns = degrees / 90.0;
    long quarter = (long)(turns + (turns < 0 ? -0.5 : 0.5));
    double a = (turns - (double)quarter) * (pi / 2); // within an eighth turn
    double q = a * a;
    double s = a * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
    double c = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56)));
    switch (quarter & 3) {
    case 0:
        *sine = s, *cosine = c;
        break;
    case 1:
        *sine = c, *cosine = -s;
        break;
    case 2:
        *sine = -s, *cosine = -c;
        break;
    case 3:
        *sine = -c, *cosine = s;
        break;
    }
}

static double square_root(double x)
{
    double r = x > 1 ? x : 1;
    for (int i = 0; i < 32; i++)
        r = 0.5 * (r + x / r);
    return r;
}

// Going down gets harder and harder, so that the eye stays above the ground.
static double eye_height(double up)
{
    const double eye = CAMERA_EYE;
    return up >= 0 ? eye + up : eye * eye / (eye - up);
}

struct view camera_view(const double *motion, double seconds, double part,
                        int width, int height)
{
    double eased = part * part * (3 - 2 * part);
    double by[RENDER_AXES];
    for (int i = 0; i < RENDER_AXES; i++) {
        double m = motion[i] > MOTION_MAX    ? MOTION_MAX
                   : motion[i] < -MOTION_MAX ? -MOTION_MAX
                                             : motion[i];
        by[i] = m * rate[i] * seconds * eased;
    }
    double sine, cosine;
    camera_sincos(by[RENDER_R], &sine, &cosine);
    return (struct view){
        .width = width,
        .height = height,
        .focal = FOCAL * (float)square_root((double)width * height),
        .horizon = HORIZON,
        .x = (float)by[RENDER_X],
        .y = (float)eye_height(by[RENDER_Y]),
        .z = (float)by[RENDER_Z],
        .cosine = (float)cosine,
        .sine = (float)sine,
        .bg_x = (float)by[RENDER_BG_X],
        .bg_y = (float)by[RENDER_BG_Y],
        .time = (float)(seconds * part),
        .falloff =
            DARK_CORNERS * 4 /
            ((float)width * (float)width + (float)height * (float)height),
    };
}
