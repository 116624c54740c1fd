// Reads the settings for one stage: what stands for all, what the stage has of its own, and what the known stages are without
// being told.
import { DefinitionReader } from '../../src/core/pipeline/definition-reader.ts';
import { STACK_NAME } from '../../src/platform/names.ts';
import { readStage, STAGE_KEYS } from './read-stage.ts';
import type { Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';

export interface StageSettings extends Settings {
  /** `Tidemill`, or with the stage: `Tidemill-production`. */
  readonly stackName: string;
}

/**
 * `stage`: undefined for a stack without one, which is what one has who sets nothing. `said`: on the command line, which counts before
 * what is written.
 * @throws SettingsError with all that is wrong, of every stage, by key
 * @example readSettings({ stages: { production: { logs: { retention: '90d' } } } }, 'production')
 */
export function readSettings(
  definition: unknown,
  stage: string | undefined,
  said: Settings = {},
): StageSettings {
  const problems: string[] = [];
  const top = new DefinitionReader('', definition, problems);
  top.onlyKeys(['name', 'stages', ...STAGE_KEYS]);
  const name = readName(top);
  const forAll = readStage(top);
  const stages = top.child('stages');
  const own = new Map<string, Settings>();
  for (const each of stages?.keys() ?? []) {
    if (!STAGE.test(each)) stages?.problem(each, `expected a stage's name: ${STAGE_EXPECTED}`);
    const reader = stages?.child(each);
    if (reader === undefined) continue;
    reader.onlyKeys(STAGE_KEYS);
    own.set(each, readStage(reader));
  }
  if (stage !== undefined && !Object.hasOwn(KNOWN_STAGES, stage) && !own.has(stage)) {
    const known = [...new Set([...Object.keys(KNOWN_STAGES), ...own.keys()])];
    problems.unshift(`-c stage: found ${JSON.stringify(stage)}, expected one of ${known.join(', ')}`);
  }
  const given = merged(forAll, (stage === undefined ? undefined : own.get(stage)) ?? {});
  const known = stage === undefined ? undefined : KNOWN_STAGES[stage as keyof typeof KNOWN_STAGES];
  const settings = merged(merged(known ?? {}, given), said);
  problems.push(...problemsOfAll(settings, stage));
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    ...(stage === undefined ? {} : { stage }),
    stackName: stage === undefined ? name : `${name}-${stage}`,
  };
}

const DAY_MS = 86_400_000;
const STAGE = /^[a-z][a-z0-9-]{0,19}$/;
const STAGE_EXPECTED = '1 to 20 lower case letters, digits or "-", a letter first';

/** What these stages are unless the settings say otherwise. */
const KNOWN_STAGES: Readonly<Record<string, Settings>> = {
  dev: { throwAway: true, logDays: 7 },
  production: { throwAway: false, retentionMs: 7 * DAY_MS, logDays: 90, quietAfterMs: 900_000 },
};

function readName(top: DefinitionReader): string {
  if (!top.has('name')) return STACK_NAME;
  const name = top.raw('name');
  if (typeof name === 'string' && /^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(name)) return name;
  top.problem(
    'name',
    `found ${JSON.stringify(name)}, expected 1 to 40 letters, digits or "-", a letter first`,
  );
  return STACK_NAME;
}

/** Maps are joined, the later one's entries first. */
function merged(first: Settings, then: Settings): Settings {
  const joined: Record<string, unknown> = { ...first, ...then };
  for (const key of ['tags', 'concurrency', 'doorLimits'] as const)
    if (first[key] !== undefined && then[key] !== undefined) joined[key] = { ...first[key], ...then[key] };
  // The keys and their types are those of the two.
  return joined as Settings;
}

/** What is wrong between keys. */
function problemsOfAll(settings: Settings, stage: string | undefined): string[] {
  const problems: string[] = [];
  const at = stage === undefined ? '' : `stages.${stage}.`;
  const { retentionMs, throwAway, replicas, region, kmsKey } = settings;
  if (stage === 'production') {
    if (retentionMs !== undefined && retentionMs < 7 * DAY_MS)
      problems.push(
        `${at}stream.retention: found ${retentionMs / 3_600_000}h, expected at least 7d in production: ` +
          'it is the time there is to mend what holds the readers up',
      );
    if (throwAway === true)
      problems.push(`${at}protect: found false, expected true in production: its data is kept`);
  }
  if (replicas === undefined) return problems;
  if (region === undefined)
    problems.push(
      `${at}region: missing, expected the region that writes, since tables.replicas names others: ` +
        'the stack may then be deployed nowhere else, and so has one writer',
    );
  else if (replicas.includes(region))
    problems.push(`${at}tables.replicas: found ${region}, which is the region that writes, expected others`);
  if (kmsKey !== undefined && !kmsKey.includes('key/mrk-'))
    problems.push(
      `${at}kmsKey: found ${JSON.stringify(kmsKey)}, expected a multi-Region key (key/mrk-…) with tables.replicas: ` +
        'each replica is encrypted by the key of its own region',
    );
  return problems;
}
