# build.sh: out-of-tree builds for quickstart, used again while up to date.

JOBS=$(nproc 2>/dev/null || echo 2)

# shown LOG COMMAND...: quiet unless it fails.
shown() {
	_log=$1
	shift
	"$@" >"$_log" 2>&1 </dev/null && return
	echo "FAILED: $*"
	tail -n 200 "$_log"
	return 1
}

# The tree we build from: this one, or a copy where it cannot be written.
prepare_source() {
	if [ -f "$SOURCE/config.status" ]; then
		echo "This folder was configured in place: make distclean" >&2
		return 1
	fi
	BUILDS=$SOURCE/build
	if ! mkdir -p "$BUILDS" 2>/dev/null || [ ! -w "$SOURCE" ]; then
		echo "Building in $LOG_FOLDER"
		mkdir "$LOG_FOLDER/source" &&
		tar -C "$SOURCE" --exclude=./build --exclude=./.git -cf - . |
		    tar -C "$LOG_FOLDER/source" -xf - || return 1
		SOURCE=$LOG_FOLDER/source
		BUILDS=$SOURCE/build
		mkdir -p "$BUILDS"
	fi
	[ -x "$SOURCE/configure" ] ||
	    shown "$BUILDS/autogen.log" "$SOURCE/autogen.sh"
}

# What root made in somebody's checkout shall be his.
give_back() {
	_owner=$(stat -c %u:%g "$SOURCE")
	[ "$(id -u)" = 0 ] && [ "$_owner" != 0:0 ] || return 0
	for _made in build autom4te.cache build-aux m4 configure config.h.in \
	    aclocal.m4 Makefile.in; do
		[ ! -e "$SOURCE/$_made" ] ||
		    chown -R -h "$_owner" "$SOURCE/$_made"
	done
}

# Has a package come or gone since?  Then configure may find more, or less.
packages_changed() {
	[ -e /var/lib/dpkg/status ] &&
	    ! [ "$BUILD/config.status" -nt /var/lib/dpkg/status ]
}

# configured NAME [ARGUMENT...]: build/NAME, configured so.
configured() {
	BUILD=$BUILDS/$1
	shift
	mkdir -p "$BUILD"
	if [ -f "$BUILD/config.status" ] && ! packages_changed &&
	    [ "$(cat "$BUILD/.arguments" 2>/dev/null)" = "$*" ]; then
		return 0
	fi
	( cd "$BUILD" && shown configure.log "$SOURCE/configure" "$@" ) &&
	echo "$*" >"$BUILD/.arguments"
}

# made TARGET...: in the build folder.
made() {
	shown "$BUILD/make.log" make -C "$BUILD" -j"$JOBS" "$@"
}

# What the rows need, and no more.
build_programs() {
	configured plain && made lookupd/lookupd hook/certauth-hook \
	    client/certauthctl pam_certauth/pam_certauth.la \
	    tests/tools/mkcert tests/tools/pamlogin
}
