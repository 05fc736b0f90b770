/*
 * Who may make which system call.  Names that a machine or an older
 * libseccomp does not know are skipped.  When an update of the C library
 * needs another one, HACKING says how that shows.
 */
#include "config.h"

#include "daemon/sandbox_parts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define F ROLE_FRONT
#define D ROLE_DIRECTORY
#define H ROLE_HOOK
#define ALL ROLE_ALL
#define CALLS(who, list) { .roles = (who), .names = (list) }
#define IS(n, wanted) { .how = EQUAL, .argument = (n), .value = (wanted) }
#define BITS(n, among, wanted) { .how = MASKED, .argument = (n), \
	.mask = (among), .value = (wanted) }
#define CONTROLS(command) { ALL, "fcntl fcntl64", { IS(1, command) } }
#define SELF(n) { .how = OURSELVES, .argument = (n) }
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)
#define SOCKET_TYPE 0xf			/* without close-on-exec, non-blocking */

const struct sandbox_call sandbox_calls[] = {
	/* descriptors that are there */
	CALLS(ALL, "read readv pread64 write writev close lseek _llseek "
	    "fstat fstat64"),
	{ ALL, "fstatat64", { BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	{ ALL, "newfstatat", { BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	{ ALL, "statx", { BITS(2, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	{ ALL, "ioctl", { IS(1, FIONREAD) } },
	/* not F_SETOWN, by which the kernel signals others in our name */
	CONTROLS(F_DUPFD), CONTROLS(F_DUPFD_CLOEXEC), CONTROLS(F_GETFD),
	CONTROLS(F_SETFD), CONTROLS(F_GETFL), CONTROLS(F_SETFL),
	CONTROLS(F_GETLK), CONTROLS(F_SETLK), CONTROLS(F_SETLKW),
	CONTROLS(F_GETLK64), CONTROLS(F_SETLK64), CONTROLS(F_SETLKW64),
	CONTROLS(F_OFD_GETLK), CONTROLS(F_OFD_SETLK), CONTROLS(F_OFD_SETLKW),

	/* the store's: LMDB */
	CALLS(F | D, "pwrite64 pwritev preadv fdatasync fsync msync "
	    "ftruncate ftruncate64"),

	/* sockets that are there, and those that come over them */
	CALLS(ALL, "accept accept4 shutdown recv recvfrom recvmsg send "
	    "sendto sendmsg getsockopt setsockopt getsockname getpeername"),

	/* waiting, time */
	CALLS(ALL, "epoll_wait epoll_pwait epoll_pwait2 epoll_ctl poll "
	    "ppoll ppoll_time64 timerfd_settime timerfd_settime64 "
	    "clock_gettime clock_gettime64 clock_getres gettimeofday time "
	    "clock_nanosleep nanosleep clock_nanosleep_time64 futex "
	    "futex_time64 sched_yield"),

	/* memory: nothing is ever writable and executable */
	CALLS(ALL, "brk munmap mremap madvise"),
	{ ALL, "mprotect", { BITS(2, PROT_EXEC, 0) } },
	{ ALL, "mmap", { BITS(2, PROT_EXEC, 0) } },
	{ ALL, "mmap2", { BITS(2, PROT_EXEC, 0) } },

	/* modules of the name service and of SASL */
	{ D | H, "mmap", { BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC) } },
	{ D | H, "mmap2", { BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC) } },

	/* ourselves */
	CALLS(ALL, "getpid gettid getppid getuid geteuid getgid getegid "
	    "getuid32 geteuid32 getgid32 getegid32 getgroups getgroups32 "
	    "getresuid getresgid getresuid32 getresgid32 getrandom uname "
	    "sysinfo getrusage getrlimit ugetrlimit"),
	{ ALL, "prlimit64", { IS(2, 0) } },	/* asking, not setting */
	CALLS(ALL, "umask rt_sigaction rt_sigprocmask rt_sigreturn "
	    "sigreturn sigaltstack restart_syscall"),
	{ ALL, "tgkill", { SELF(0) } },		/* what abort does */
	CALLS(ALL, "exit exit_group"),

	/* connecting to syslog again: never to a server of streams */
	{ ROLE_FRONT_SYSLOG, "socket",
	    { IS(0, AF_UNIX), BITS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	CALLS(ROLE_FRONT_SYSLOG, "connect"),

	/* files, where Landlock allows them; without it, to read alone */
	{ D | H, "open", { BITS(1, WRITING, 0) } },
	{ D | H, "openat", { BITS(2, WRITING, 0) } },
	CALLS(ROLE_FRONT_STORE | ROLE_DIRECTORY_STORE, "open openat"),
	CALLS(ROLE_FRONT_STORE | D | H, "newfstatat fstatat64 stat stat64 "
	    "lstat lstat64 statx"),
	CALLS(ROLE_FRONT_STORE | D | H, "fstatfs fstatfs64"),
	CALLS(D | H, "statfs statfs64"),
	CALLS(D | H, "getdents64 access faccessat faccessat2 readlink "
	    "readlinkat getcwd fadvise64"),
	CALLS(ROLE_DIRECTORY_STORE, "rename renameat renameat2"),
	CALLS(ROLE_DIRECTORY_STORE | H, "unlink unlinkat"),
	CALLS(ROLE_DIRECTORY_STORE, "fchmod"),

	/* the network, and names in it */
	{ D, "socket", { IS(0, AF_UNIX) } },
	{ D, "socket", { IS(0, AF_INET) } },
	{ D, "socket", { IS(0, AF_INET6) } },
	{ D, "socket", { IS(0, AF_NETLINK) } },
	CALLS(D, "connect bind sendmmsg recvmmsg recvmmsg_time64 select "
	    "_newselect pselect6"),
	/* and the name services' modules, which have loops of their own */
	{ D | H, "socketpair", { IS(0, AF_UNIX) } },
	CALLS(D | H, "epoll_create1 timerfd_create eventfd2 pipe2 dup"),

	/* threads, not processes */
	{ D, "clone", { BITS(0, CLONE_THREAD, CLONE_THREAD) } },
	CALLS(D, "set_robust_list rseq map_shadow_stack sched_getaffinity "
	    "sched_getparam sched_getscheduler"),

	/* the hook's connections to lookupd, listeners of a reload, systemd */
	{ H, "socket", { IS(0, AF_UNIX) } },
	CALLS(H, "connect bind listen chmod fchmodat lchown lchown32 "
	    "fchownat"),

	/* symbols of a report, and the search for leaks at the end */
	CALLS(ROLE_SANITIZED, "open openat stat newfstatat lstat access "
	    "readlink readlinkat getdents getdents64 getcwd ioctl mmap "
	    "mprotect prctl arch_prctl set_robust_list rseq clone wait4 "
	    "ptrace process_vm_readv kill pipe pipe2 dup2 "
	    "sched_getaffinity prlimit64 setrlimit"),
	{ .names = NULL }
};

/* Nothing of ours ever does this, not even to see whether it may. */
const char sandbox_deadly[] =
	"execve execveat ptrace process_vm_readv process_vm_writev "
	"process_madvise kcmp pidfd_getfd bpf perf_event_open userfaultfd "
	"io_uring_setup io_uring_enter io_uring_register add_key keyctl "
	"request_key mount umount umount2 pivot_root chroot move_mount "
	"open_tree fsopen fsmount fsconfig fspick mount_setattr setns "
	"unshare open_by_handle_at init_module finit_module delete_module "
	"kexec_load kexec_file_load reboot swapon swapoff acct quotactl iopl "
	"ioperm modify_ldt settimeofday clock_settime adjtimex clock_adjtime "
	"sethostname setdomainname syslog personality uselib vhangup mknod "
	"mknodat";
