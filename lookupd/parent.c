#include "lookupd/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/deadline.h"
#include "daemon/log.h"
#include "daemon/readiness.h"
#include "lookupd/control.h"
#include "lookupd/directory.h"
#include "lookupd/front.h"
#include "lookupd/handover.h"

/* A child that lived less than this is restarted later and later. */
#define SHORT_LIFE_MS 10000
#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 1000	/* service is back within 2 s of the cause */
#define STOP_MS 5000		/* until SIGKILL */

enum role { FRONT, DIRECTORY, ROLES };
static const char *const role_names[ROLES] = { "front", "directory process" };

struct child {
	pid_t pid;		/* 0: not running */
	int control;		/* our end, or -1 */
	bool ready;
	int64_t started;
	int64_t start_at;	/* when not running */
	int64_t backoff;
};

struct parent {
	struct config *config;
	struct config *next;	/* being taken into use by the children, */
	int next_fd;		/* as they are given it, or -1 */
	bool once_more;		/* reload again when that is over, or when
				 * both children are there */
	struct child children[ROLES];
	int listen_fd, signal_fd;
	sigset_t old_mask;
	bool announced, stopping;
	int64_t kill_at;
};

/* Give both children an end of a new channel. */
static void
connect_children(struct parent *parent)
{
	int pair[2];

	if (parent->children[FRONT].control < 0 ||
	    parent->children[DIRECTORY].control < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		log_error("socketpair: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < ROLES; i++) {
		if (control_send(parent->children[i].control, 'F',
		    pair[i]) != 0)
			log_error("cannot reach the %s", role_names[i]);
		close(pair[i]);
	}
}

/* In the new process. */
static int
child_main(struct parent *parent, enum role role, int control)
{
	struct config *config = parent->config;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (int i = 0; i < ROLES; i++) {
		if (parent->children[i].control >= 0)
			close(parent->children[i].control);
	}
	close(parent->signal_fd);
	sigprocmask(SIG_SETMASK, &parent->old_mask, NULL);
	config_unref(parent->next);
	if (parent->next_fd >= 0)
		close(parent->next_fd);
	if (role == FRONT)
		return front_run(config, parent->listen_fd, control);
	close(parent->listen_fd);
	return directory_run(config, control);
}

static void
start(struct parent *parent, enum role role)
{
	struct child *child = &parent->children[role];
	int pair[2], status;

	child->start_at = deadline_in(BACKOFF_MAX_MS);	/* if it fails */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_error("socketpair: %s", strerror(errno));
		return;
	}
	child->pid = fork();
	if (child->pid < 0) {
		log_error("cannot start the %s: %s", role_names[role],
		    strerror(errno));
		child->pid = 0;
		close(pair[0]);
		close(pair[1]);
		return;
	}
	if (child->pid == 0) {
		close(pair[0]);
		status = child_main(parent, role, pair[1]);
		_exit(status);
	}
	close(pair[1]);
	child->control = pair[0];
	child->ready = false;
	child->started = deadline_now();
	connect_children(parent);
}

/* One of two that were to read the configuration is gone: both do it again
 * when both are there, or they might not have the same one. */
static void
break_off_reload(struct parent *parent)
{
	if (parent->next == NULL)
		return;
	config_unref(parent->next);
	parent->next = NULL;
	close(parent->next_fd);
	parent->next_fd = -1;
	parent->once_more = true;
	for (int i = 0; i < ROLES; i++) {
		if (parent->children[i].control >= 0)
			control_send(parent->children[i].control, 'N', -1);
	}
}

static void
ended(struct parent *parent, pid_t pid, int status)
{
	for (int i = 0; i < ROLES; i++) {
		struct child *child = &parent->children[i];
		bool young;

		if (child->pid != pid)
			continue;
		young = deadline_now() - child->started < SHORT_LIFE_MS;
		child->backoff = !young ? 0 : child->backoff == 0 ?
		    BACKOFF_FIRST_MS : child->backoff * 2;
		if (child->backoff > BACKOFF_MAX_MS)
			child->backoff = BACKOFF_MAX_MS;
		child->start_at = deadline_in(child->backoff);
		child->pid = 0;
		close(child->control);
		child->control = -1;
		if (parent->stopping)
			return;
		break_off_reload(parent);
		if (WIFSIGNALED(status))
			log_error("the %s was ended by signal %d%s; starting "
			    "it again", role_names[i], WTERMSIG(status),
			    WTERMSIG(status) == SIGSYS ? " (it did what its "
			    "sandbox forbids, see the kernel's log)" : "");
		else
			log_error("the %s ended with status %d; starting it "
			    "again", role_names[i], WEXITSTATUS(status));
	}
}

/* The children have opened it, and cannot open another one any more. */
static bool
same_store(const struct parent *parent)
{
	const char *now = parent->config->store, *next = parent->next->store;

	return now == NULL || next == NULL ? now == next :
	    strcmp(now, next) == 0;
}

/* Read the files; if they are good, hand them to the children. */
static void
reload(struct parent *parent)
{
	struct problems problems;

	parent->once_more = parent->next != NULL ||
	    parent->children[FRONT].control < 0 ||
	    parent->children[DIRECTORY].control < 0;
	if (parent->once_more)
		return;
	readiness_notify("RELOADING=1");
	problems_init(&problems);
	parent->next_fd = handover_make(parent->config->path, &parent->next,
	    &problems);
	if (parent->next_fd >= 0 && !same_store(parent)) {
		problems_add(&problems, parent->config->path, 0,
		    "another store needs a restart");
		config_unref(parent->next);
		parent->next = NULL;
		close(parent->next_fd);
		parent->next_fd = -1;
	}
	if (parent->next_fd < 0) {
		for (size_t i = 0; i < problems.count && i < PROBLEMS_MAX; i++)
			log_error("%s", problems_text(&problems, i));
		log_error("the old configuration stays in use");
		control_send(parent->children[FRONT].control, 'N', -1);
		readiness_notify("READY=1");
	} else {
		control_send(parent->children[DIRECTORY].control, 'R',
		    parent->next_fd);
	}
	problems_free(&problems);
}

