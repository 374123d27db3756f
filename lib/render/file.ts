/** A file of a host, as rendered. */
export interface RenderedFile {
  /** From the root of the host's file system, without a "/" in front. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}
