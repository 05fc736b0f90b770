/*
 * systemd's readiness protocol and socket activation, sd_notify(3) and
 * sd_listen_fds(3), without libsystemd.  Both do nothing when the environment
 * does not ask for it.
 */
#ifndef DAEMON_READINESS_H
#define DAEMON_READINESS_H

/* Send state ("READY=1", "RELOADING=1…", "STOPPING=1", "STATUS=…") to
 * NOTIFY_SOCKET; errors are ignored: nobody waits, or systemd times out. */
void readiness_notify(const char *state);

/*
 * The number of sockets handed over for this process (LISTEN_PID, LISTEN_FDS),
 * beginning at descriptor 3, set close-on-exec; 0 when there are none, -1 when
 * the variables are malformed.  Removes them from the environment.
 */
int readiness_listen_fds(void);

#endif
