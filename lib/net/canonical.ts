/** IPv4 addresses as numbers and text, without an object on the way: all that is right is canonical. IPv6 is in ipv6.ts. */

/** The value of a dotted quad without leading zeros in text[0..end), or -1. */
export function readIpv4(text: string, end: number): number {
  let [value, octet, dots] = [0, -1, 0];
  for (let i = 0; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else {
      if (digit !== -2 || octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

export function writeIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** A prefix length without leading zeros in text[start..], from 0 to most; or -1. */
export function readLength(text: string, start: number, most: number): number {
  if (text.length <= start) return -1;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || (i > start && value === 0)) return -1;
    value = value * 10 + digit;
  }
  return value <= most ? value : -1;
}

/** Where the slash of "ADDRESS/LENGTH" is, or -1; most lengths have two digits. */
export function slashOf(text: string): number {
  const at = text.length - 3;
  return text.charCodeAt(at) === 47 ? at : text.indexOf("/");
}
