/**
 * An error of the AWS API: its code, and its message in AWS's words. Codes and messages are those that AWS users
 * report (the EC2 API reference's "Error codes", provider issue trackers); programs and tests match on them.
 */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(`api error ${code}: ${detail}`);
    this.name = "AwsError";
  }
}

/** The error for an id that names nothing. */
export function notFound(code: string, kind: string, id: string): AwsError {
  return new AwsError(code, `The ${kind} '${id}' does not exist`);
}
