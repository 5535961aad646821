// HTTP API of the platform. All requests need the service key in X-Dienst; changing requests also need the key of a login:
// Authorization: Bearer ..
//
//     POST /anmeldung          {"kennung":"..","geheimnis":".."}     200 {"zugang":{"schluessel":".."}}
//     PUT  /fahrzeuge/<VIN>    {"gebiet":"nord"}                     201
//     PUT  /rueckruf           {"adresse":"http://..","siegel":".."} 200: webhook URL, and the key that signs events
//     POST /auftraege          {"fgnr":"..","dienst":"klima","grad":21} 200 {"auftrag":{"nummer":1000,"lage":"ANGENOMMEN", ..}}
//                                                                    423: the vehicle is busy; 404: unknown
//     POST /auftraege?warten=ja                                      the same; responds when the request is completed
//     PUT  /hupen/<VIN>?dauer=3                                      201 {"hupe":{"auftrag":1000}}; the command's service is LAUTE HUPE
//     GET  /auftraege/<number>                                       200 {"auftrag":{..}}
//     GET  /strom                                                    server-sent events of type "lage"
//     GET  /leitung                                                  WebSocket; sends events after {"abonniere":"lagen"}
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const describe = ({ number, state, cause, service }) => ({ auftrag: { nummer: number, lage: state, grund: cause, dienst: service } });

/** `service`: service key; `password`: password of the only user. */
export async function serve({ port, service, password, cars, events, requests }) {
  const logins = new Set();
  const isKnownService = ({ headers }) => headers['x-dienst'] === service;
  const isLoggedIn = ({ headers }) => logins.has(headers.authorization?.replace(/^Bearer /, ''));

  /** [status, body]; undefined: the route writes its own response. */
  const routes = {
    'POST /anmeldung': ({ geheimnis }) => {
      if (geheimnis !== password) return [401, { fehler: 'GEHEIMNIS_FALSCH' }];
      const key = randomBytes(12).toString('hex');
      logins.add(key);
      return [200, { zugang: { schluessel: key } }];
    },
    'PUT /fahrzeuge/': ({ gebiet }, vin) => {
      cars.register(vin, gebiet);
      return [201, { fgnr: vin }];
    },
    'PUT /rueckruf': ({ adresse, siegel }) => {
      events.callBack(adresse, siegel);
      return [200, { adresse }];
    },
    'PUT /hupen/': (_, vin, url) => {
      if (!cars.knows(vin)) return [404, { fehler: 'FAHRZEUG_UNBEKANNT' }];
      const created = requests.create(vin, 'LAUTE HUPE', { dauer: Number(url.searchParams.get('dauer')) });
      return created ? [201, { hupe: { auftrag: created.number } }] : [423, { fehler: 'FAHRZEUG_BELEGT' }];
    },
    'POST /auftraege': async ({ fgnr, dienst, grad }, _, url) => {
      if (!cars.knows(fgnr)) return [404, { fehler: 'FAHRZEUG_UNBEKANNT' }];
      const created = requests.create(fgnr, dienst, { grad });
      if (!created) return [423, { fehler: 'FAHRZEUG_BELEGT' }];
      if (url.searchParams.get('warten') === 'ja') await created.ended;
      return [200, describe(created)];
    },
    'GET /auftraege/': (_, number) => {
      const created = requests.get(Number(number));
      return created ? [200, describe(created)] : [404, { fehler: 'AUFTRAG_UNBEKANNT' }];
    },
    'GET /strom': (_, __, ___, response) => events.stream(response),
  };

  const handle = async (request, response, url) => {
    const [, place, rest] = /^(\/[a-z]+\/?)(.*)$/.exec(url.pathname) ?? [];
    const name = `${request.method} ${place}`;
    const body = await json(request);
    if (!isKnownService(request)) return [403, { fehler: 'DIENST_UNBEKANNT' }];
    if (!Object.hasOwn(routes, name)) return [404, { fehler: 'GIBT_ES_NICHT' }];
    const open = request.method === 'GET' || name === 'POST /anmeldung';
    if (!open && !isLoggedIn(request)) return [401, { fehler: 'ANMELDEN' }];
    return routes[name](body, rest, url, response);
  };

  const server = createServer(async (request, response) => {
    let result;
    try {
      result = await handle(request, response, new URL(request.url, 'http://here'));
    } catch (error) {
      result = [400, { fehler: 'UNVERSTAENDLICH', text: error.message }];
    }
    if (!result) return;
    response.writeHead(result[0], { 'content-type': 'application/json' });
    response.end(JSON.stringify(result[1]));
  });

  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/leitung' || !isKnownService(request)) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.once('message', (text) => {
        if (/"abonniere"\s*:\s*"lagen"/.test(text)) events.socket(accepted);
        else accepted.close(1008, 'abonniere?');
      });
    });
  });

  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  return server;
}

async function json(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}
