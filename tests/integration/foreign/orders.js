// Life cycle of requests: at most one active request per vehicle, and each reaches a final state.
//
//     ANGENOMMEN -> ZUGESTELLT -> IN_ARBEIT -> ERLEDIGT | GESCHEITERT | ABGELAUFEN
const ends = new Set(['ERLEDIGT', 'GESCHEITERT', 'ABGELAUFEN']);
const states = { EMPFANGEN: 'ZUGESTELLT', BEGONNEN: 'IN_ARBEIT', FERTIG: 'ERLEDIGT', VERWEIGERT: 'GESCHEITERT' };

export class Orders {
  #patience;
  #command;
  #announce;
  #all = new Map(); // by number
  #active = new Map(); // by VIN

  /** `command(order)` sends the command; `announce(order)` publishes each state change. */
  constructor({ patience, command, announce }) {
    this.#patience = patience;
    this.#command = command;
    this.#announce = announce;
  }

  /** Creates a request; undefined: the vehicle is busy. */
  place(car, service) {
    if (this.#active.has(car)) return undefined;
    const order = { number: 1000 + this.#all.size, car, service, state: 'ANGENOMMEN', cause: null };
    order.ended = new Promise((resolve) => (order.resolve = resolve));
    order.timer = setTimeout(() => this.#change(order, 'ABGELAUFEN', 'keine Antwort'), this.#patience);
    this.#all.set(order.number, order);
    this.#active.set(car, order);
    this.#announce(order);
    this.#command(order);
    return order;
  }

  get(number) {
    return this.#all.get(number);
  }

  /** Handles a vehicle response; ignored after the final state. */
  heard(number, word, cause) {
    const order = this.#all.get(number);
    if (order && word in states && !ends.has(order.state)) this.#change(order, states[word], cause ?? null);
  }

  #change(order, state, cause) {
    Object.assign(order, { state, cause });
    if (ends.has(state)) {
      clearTimeout(order.timer);
      this.#active.delete(order.car);
      order.resolve(order);
    }
    this.#announce(order);
  }
}
