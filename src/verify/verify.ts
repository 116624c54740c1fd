// Tries a stack from outside, step by step. What a step makes is named after the run; what could be used by others is taken
// back at the end, whatever has happened: tokens are revoked, sources are retired. Books, windows and dead letters stay: they
// say what the stack has really received.
import { AWS_STEPS } from './aws-steps.ts';
import { DOOR_STEPS } from './door-steps.ts';
import { FOLLOW_STEPS } from './follow-steps.ts';
import { LIVE_STEPS } from './live-steps.ts';
import type { Place, TokenRequest } from './place.ts';
import { READING_STEPS } from './reading-steps.ts';
import type { Outcome, Step } from './step.ts';
import { broken, untried } from './step.ts';

export type Verdict = Pick<Step, 'id' | 'holds' | 'otherwise'> & Outcome;

/** What takes back what a verification has made. */
export interface Cleanup {
  readonly revoke: (tokenId: string) => Promise<void>;
  readonly retire: (source: string) => Promise<void>;
}

const STEPS: readonly Step[] = [
  ...DOOR_STEPS,
  ...FOLLOW_STEPS,
  ...READING_STEPS,
  ...LIVE_STEPS,
  // After the others, which have given the metrics something to tell.
  ...AWS_STEPS,
];

/** What cannot be brought about from outside, or not without harm. */
const NEVER_TRIED: readonly Verdict[] = [
  never('gateway.throttling', 'a flood is answered 429', 'a flood would use up the rate of all devices'),
  never(
    'gateway.limits',
    'connections end after ten idle minutes and after two hours',
    'it would take two hours',
  ),
  never(
    'gateway.order',
    'messages of one connection are handled in order',
    'what depends on it cannot be told apart from outside',
  ),
];

/** Rejects where what was made could not be taken back. */
export async function verify(
  place: Place,
  {
    cleanup,
    onVerdict = () => {},
    only,
  }: {
    readonly cleanup: Cleanup;
    readonly onVerdict?: (verdict: Verdict) => void;
    /** Steps whose id begins so; default: all. */
    readonly only?: string;
  },
): Promise<readonly Verdict[]> {
  const made = { tokens: new Set<string>(), sources: new Set<string>() };
  const noting: Place = {
    ...place,
    issue: async (order: TokenRequest) => {
      const token = await place.issue(order);
      made.tokens.add(token.id);
      for (const source of [...(order.use === 'device' ? [order.subject] : []), ...(order.sources ?? [])])
        made.sources.add(source);
      return token;
    },
  };
  const verdicts: Verdict[] = [];
  const say = (verdict: Verdict) => {
    verdicts.push(verdict);
    onVerdict(verdict);
  };
  try {
    for (const { run, ...step } of STEPS) {
      if (only === undefined || step.id.startsWith(only)) say({ ...step, ...(await outcomeOf(run, noting)) });
    }
    if (only === undefined) for (const verdict of NEVER_TRIED) say(verdict);
  } finally {
    for (const id of made.tokens) await cleanup.revoke(id);
    for (const source of made.sources) await cleanup.retire(source);
  }
  return verdicts;
}

async function outcomeOf(run: Step['run'], place: Place): Promise<Outcome> {
  try {
    return await run(place);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : '';
    return broken(`no answer: ${String(error)}${cause}`);
  }
}

function never(id: string, holds: string, why: string): Verdict {
  return { id, holds, otherwise: 'docs/api-gateway.md says what is assumed', ...untried(why) };
}
