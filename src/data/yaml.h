// YAML in, through libyaml, as the core schema of YAML 1.2 reads it ("no" is a
// string). Duplicate keys, non-string keys, several documents, tags other than
// the core ones, and anything beyond the limits are problems.

#pragma once

#include "data/problem.h"
#include "data/value.h"

#define YAML_BYTES_MAX (4u << 20)
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 200000     // aliases count every time they are used
#define YAML_TEXT_MAX (16u << 20) // bytes of all strings, counted alike
#define YAML_ANCHORS_MAX 256

// The tree, with positions, or NULL after adding to `problems`. An empty text
// is a problem.
struct value *yaml_read(const char *text, size_t len,
                        struct problems *problems);

// The same of the file that `problems` numbers `file`.
struct value *yaml_read_file(const char *text, size_t len, int file,
                             struct problems *problems);

// The same with YAML_LARGE times the bytes, values and text: of a file that has
// a row a cell, as tarmac writes it.
#define YAML_LARGE 8u
struct value *yaml_read_large(const char *text, size_t len, int file,
                              struct problems *problems);

// One value as it stands inside of a list in brackets: "[1, 2]", "{from: 0, to:
// 4, by: 2}", or a scalar as yaml_scalar() has it. NULL with a problem at `pos`
// without a line, where every value's position is, too. For the command line.
struct value *yaml_flow(const char *text, struct pos pos,
                        struct problems *problems);

// One scalar as a plain YAML scalar would read: "5" -> 5, "true", "a b" ->
// string. What a file could not hold (".inf", an integer beyond 64 bits) stays
// a string. For overrides on the command line.
struct value *yaml_scalar(const char *text);
