import { doctor } from "./doctor";
import { draw } from "./draw";
import { explain } from "./explain";
import { plan } from "./plan";
import { prove } from "./prove";
import { render } from "./render";
import { Verb } from "./verb";

/** In the order in which help lists them. */
export const VERBS: readonly Verb[] = [plan, render, prove, explain, doctor, draw];
