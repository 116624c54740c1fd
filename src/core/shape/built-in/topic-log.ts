import type { ShapeDefinition } from '../shape-definition.ts';

/** Lines of `time topic payload`, as `mosquitto_sub -F '%I %t %p'` writes them, or of `topic payload`, as `-v` does. */
export const TOPIC_LOG: ShapeDefinition = {
  name: 'topic-log',
  format: 'topic-log',
  source: 'topic',
  type: { text: 'message' },
  time: {
    path: [
      'time',
      ...['last_seen', 'Time', 'time', 'timestamp', 'ts', 'tst', 'params.ts'].map(
        (name) => `payload.${name}`,
      ),
      '@arrival',
    ],
    as: 'auto',
    zone: 'UTC',
  },
  values: [{ path: 'payload', text: 'skip' }],
};
