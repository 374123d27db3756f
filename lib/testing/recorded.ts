/** A resource as a program registered it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  /** URN of the parent; empty at the top. */
  readonly parent: string;
  /** Inputs; secrets are unwrapped, unknown values are {@link UNKNOWN}. */
  readonly inputs: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- for tests to look into
  /** Outputs that a component registered; unwrapped likewise. */
  outputs: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- for tests to look into
  /** Inputs and registered outputs as JSON in which every secret is "[secret]": what a state file would show. */
  clearText: string;
  readonly options: RecordedOptions;
}

/** The resource options that came with it; URNs of resources, and empty where an option is not set. */
export interface RecordedOptions {
  /** URNs of all that it depends on, by `dependsOn` and by the values in its inputs. */
  readonly dependencies: string[];
  readonly deletedWith: string;
  readonly deleteBeforeReplace: boolean;
  readonly hideDiffs: string[];
  readonly ignoreChanges: string[];
  readonly replaceOnChanges: string[];
  readonly additionalSecretOutputs: string[];
  readonly protect: boolean;
  readonly provider: string;
}

/** Stands for a value that is not known at a preview. */
export const UNKNOWN = "[unknown]";

/** Marks of the resource monitor's protocol (sdk/nodejs/runtime/rpc.ts). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Struct {
  toJavaScript(): Record<string, unknown>;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): Struct | undefined;
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getDeletebeforereplace(): boolean;
  getHidediffsList(): string[];
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getProtect(): boolean;
  getProvider(): string;
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): Struct | undefined;
}

type Callback<R> = (error: unknown, response: R) => void;

interface Monitor {
  registerResource(req: RegisterRequest, callback: Callback<{ getUrn(): string }>): Promise<void>;
  registerResourceOutputs(req: OutputsRequest, callback: Callback<unknown>): void;
}

/** Listens to everything that is registered with a mock monitor from now on; the list grows as it comes. */
export function record(monitor: Monitor): Recorded[] {
  const resources: Recorded[] = [];
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (req, callback) =>
    register(req, (error, response) => {
      if (!error) resources.push(recorded(req, response.getUrn()));
      callback(error, response);
    });
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (req, callback) => {
    const resource = resources.find(({ urn }) => urn === req.getUrn());
    const outputs = req.getOutputs()?.toJavaScript() ?? {};
    if (resource) {
      resource.outputs = unwrap(outputs) as Record<string, unknown>;
      resource.clearText += JSON.stringify(unwrap(outputs, true));
    }
    registerOutputs(req, callback);
  };
  return resources;
}

function recorded(req: RegisterRequest, urn: string): Recorded {
  const inputs = req.getObject()?.toJavaScript() ?? {};
  return {
    type: req.getType(),
    name: req.getName(),
    urn,
    custom: req.getCustom(),
    parent: req.getParent(),
    inputs: unwrap(inputs) as Record<string, unknown>,
    outputs: {},
    clearText: JSON.stringify(unwrap(inputs, true)),
    options: {
      dependencies: req.getDependenciesList(),
      deletedWith: req.getDeletedwith(),
      deleteBeforeReplace: req.getDeletebeforereplace(),
      hideDiffs: req.getHidediffsList(),
      ignoreChanges: req.getIgnorechangesList(),
      replaceOnChanges: req.getReplaceonchangesList(),
      additionalSecretOutputs: req.getAdditionalsecretoutputsList(),
      protect: req.getProtect(),
      provider: req.getProvider(),
    },
  };
}

/** A value as it came with secrets unwrapped, or hidden, and {@link UNKNOWN} for what is unknown. */
export function unwrap(value: unknown, hideSecrets = false): unknown {
  if (value === UNKNOWN_VALUE) return UNKNOWN;
  if (Array.isArray(value)) return value.map((item) => unwrap(item, hideSecrets));
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (fields[SIGNATURE] === SECRET) return hideSecrets ? "[secret]" : unwrap(fields["value"], hideSecrets);
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, unwrap(field, hideSecrets)]));
}
