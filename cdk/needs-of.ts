// All that the stack depends on of a pipeline definition: two definitions that need the same have the same stack. The definition
// is checked elsewhere; here it may be anything.
import { type AlertsInUse, alertsIn } from './alerts-in.ts';
import { routesIn } from './routes-in.ts';

export interface PipelineNeeds {
  /** What of the alerts runs. */
  readonly alerts: AlertsInUse;
  readonly rollups: boolean;
  /** Routes of the HTTP door for bodies in other forms. */
  readonly routes: readonly string[];
}

export function needsOf(pipeline: object): PipelineNeeds {
  const rollups = 'rollups' in pipeline && Array.isArray(pipeline.rollups) && pipeline.rollups.length > 0;
  return { alerts: alertsIn(pipeline), rollups, routes: routesIn(pipeline) };
}
