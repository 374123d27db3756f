import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { Diagnostic, RunResult, Step } from "./types";

/** Gathers what the engine tells while it runs. */
export class Report {
  private readonly text = { stdout: "", stderr: "" };
  private readonly steps: Step[] = [];
  private readonly diagnostics: Diagnostic[] = [];
  private summary: Record<string, number> = {};

  constructor(private readonly onStep: (step: Step) => void) {}

  stdout(text: string): void {
    this.text.stdout += text;
  }

  stderr(text: string): void {
    this.text.stderr += text;
  }

  event({ diagnosticEvent, resourcePreEvent, summaryEvent }: EngineEvent): void {
    if (diagnosticEvent && (diagnosticEvent.severity === "error" || diagnosticEvent.severity === "warning")) {
      const { severity, urn, message } = diagnosticEvent;
      this.diagnostics.push({ severity, ...(urn ? { urn } : {}), message: plain(message) });
    }
    if (resourcePreEvent && resourcePreEvent.metadata.op !== "same") {
      const { op, urn, type, detailedDiff } = resourcePreEvent.metadata;
      const name = urn.split("::").slice(3).join("::");
      const step = { op, urn, type, name, paths: Object.keys(detailedDiff ?? {}).sort() };
      this.steps.push(step);
      this.onStep(step);
    }
    if (summaryEvent) this.summary = { ...summaryEvent.resourceChanges } as Record<string, number>;
  }

  /** Message of a failed run: the engine's errors, or what it printed when it gave none. */
  failure(thrown: Error): string {
    const errors = this.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message);
    return errors.length > 0 ? errors.join("\n") : plain(this.text.stderr || thrown.message);
  }

  result(): Omit<RunResult, "outputs" | "seconds"> {
    const unchanged = new Set(["same", "read"]);
    const changes = Object.entries(this.summary).filter(([op]) => !unchanged.has(op));
    return {
      summary: this.summary,
      changes: changes.reduce((sum, [, count]) => sum + count, 0),
      steps: this.steps,
      diagnostics: this.diagnostics,
      stdout: plain(this.text.stdout),
      stderr: plain(this.text.stderr),
    };
  }
}

/** Text without the engine's colour tags and without ANSI escapes. */
function plain(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "").replace(/\p{Cc}\[[0-9;]*m/gu, "");
}
