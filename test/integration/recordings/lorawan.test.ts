import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';

testRecording('lorawan.ndjson.gz', {
  'lorawan-60s': oneAggregation({ tumbling: '60s' }, '1h', '10m'),
  'lorawan-1h-strict': oneAggregation({ tumbling: '1h' }, '0s', '10m'),
});
