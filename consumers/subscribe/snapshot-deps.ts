// What a new subscription is answered from.
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { PostDeps } from '../../src/platform/live-poster.ts';
import type { Alerts } from '../../src/stores/alerts.ts';
import type { LiveConnections } from '../../src/stores/live-connections.ts';
import type { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import type { Windows } from '../../src/stores/windows.ts';

export interface SnapshotDeps extends PostDeps {
  readonly pipeline: Pipeline;
  readonly connections: LiveConnections;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly directory: RollupDirectory;
  readonly alerts: Alerts;
  readonly recent: RecentAlerts;
}
