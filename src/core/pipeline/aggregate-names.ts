export const AGGREGATE_NAMES = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'first',
  'last',
  'variance',
  'stddev',
  'increase',
  'rate',
  'quantiles',
  'timeWeightedMean',
] as const;
export type AggregateName = (typeof AGGREGATE_NAMES)[number];
