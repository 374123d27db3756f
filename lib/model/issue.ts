/** One thing wrong with what a user gave us. */
export interface Issue {
  /** The field, by path from the root: `interfaces[1].addresses[0]`. Empty for the document itself. */
  readonly path: string;
  /** What is wrong, with the value got: one sentence without a full stop. */
  readonly problem: string;
  /** What would be right: what is allowed, and how to get there. */
  readonly fix: string;
}

/** Issues a message lists; `issues` holds them all. A person reads no further, and a log should stay readable. */
const LISTED = 200;

/**
 * All that is wrong with an input, thrown once. The message lists the issues, a printable line each; it never
 * carries a stack trace to a user of the command line, and nothing has been made or changed when it is thrown.
 */
export class SpecError extends Error {
  readonly issues: readonly Issue[];

  constructor(subject: string, issues: readonly Issue[]) {
    const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
    const rest = issues.length > LISTED ? [`  and ${issues.length - LISTED} more`] : [];
    super([`${subject}: ${count}`, ...issues.slice(0, LISTED).map(formatIssue), ...rest].join("\n"));
    this.name = "SpecError";
    this.issues = issues;
  }
}

/**
 * An issue as a line of a message.
 *
 * @example formatIssue(issue) // "  - interfaces[0].name: got the name \"a b\". Use 1 to 31 of ..."
 */
export function formatIssue(issue: Issue): string {
  const where = issue.path === "" ? "" : `${issue.path}: `;
  return `  - ${where}${issue.problem}. ${issue.fix}.`;
}

/** A text as it is; what is none, and may have no text in words, as messages show it. */
export function written(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}

/** A value as it may stand in a message: short, on one line, printable whatever it holds. */
export function shown(value: unknown): string {
  let text = textOf(value);
  // Escape all that is not printable ASCII: look-alike letters and terminal controls must be seen for what they are.
  text = text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/** JSON where the value has it. A cycle, a bigint, or an object whose own "toString" is data must not throw here. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  }
}
