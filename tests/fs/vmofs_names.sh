#!/usr/bin/env bash
# Names, links, owners, permissions, times, sizes and holes in a mounted vmofs, next to a plain folder.
# zi-test: serial timeout=120
# shellcheck disable=SC2016 # what is quoted is run elsewhere
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse

# What a program sees of a name, but for the numbers of inodes and devices.
seen() {
	(cd "$1" && find . -printf '%p %y %m %n %U %G %l' \( -type f -printf ' %s\n' -o -printf '\n' \) | LC_ALL=C sort)
}
same() {
	diff <(seen "$mnt") <(seen "$plain") || fail "$1"
	diff <(seen "$mnt") <(seen "$lower") || fail "$1, below"
}
# Does the same in both.
both() {
	local where
	for where in "$mnt" "$plain"; do
		(cd "$where" && eval "$1") || fail "in $where: $1"
	done
}
# Fails in both with the same message.
neither() {
	local a b
	! a=$(cd "$mnt" && eval "$1" 2>&1) || fail "works: $1"
	! b=$(cd "$plain" && eval "$1" 2>&1) || fail "works in the plain folder: $1"
	[ "$a" = "$b" ] || fail "$1: $a, not $b"
}

start -o xattr,timeout=0
umask 022
both 'mkdir -p a/b/c; echo one >a/one; echo two >a/b/two; ln -s ../one a/b/soft; ln a/one a/b/hard; mkfifo a/pipe'
both 'chmod 640 a/one; chmod 1777 a/b/c; mkdir -m 2755 a/group'
same "made"
both 'mv a/b/two a/two; mv -T a/b d; echo three >d/three; rm a/one; rmdir d/c'
[ "$(cat "$mnt/d/hard")" = one ] || fail "hard link"
same "renamed and removed"
neither 'rmdir d'
neither 'mkdir d'
neither 'cat missing'
neither 'mv a d/none/x'
neither 'ln d d2'
neither "ln -s x $(head -c 300 /dev/zero | tr '\0' n)"
neither 'rm -d a/group/../group/x'
both 'for i in $(seq 500); do echo $i >a/file-with-a-name-of-some-length-$i; done; ls a | wc -l >count'
same "many names"
both 'rm -r a/file-*'
same "fewer names"

# While open: gone, renamed, covered by another.
both 'exec 5<>open; echo before >&5; rm open; echo after >&5; exec 6</dev/fd/5; cat <&6 >read; exec 5>&- 6<&-'
both 'exec 5>renamed.0; echo before >&5; mv renamed.0 renamed; echo after >&5; exec 5>&-; cat renamed >>read'
both 'echo covered >x; exec 5<x; echo covers >y; mv y x; cat <&5 >>read; exec 5<&-; cat x >>read'
[ "$(tr '\n' ' ' <"$mnt/read")" = "before after before after covered covers " ] || fail "open files: $(cat "$mnt/read")"
same "names of open files"
both 'echo a >p; echo b >q'
if mv --help | grep -q exchange; then
	both 'mv --exchange p q'
fi
same "exchanged"

# Times: what was set stays, also when the bytes are written back after that.
both 'echo 1 >old; touch -d "2001-02-03 04:05:06.789" old; echo 2 >kept; exec 5>>kept; echo 3 >&5; touch -d "2002-03-04" kept; exec 5>&-'
sleep 0.3
for f in old kept; do
	for where in "$mnt" "$lower"; do
		[ "$(stat -c %.3Y "$where/$f")" = "$(stat -c %.3Y "$plain/$f")" ] || fail "time of $where/$f: $(stat -c %y "$where/$f")"
	done
done
now=$(date +%s)
echo 4 >>"$mnt/old"
[ "$(stat -c %Y "$mnt/old")" -ge "$now" ] || fail "time of a change"
both 'echo 4 >old'

# Sizes and holes.
both 'truncate -s 5000 t; printf x >>t; truncate -s 20000 t; truncate -s 4097 t; truncate -s 9000 t; head -c 6000 /dev/urandom | tr -d "\0" | head -c 10 >tail'
both 'printf end | dd of=sparse bs=1 seek=1G conv=notrunc status=none; truncate -s 3G larger'
both 'printf start | dd of=larger conv=notrunc status=none; fallocate -p -o 0 -l 4096 larger; fallocate -l 100000 room'
rm "$mnt/tail" "$plain/tail"
sync -f "$mnt"
cmp "$mnt/t" "$plain/t" || fail "truncated"
cmp <(tail -c 2M "$mnt/sparse") <(tail -c 2M "$plain/sparse") || fail "end of a sparse file"
same "sizes"
for f in sparse larger; do
	[ "$(stat -c %b "$lower/$f")" -le 64 ] || fail "$f takes $(stat -c %b "$lower/$f") blocks below"
done
[ "$(stat -c %s "$mnt/sparse")" -eq $((1024 * 1024 * 1024 + 3)) ] || fail "size of a sparse file"
# A part of a large file is read without much memory.
cmp -n 8388608 "$mnt/larger" /dev/zero || fail "hole"
[ "$(stat_of resident_pages)" -lt 1000 ] || fail "a hole takes $(stat_of resident_pages) pages"

# Extended attributes, if the folder below has them.
if setfattr -n user.a -v b "$plain/t" 2>/dev/null; then
	setfattr -n user.a -v value "$mnt/t" || fail "an extended attribute cannot be set"
	[ "$(getfattr --only-values -n user.a "$lower/t")" = value ] || fail "extended attribute below"
	[ "$(getfattr --only-values -n user.a "$mnt/t")" = value ] || fail "extended attribute"
	setfattr -x user.a "$mnt/t" || fail "an extended attribute cannot be removed"
fi

# The numbers: not in a listing, cannot be changed, and tell what happened.
[ "$(find "$mnt" -name '.vmofs*')" = "" ] || fail "the statistics are listed"
! (echo x >"$mnt/.vmofs-stats") 2>/dev/null || fail "the statistics can be written"
! rm -f "$mnt/.vmofs-stats" 2>/dev/null || fail "the statistics can be removed"
! mv "$mnt/t" "$mnt/.vmofs-stats" 2>/dev/null || fail "the statistics can be covered"
for name in version budget_pages writes write_backs pages_back ranges_zero nodes; do
	value=$(stat_of $name)
	[ "${value:-0}" != 0 ] || fail "$name is ${value:-missing}"
done

# What somebody else does below is seen at the next open.
echo mine >"$mnt/shared"
sleep 0.05
echo "somebody else's" >"$lower/shared"
[ "$(stat_of outside)" = 0 ] || fail "outside changes: $(stat_of outside)"
rm -f "$mnt/shared"
stop

start -o kernel_cache=off,timeout=0
echo mine >"$mnt/shared"
[ "$(cat "$mnt/shared")" = mine ] || fail "written"
sleep 0.05
echo "somebody else's" >"$lower/shared"
[ "$(cat "$mnt/shared")" = "somebody else's" ] || fail "a change below: $(cat "$mnt/shared")"
echo "mine again, and longer than before" >"$mnt/shared"
rm -f "$lower/elsewhere"
echo new >"$lower/elsewhere"
[ "$(cat "$mnt/elsewhere")" = new ] || fail "a new name below"
stop
[ "$(cat "$lower/shared")" = "mine again, and longer than before" ] || fail "changed again"
