#!/bin/sh
# Installs what the tests run against, where it is missing and can be had: as
# root on Debian. Elsewhere it says what to install.
set -eu

need=""
want() { # command package
	command -v "$1" >/dev/null 2>&1 || need="$need $2"
}
want redis-server redis-server
want chromium chromium
want pdftoppm poppler-utils
want gs ghostscript
want tiffcp libtiff-tools
want vipsthumbnail libvips-tools
want zbarimg zbar-tools
want qpdf qpdf
want curl curl
want swaks swaks
want dovecot dovecot-imapd
want postfix postfix
want clamd clamav-daemon
want openssl openssl
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need="$need postgresql"

# The same engine as chromium, in less time; without it the tests take chromium.
better=""
command -v chromium-headless-shell >/dev/null 2>&1 || better=chromium-headless-shell

[ -n "$need$better" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing:$need $better"
	apt-get update -qq || echo "no news of packages: trying those that are known" >&2
	# The services are not to start by themselves: tests start their own.
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	status=0
	install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
	[ -z "$need" ] || install $need || status=$?
	[ -z "$better" ] || install $better || echo "no $better here: the tests take chromium"
	rm -f /usr/sbin/policy-rc.d
	exit $status
fi
[ -n "$need" ] || exit 0
echo "the tests need:$need" >&2
exit 1
