// Lets commands in other processes look into tables that this process has in memory, where there is no server for them.
import { createServer, type IncomingMessage } from 'node:http';
import { type ListeningServer, listenHere } from '../local-stack/listen-here.ts';
import { StoreError } from '../stores/store-error.ts';
import type { Table } from '../stores/table.ts';
import type { TableCall, TableRefusal } from './table-calls.ts';
import { readTableJson, writeTableJson } from './table-calls.ts';

/** `accessKey`: what clients give as bearer; default: any. */
export async function startTablesServer(
  tableOf: (name: string) => Table,
  accessKey?: string,
): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    answer(request, tableOf)
      .catch((error: unknown) => ({ status: 500, body: refusalOf(error) }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': TABLE_TYPE }).end(writeTableJson(body));
      });
  });
  return await listenHere(server, 'the tables server', accessKey);
}

/** No web page can send it without asking first, and the answer to that is no. */
export const TABLE_TYPE = 'application/x-tidemill-table+json';

function refusalOf(error: unknown): TableRefusal {
  if (error instanceof StoreError) {
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'table-unavailable', message, retryable: false };
}

async function answer(
  request: IncomingMessage,
  tableOf: (name: string) => Table,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const type = request.headers['content-type'];
  if (request.method !== 'POST' || type !== TABLE_TYPE) {
    const message = `found ${request.method} of ${type ?? 'no type'}, expected POST of ${TABLE_TYPE}`;
    return { status: 415, body: refusalOf(new Error(message)) };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  // Written by `RemoteTable`, and by nobody else.
  const call = readTableJson(Buffer.concat(chunks).toString('utf8')) as TableCall;
  return { status: 200, body: await run(tableOf(call.table), call) };
}

async function run(table: Table, { name, input }: TableCall): Promise<unknown> {
  // The input is what `RemoteTable` was given for the operation of that name.
  const given = <T>() => input as T;
  switch (name) {
    case 'getMany':
      return await table.getMany(given());
    case 'commit':
      return await table.commit(given());
    case 'putMany':
      await table.putMany(given());
      return null;
    case 'deleteMany':
      await table.deleteMany(given());
      return null;
    case 'query':
      return await allOf(table.query(given()));
    case 'scanPage':
      return await table.scanPage(given());
    case 'scan':
      return await allOf(table.scan());
  }
}

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
