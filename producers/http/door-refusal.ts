// Which answers refuse events for ever. Between a device and the door stand captive portals, proxies and firewalls, which
// answer 4xx too: only what the door itself says of the events themselves may cost an event.

/** Whether the door says that these events will never be taken. Anything else is waited for. */
export function refusesTheEvents({
  status,
  contentType,
  body,
}: {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}): boolean {
  if (contentType !== null && /html|xml/i.test(contentType)) return false;
  const where = whereOf(body);
  return (
    where !== undefined && REFUSALS.some((refusal) => refusal.status === status && refusal.where === where)
  );
}

/** Not among them: what is wrong with the token, a header or the route, which somebody can mend while the events wait. */
const REFUSALS: readonly { readonly status: number; readonly where: string }[] = [
  { status: 400, where: 'body' },
  { status: 413, where: 'body' },
  { status: 403, where: 'source' },
];

/** `{"message": "refused", "where", "found", "expected"}`, as the door's refusals are; undefined for all others. */
function whereOf(body: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { message, where, found, expected } = { ...NOTHING, ...answer };
  const isRefusal = message === 'refused' && typeof found === 'string' && typeof expected === 'string';
  return isRefusal && typeof where === 'string' ? where : undefined;
}

const NOTHING = { message: undefined, where: undefined, found: undefined, expected: undefined };
