import * as pulumi from "@pulumi/pulumi";

/** Arguments of `SsmProgram`. */
export interface SsmProgramArgs {
  /**
   * What the hosts run: the `program` of a `MultiHomedHost` with `routing: false`, or the `script` of a
   * `MultiHomedFleet`.
   */
  program: pulumi.Input<string>;
  /** Ids of EC2 instances that get it, 1 to 50. Give this or `tags`. Example: ["i-0123456789abcdef0"]. */
  instanceIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Tags of instances that get it, now and when they come, 1 to 5: an instance must have all of them. Example:
   * { "aws:autoscaling:groupName": "web" }.
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** When it is run besides, to repair what somebody has changed. Example: "rate(1 day)". Default: never. */
  scheduleExpression?: pulumi.Input<string>;
  /** Seconds the program may take on a host, 10 to 3600. Default: 300. */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds an update waits for the hosts to have run it with success, 0 to 3600; with 0 it does not wait, and does not
   * fail when they fail. Default: 600.
   */
  waitForSuccessSeconds?: pulumi.Input<number>;
  /** AWS region. Default: the provider's. */
  region?: pulumi.Input<string>;
}
