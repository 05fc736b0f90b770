/*
 * What an intruder would try: each returns 0 when it worked, or -1 with errno.
 */
#include <config.h>

#include "tests/tools/sandboxed.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int
new_socket(int domain, int type)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : 0;
}

static int inet(void) { return new_socket(AF_INET, SOCK_STREAM); }
static int inet6_datagram(void) { return new_socket(AF_INET6, SOCK_DGRAM); }
static int raw_packets(void) { return new_socket(AF_PACKET, SOCK_DGRAM); }
static int netlink(void) { return new_socket(AF_NETLINK, SOCK_RAW); }
static int vsock(void) { return new_socket(AF_VSOCK, SOCK_STREAM); }
static int unix_stream(void) { return new_socket(AF_UNIX, SOCK_STREAM); }
static int unix_datagram(void) { return new_socket(AF_UNIX, SOCK_DGRAM); }

static int
unix_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int
connect_stream(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&before.stream,
	    sizeof(before.stream));
}

static int
connect_tcp(void)
{
	return connect(before.tcp_fd, (struct sockaddr *)&before.tcp,
	    sizeof(before.tcp));
}

static int
bind_tcp(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(before.tcp_fd, (struct sockaddr *)&any, sizeof(any));
}

static int
bind_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, "run/new.sock");
	return bind(before.stream_fd, (struct sockaddr *)&address,
	    sizeof(address)) != 0 ? -1 : unlink("run/new.sock");
}

static int
resolve(void)
{
	struct addrinfo *found = NULL;
	int rc = getaddrinfo("localhost", "389", NULL, &found);

	if (rc == 0)
		freeaddrinfo(found);
	errno = EPERM;
	return rc == 0 ? 0 : -1;
}

static int
name_service(void)
{
	errno = 0;
	if (getpwnam("daemon") != NULL)
		return 0;
	errno = errno == 0 ? EPERM : errno;
	return -1;
}

static int open_file(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600) < 0 ? -1 : 0;
}

static int read_secret(void) { return open_file("secret", O_RDONLY); }
static int write_secret(void) { return open_file("secret", O_WRONLY); }
static int read_passwd(void) { return open_file("/etc/passwd", O_RDONLY); }
static int read_memory(void) { return open_file("/proc/self/mem", O_RDWR); }
static int list_folder(void) { return open_file(".", O_RDONLY | O_DIRECTORY); }
static int create(void) { return open_file("new", O_WRONLY | O_CREAT); }

static int
store_create(void)
{
	return open_file("store/new", O_RDWR | O_CREAT);
}

static int
store_open(void)
{
	return open_file("store/file", O_RDWR);
}

static int
store_replace(void)
{
	return open_file("store/next", O_RDWR | O_CREAT) != 0 ||
	    rename("store/next", "store/file2") != 0 ? -1 :
	    unlink("store/file2");
}

static int
store_work(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_len = 1 };
	void *map;

	if (fcntl(before.store_fd, F_SETLK, &lock) != 0 ||
	    pwrite(before.store_fd, "x", 1, 0) != 1 ||
	    fdatasync(before.store_fd) != 0 ||
	    ftruncate(before.store_fd, 8192) != 0)
		return -1;
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED,
	    before.store_fd, 0);
	if (map == MAP_FAILED)
		return -1;
	*(volatile char *)map = 'y';
	return msync(map, 8192, MS_SYNC);
}

static int
look_at_path(void)
{
	struct stat st;

	return stat("secret", &st);
}

static int change_mode(void) { return chmod("store/file", 0600); }

static int
execute(void)
{
	static char name[] = "true";
	char *arguments[] = { name, NULL }, *nothing[] = { NULL };

	return execve("/bin/true", arguments, nothing);
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static void *
nothing(void *context)
{
	return context;
}

static int
make_thread(void)
{
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, nothing, NULL);

	if (rc == 0)
		return pthread_join(thread, NULL);
	errno = rc;
	return -1;
}

static int
trace_other(void)
{
	return ptrace(PTRACE_ATTACH, before.other, NULL, NULL) == -1 ? -1 : 0;
}

static int
read_other(void)
{
	char here;
	struct iovec local = { &here, 1 }, remote = { &before, 1 };

	return process_vm_readv(before.other, &local, 1, &remote, 1, 0) == 1 ?
	    0 : -1;
}

static int signal_other(void) { return kill(before.other, 0); }

static int
thread_signal_other(void)
{
	return (int)syscall(SYS_tgkill, before.other, before.other, 0);
}

/* The kernel then sends it any signal we name, each time the file is ready. */
static int
own_other(void)
{
	return fcntl(before.store_fd, F_SETOWN, before.other);
}

static int
signal_ourselves(void)
{
	return (int)syscall(SYS_tgkill, getpid(), getpid(), 0);
}

static int
map_with(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0) == MAP_FAILED ? -1 : 0;
}

static int map_code(void) { return map_with(PROT_READ | PROT_EXEC); }

static int
map_writable_code(void)
{
	return map_with(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? -1 :
	    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
much_memory(void)
{
	return mmap(NULL, (size_t)5 << 30, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
	    MAP_FAILED ? -1 : 0;
}

static int
some_memory(void)
{
	return mmap(NULL, (size_t)512 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
	    MAP_FAILED ? -1 : 0;
}

static int
change_limit(void)
{
	const struct rlimit limit = { 10, 10 };

	return setrlimit(RLIMIT_NOFILE, &limit);
}

static int be_root(void) { return setuid(getuid()); }
static int dumpable(void) { return prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L); }
static int mounted(void) { return mount("a", "b", "tmpfs", 0, NULL); }
static int rings(void) { return (int)syscall(425, 1, NULL); }
static int program(void) { return (int)syscall(SYS_bpf, 0, NULL, 0); }

/* getpid of another ABI: x32's number on x86-64. */
static int
other_abi(void)
{
	return (int)syscall(0x40000000L | 39);
}

const struct attempt attempts[] = {
	{ "inet", inet }, { "inet6-datagram", inet6_datagram },
	{ "raw-packets", raw_packets }, { "netlink", netlink },
	{ "vsock", vsock }, { "unix-stream", unix_stream },
	{ "unix-datagram", unix_datagram }, { "unix-pair", unix_pair },
	{ "connect-stream", connect_stream }, { "connect-tcp", connect_tcp },
	{ "bind-tcp", bind_tcp }, { "bind-unix", bind_unix },
	{ "resolve", resolve }, { "name-service", name_service },
	{ "read-secret", read_secret }, { "write-secret", write_secret },
	{ "read-passwd", read_passwd }, { "read-memory", read_memory },
	{ "list-folder", list_folder }, { "create", create },
	{ "store-create", store_create }, { "store-open", store_open },
	{ "store-replace", store_replace }, { "store-work", store_work },
	{ "look-at-path", look_at_path }, { "change-mode", change_mode },
	{ "execute", execute }, { "make-process", make_process },
	{ "make-thread", make_thread }, { "trace-other", trace_other },
	{ "read-other", read_other }, { "signal-other", signal_other },
	{ "thread-signal-other", thread_signal_other },
	{ "own-other", own_other },
	{ "signal-ourselves", signal_ourselves }, { "map-code", map_code },
	{ "map-writable-code", map_writable_code },
	{ "make-code", make_code }, { "much-memory", much_memory },
	{ "some-memory", some_memory }, { "change-limit", change_limit },
	{ "setuid", be_root }, { "dumpable", dumpable },
	{ "mount", mounted }, { "io-uring", rings }, { "bpf", program },
	{ "other-abi", other_abi }, { NULL, NULL }
};
