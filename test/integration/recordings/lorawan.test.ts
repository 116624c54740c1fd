import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';

// The one with most sources and repeated events. With kills and a reshard it runs by night (test/nightly/recordings.test.ts): here
// integration/simulated-fleet.test.ts has them on the real servers.
testRecording('lorawan.ndjson.gz', {
  'lorawan-60s': { pipeline: oneAggregation({ tumbling: '60s' }, '1h', '10m'), way: 'memory' },
  'lorawan-1h-strict': { pipeline: oneAggregation({ tumbling: '1h' }, '0s', '10m'), way: 'memory' },
});
