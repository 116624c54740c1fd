// Objects that were put, between the server and whoever the template has told of them: what comes before anybody listens waits.
import type { CreatedObject } from './s3-server.ts';

export class ObjectEvents {
  #waiting: CreatedObject[] = [];
  #listener: ((object: CreatedObject) => void) | undefined;

  take(object: CreatedObject): void {
    if (this.#listener === undefined) this.#waiting.push(object);
    else this.#listener(object);
  }

  listen(listener: (object: CreatedObject) => void): void {
    const before = this.#waiting;
    this.#waiting = [];
    this.#listener = listener;
    for (const object of before) listener(object);
  }
}
