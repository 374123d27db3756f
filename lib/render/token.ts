import { shown } from "../model/issue";
import { formatAddress, parseAddress } from "../net/address";
import { formatPrefix, parsePrefix } from "../net/prefix";

/**
 * A word that is safe wherever the program may put it: in a quoted shell string, a batch of `ip`, a line of text. It
 * has no blanks, quotes, backslashes, "#" or control characters, and no leading "-".
 *
 * The planner has checked everything before; this is the second lock, so that no plan from elsewhere can break out.
 */
export type Token = string;

/** A name: of a host, an interface, a device, a class. */
export function nameToken(text: string): Token {
  return check(text, /^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/.test(text), "a name");
}

export function macToken(text: string): Token {
  return check(text, /^[0-9a-f]{2}(:[0-9a-f]{2})+$/.test(text), "a link-layer address");
}

/** A path of names, with "@" for a device. */
export function pathToken(text: string): Token {
  return check(text, /^[a-z0-9_]+(\/([a-z0-9_]+|@))+$/.test(text), "a path below /proc/sys/net");
}

/** The path of a file on the host. */
export function absolutePathToken(text: string): Token {
  return check(text, /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(text), "an absolute path");
}

/** A line of frr.conf: words, and the blanks before them; "@" and a name stand for a device. */
export function frrToken(text: string): Token {
  return check(
    text,
    /^ {0,3}[a-z0-9@][-A-Za-z0-9._:/@]*( [-A-Za-z0-9._:/@]+)*$/.test(text),
    "a line of frr.conf",
  );
}

export function numberToken(value: number): Token {
  return check(
    String(value),
    Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    "a number below 2^32",
  );
}

/** A number in hexadecimal, as marks are written. */
export function hexToken(value: number): Token {
  numberToken(value);
  return `0x${value.toString(16)}`;
}

/** The name of a table: that of an interface, or of what a policy uses or is. */
export function tableToken(text: string): Token {
  const [first, second, ...more] = text.split("/");
  if (second === undefined) return nameToken(text);
  return check(text, more.length === 0 && nameToken(first) !== "" && nameToken(second) !== "", "a table");
}

/** An address in canonical text. */
export function addressToken(text: string): Token {
  const parsed = parseAddress(text);
  return check(text, parsed.ok && formatAddress(parsed.value) === text, "an address in canonical form");
}

/** An address with the length of its prefix, both in canonical text. */
export function interfaceAddressToken(text: string): Token {
  const [address, length, ...more] = text.split("/");
  const valid =
    more.length === 0 && /^(0|[1-9][0-9]{0,2})$/.test(length ?? "") && addressToken(address) !== "";
  return check(text, valid, "an address with its prefix length");
}

/** A domain of the DNS. */
export function domainToken(text: string): Token {
  return check(text, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/.test(text), "a domain");
}

/** A prefix in canonical text. */
export function prefixToken(text: string): Token {
  const parsed = parsePrefix(text);
  return check(text, parsed.ok && formatPrefix(parsed.value) === text, "a prefix in canonical form");
}

function check(text: string, valid: boolean, kind: string): Token {
  if (!valid) throw new Error(`the plan has ${shown(text)} where ${kind} is needed`);
  return text;
}
