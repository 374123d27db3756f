/**
 * What a value of a connection is, in words that hold nothing of a text: a key or a password that was put into the wrong
 * field must not come into a log, and a short password looks like a short name. Numbers and truth values are told.
 *
 * @example described("-----BEGIN OPENSSH PRIVATE KEY-----\n…") // "got a private key (411 characters, 8 lines)"
 * @example described("a b") // "got text (3 characters)"
 * @example described(70000) // "got 70000"
 */
export function described(value: unknown): string {
  if (typeof value === "string") {
    if (value === "") return "got empty text";
    const lines = value.trimEnd().split(/\r\n|\r|\n/).length;
    const length = value.length === 1 ? "1 character" : `${value.length} characters`;
    const what = /PRIVATE KEY-----/.test(value) ? "a private key" : "text";
    return `got ${what} (${length}${lines > 1 ? `, ${lines} lines` : ""})`;
  }
  if (Array.isArray(value)) return "got a list";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return `got ${value}`;
  return `got ${typeof value === "object" ? "an object" : `a ${typeof value}`}`;
}
