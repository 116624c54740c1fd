import { oneAggregation, testRecording } from '../support/recorded-reference.ts';

// The recording with most sources and repeated events, through everything that may happen: it shows most there.
testRecording('lorawan.ndjson.gz', {
  'lorawan-60s': { pipeline: oneAggregation({ tumbling: '60s' }, '1h', '10m'), way: 'disturbed' },
});
