#!/bin/sh
# Boots an instance of the lab: runs as process 1 of a PID namespace, in a mount namespace and the instance's network.
# Gives it /etc, /var, /root, /run and /tmp of its own, in memory, so that instances share no state with each other or
# with the machine; then becomes its sshd.
#
# usage: instance.sh DIRECTORY SSHD ONE_USER SUDO_SHIM
#   DIRECTORY   of the instance: ssh_host_ed25519_key, authorized_keys, an empty "disk" to mount on, and what it runs
#               first, if anything: boot-hook
#   SSHD        path of OpenSSH's server
#   ONE_USER    "yes" in a user namespace that has only root: then DIRECTORY has nogroups.so as well
#   SUDO_SHIM   "yes" when the machine has no sudo that works here
set -eu

directory=$1 sshd=$2 one_user=$3 sudo_shim=$4
umask 022
cd "$directory"

mount -t tmpfs -o mode=755 tmpfs disk
cd disk
# As on a fresh image: what programs need to run, and nothing of how the machine itself is configured.
mkdir etc
for name in alternatives bash.bashrc ethertypes iproute2 ld.so.cache ld.so.conf ld.so.conf.d localtime nsswitch.conf \
  profile protocols services shells; do
  [ ! -e "/etc/$name" ] || cp -R "/etc/$name" etc/
done
account_sshd=$(grep '^sshd:' /etc/passwd || echo 'sshd:x:74:74::/run/sshd:/usr/sbin/nologin')
[ "$one_user" = no ] || account_sshd=sshd:x:0:0::/run/sshd:/usr/sbin/nologin
shell=/bin/sh
[ ! -x /bin/bash ] || shell=/bin/bash
printf '%s\n' "root:x:0:0:root:/root:$shell" "$account_sshd" > etc/passwd
printf '%s\n' 'root:x:0:' > etc/group
printf '%s\n' 'root:*:19000:0:99999:7:::' > etc/shadow
chmod 600 etc/shadow
mkdir -p etc/ssh var/cache var/lib/multihome var/log var/tmp
ln -s /run var/run
mkdir -m 700 root root/.ssh
cp ../authorized_keys root/.ssh/authorized_keys
cp ../ssh_host_ed25519_key etc/ssh/ssh_host_ed25519_key
chmod 600 root/.ssh/authorized_keys etc/ssh/ssh_host_ed25519_key
mkdir -p run/lab run/sshd run/multihome
[ "$one_user" = no ] || cp ../nogroups.so run/lab/
# What is mounted below may hide where it is now.
[ ! -e ../boot-hook ] || cp ../boot-hook run/lab/
for tree in etc var root run; do
  mount --bind "$tree" "/$tree"
done
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd /root

# /proc and /sys as the instance's namespaces see them. A container's masked ones cannot be mounted anew; then the
# machine's stay, which show more than they should but mislead nobody about the network.
mount -t proc proc /proc || true
mount -t sysfs sysfs /sys || true

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ "$sudo_shim" = yes ]; then
  mkdir -p /run/lab/bin
  cat > /run/lab/bin/sudo << 'EOF'
#!/bin/sh
# Who logs in is root already: drop the options, run the command.
while [ $# -gt 0 ]; do
  case $1 in
    -u | -g) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || exit 0
exec "$@"
EOF
  chmod 755 /run/lab/bin/sudo
  path=/run/lab/bin:$path
fi

cat > /etc/ssh/sshd_config << EOF
Port 22
AddressFamily any
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /root/.ssh/authorized_keys
PidFile none
PermitRootLogin prohibit-password
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
AcceptEnv LANG LC_*
SetEnv PATH=$path
Subsystem sftp internal-sftp
EOF

# As cloud-init does, whatever comes of it. It has the kernel execute the file, and no shell tries what the kernel refuses.
if [ -e /run/lab/boot-hook ]; then
  mkdir -p /var/lib/cloud/instance
  chmod 700 /run/lab/boot-hook
  case $(head -c 2 /run/lab/boot-hook) in
    '#!') PATH=$path /run/lab/boot-hook || echo "the boot hook has failed: $?" ;;
    *) echo "the boot hook has failed: exec format error, its first line is no #!" ;;
  esac
fi

[ "$one_user" = no ] || export LD_PRELOAD=/run/lab/nogroups.so
exec "$sshd" -D -e -f /etc/ssh/sshd_config
