// Tags of devices as the function knows them. What it keeps is asked for anew within half a minute of a change; so tags that begin to
// hold later than that are there when the first record comes that has them, in every container, and each time the record comes.
import type { DeviceHistory } from '../../src/core/device-history.ts';
import type { DeviceTable } from '../../src/stores/device-table.ts';

/** How long a change of the table may go unnoticed. */
const LOOK_MS = 30_000;
/** Devices kept: about 1 KB each with a few tags. */
const MAX_KEPT = 20_000;

export class DeviceCache {
  readonly #table: Pick<DeviceTable, 'load' | 'revision'>;
  readonly #nowMs: () => number;
  readonly #histories = new Map<string, DeviceHistory>();
  #revision: number | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(table: Pick<DeviceTable, 'load' | 'revision'>, nowMs: () => number) {
    this.#table = table;
    this.#nowMs = nowMs;
  }

  /** By source; one without tags has none. @throws StoreError where the table cannot be read */
  async load(sources: readonly string[]): Promise<ReadonlyMap<string, DeviceHistory>> {
    await this.#look();
    let lacking = sources.filter((source) => !this.#histories.has(source));
    if (lacking.length === 0) return this.#histories;
    if (this.#histories.size + lacking.length > MAX_KEPT) {
      this.#histories.clear();
      lacking = [...sources];
    }
    const found = await this.#table.load(lacking);
    for (const source of lacking) this.#histories.set(source, found.get(source) ?? []);
    return this.#histories;
  }

  async #look(): Promise<void> {
    const nowMs = this.#nowMs();
    // A clock that was put back says nothing of how long ago that was.
    if (nowMs >= this.#lookedAtMs && nowMs - this.#lookedAtMs < LOOK_MS) return;
    const revision = await this.#table.revision();
    if (revision !== this.#revision) this.#histories.clear();
    this.#revision = revision;
    this.#lookedAtMs = nowMs;
  }
}
