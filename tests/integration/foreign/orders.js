// What becomes of an order: one at a time for each car, and each comes to an end.
//
//     ANGENOMMEN -> ZUGESTELLT -> IN_ARBEIT -> ERLEDIGT | GESCHEITERT | ABGELAUFEN
const ends = new Set(['ERLEDIGT', 'GESCHEITERT', 'ABGELAUFEN']);
const states = { EMPFANGEN: 'ZUGESTELLT', BEGONNEN: 'IN_ARBEIT', FERTIG: 'ERLEDIGT', VERWEIGERT: 'GESCHEITERT' };

export class Orders {
  #patience;
  #command;
  #announce;
  #all = new Map(); // by number
  #active = new Map(); // by the car's number

  /** `command(order)` tells the car; `announce(order)` tells the world, at each change. */
  constructor({ patience, command, announce }) {
    this.#patience = patience;
    this.#command = command;
    this.#announce = announce;
  }

  /** A new order; undefined: the car is busy. */
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

  /** A word of the car; one that comes after the end changes nothing. */
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
