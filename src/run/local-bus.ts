// What stands in for EventBridge on a laptop: takes what is put, keeps it in a file, and tells whoever listens. An event
// that comes again under the id it had is the same event.
import { appendFileSync } from 'node:fs';
import type { BusEntry, EventBus } from '../platform/event-bus.ts';
import { ALERT_EVENT_SOURCE } from '../platform/names.ts';
import type { AlertEvent } from '../wire/alert-event.ts';

export interface LocalBusOptions {
  /** A line of JSON each transition of an alert. */
  readonly file: string;
  /** A line of JSON each message of the outlet. */
  readonly outletFile: string;
  readonly onEvent: (event: AlertEvent) => void;
}

export class LocalBus implements EventBus {
  readonly #options: LocalBusOptions;
  readonly #ids = new Set<string>();
  #repeats = 0;

  constructor(options: LocalBusOptions) {
    this.#options = options;
  }

  /** Different events taken so far. */
  get events(): number {
    return this.#ids.size;
  }

  /** Events that came again. */
  get repeats(): number {
    return this.#repeats;
  }

  async put(entries: readonly BusEntry[]): Promise<readonly (string | undefined)[]> {
    return entries.map(({ source, detail }) => {
      if (source !== ALERT_EVENT_SOURCE) {
        appendFileSync(this.#options.outletFile, `${detail}\n`);
        return undefined;
      }
      const event: AlertEvent = JSON.parse(detail);
      if (this.#ids.has(event.id)) {
        this.#repeats += 1;
        return undefined;
      }
      appendFileSync(this.#options.file, `${detail}\n`);
      this.#ids.add(event.id);
      this.#options.onEvent(event);
      return undefined;
    });
  }
}
