import { gzip } from "pako";

/**
 * gzip (RFC 1952), the best it can, without a time: the same bytes for the same text wherever it is made. Not by
 * node:zlib, whose bytes are those of the zlib that Node was built with: another Node would make a difference in every
 * host's program. The version of pako is pinned for the same reason; another one may choose other bytes.
 */
export function compressed(text: string): Buffer {
  const bytes = Buffer.from(gzip(text, { level: 9 }));
  // Which system it was made on: unknown.
  bytes[9] = 255;
  return bytes;
}
