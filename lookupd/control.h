/*
 * The control descriptor between the parent and a child: SOCK_SEQPACKET,
 * one byte a message, 'F' and 'R' with a descriptor attached.
 *
 * parent to child: 'F' a new channel to the sibling; 'R' a new configuration
 * (handover.h); 'N' it is bad, or was refused by the sibling: keep yours, the
 * directory process goes back to it.
 * child to parent: 'K' ready; 'r' reload done; 'e' reload refused; from the
 * front also 'Q' a client asks for a reload; 'C' the channel is broken, both
 * need a new one; 'D' the store is damaged, passed on to the directory
 * process.
 */
#ifndef LOOKUPD_CONTROL_H
#define LOOKUPD_CONTROL_H

/* Send one message, with fd attached unless it is -1. 0 or -1 with errno. */
int control_send(int control, char what, int fd);

/*
 * Receive one.  1 with *ret_what and *ret_fd (-1 when none; close-on-exec,
 * owned by the caller); 0 at the end of the file or on a broken descriptor;
 * -1 when there is nothing to read now.
 */
int control_receive(int control, char *ret_what, int *ret_fd);

#endif
