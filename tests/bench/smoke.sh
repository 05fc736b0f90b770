#!/bin/sh
# The benchmarks work: one short round of all that needs no peers.  How fast
# it was decides nothing.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$PWD}"
export top_srcdir top_builddir
ACCOUNTS=300 SECONDS_EACH=0.2 IDLE=50 CHANGES=500 MEMORY_MS=500
# The load programs end with requests under way: nothing is leaked by that.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
export ACCOUNTS SECONDS_EACH IDLE CHANGES MEMORY_MS
exec sh "$top_srcdir/tests/bench/run.sh" 1 cached web live beside idle begin \
    mirror
