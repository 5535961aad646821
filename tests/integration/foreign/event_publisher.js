// Publishes every state of a request: to an MQTT topic, one webhook, server-sent event streams and WebSockets. The webhook body
// does not contain the vehicle, and neither does the topic.
import { createHmac } from 'node:crypto';

export class EventPublisher {
  #broker;
  #webhook; // {url, key}
  #streams = new Set(); // open responses
  #sockets = new Set();

  constructor(broker) {
    this.#broker = broker;
  }

  /** An empty URL disables the webhook. */
  callBack(url, key) {
    this.#webhook = url ? { url, key } : undefined;
  }

  stream(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': guten Tag\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  socket(socket) {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  announce({ number, car, state, cause }) {
    const now = new Date().toISOString();
    const event = { art: 'LAGE', auftrag: { nummer: number, lage: state, grund: cause }, fahrzeug: { fgnr: car }, zeit: now };
    const text = JSON.stringify(event);
    this.#broker.publish('flotte/lagen', text, { qos: 1 });
    for (const stream of this.#streams) stream.write(`event: lage\nid: ${number}\ndata: ${text}\n\n`);
    for (const socket of this.#sockets) socket.send(text);
    if (this.#webhook) this.#call(JSON.stringify({ meldung: { zu: number, neu: state, weil: cause }, gesendet: now }));
  }

  /** Up to three attempts; the event is lost if none gets 2xx. */
  async #call(body) {
    const { url, key } = this.#webhook;
    const headers = {
      'content-type': 'application/json',
      'x-siegel': 'v1=' + createHmac('sha256', key).update(body).digest('base64'),
    };
    for (let attempt = 1; attempt <= 3; ++attempt) {
      try {
        if ((await fetch(url, { method: 'POST', headers, body })).ok) return;
      } catch {
        // Connection failed; retry.
      }
      await new Promise((resume) => setTimeout(resume, 100 * attempt));
    }
    console.error(`the webhook does not accept ${body}`);
  }
}
