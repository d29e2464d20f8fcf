// The order in which letters stand on paper.

#pragma once

// `utf8` (one line) with each stretch of a script that is written from right to
// left turned around, its numbers aside, and without what has no shape of its
// own: joiners, marks of direction, variants. Owned. It does not join letters.
char *visual_text(const char *utf8);
