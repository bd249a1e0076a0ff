#!/bin/bash
# A Ceph object gateway (S3) on loopback, with everything in memory: one monitor, one OSD on memstore, radosgw. For tests and for trying things out.
#
#   build/radosgw.sh FOLDER MONITOR_PORT GATEWAY_PORT ACCESS_KEY SECRET_KEY [BUCKET]
#
# Says "ready" when S3 answers, then obeys lines on its standard input: "stop" kills radosgw, "start" starts it anew and says "ready". When the input ends,
# everything is stopped and FOLDER removed: whoever holds the other end of the pipe need not live to clean up.
# Needs the Debian packages radosgw, ceph-mon and ceph-osd (and setpriv of util-linux). Ends with "failed: WHY" where something does not come up.
set -u
folder=$1 monitor=$2 gateway=$3 access=$4 secret=$5 bucket=${6:-}
mkdir -p "$folder/run" "$folder/mon" "$folder/osd" || exit 1
cd "$folder" || exit 1
monitor_pid='' osd_pid='' gateway_pid=''

# Killed with this shell, however it ends.
run() { exec setpriv --pdeathsig KILL "$@"; }

finish() {
  # shellcheck disable=SC2086
  kill -KILL $gateway_pid $osd_pid $monitor_pid 2>/dev/null
  wait 2>/dev/null
  cd / && rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' TERM INT HUP

fail() {
  echo "failed: $1 $(tail -qn 2 ./*.out 2>/dev/null | tr '\n' ' ' | cut -c1-300)"
  exit 1
}

# Waits for a command to succeed: at most so many tenths of a second.
await() {
  local tries=$1
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

answers() { exec 3<>"/dev/tcp/127.0.0.1/$gateway" && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && head -c 12 <&3 | grep -q 'HTTP/1.1 200' && exec 3>&-; }

start_gateway() {
  run radosgw -c ceph.conf -n client.rgw --foreground > rgw.out 2>&1 < /dev/null &
  gateway_pid=$!
  await 600 answers || fail 'radosgw does not answer.'
}

cluster=$(cat /proc/sys/kernel/random/uuid)
osd=$(cat /proc/sys/kernel/random/uuid)
# Memory is short: what was overwritten or dropped is collected at once, not after hours.
cat > ceph.conf <<C
[global]
fsid = $cluster
mon host = [v1:127.0.0.1:$monitor]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 1
ms bind msgr2 = false
mon osd min up ratio = 0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = $folder/run
log file = /dev/null
admin socket =
mon data = $folder/mon
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd memory target = 939524096
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$gateway tcp_nodelay=1
rgw enable usage log = false
rgw dns name = localhost
rgw gc obj min wait = 1
rgw gc processor period = 5
rgw gc processor max time = 5
C
export CEPH_CONF=$folder/ceph.conf
monmaptool --create --addv a "[v1:127.0.0.1:$monitor]" --fsid "$cluster" monmap --clobber > monmap.out 2>&1 || fail 'monmaptool failed.'
ceph-mon -c ceph.conf --mkfs -i a --monmap monmap > mkfs.out 2>&1 || fail 'The monitor could not be made.'
run ceph-mon -c ceph.conf -i a --foreground > mon.out 2>&1 < /dev/null &
monitor_pid=$!
await 10 timeout 10 ceph -c ceph.conf osd new "$osd" 0 || fail 'The monitor does not answer.'
ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$osd" > mkfs.out 2>&1 || fail 'The OSD could not be made.'
start_osd() {
  run ceph-osd -c ceph.conf -i 0 --foreground > osd.out 2>&1 < /dev/null &
  osd_pid=$!
}
# On a busy machine an OSD gives up now and then when the monitor is slow to answer: it is started again.
up() {
  kill -0 "$osd_pid" 2>/dev/null || start_osd
  timeout 5 ceph -c ceph.conf osd stat | grep -q '1 up'
}
start_osd
await 200 up || fail 'The OSD does not come up.'
start_gateway
radosgw-admin -c ceph.conf -n client.admin user create --uid=nixl --display-name=nixl "--access-key=$access" "--secret-key=$secret" > user.out 2>&1 \
  || fail 'The user could not be made.'

# The ceph command is a Python program, so there is an interpreter. Signature version 2, which radosgw still takes, is a few lines.
make_bucket() {
  python3 - "$gateway" "$bucket" "$access" "$secret" <<'P'
import base64, email.utils, hashlib, hmac, http.client, sys
port, bucket, access, secret = sys.argv[1:]
date = email.utils.formatdate(usegmt=True)
text = f"PUT\n\n\n{date}\n/{bucket}"
mac = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
connection = http.client.HTTPConnection("127.0.0.1", int(port))
connection.request("PUT", "/" + bucket, headers={"Date": date, "Authorization": f"AWS {access}:{mac}"})
sys.exit(connection.getresponse().status != 200)
P
}
[ -z "$bucket" ] || make_bucket || fail 'The bucket could not be made.'
echo ready
while read -r order; do
  case $order in
    stop)
      kill -KILL "$gateway_pid" 2>/dev/null
      wait "$gateway_pid" 2>/dev/null
      echo stopped
      ;;
    start)
      start_gateway
      echo ready
      ;;
  esac
done
