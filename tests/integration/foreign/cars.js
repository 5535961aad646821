// MQTT side of the platform: commands to vehicles and their responses.
//
//     fleet/<region>/<VIN>/befehl    {"kopf":{"auftrag":1000,"antwortAn":"fleet/<region>/<VIN>/antwort"},"tun":{"was":"klima","grad":21}}
//     fleet/<region>/<VIN>/antwort   {"zu":1000,"meldung":"EMPFANGEN|BEGONNEN|FERTIG|VERWEIGERT","ursache":"..."}
export class Cars {
  #broker;
  #regions = new Map(); // by VIN

  constructor(broker) {
    this.#broker = broker;
  }

  register(vin, region) {
    this.#regions.set(vin, region);
  }

  knows(vin) {
    return this.#regions.has(vin);
  }

  command({ car, number, service, values }) {
    const branch = `fleet/${this.#regions.get(car)}/${car}`;
    const command = { kopf: { auftrag: number, antwortAn: `${branch}/antwort` }, tun: { was: service, ...values } };
    this.#broker.publish(`${branch}/befehl`, JSON.stringify(command), { qos: 1 });
  }

  /** `onResponse(number, response, cause)`: called for each vehicle response. */
  async listen(onResponse) {
    this.#broker.on('message', (_, payload) => {
      try {
        const { zu, meldung, ursache } = JSON.parse(payload);
        onResponse(zu, meldung, ursache);
      } catch {
        // Not a valid response: ignored.
      }
    });
    await this.#broker.subscribeAsync('fleet/+/+/antwort', { qos: 1 });
  }
}
