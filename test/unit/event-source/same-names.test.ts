// The package and the application have names of their own for the same things: each takes what the other gives.
import { expectTypeOf, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import type * as package_ from '../../../src/event-source/brands.ts';
import type { Clock as PackageClock } from '../../../src/event-source/clock.ts';
import type { StreamEvent as PackageEvent } from '../../../src/event-source/stream-records.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { StreamEvent } from '../../../src/wire/stream-records.ts';

test('shards, sequence numbers, clocks and events are the same in both', () => {
  expectTypeOf<package_.ShardId>().toEqualTypeOf<ShardId>();
  expectTypeOf<package_.SequenceNumber>().toEqualTypeOf<SequenceNumber>();
  expectTypeOf<PackageClock>().toEqualTypeOf<Clock>();
  expectTypeOf<PackageEvent>().toEqualTypeOf<StreamEvent>();
});
