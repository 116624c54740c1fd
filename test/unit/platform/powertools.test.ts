import { expect, it, vi } from 'vitest';
import { embeddedMetrics } from '../../../src/local-stack/cloudwatch/embedded-metrics.ts';
import { createMeter } from '../../../src/platform/powertools.ts';

it('metrics are published under the function and what is given beside, and that is gone with the next', () => {
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'alert');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Tidemill-production');
  const lines: string[] = [];
  // Powertools writes to a console of its own.
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(...String(text).split('\n')) > 0);
  try {
    const meter = createMeter();
    meter.publish({ lagMs: 5 }, { changelog: 'sources' });
    meter.publish({ lagMs: 6, records: 2 });
    const common = { namespace: 'Tidemill-production' };
    expect(lines.flatMap(embeddedMetrics)).toEqual([
      { ...common, name: 'lagMs', dimensions: { service: 'alert', changelog: 'sources' }, value: 5 },
      { ...common, name: 'lagMs', dimensions: { service: 'alert' }, value: 6 },
      { ...common, name: 'records', dimensions: { service: 'alert' }, value: 2 },
    ]);
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
});
