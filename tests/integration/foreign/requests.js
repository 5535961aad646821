// Life cycle of requests: at most one active request per vehicle, and each reaches a final state.
//
//     ANGENOMMEN -> ZUGESTELLT -> IN_ARBEIT -> ERLEDIGT | GESCHEITERT | ABGELAUFEN
const ends = new Set(['ERLEDIGT', 'GESCHEITERT', 'ABGELAUFEN']);
const states = { EMPFANGEN: 'ZUGESTELLT', BEGONNEN: 'IN_ARBEIT', FERTIG: 'ERLEDIGT', VERWEIGERT: 'GESCHEITERT' };

export class Requests {
  #responseTimeout;
  #command;
  #announce;
  #all = new Map(); // by number
  #active = new Map(); // by VIN

  /** `command(request)` sends the command; `announce(request)` publishes each state change. */
  constructor({ responseTimeout, command, announce }) {
    this.#responseTimeout = responseTimeout;
    this.#command = command;
    this.#announce = announce;
  }

  /** Creates a request; undefined: the vehicle is busy. `values`: of the service, for the command. */
  create(car, service, values) {
    if (this.#active.has(car)) return undefined;
    const request = { number: 1000 + this.#all.size, car, service, values, state: 'ANGENOMMEN', cause: null };
    request.ended = new Promise((resolve) => (request.resolve = resolve));
    request.timer = setTimeout(() => this.#change(request, 'ABGELAUFEN', 'keine Antwort'), this.#responseTimeout);
    this.#all.set(request.number, request);
    this.#active.set(car, request);
    this.#announce(request);
    this.#command(request);
    return request;
  }

  get(number) {
    return this.#all.get(number);
  }

  /** Handles a vehicle response; ignored after the final state. */
  onResponse(number, response, cause) {
    const request = this.#all.get(number);
    if (request && response in states && !ends.has(request.state)) this.#change(request, states[response], cause ?? null);
  }

  #change(request, state, cause) {
    Object.assign(request, { state, cause });
    if (ends.has(state)) {
      clearTimeout(request.timer);
      this.#active.delete(request.car);
      request.resolve(request);
    }
    this.#announce(request);
  }
}
