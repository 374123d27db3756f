import { matchers } from "./matchers";

/** For `setupFilesAfterEnv` of jest's configuration: adds the matchers to `expect`. */
declare const expect: { extend(matchers: object): void };
expect.extend(matchers);
