import { oneAggregation, testRecording } from '../support/recorded-reference.ts';

// Each recording once; by day others of their settings (integration/recordings). The recording with most sources and repeated events, through everything that may happen: it shows most there.
testRecording('lorawan.ndjson.gz', {
  'lorawan-60s': { pipeline: oneAggregation({ tumbling: '60s' }, '1h', '10m'), way: 'disturbed' },
});

testRecording('nab-known-cause.ndjson.gz', {
  'nab-known-cause-1h': { pipeline: oneAggregation({ tumbling: '1h' }, '2h', '1h'), way: 'memory' },
});
