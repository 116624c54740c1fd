// Logger and metrics of the functions: Powertools, JSON lines and CloudWatch's embedded metric format on stdout.
// Service name, namespace and level come from the `POWERTOOLS_*` variables of the stack.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Log, Meter } from './observe.ts';

export function createLog(): Log {
  const logger = new Logger();
  return {
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
  };
}

/** The metrics stand under the dimension `service`, and those that are given. */
export function createMeter(): Meter {
  const metrics = new Metrics();
  return {
    publish: (figures, dimensions = {}) => {
      // They are gone again with what is published.
      for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
      for (const [name, value] of Object.entries(figures)) {
        metrics.addMetric(name, name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count, value);
      }
      metrics.publishStoredMetrics();
    },
  };
}
