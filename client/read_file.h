/*
 * A whole file that an administrator names on a command line: a regular one,
 * whatever its owner and mode, symbolic links followed.  A FIFO cannot keep
 * us waiting.
 */
#ifndef CERTAUTH_READ_FILE_H
#define CERTAUTH_READ_FILE_H

#include "common/buffer.h"

/* The read that finds the end wants so much room in the buffer, too. */
#define READ_FILE_PIECE 1024

/*
 * Append it to *out.  NULL; or why not, a part of a sentence ("is …" or as
 * strerror has it).  "" when out has no room for it.
 */
const char *read_file(const char *path, struct buffer *out);

#endif
