# shellcheck shell=sh
# Gives a program the addresses that EC2's metadata service says are this machine's. For firstBoot.sh, which calls
# deliver. Before it come FILL, ROLES, PATIENCE (seconds), and carried, which sets $program to the one that is to be
# filled in, or fails and sets $why.

# http METHOD PATH HEADER: what the service answers; 22 when it says that there is no such thing.
http() { curl -sfg -m 2 --noproxy '*' -X "$1" -H "X-aws-ec2-metadata-token$3" "http://$service/latest/$2"; }

# ask PATH: the answer as words; none when it has none, which may come later.
ask() {
  answer=$(http GET "meta-data/$1" ": $token")
  case $? in
    0) answer=$(printf '%s\n' "$answer" | tr -s '\n' ' ') ;;
    22) answer='' ;;
    *) return 1 ;;
  esac
}

# facts: what is known of the machine's interfaces now, as fill.awk reads it.
facts() {
  for service in 169.254.169.254 '[fd00:ec2::254]'; do
    token=$(http PUT api/token '-ttl-seconds: 300') && break
  done
  [ -n "$token" ] && ask mac || return
  echo "primary $answer"
  for key in $(printf '%s\n' "$ROLES" | sed -n 's/.* tag //p'); do
    ask "tags/instance/$key" || return
    echo "tag $key $answer"
  done
  ask network/interfaces/macs/ || return
  for mac in $(printf '%s\n' "$answer" | tr -d /); do
    case $mac in *[!0-9a-f:]*) continue ;; esac
    for key in device-number network-card interface-id subnet-id local-ipv4s subnet-ipv4-cidr-block ipv4-prefix \
      ipv6s subnet-ipv6-cidr-blocks ipv6-prefix; do
      ask "network/interfaces/macs/$mac/$key" || return
      [ -z "$answer" ] || echo "of $mac $key $answer"
    done
  done
}

# told: sets $text to the program filled in, when the service says it all, and says so twice, a second apart. It
# learns of an interface bit by bit, and says of some things what is not so before it knows.
told() {
  last=$said
  if ! said=$(facts); then
    said='' why='the metadata service does not answer'
  elif ! text=$(printf '%s\n' "$ROLES" "$said" program "$program" | awk "$FILL"); then
    why=$text
  elif [ "$said" = "$last" ]; then
    return 0
  else
    why='the metadata service says something else each time'
  fi
  return 1
}

# deliver: the program for this machine.
deliver() {
  read -r began _ </proc/uptime
  program='' said=''
  until carried && told; do
    read -r now _ </proc/uptime
    if [ $((${now%.*} - ${began%.*})) -ge "$PATIENCE" ]; then
      command -v curl >/dev/null || why='curl is needed, and not found'
      echo "multihome: this machine cannot have its plan: $why (waited $PATIENCE s)" >&2
      return 1
    fi
    sleep 1
  done
  printf '%s\n' "$text"
}
