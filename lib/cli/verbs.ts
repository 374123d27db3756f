import { plan } from "./plan";
import { render } from "./render";
import { Verb } from "./verb";

/** In the order in which help lists them. */
export const VERBS: readonly Verb[] = [plan, render];
