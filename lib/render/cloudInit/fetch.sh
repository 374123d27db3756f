# shellcheck shell=sh
# Fetches the program of URL, which has the SHA-256 DIGEST.

# carried: once; $why is what deliver says.
# shellcheck disable=SC2034
carried() {
  [ -z "$program" ] || return 0
  why="cannot fetch $URL"
  program=$(curl -sfgL -m 20 --proto-redir '=http,https' "$URL") || return
  [ "$(printf '%s\n' "$program" | sha256sum)" != "$DIGEST  -" ] || return 0
  program='' why="$URL is not the program meant: its SHA-256 is not $DIGEST"
  return 1
}
