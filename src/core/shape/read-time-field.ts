import type { DefinitionReader } from '../pipeline/definition-reader.ts';
import { found, readPath, readTextField } from './read-field.ts';
import type { TimeField, TimeFormat } from './shape.ts';
import type { TimeUnit } from './shape-definition.ts';
import { parseTimePattern } from './time-pattern.ts';
import { isZone } from './zone.ts';

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
const OWN: TimeFormat = { kind: 'own' };

/** The `time` of a part. */
export function readTimeField(reader: DefinitionReader): TimeField {
  const value = reader.raw('time');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value === undefined)
      reader.problem('time', 'missing, expected where the time stands; "@arrival" is when the record came');
    const from = readTextField(reader, 'time', value);
    return { from, as: OWN, zone: undefined, plus: undefined };
  }
  const child = reader.child('time');
  if (child === undefined) return { from: [], as: OWN, zone: undefined, plus: undefined };
  child.onlyKeys(['path', 'as', 'zone', 'plus']);
  const from = readTextField(child, 'path', child.raw('path'));
  if (!child.has('path')) child.problem('path', 'missing, expected where the time stands');
  return { from, as: readFormat(child), zone: readZone(child), plus: readPlus(child) };
}

function readFormat(child: DefinitionReader): TimeFormat {
  const text = child.text('as');
  if (text === undefined) return OWN;
  const unit = UNITS.find((each) => each === text);
  if (unit !== undefined) return { kind: 'unit', unit };
  if (text === 'auto') return { kind: 'unit', unit: 'auto' };
  if (text === 'rfc3339' || text === 'iso') return { kind: text };
  const pattern = parseTimePattern(text);
  if (typeof pattern !== 'string') {
    if (!pattern.fields.includes('offset') && !child.has('zone'))
      child.problem(
        'zone',
        `missing, expected the zone of ${JSON.stringify(text)}: "UTC", "+02:00", "Europe/Berlin"`,
      );
    return { kind: 'pattern', pattern };
  }
  const names = [...UNITS, 'auto', 'rfc3339', 'iso'].join(', ');
  child.problem(
    'as',
    `found ${JSON.stringify(text)}, expected one of ${names}, or a pattern such as "dd/MM/yyyy HH:mm:ss": ${pattern}`,
  );
  return OWN;
}

function readZone(child: DefinitionReader): string | undefined {
  const zone = child.text('zone');
  if (zone !== undefined && !isZone(zone))
    child.problem(
      'zone',
      `found ${JSON.stringify(zone)}, expected "UTC", an offset such as "+02:00", or an IANA name such as "Europe/Berlin"`,
    );
  return zone;
}

function readPlus(child: DefinitionReader): TimeField['plus'] {
  const plus = child.child('plus');
  if (plus === undefined) return undefined;
  plus.onlyKeys(['path', 'as']);
  const as = plus.text('as', UNITS);
  if (as === undefined) plus.problem('as', `${found(plus.raw('as'))}, expected one of ${UNITS.join(', ')}`);
  const [path] = readPath(plus, 'path', plus.raw('path'));
  return path === undefined || as === undefined ? undefined : { path, as };
}
