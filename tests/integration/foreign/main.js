// Flottendienst: a small remote-services platform with a contract of its own, in German.
//
//     npm ci && node main.js --broker mqtt://127.0.0.1:1883 [--port 0] [--patience 2000]
//
// Prints one line with its URL, then serves until terminated. A request without a vehicle response times out after
// `patience` milliseconds. FLOTTE_DIENST: service key of all callers; FLOTTE_GEHEIMNIS: password of the only user; both are
// required.
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { serve } from './api.js';
import { Cars } from './cars.js';
import { Heralds } from './heralds.js';
import { Orders } from './orders.js';

const { values: options } = parseArgs({
  options: {
    broker: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
    port: { type: 'string', default: '0' },
    patience: { type: 'string', default: '2000' },
  },
});

const broker = await mqtt.connectAsync(options.broker, { clientId: 'flottendienst', protocolVersion: 5 });
const cars = new Cars(broker);
const heralds = new Heralds(broker);
const orders = new Orders({
  patience: Number(options.patience),
  command: (order) => cars.command(order),
  announce: (order) => heralds.announce(order),
});
await cars.listen((number, word, cause) => orders.heard(number, word, cause));

const { FLOTTE_DIENST: service, FLOTTE_GEHEIMNIS: password } = process.env;
if (!service || !password) throw new Error('FLOTTE_DIENST and FLOTTE_GEHEIMNIS are to be set');
const server = await serve({ port: Number(options.port), service, password, cars, heralds, orders });
console.log(`flottendienst listens on http://127.0.0.1:${server.address().port}`);
