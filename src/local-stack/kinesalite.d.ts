declare module 'kinesalite' {
  import type { Server } from 'node:http';

  interface KinesaliteOptions {
    readonly path?: string;
    readonly createStreamMs?: number;
    readonly updateStreamMs?: number;
    readonly deleteStreamMs?: number;
    readonly shardLimit?: number;
  }
  function kinesalite(options: KinesaliteOptions): Server;
  export = kinesalite;
}
