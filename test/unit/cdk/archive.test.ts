import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const plain = synthesizedStack();
const template = synthesizedStack({ archive: true });

describe('the archive', () => {
  it('is not there unless it is switched on, nor is anything of it', () => {
    const resources = (from: typeof plain) => Object.entries(from.toJSON()['Resources'] ?? {});
    const without = new Set(resources(plain).map(([id]) => id));
    const added = resources(template).filter(([id]) => !without.has(id));
    expect(added.map(([id]) => id).filter((id) => !id.startsWith('Archive'))).toEqual([]);
    expect(added.length).toBeGreaterThan(8);
    expect(JSON.stringify(plain.toJSON())).not.toContain('TIDEMILL_ARCHIVE');
    expect(Object.keys(plain.toJSON()['Outputs'])).not.toContain('ArchiveBucketName');
    expect(Object.keys(template.toJSON()['Outputs'])).toContain('ArchiveBucketName');
  });

  it('is a bucket that is private, encrypted, kept, and goes cold', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BucketEncryption: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [
            Match.objectLike({
              Prefix: 'records/',
              Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }],
            }),
          ],
        },
      },
    });
  });

  it('reads the stream by a mapping of its own, a minute at a time', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumBatchingWindowInSeconds: 60,
      BatchSize: 10_000,
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
    });
  });

  it('is late when it is a minute behind beside what it waits for', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'IteratorAge',
      Threshold: 120_000,
    });
  });

  it('waits a second in a stack that is thrown away, and goes with it', () => {
    const thrownAway = synthesizedStack({ archive: true, throwAway: true });
    const mappings = Object.values(thrownAway.findResources('AWS::Lambda::EventSourceMapping'));
    const windows = mappings.map(({ Properties }) => Properties.MaximumBatchingWindowInSeconds);
    expect(new Set(windows)).toEqual(new Set([1]));
    thrownAway.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
  });
});

describe('incidents', () => {
  it('have aggregate and close note their runs, and nobody else, where it is asked for', () => {
    const noting = Object.values(synthesizedStack({ incidents: true }).findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties.Environment?.Variables ?? {})
      .filter(({ TIDEMILL_NOTE_RUNS }) => TIDEMILL_NOTE_RUNS === 'true');
    expect(noting.map(({ POWERTOOLS_SERVICE_NAME }) => POWERTOOLS_SERVICE_NAME).sort()).toEqual([
      'aggregate',
      'close',
    ]);
    expect(JSON.stringify(plain.toJSON())).not.toContain('TIDEMILL_NOTE_RUNS');
  });
});
