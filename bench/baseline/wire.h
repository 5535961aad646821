// Encoder and decoder for the MQTT 5.0 packets of the baseline client; byte for byte what loadsim sends.
#ifndef LOADSIM_FLOOR_WIRE_H
#define LOADSIM_FLOOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Output buffer. The caller provides room for packet_max_size bytes, the largest packet written here.
struct output {
    uint8_t* data;
    size_t size;
};
enum { packet_max_size = 512, vin_size = 17, bench_payload = 64, telemetry_payload = 200 };

enum packet_type {
    packet_connack = 0x20,
    packet_publish = 0x30,
    packet_puback = 0x40,
    packet_suback = 0x90,
    packet_pingresp = 0xD0,
    packet_disconnect = 0xE0
};

struct bytes {
    const uint8_t* data;
    size_t size;
};

/// A received PUBLISH; views into the input.
struct publish {
    struct bytes topic;
    struct bytes response_topic;
    struct bytes correlation;
    uint16_t packet_id; ///< 0: QoS 0
};

/// VIN of a vehicle: 17 characters and a terminating zero.
void vin_of(char vin[vin_size + 1], uint32_t vehicle);

/// CONNECT with clean start and keep alive; for a vehicle (`will_of` is its VIN) also with the presence will.
void put_connect(struct output*, const char* client_id, uint16_t keep_alive_s, const char* will_of);
void put_subscribe(struct output*, uint16_t packet_id, const char* filter);
/// Retained presence; `state` is "online" or "offline".
void put_presence(struct output*, const char* vin, const char* state);
/// QoS 1 message of bench_payload bytes for round trips, to a topic without subscribers.
void put_bench(struct output*, const char* vin, uint16_t packet_id);
/// Telemetry of telemetry_payload bytes, as loadsim renders it for fleet_bench, to a topic without subscribers. Packet id 0: QoS 0.
void put_telemetry(struct output*, const char* vin, uint16_t packet_id, uint64_t sequence, int64_t ts_ms);
/// QoS 1 command to a vehicle, identical to that of loadsim's mqtt driver.
void put_command(struct output*, const char* vin, uint16_t packet_id, const char* response_topic, const char* id,
                 int64_t ts_ms);
/// QoS 1 final response to a command, identical to that of a vehicle with a one-step behaviour.
void put_response(struct output*, const struct publish* command, uint16_t packet_id, int64_t ts_ms, int64_t sent_us);
void put_puback(struct output*, uint16_t packet_id);
void put_pingreq(struct output*);
void put_disconnect(struct output*);

/// Length of the packet at the start of `in`; 0: incomplete header; SIZE_MAX: malformed.
size_t packet_length(struct bytes in, size_t* body);
/// False: malformed.
bool read_publish(uint8_t first, struct bytes body, struct publish* out);

#endif
