// Logger and metrics of the functions: Powertools, JSON lines and CloudWatch's embedded metric format on stdout.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Log, Meter } from './observe.ts';

/** Service name and level come from the `POWERTOOLS_*` variables of the stack. */
export function createLog(consumer: string): Log {
  const logger = new Logger({ persistentLogAttributes: { consumer } });
  return {
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
  };
}

/** The metrics stand under the dimensions `service` and `consumer`. */
export function createMeter(consumer: string): Meter {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  metrics.setDefaultDimensions({ consumer });
  return {
    publish: (counts) => {
      for (const [name, value] of Object.entries(counts)) {
        metrics.addMetric(name, name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count, value);
      }
      metrics.publishStoredMetrics();
    },
  };
}

const METRIC_NAMESPACE = 'Tidemill';
