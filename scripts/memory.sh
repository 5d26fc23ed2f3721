#!/bin/sh
# Prints the folder in memory that tests may work in; nothing where there is none with
# 4 GiB of room whose programs can be run.
set -eu
folder=/dev/shm
room=$(df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')
[ "${room:-0}" -gt 4194304 ] || exit 0
probe=$(mktemp "$folder/dispositivo.XXXXXX" 2>/dev/null) || exit 0
trap 'rm -f "$probe"' EXIT
printf '#!/bin/sh\nexit 0\n' > "$probe"
chmod 700 "$probe"
if "$probe" 2>/dev/null; then echo "$folder"; fi
