// What a load is told by its environment.
import { LOAD_VARIABLES } from '../../src/platform/names.ts';
import { type LoadSettings, MOST_RATE } from './run-load.ts';

const MOST_SECONDS = 86_400;

/** What is to be sent, and into which stream. */
export interface Load extends LoadSettings {
  readonly stream: string;
}

/** @throws Error with what was found and what was expected */
export function readLoad(environment: Readonly<Record<string, string | undefined>>): Load {
  const text = (name: string, form: RegExp, expected: string): string => {
    const value = environment[name] ?? '';
    if (form.test(value)) return value;
    throw new Error(`environment variable ${name}: found ${JSON.stringify(value)}, expected ${expected}`);
  };
  const whole = (name: string, most: number): number => {
    const expected = `a whole number from 1 to ${most}`;
    const value = Number(text(name, /^[1-9]\d*$/, expected));
    if (value <= most) return value;
    throw new Error(`environment variable ${name}: found ${value}, expected ${expected}`);
  };
  return {
    stream: text(LOAD_VARIABLES.stream, /./, 'the name of a Kinesis stream'),
    rate: whole(LOAD_VARIABLES.rate, MOST_RATE),
    seconds: whole(LOAD_VARIABLES.seconds, MOST_SECONDS),
    seed: text(LOAD_VARIABLES.seed, /^[A-Za-z0-9-]{1,40}$/, 'letters, digits and hyphens, 40 at most'),
  };
}
