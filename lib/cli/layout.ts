/** Lines of text for a terminal of 80 columns. */

const WIDTH = 80;
const LABEL = 12;

/** "1 interface", "2 interfaces". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** The items, or so many that a person gets the idea of a long list. */
export function few(items: readonly string[], most = 8): string[] {
  if (items.length <= most) return [...items];
  const shown = items.slice(0, most - 2);
  return [...shown, "...", items[items.length - 1], `(${items.length} in all)`];
}

/** A label with its words beside it, indented by two; nothing when there are no words. */
export function field(label: string, words: readonly string[]): string[] {
  if (words.length === 0) return [];
  return wrap(
    `  ${label.padEnd(LABEL)}`,
    words.flatMap((w) => w.split(" ")),
    " ".repeat(LABEL + 2),
  );
}

/** Words after a beginning, broken between words; lines after the first are indented. */
export function wrap(first: string, words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of words) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
