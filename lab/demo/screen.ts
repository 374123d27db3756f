import type { FlowResult } from "../traffic";

/** What the demo prints: plain lines of at most 80 columns, coloured only for a person at a terminal. */

const COLOUR = process.stdout.isTTY === true && !process.env.NO_COLOR;

const paint =
  (code: number) =>
  (text: string): string =>
    COLOUR ? `\x1b[${code}m${text}\x1b[0m` : text;
export const green = paint(32);
export const red = paint(31);
export const bold = paint(1);
export const dim = paint(2);

/** A line of a diff, coloured as the engine does, and cut to a terminal's width. */
export function added(line: string): string {
  const text = line.length > 76 ? `${line.slice(0, 73)}...` : line;
  return /^\s*~/.test(text) ? paint(33)(text) : /^\s*\+/.test(text) ? green(text) : text;
}

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

let step = 0;
/** A numbered heading. */
export function heading(text: string): void {
  step += 1;
  say();
  say(bold(`${step}. ${text}`));
}

const NAME = 36;

/** One line a flow: what it is, whether it works, and who dropped its packets. */
export function flowTable(results: readonly (FlowResult & { caught?: string })[]): string {
  return results
    .map(({ flow, ok, error, caught }) => {
      const verdict = ok ? green("works") : red("FAILS");
      const why = ok ? "" : (caught ?? error ?? "no answer");
      return `   ${flow.name.padEnd(NAME)} ${verdict}  ${dim(why)}`.trimEnd();
    })
    .join("\n");
}

/** A line that shows that something is going on: what, and for how long; a person sees it move. */
export async function during<T>(
  what: string,
  work: (progress: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const start = Date.now();
  let detail = "";
  const seconds = (): string => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  const show = (): void => {
    process.stdout.write(`\r\x1b[K   ${what} ... ${seconds()} ${detail}`.slice(0, 78));
  };
  const timer = process.stdout.isTTY ? setInterval(show, 200) : undefined;
  try {
    const result = await work((text) => (detail = text));
    clear();
    say(`   ${what}: ${seconds()}`);
    return result;
  } catch (error) {
    clear();
    throw error;
  } finally {
    clearInterval(timer);
  }

  function clear(): void {
    clearInterval(timer);
    if (timer !== undefined) process.stdout.write("\r\x1b[K");
  }
}
