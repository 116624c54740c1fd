import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';

// The one with most sources and repeated events: what happens to a replay shows most here.
testRecording('lorawan.ndjson.gz', {
  'lorawan-60s': { pipeline: oneAggregation({ tumbling: '60s' }, '1h', '10m'), way: 'disturbed' },
  'lorawan-1h-strict': { pipeline: oneAggregation({ tumbling: '1h' }, '0s', '10m'), way: 'memory' },
});
