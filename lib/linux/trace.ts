import { TraceStep } from "./flow";
import { Tracer } from "./model";
import { Rule } from "./state";

/** Collects the steps of a lookup as lines of text. */
export class TextTracer implements Tracer {
  readonly steps: TraceStep[] = [];
  /** The rules that matched, in order. */
  readonly rules: Rule[] = [];
  private depth = 0;

  note(text: string): void {
    this.steps.push({ depth: this.depth, text });
  }

  matched(rule: Rule): void {
    this.rules.push(rule);
  }

  deeper<T>(run: () => T): T {
    this.depth++;
    try {
      return run();
    } finally {
      this.depth--;
    }
  }
}
