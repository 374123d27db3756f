import { Family } from "../../net/address";
import { Prefix } from "../../net/prefix";
import { Gap } from "../state";
import { prefixFrom } from "./names";
import { quoted } from "./entries";

/** A command that is not understood, or that the kernel would refuse. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly kind: Gap["kind"] = "unmodelled",
  ) {
    super(message);
  }
}

/** The words of one line. What a batch could write in quotes or over several lines is refused by name. */
export class Words {
  private readonly words: string[];
  private at = 0;
  private readonly damaged: boolean;

  constructor(line: string) {
    const plain = line.split("#")[0];
    this.damaged = /["'\\]/.test(plain);
    this.words = plain.split(/\s+/).filter((word) => word !== "");
  }

  get empty(): boolean {
    return this.words.length === 0;
  }

  get done(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string | undefined {
    return this.words[this.at];
  }

  next(what: string): string {
    if (this.damaged) throw new Refused("quotes and continued lines are not read", "unreadable");
    if (this.done) throw new Refused(`${what} is missing at the end of the line`, "unreadable");
    return this.words[this.at++];
  }

  /** Takes the word if it is next. */
  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.at++;
    return true;
  }

  number(what: string, max = 0xffffffff): number {
    const word = this.next(what);
    const value = /^(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(word) ? Number(word) : NaN;
    if (!(value >= 0 && value <= max))
      throw new Refused(`${what} ${quoted(word)} is not a number from 0 to ${max}`, "unreadable");
    return value;
  }

  /** A TOS, which ip reads as hexadecimal with or without 0x. */
  tos(): number {
    const word = this.next("tos");
    const digits = /^(?:0x)?([0-9a-fA-F]{1,2})$/.exec(word);
    if (digits === null)
      throw new Refused(`tos ${quoted(word)} is not a number from 0 to 0xff`, "unreadable");
    return Number(`0x${digits[1]}`);
  }

  prefix(what: string, family: Family): Prefix {
    const word = this.next(what);
    const prefix = prefixFrom(word, family);
    if (prefix === undefined)
      throw new Refused(`${what} ${quoted(word)} is not an IPv${family} prefix`, "unreadable");
    return prefix;
  }

  named(what: string, names: Readonly<Record<string, number>>, max = 0xffffffff): number {
    const word = this.peek();
    if (word !== undefined && Object.hasOwn(names, word)) {
      this.at++;
      return names[word];
    }
    return this.number(what, max);
  }
}
