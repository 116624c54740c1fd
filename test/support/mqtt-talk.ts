// An MQTT client of a few lines: sends packets one after the other, each when the one before has been answered.
import { connect } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';

/** Gives the answers: `connack` with its code, other packets by name; `closed` last, where the broker has closed. */
export async function mqttTalk(url: string, packets: readonly Packet[]): Promise<readonly string[]> {
  const { hostname, port } = new URL(url);
  const answers: string[] = [];
  const socket = connect(Number(port), hostname);
  const answered = parser();
  await new Promise<void>((resolve) => {
    const left = [...packets];
    const next = () => {
      const packet = left.shift();
      if (packet === undefined) resolve();
      else socket.write(generate(packet));
    };
    answered.on('packet', (packet: Packet) => {
      answers.push(packet.cmd === 'connack' ? `connack ${packet.returnCode}` : packet.cmd);
      next();
    });
    socket.on('data', (data) => answered.parse(data));
    socket.on('error', () => {}); // it is closed then
    socket.on('close', () => {
      answers.push('closed');
      resolve();
    });
    next();
  });
  // Nobody hears of its end any more.
  socket.removeAllListeners('close');
  socket.destroy();
  return answers;
}

export function mqttConnect(clientId: string): Packet {
  return { cmd: 'connect', clientId, protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0 };
}

/** With QoS 1: it is answered. */
export function mqttPublish(topic: string, payload: string): Packet {
  return { cmd: 'publish', topic, payload, qos: 1, messageId: 1, dup: false, retain: false };
}
