/* Rings of samples: what is put in when one is full pushes out the oldest, what is taken from an
   empty one is silence. */

#include <stdlib.h>

typedef struct _ring {
    float *samples;
    int size, start, count;
} t_ring;

static t_ring *new_rings(t_ring *old, int old_number, int number, int size) {
    for (int k = 0; k < old_number; k++) free(old[k].samples);
    t_ring *rings = realloc(old, number * sizeof(t_ring));
    for (int k = 0; k < number; k++)
        rings[k] = (t_ring){calloc(size, sizeof(float)), size, 0, 0};
    return rings;
}

static void put(t_ring *ring, const float *samples, int length) {
    for (int k = 0; k < length; k++) {
        ring->samples[(ring->start + ring->count) % ring->size] = samples[k];
        if (ring->count < ring->size) ring->count++;
        else ring->start = (ring->start + 1) % ring->size;
    }
}

static void take(t_ring *ring, float *samples, int length) {
    for (int k = 0; k < length; k++) {
        samples[k] = ring->count ? ring->samples[ring->start] : 0;
        if (!ring->count) continue;
        ring->start = (ring->start + 1) % ring->size;
        ring->count--;
    }
}

