// Flottendienst: a small remote-services platform with a contract of its own, in German.
//
//     npm ci && node main.js --broker mqtt://127.0.0.1:1883 [--port 0] [--responseTimeout 2000]
//
// Prints one line with its URL, then serves until terminated. A request without a vehicle response times out after
// `responseTimeout` milliseconds. FLOTTE_DIENST: service key of all callers; FLOTTE_GEHEIMNIS: password of the only user; both are
// required.
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { serve } from './api.js';
import { Cars } from './cars.js';
import { EventPublisher } from './event_publisher.js';
import { Requests } from './requests.js';

const { values: options } = parseArgs({
  options: {
    broker: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
    port: { type: 'string', default: '0' },
    responseTimeout: { type: 'string', default: '2000' },
  },
});

const broker = await mqtt.connectAsync(options.broker, { clientId: 'flottendienst', protocolVersion: 5 });
const cars = new Cars(broker);
const events = new EventPublisher(broker);
const requests = new Requests({
  responseTimeout: Number(options.responseTimeout),
  command: (request) => cars.command(request),
  announce: (request) => events.announce(request),
});
await cars.listen((number, response, cause) => requests.onResponse(number, response, cause));

const { FLOTTE_DIENST: service, FLOTTE_GEHEIMNIS: password } = process.env;
if (!service || !password) throw new Error('FLOTTE_DIENST and FLOTTE_GEHEIMNIS are to be set');
const server = await serve({ port: Number(options.port), service, password, cars, events, requests });
console.log(`flottendienst listens on http://127.0.0.1:${server.address().port}`);