/* First the directory process, then the front: it asks with the new hash. */
static void
reload_result(struct parent *parent, enum role role, bool good)
{
	if (parent->next == NULL)
		return;
	if (good && role == DIRECTORY) {
		control_send(parent->children[FRONT].control, 'R',
		    parent->next_fd);
		return;
	}
	if (good) {
		config_unref(parent->config);
		parent->config = parent->next;
	} else {
		/* who has not refused it learns that the other one did */
		control_send(parent->children[role == DIRECTORY ? FRONT :
		    DIRECTORY].control, 'N', -1);
		config_unref(parent->next);
	}
	parent->next = NULL;
	close(parent->next_fd);
	parent->next_fd = -1;
	readiness_notify("READY=1");
	if (parent->once_more)
		reload(parent);
}

static void
hear(struct parent *parent, enum role role)
{
	struct child *child = &parent->children[role];
	char what;
	int fd;

	while (child->control >= 0 &&
	    control_receive(child->control, &what, &fd) > 0) {
		if (fd >= 0)
			close(fd);
		if (what == 'K') {
			child->ready = true;
			if (parent->once_more)
				reload(parent);
		} else if (what == 'Q' && role == FRONT)
			reload(parent);
		else if (what == 'C' && role == FRONT)
			connect_children(parent);
		else if (what == 'D' && role == FRONT &&
		    parent->children[DIRECTORY].control >= 0)
			control_send(parent->children[DIRECTORY].control, 'D',
			    -1);
		else if (what == 'r' || what == 'e')
			reload_result(parent, role, what == 'r');
	}
	if (!parent->announced && parent->children[FRONT].ready &&
	    parent->children[DIRECTORY].ready) {
		parent->announced = true;
		log_notice("ready, listening on %s", parent->config->socket);
		readiness_notify("READY=1");
	}
}

static void
stop(struct parent *parent)
{
	parent->stopping = true;
	parent->kill_at = deadline_in(STOP_MS);
	readiness_notify("STOPPING=1");
	if (parent->children[FRONT].pid > 0)
		kill(parent->children[FRONT].pid, SIGTERM);
}

static void
on_signal(struct parent *parent)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(parent->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(parent);
		else if (info.ssi_signo != SIGCHLD && !parent->stopping)
			stop(parent);
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		ended(parent, pid, status);
}

/* Start what is due, or when stopping end what is left: the directory
 * process only after the front, which may still be asking. */
static void
tend(struct parent *parent)
{
	struct child *front = &parent->children[FRONT];
	struct child *directory = &parent->children[DIRECTORY];

	if (!parent->stopping) {
		for (int i = 0; i < ROLES; i++) {
			if (parent->children[i].pid == 0 &&
			    deadline_left(parent->children[i].start_at) == 0)
				start(parent, (enum role)i);
		}
		return;
	}
	if (front->pid == 0 && directory->control >= 0)
		kill(directory->pid, SIGTERM);
	if (deadline_left(parent->kill_at) == 0) {
		for (int i = 0; i < ROLES; i++) {
			if (parent->children[i].pid > 0)
				kill(parent->children[i].pid, SIGKILL);
		}
		parent->kill_at = deadline_in(STOP_MS);
	}
}

/* Milliseconds until tend has something to do; -1: nothing. */
static int
next_wait(const struct parent *parent)
{
	int wait = -1;

	for (int i = 0; i < ROLES && !parent->stopping; i++) {
		int left = deadline_left(parent->children[i].start_at);

		if (parent->children[i].pid == 0 && (wait < 0 || left < wait))
			wait = left;
	}
	return parent->stopping ? deadline_left(parent->kill_at) : wait;
}

int
parent_run(struct config *config, int listen_fd)
{
	struct parent parent = { .config = config, .listen_fd = listen_fd,
		.next_fd = -1 };
	struct pollfd fds[ROLES + 1];
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &parent.old_mask);
	parent.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (parent.signal_fd < 0) {
		log_error("signalfd: %s", strerror(errno));
		config_unref(config);
		return 1;
	}
	parent.children[FRONT].control = parent.children[DIRECTORY].control = -1;
	tend(&parent);
	while (!parent.stopping || parent.children[FRONT].pid > 0 ||
	    parent.children[DIRECTORY].pid > 0) {
		for (int i = 0; i < ROLES; i++)
			fds[i] = (struct pollfd){ .events = POLLIN,
				.fd = parent.children[i].control };
		fds[ROLES] = (struct pollfd){ .events = POLLIN,
			.fd = parent.signal_fd };
		if (poll(fds, ROLES + 1, next_wait(&parent)) < 0 &&
		    errno != EINTR)
			break;
		for (int i = 0; i < ROLES; i++)
			hear(&parent, (enum role)i);
		on_signal(&parent);
		tend(&parent);
	}
	close(parent.signal_fd);
	if (parent.next_fd >= 0)
		close(parent.next_fd);
	config_unref(parent.next);
	config_unref(parent.config);
	return 0;
}
