// An MQTT broker on this machine for the template's topic rules: what devices may do is what its policies say, and what they publish is
// acknowledged once its rules have put it where they say.
import { createServer, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import type { IotStatement, PutAction, TopicRuleSpec } from './read-topic-rule.ts';
import { mayDo } from './read-topic-rule.ts';
import { filledIn, isTopicOf, type RuleMessage, selectFrom } from './run-rule.ts';

export interface BrokerOptions {
  readonly rules: readonly TopicRuleSpec[];
  readonly policies: readonly IotStatement[];
  /** Puts data into a Kinesis stream. */
  readonly put: (record: PutAction & { readonly data: Buffer }) => Promise<void>;
  readonly nowMs: () => number;
  /** What a rule could not do: on AWS it goes to the rule's error action. */
  readonly onFailure: (message: string) => void;
  /** Told of each action of a rule: whether it put what it was to. */
  readonly observe?: (action: ActionOutcome) => void;
  /** Default: a free one. */
  readonly port?: number;
}

export interface ActionOutcome {
  /** Name of the rule. */
  readonly rule: string;
  readonly succeeded: boolean;
}

export interface Broker {
  /** `mqtt://127.0.0.1:port` */
  readonly url: string;
  stop(): Promise<void>;
}

/** As AWS IoT has it. */
const MAX_PAYLOAD_BYTES = 128 * 1024;

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const broker = await Aedes.createBroker({
    authenticate: (client, _username, _password, done) => {
      const may = isAllowed(options, client.id, 'iot:Connect', `client/${client.id}`);
      done(may ? null : refusal(`client ${client.id}: no policy lets it connect`), may);
    },
    authorizePublish: (client, packet, done) => {
      if (client === null) return done(null);
      publishBy(client, packet, options).then(
        () => done(null),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      const may = isAllowed(options, client.id, 'iot:Subscribe', `topicfilter/${subscription.topic}`);
      done(null, may ? subscription : null);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the MQTT broker has no port');
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    stop: async () => {
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Refused, it closes the connection, as AWS IoT does. */
async function publishBy(client: Client, packet: PublishPacket, options: BrokerOptions): Promise<void> {
  const { topic } = packet;
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  if (!isAllowed(options, client.id, 'iot:Publish', `topic/${topic}`))
    throw new Error(`client ${client.id}: no policy lets it publish to ${topic}`);
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw new Error(`payload: found ${payload.length} bytes, expected at most ${MAX_PAYLOAD_BYTES}`);
  const message = {
    topic,
    payload,
    clientId: client.id,
    nowMs: options.nowMs(),
    newId: () => crypto.randomUUID(),
  };
  for (const rule of options.rules) if (isTopicOf(topic, rule.query.from)) await run(rule, message, options);
}

async function run(
  { logicalId, name, query, actions }: TopicRuleSpec,
  message: RuleMessage,
  { put, onFailure, observe = () => {} }: BrokerOptions,
): Promise<void> {
  try {
    const data = Buffer.from(selectFrom(query, message));
    for (const action of actions) {
      await put({ ...action, partitionKey: filledIn(action.partitionKey, message), data });
      observe({ rule: name, succeeded: true });
    }
  } catch (error) {
    observe({ rule: name, succeeded: false });
    onFailure(
      `rule ${logicalId}, topic ${message.topic}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function isAllowed({ policies }: BrokerOptions, clientId: string, action: string, resource: string): boolean {
  return mayDo(policies, { clientId, action, resource });
}

/** MQTT's own code for it: not authorized. */
function refusal(message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode: 5 });
}
