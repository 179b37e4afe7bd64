/* The line to server.py: requests and answers as that file tells. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_SIZE = 8192 };

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static int is_sent(int server, const void *data, size_t size) {
    for (ssize_t part; size; data = (const char *)data + part, size -= part)
        if ((part = send(server, data, size, MSG_NOSIGNAL)) <= 0) return 0;
    return 1;
}

static int is_received(int server, void *data, size_t size) {
    for (ssize_t part; size; data = (char *)data + part, size -= part)
        if ((part = recv(server, data, size, 0)) <= 0) return 0;
    return 1;
}

/* A socket; -1 if nobody listens there. */
static int connection(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, path ? path : "", sizeof address.sun_path - 1);
    if (!connect(server, (struct sockaddr *)&address, sizeof address)) return server;
    close(server);
    return -1;
}

/* The size of the answer, put into `reply`, and the complaint, of at most TEXT_SIZE; -1 and the
   complaint as it was if nothing is answered. */
static int exchange(int server, char kind, const void *request, uint32_t size, char *complaint,
                    char **reply) {
    uint32_t sizes[2]; /* of the complaint, of the answer */
    if (!is_sent(server, &kind, 1) || !is_sent(server, &size, sizeof size) ||
        !is_sent(server, request, size) || !is_received(server, sizes, sizeof sizes) ||
        sizes[0] >= TEXT_SIZE || !(*reply = realloc(*reply, sizes[1] + 1)) ||
        !is_received(server, complaint, sizes[0]) || !is_received(server, *reply, sizes[1]))
        return -1;
    complaint[sizes[0]] = (*reply)[sizes[1]] = 0;
    return sizes[1];
}
