/**
 * The part of @pulumi/aws that hosts need, loaded at first use: programs for other clouds need not have the package,
 * and loading the whole of it would take seconds.
 */
export function ec2(): typeof import("@pulumi/aws/ec2") {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a static import would be loaded by everybody
    return require("@pulumi/aws/ec2") as typeof import("@pulumi/aws/ec2");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error("MultiHomedHost needs the package @pulumi/aws, version 7: npm install @pulumi/aws@7");
  }
}
