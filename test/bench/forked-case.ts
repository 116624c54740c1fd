// A case in a process of its own, so that no case finds the compiled code or the memory of another.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BENCH_ENVIRONMENT } from './bench-environment.ts';
import type { RoundAnswer } from './case-process.ts';
import type { WorkloadSize } from './workload.ts';

const CASE_PROCESS = fileURLToPath(new URL('./case-process.ts', import.meta.url));

export class ForkedCase implements Disposable {
  readonly #child: ChildProcess;

  constructor(name: string, { records, sources }: WorkloadSize) {
    // The functions write metrics to stdout.
    this.#child = fork(CASE_PROCESS, [name, String(records), String(sources)], {
      env: { ...process.env, ...BENCH_ENVIRONMENT },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  async round(batches: number): Promise<RoundAnswer> {
    const ended = new AbortController();
    const end = (code: number | null) => ended.abort(new Error(`its process ended with ${code}`));
    this.#child.once('exit', end);
    try {
      const answered = once(this.#child, 'message', { signal: ended.signal });
      this.#child.send(batches);
      const [answer] = await answered;
      return answer;
    } catch (error) {
      const cause = ended.signal.aborted ? ended.signal.reason : error;
      return { kind: 'failed', message: String(cause) };
    } finally {
      this.#child.off('exit', end);
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
