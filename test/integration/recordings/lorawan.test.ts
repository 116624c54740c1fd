import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';

// The one with most sources and repeated events. What is allowed to be late is so by night, on the real servers with kills and a reshard
// (test/nightly/recordings.test.ts): here integration/simulated-fleet.test.ts has them.
testRecording('lorawan.ndjson.gz', {
  'lorawan-1h-strict': { pipeline: oneAggregation({ tumbling: '1h' }, '0s', '10m'), way: 'memory' },
});
