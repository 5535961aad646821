// aedes, a broker that lives in npm: node aedes.mjs PORT.
import { createServer } from 'node:net';
import aedes from 'aedes';

createServer(new aedes().handle).listen(Number(process.argv[2]), '127.0.0.1');
