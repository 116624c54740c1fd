import type { ShapeDefinition } from '../shape-definition.ts';

/** SenML (RFC 8428) as JSON: each record with its base values filled in, its unit as a tag. Relative times are from the arrival. */
export const SENML: ShapeDefinition = {
  name: 'senml',
  format: 'senml',
  source: 'device',
  time: { path: 't', as: 's' },
  values: { '{quantity}': ['v', 'vb'], '{quantity}.sum': 's' },
  tags: { unit: 'u', state: 'vs' },
};
