import { TraceStep } from "./flow";
import { Tracer } from "./model";

/** Collects the steps of a lookup as lines of text. */
export class TextTracer implements Tracer {
  readonly steps: TraceStep[] = [];
  private depth = 0;

  note(text: string): void {
    this.steps.push({ depth: this.depth, text });
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
