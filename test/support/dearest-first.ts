// The order of the test files: what takes longest begins, so that two workers end together, and files of one project stand together,
// since a worker that stays with a project keeps what it has loaded.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const PROJECTS = ['nightly', 'integration', 'simulation', 'property', 'conformance', 'unit'];

/** By what they took when they were last measured; where nothing is said the order is vitest's. */
const DEAREST = [
  'integration/dashboard.test.ts',
  'integration/own-functions.test.ts',
  'integration/packages.test.ts',
  'integration/dev.test.ts',
  'integration/simulated-fleet.test.ts',
  'integration/verify.test.ts',
  'integration/reading-local.test.ts',
  'integration/local-servers.test.ts',
  'integration/local-stack.test.ts',
  'integration/stores.test.ts',
  'integration/cdk-synth.test.ts',
  'integration/cli-failures.test.ts',
  'integration/pipeline-example.test.ts',
  'integration/cli-full-disk.test.ts',
  'integration/local-function.test.ts',
  'integration/rebuild.test.ts',
  'integration/local-synthesize.test.ts',
  'integration/bench-cases.test.ts',
  'integration/cli-without-java.test.ts',
  'integration/http-ledger.test.ts',
  'simulation/command.test.ts',
  'simulation/planted-bugs.test.ts',
  'simulation/broken-parts.test.ts',
  'simulation/dynamodb.test.ts',
  'simulation/fresh-seeds.test.ts',
];

export class DearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => projectRank(a) - projectRank(b) || rank(a) - rank(b));
  }
}

const projectRank = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);

function rank({ moduleId }: TestSpecification): number {
  const at = DEAREST.findIndex((file) => moduleId.endsWith(`/test/${file}`));
  return at === -1 ? DEAREST.length : at;
}
