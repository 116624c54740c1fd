/** What the cases find in their environment, as functions do in Lambda's. */
export const BENCH_ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  POWERTOOLS_SERVICE_NAME: 'aggregate',
  POWERTOOLS_METRICS_NAMESPACE: 'Tidemill',
} as const;
