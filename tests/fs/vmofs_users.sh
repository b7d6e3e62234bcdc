#!/usr/bin/env bash
# Permissions and owners: another user in a file system that root has mounted for all.
# zi-test: serial timeout=60
# shellcheck disable=SC2016 # what is quoted is run by somebody else
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
[ "$(id -u)" -eq 0 ] || missing root "only root can become another user"
command -v setpriv >/dev/null || missing setpriv "there is no setpriv"
chmod 755 "$work"
umask 022

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "cd \"$where\" && umask 022 && $1"
}
yes() {
	for where in "$mnt" "$plain"; do
		as_nobody "$1" 2>"$work/out" || fail "nobody in $where: $1: $(cat "$work/out")"
	done
}
no() {
	for where in "$mnt" "$plain"; do
		! as_nobody "$1" 2>"$work/out" || fail "nobody in $where may: $1"
		grep -qE "Permission denied|Operation not permitted" "$work/out" || fail "$1: $(cat "$work/out")"
	done
}

# Only who mounted it, if nothing else is said.
start
! setpriv --reuid=65534 --regid=65534 --clear-groups ls "$mnt" >/dev/null 2>&1 || fail "nobody may look"
stop

start -o allow_other,default_permissions
for where in "$mnt" "$plain"; do
	(cd "$where" && echo secret >secret && chmod 600 secret && echo public >public && mkdir closed open shared group &&
		chmod 700 closed && chmod 1777 open && chmod 777 shared && chmod 2777 group && chgrp 10 group && echo roots >open/roots)
done
no 'cat secret'
no 'echo x >public'
no 'ls closed'
no 'touch here'
no 'rm open/roots'
no 'chmod 777 public'
no 'chown 65534 public'
no 'mv public open/'
yes 'cat public >/dev/null'
yes 'echo mine >open/mine; chmod 640 open/mine; mkdir open/folder; ln -s x open/soft; mkfifo open/pipe; mv open/mine shared/; rm -f open/none'
yes 'echo x >group/file; mkdir group/folder'
yes 'echo "echo script" >shared/script; chmod 755 shared/script; [ "$(sh shared/script)" = script ]; shared/script >/dev/null'
no 'chown 0 shared/mine'
yes 'cat shared/mine >/dev/null; echo more >>shared/mine; truncate -s 3 shared/mine'

seen() {
	(cd "$1" && find . -printf '%p %y %m %U %G %n\n' | LC_ALL=C sort)
}
diff <(seen "$mnt") <(seen "$plain") || fail "owners and permissions differ"
# Whoever writes a file loses its set-user-ID.
for where in "$mnt" "$plain"; do
	(cd "$where" && echo x >shared/set && chmod 4777 shared/set)
	as_nobody 'echo y >>shared/set'
	[ "$(stat -c %a "$where/shared/set")" = 777 ] || fail "set-user-ID in $where: $(stat -c %a "$where/shared/set")"
done
stop
diff <(seen "$lower") <(seen "$plain") || fail "owners and permissions differ below"
