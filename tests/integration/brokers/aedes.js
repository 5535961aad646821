// aedes, an MQTT broker from npm: node aedes.js PORT.
import { createServer } from 'node:net';
import aedes from 'aedes';

createServer(new aedes().handle).listen(Number(process.argv[2]), '127.0.0.1');
