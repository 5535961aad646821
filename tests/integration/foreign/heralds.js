// Who is told of an order's states, all of them and not only the last: subscribers of an MQTT topic, one webhook, streams of
// server-sent events, and WebSockets. The webhook never learns the car, and no topic names it.
import { createHmac } from 'node:crypto';

export class Heralds {
  #broker;
  #webhook; // {url, key}
  #streams = new Set(); // answers that never end
  #sockets = new Set();

  constructor(broker) {
    this.#broker = broker;
  }

  /** An empty URL: nobody is called. */
  callBack(url, key) {
    this.#webhook = url ? { url, key } : undefined;
  }

  stream(answer) {
    answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    answer.write(': guten Tag\n\n');
    this.#streams.add(answer);
    answer.on('close', () => this.#streams.delete(answer));
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

  /** Tried three times, for networks are what they are; what is not answered with 2xx then is lost. */
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
        // Nobody there; again.
      }
      await new Promise((resume) => setTimeout(resume, 100 * attempt));
    }
    console.error(`the webhook does not take ${body}`);
  }
}
