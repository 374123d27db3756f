#!/bin/sh
# nspawn.sh NAME IMAGE DIRECTORY: becomes systemd-nspawn with a guest that sees IMAGE through an overlay in DIRECTORY and
# has the network namespace NAME. Run it in a mount namespace of its own: then its mounts end with it.
set -eu
name=$1 image=$2 directory=$3

# systemd wants control groups of version 2; where the machine has the first version, the guest is shown the other.
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
  umount -l /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mkdir -p "/sys/fs/cgroup/$name"
echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"

mkdir -p "$directory/disk" "$directory/work" "$directory/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$directory/disk,workdir=$directory/work" "$directory/root"

# Without --capability and the writable /sys and /proc/sys/net, network daemons behave as on no machine.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --quiet --register=no --keep-unit --machine="$name" --directory="$directory/root" \
  --network-namespace-path="/run/netns/$name" --capability=CAP_NET_ADMIN --kill-signal=SIGRTMIN+3 \
  --system-call-filter='add_key keyctl bpf' --resolv-conf=off --timezone=off --link-journal=no --console=pipe /usr/local/sbin/lab-init
