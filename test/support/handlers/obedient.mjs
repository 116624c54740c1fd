// A function that does what its event says, to see what comes of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

let invocations = 0;

export async function handler(event, context) {
  invocations += 1;
  switch (event.do) {
    case 'describe':
      return { pid: process.pid, invocations, environment: process.env, context, folder: process.cwd() };
    case 'remaining':
      return { remainingMs: context.getRemainingTimeInMillis(), requestId: context.awsRequestId };
    case 'print':
      console.log(event.text);
      console.error('and to stderr');
      return null;
    case 'throw':
      throw new RangeError('out of range, as told');
    case 'reject-in-background':
      Promise.reject(new Error('nobody waits for me'));
      return new Promise(() => setInterval(() => {}, 1_000));
    case 'hang':
      console.log('hanging');
      return new Promise(() => setInterval(() => {}, 1_000));
    case 'spin':
      for (;;);
    case 'exit':
      return process.exit(3);
    case 'fill-memory': {
      const filled = [];
      for (;;) filled.push(new Array(100_000).fill({}).map(() => ({ more: Math.random() })));
    }
    case 'leave-a-child':
      return spawn('/bin/sleep', ['1000'], { stdio: 'inherit' }).pid;
    case 'listen': {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${server.address().port}`;
    }
    case 'answer-with':
      return 'x'.repeat(event.bytes);
    default:
      return event;
  }
}
