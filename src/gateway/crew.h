// Threads that share the work on one picture after the other. They take what is
// next to be done, so that none waits for one that the machine has put aside.

#pragma once

struct crew;

// `members` threads, the caller's among them; fewer where the machine has no
// more to give.
struct crew *crew_new(int members);
void crew_free(struct crew *crew); // NULL is fine

// Call `work` once with each of 0 .. parts - 1, from any of the threads, and
// return when all are done. `member` (0 .. members - 1) tells the threads
// apart. One caller at a time.
void crew_run(struct crew *crew, int parts,
              void (*work)(void *arg, int part, int member), void *arg);
