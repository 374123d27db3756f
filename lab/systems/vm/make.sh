#!/bin/sh
# make.sh DIRECTORY IMAGE DEBS SUITE ADDRESS GATEWAY: makes in DIRECTORY what a virtual machine is booted from:
#
#   vmlinuz   Debian's cloud kernel, with drivers for the disk and its file system built in, so that there is no initrd
#   disk      the tree of IMAGE, with that kernel's modules, and root's key
#   key       that key
set -eu
directory=$1 image=$2 debs=$3 suite=$4 address=$5 gateway=$6
tree=$directory/tree kernel=$directory/kernel

# Unpacked and not installed: that would make an initrd, for half a minute.
mmdebstrap --quiet --mode=root --format=directory --variant=extract --skip=essential/unlink,output/dev \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  --setup-hook='mkdir -p "$1/var/cache/apt/archives"' --setup-hook="sync-in $debs /var/cache/apt/archives" \
  --customize-hook="sync-out /var/cache/apt/archives $debs" \
  --include=linux-image-cloud-amd64 "$suite" "$kernel"
cp "$kernel"/boot/vmlinuz-* "$directory/vmlinuz"

cp -a "$image" "$tree"
cp -a "$kernel/lib/modules" "$tree/usr/lib/"
depmod -b "$tree" "$(basename "$tree"/usr/lib/modules/*)"
# What udev would find on a bus; the lab's udev is told of network devices alone.
printf '%s\n' virtio_pci virtio_net >"$tree/etc/modules-load.d/lab.conf"
# Its first interface alone is configured: by it the operator comes in.
printf '%s\n' '[Match]' Name=ens5 '[Network]' "Address=$address" "Gateway=$gateway" >"$tree/etc/systemd/network/10-ens5.network"
ssh-keygen -q -t ed25519 -N '' -C lab -f "$directory/key"
install -d -m 700 "$tree/root/.ssh"
install -m 600 "$directory/key.pub" "$tree/root/.ssh/authorized_keys"
units=$tree/etc/systemd/system
# Of no use here, and slow in an emulator.
for unit in systemd-binfmt systemd-update-utmp systemd-random-seed systemd-journal-flush systemd-update-done \
  systemd-sysusers systemd-fsck-root systemd-remount-fs modprobe@configfs modprobe@drm modprobe@efi_pstore \
  modprobe@fuse modprobe@loop modprobe@dm_mod; do
  ln -sf /dev/null "$units/$unit.service"
done
for unit in sys-kernel-debug sys-kernel-tracing sys-kernel-config sys-fs-fuse-connections dev-hugepages dev-mqueue; do
  ln -sf /dev/null "$units/$unit.mount"
done
ln -sf /dev/null "$units/getty.target"
ln -sf /dev/null "$units/serial-getty@ttyS0.service"
ln -sf /dev/null "$units/systemd-tmpfiles-clean.timer"
mkdir -p "$tree/etc/systemd/system-generators" "$units/multi-user.target.wants"
ln -sf /lib/systemd/system/systemd-networkd.service "$units/multi-user.target.wants/"

truncate -s 2G "$directory/disk"
mke2fs -q -F -t ext4 -d "$tree" -L root -m 0 -O ^has_journal "$directory/disk"
rm -rf "$tree" "$kernel"
