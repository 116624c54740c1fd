/** Everything that is wrong with a pipeline definition, one line each, beginning with the key. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? `pipeline definition: ${problems[0]}`
        : `pipeline definition: ${problems.length} problems\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}
