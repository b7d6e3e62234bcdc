/*
 * After every test the world is empty.
 *
 * What counts: handles and mappings in the root VMAR, and memory laid out for devices, belong to the test, and a test may end with some
 * left, as a process may. So at its end all of them go (object/world.h). What the library still holds then it has
 * lost: objects of any kind, small memory, arrays, frames of the arena, mappings of the arena. Memory that the test took from
 * malloc is for the leak check of AddressSanitizer.
 *
 * File descriptors and threads must be those of the start. The library may keep: the arena's descriptor, one of userfaultfd, its
 * service threads (zirconia-fault), and for a second the thread of its timers (zirconia-timer).
 *
 * Checked after every Criterion test that passed, by t.c and t_runner.c; programs with a main() of their own call it themselves.
 */
#ifndef T_WORLD_H
#define T_WORLD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Tests of the base and the host ring take frames and slabs themselves. Those that keep some define this as true: then only file
 * descriptors and threads are looked at.
 */
extern const bool t_world_is_mine __attribute__((weak));

/* Remembers the file descriptors and threads that there are. */
void t_world_begin(void);
/* Ends the world, when the last thing that a test does is done. False: something is left after so many milliseconds, and `text` says what, in lines. */
bool t_world_end(int wait_ms, char *text, size_t size);
/* The same for tests: tells on stderr what is left. */
bool t_world_is_empty(void);

#endif
