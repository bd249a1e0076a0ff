#!/bin/bash
# Runs a command with an object store of its own on loopback (build/radosgw.sh), which the environment names for it:
#
#   build/with-radosgw.sh dotnet run --project samples/LoadWeights -- --demo
#
# Where the store does not come up, says why and runs the command without. Ends with the command's exit code.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/nixl-radosgw-XXXXXX")
port=$(free_port)
secret=$(head -c 24 /dev/urandom | base64)
coproc store { exec "$here/radosgw.sh" "$folder" "$(free_port)" "$port" NIXLDEMO "$secret" nixl; }
exec 7<&"${store[0]}" 8>&"${store[1]}"
store_pid=$store_PID
read -r answer <&7
if [ "$answer" = ready ]; then
  export AWS_ENDPOINT_OVERRIDE="http://127.0.0.1:$port" AWS_DEFAULT_BUCKET=nixl AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=NIXLDEMO AWS_SECRET_ACCESS_KEY="$secret"
else
  echo "without an object store: ${answer:-radosgw said nothing}"
fi
"$@" 7<&- 8>&-
code=$?
exec 8>&-
eval "exec ${store[1]}>&-" 2>/dev/null
wait "$store_pid" 2>/dev/null
exit $code
