import * as pulumi from "@pulumi/pulumi";
import { Issue, SpecError, formatIssue } from "../model/issue";

/**
 * Arguments of a component that cannot be right. Shown with the component's URN and without a stack in a program of
 * its own, and by property when the component is used from another language.
 */
export class ArgsError extends pulumi.ResourceError {
  readonly issues: readonly Issue[];
  /** Read by the SDK's component server, as those of {@link pulumi.InputPropertiesError} are. */
  readonly errors: pulumi.InputPropertyErrorDetails[];

  constructor(resource: pulumi.Resource, subject: string, issues: readonly Issue[]) {
    const message = new SpecError(subject, issues).message;
    super(message, resource, true);
    this.name = "ArgsError";
    this.issues = issues;
    this.errors = issues.map((issue) => ({ propertyPath: issue.path, reason: formatIssue(issue).slice(4) }));
    // The SDK prefixes the message of an error in an output with each property that it passed through.
    Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
    // The marker by which the SDK recognizes that class across copies of itself.
    Object.defineProperty(this, "__pulumiInputPropertiesError", { value: true });
  }
}

/** Throws when there is an issue. */
export function refuse(resource: pulumi.Resource, subject: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ArgsError(resource, subject, issues);
}

/** The issues of a function that throws {@link SpecError}. */
export function issuesOf(run: () => unknown): readonly Issue[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw error;
  }
}
