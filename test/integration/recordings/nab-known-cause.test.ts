import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';

testRecording('nab-known-cause.ndjson.gz', {
  'nab-known-cause-1h': { pipeline: oneAggregation({ tumbling: '1h' }, '2h', '1h'), way: 'memory' },
});
