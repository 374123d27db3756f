/** The outside of the command: what it reads, writes, and where it stands. Tests give their own. */
export interface Io {
  /** Standard input, in pieces. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes to standard output; settles when it is out, and rejects when it cannot be. */
  stdout(text: string): Promise<void>;
  stderr(text: string): void;
  /** Directory that relative paths start from. */
  readonly cwd: string;
}

/**
 * Exit codes of every verb: done, the answer is no (not symmetric, drift), bad input or usage or nowhere to write.
 * 70 (EX_SOFTWARE, sysexits(3)) is a defect of ours.
 */
export const ExitCode = { Done: 0, No: 1, BadInput: 2, Defect: 70 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a user can put right: one plain sentence, exit 2. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UserError";
  }
}

/** A text for a terminal, which would obey the control characters that arguments and captures may hold. */
export function printable(text: string): string {
  return text.replace(/[^\n\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Why the system refused, in words; the rest of Node's text repeats what we say. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return (code !== undefined && REASONS[code]) || (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EMFILE: "too many files are open",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
};
