#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { property_response_topic = 0x08, property_correlation_data = 0x09 };

static void put_u8(struct output* out, unsigned value) { out->data[out->size++] = (uint8_t)value; }

static void put_u16(struct output* out, unsigned value) {
    put_u8(out, value >> 8);
    put_u8(out, value & 0xFF);
}

static void put_raw(struct output* out, const void* data, size_t size) {
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

static void put_text(struct output* out, const void* data, size_t size) {
    put_u16(out, (unsigned)size);
    put_raw(out, data, size);
}

/// Fixed header with a remaining length of one or two bytes (1.5.5), enough for all packets written here.
static void put_header(struct output* out, unsigned first, size_t length) {
    put_u8(out, first);
    if (length > 127) put_u8(out, (unsigned)(length & 0x7F) | 0x80);
    put_u8(out, length > 127 ? (unsigned)(length >> 7) : (unsigned)length);
}

/// Writes v1/{vin}{rest} and returns its length.
static size_t topic_of(char* topic, size_t room, const char* vin, const char* pending_io) {
    return (size_t)snprintf(topic, room, "v1/%s%s", vin, pending_io);
}

void vin_of(char vin[vin_size + 1], uint32_t vehicle) {
    memcpy(vin, "LZ9FLR000TF", 11);
    for (int at = vin_size - 1; at >= 11; --at, vehicle /= 10) vin[at] = (char)('0' + vehicle % 10);
    vin[vin_size] = '\0';
}

void put_connect(struct output* out, const char* client_id, uint16_t keep_alive_s, const char* will_of) {
    static const char offline[] = "{\"state\":\"offline\"}";
    char topic[64];
    const size_t topic_size = will_of != NULL ? topic_of(topic, sizeof topic, will_of, "/state") : 0;
    const size_t name_size = strlen(client_id);
    const size_t will_size = will_of != NULL ? 1 + 2 + topic_size + 2 + sizeof offline - 1 : 0;
    put_header(out, 0x10, 11 + 2 + name_size + will_size);
    put_text(out, "MQTT", 4);
    put_u8(out, 5);
    put_u8(out, will_of != NULL ? 0x2E : 0x02); // clean start; retained will with QoS 1
    put_u16(out, keep_alive_s);
    put_u8(out, 0); // no properties
    put_text(out, client_id, name_size);
    if (will_of == NULL) return;
    put_u8(out, 0);
    put_text(out, topic, topic_size);
    put_text(out, offline, sizeof offline - 1);
}

void put_subscribe(struct output* out, uint16_t packet_id, const char* filter) {
    const size_t size = strlen(filter);
    put_header(out, 0x82, 2 + 1 + 2 + size + 1);
    put_u16(out, packet_id);
    put_u8(out, 0);
    put_text(out, filter, size);
    put_u8(out, 1);
}

void put_presence(struct output* out, const char* vin, const char* state) {
    char topic[64];
    char payload[32];
    const size_t topic_size = topic_of(topic, sizeof topic, vin, "/state");
    const size_t size = (size_t)snprintf(payload, sizeof payload, "{\"state\":\"%s\"}", state);
    put_header(out, packet_publish | 0x01, 2 + topic_size + 1 + size);
    put_text(out, topic, topic_size);
    put_u8(out, 0);
    put_raw(out, payload, size);
}

void put_bench(struct output* out, const char* vin, uint16_t packet_id) {
    static const char payload[bench_payload] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
    char topic[64];
    const size_t topic_size = topic_of(topic, sizeof topic, vin, "/bench");
    put_header(out, packet_publish | 0x02, 2 + topic_size + 2 + 1 + bench_payload);
    put_text(out, topic, topic_size);
    put_u16(out, packet_id);
    put_u8(out, 0);
    put_raw(out, payload, bench_payload);
}

void put_telemetry(struct output* out, const char* vin, uint16_t packet_id, uint64_t sequence, int64_t ts_ms) {
    char topic[64];
    char payload[telemetry_payload + 1];
    const size_t topic_size = topic_of(topic, sizeof topic, vin, "/tlm");
    // The message has the same size whatever the number of digits.
    const int text_size =
        snprintf(payload, sizeof payload, "{\"vin\":\"%s\",\"ts\":%" PRId64 ",\"seq\":%" PRIu64 ",\"pad\":\"", vin,
                 ts_ms, sequence);
    memset(payload + text_size, 'x', (size_t)(telemetry_payload - text_size - 2));
    memcpy(payload + telemetry_payload - 2, "\"}", 2);
    const bool acknowledged = packet_id != 0;
    put_header(out, packet_publish | (acknowledged ? 0x02U : 0U),
               2 + topic_size + (acknowledged ? 2U : 0U) + 1 + telemetry_payload);
    put_text(out, topic, topic_size);
    if (acknowledged) put_u16(out, packet_id);
    put_u8(out, 0);
    put_raw(out, payload, telemetry_payload);
}

void put_command(struct output* out, const char* vin, uint16_t packet_id, const char* response_topic, const char* id,
                 int64_t ts_ms) {
    char topic[64];
    char payload[160];
    const size_t topic_size = topic_of(topic, sizeof topic, vin, "/cmd/horn");
    const size_t response_size = strlen(response_topic);
    const size_t id_size = strlen(id);
    const size_t size =
        (size_t)snprintf(payload, sizeof payload, "{\"id\":\"%s\",\"service\":\"horn\",\"ts\":%" PRId64 "}", id, ts_ms);
    const size_t properties = 3 + response_size + 3 + id_size;
    put_header(out, packet_publish | 0x02, 2 + topic_size + 2 + 1 + properties + size);
    put_text(out, topic, topic_size);
    put_u16(out, packet_id);
    put_u8(out, (unsigned)properties);
    put_u8(out, property_response_topic);
    put_text(out, response_topic, response_size);
    put_u8(out, property_correlation_data);
    put_text(out, id, id_size);
    put_raw(out, payload, size);
}

void put_response(struct output* out, const struct publish* command, uint16_t packet_id, int64_t ts_ms,
                  int64_t sent_us) {
    char payload[192];
    const size_t size = (size_t)snprintf(
        payload, sizeof payload,
        "{\"id\":\"%.*s\",\"phase\":\"final\",\"ok\":true,\"code\":\"\",\"ts\":%" PRId64 ",\"sent\":%" PRId64 "}",
        (int)command->correlation.size, (const char*)command->correlation.data, ts_ms, sent_us);
    const size_t properties = 3 + command->correlation.size;
    put_header(out, packet_publish | 0x02, 2 + command->response_topic.size + 2 + 1 + properties + size);
    put_text(out, command->response_topic.data, command->response_topic.size);
    put_u16(out, packet_id);
    put_u8(out, (unsigned)properties);
    put_u8(out, property_correlation_data);
    put_text(out, command->correlation.data, command->correlation.size);
    put_raw(out, payload, size);
}

void put_puback(struct output* out, uint16_t packet_id) {
    put_header(out, packet_puback, 2);
    put_u16(out, packet_id);
}

void put_pingreq(struct output* out) { put_header(out, 0xC0, 0); }

void put_disconnect(struct output* out) { put_header(out, packet_disconnect, 0); }

size_t packet_length(struct bytes in, size_t* body) {
    size_t length = 0;
    for (size_t at = 1; at < in.size; ++at) {
        if (at > 4) return SIZE_MAX; // 1.5.5: four bytes at most
        length |= (size_t)(in.data[at] & 0x7F) << (7 * (at - 1));
        if ((in.data[at] & 0x80) != 0) continue;
        *body = at + 1;
        return at + 1 + length;
    }
    return 0;
}

static bool take(struct bytes* from, size_t size, struct bytes* out) {
    if (from->size < size) return false;
    *out = (struct bytes){from->data, size};
    from->data += size;
    from->size -= size;
    return true;
}

static bool take_u16(struct bytes* from, uint16_t* out) {
    struct bytes two;
    if (!take(from, 2, &two)) return false;
    *out = (uint16_t)(two.data[0] << 8 | two.data[1]);
    return true;
}

static bool take_text(struct bytes* from, struct bytes* out) {
    uint16_t size = 0;
    return take_u16(from, &size) && take(from, size, out);
}

bool read_publish(uint8_t first, struct bytes body, struct publish* out) {
    *out = (struct publish){{NULL, 0}, {NULL, 0}, {NULL, 0}, 0};
    if (!take_text(&body, &out->topic)) return false;
    if ((first & 0x06) != 0 && !take_u16(&body, &out->packet_id)) return false;
    struct bytes length, properties;
    // Property lengths above 127 are not supported: no peer in the benchmark sends them.
    if (!take(&body, 1, &length) || length.data[0] > 127 || !take(&body, length.data[0], &properties)) return false;
    while (properties.size != 0) {
        struct bytes id, value;
        if (!take(&properties, 1, &id) || !take_text(&properties, &value)) return false;
        if (id.data[0] == property_response_topic)
            out->response_topic = value;
        else if (id.data[0] == property_correlation_data)
            out->correlation = value;
        else
            return false; // other properties are not supported
    }
    return true;
}
