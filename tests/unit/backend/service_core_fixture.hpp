// Fixture: service core with manual time, a recording broker and an in-memory event store.
#pragma once

#include "service_core.hpp"
#include "sqlite_store.hpp"
#include "vehicle_messages.hpp"

#include <loadsim/base/time.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace loadsim::backend {

struct recording_broker final : broker_port {
    struct sent_message {
        send_id id;
        std::string topic;
        std::string payload;
        std::uint8_t qos = 1;
        std::uint32_t expires_in_s = 0;
    };
    bool publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) override {
        if (!accepts) return false;
        messages.push_back({id, message.topic, message.payload, message.qos, expires_in_s});
        return true;
    }
    std::vector<sent_message> messages;
    bool accepts = true;
};

struct recording_store final : event_store {
    void write(std::vector<stored_event> batch) override { batches.push_back(std::move(batch)); }
    void read(event_query query, on_read handler) override {
        if (!readable) return handler(std::nullopt);
        auto database = sqlite_events::open("").value();
        database.write(events());
        handler(database.read(query));
    }
    std::vector<stored_event> events() const {
        std::vector<stored_event> all;
        for (const auto& b : batches) all.insert(all.end(), b.begin(), b.end());
        return all;
    }
    std::vector<std::vector<stored_event>> batches;
    bool readable = true;
};

inline constexpr std::string_view horn_vin = "LZ9SMEV05TF000001";
inline constexpr std::string_view other_vin = "1M8GDM9AXKP042788";
inline constexpr std::int64_t start_ms = 1'700'000'000'000;

/// Deadlines: created 5 s, pending 10 s, running 30 s.
class service_core_fixture : public testing::Test {
protected:
    void restart(outbox::limits limits = {}) {
        const auto wake = [this](std::string_view vin, std::string_view bearer) {
            triggers.emplace_back(std::string(vin), std::string(bearer));
        };
        core.emplace(config, time, service_core::startup{start_ms, 0xabcd1234, limits, wake}, broker, &store);
        core->out().on_connected();
    }

    void SetUp() override {
        config.batch = 1; // every event is stored at once; tests of batching override it
        restart();
    }

    /// Creates a request whose command is sent.
    std::string pending_request(std::string_view vin = horn_vin) {
        const auto made = core->create(vin, "horn");
        EXPECT_EQ(made.status, creation::create_status::created);
        core->run();
        return made.id;
    }
    std::string running_request() {
        auto id = pending_request();
        send_response(id, phase::ack);
        return id;
    }

    /// Delivers a response with the next sequence number.
    void send_response(const std::string& id, phase at, bool ok = true, std::string code = {},
                       std::string_view vin = horn_vin) {
        core->receive(response_topic(vin, id),
                      to_json(response{.id = id, .phase = at, .ok = ok, .code = std::move(code), .seq = ++last_seq}));
        core->run();
    }
    void send_ack(const std::string& id) { send_response(id, phase::ack); }
    void send_final(const std::string& id, bool ok = true, std::string code = {}) {
        send_response(id, phase::final, ok, std::move(code));
    }
    void advance(nanoseconds step) {
        time.advance(step);
        core->run();
    }

    state state_of(const std::string& id) {
        const auto* r = core->find(id);
        EXPECT_NE(r, nullptr);
        return r != nullptr ? r->state : state::created;
    }
    std::string reason_of(const std::string& id) {
        const auto* r = core->find(id);
        return r != nullptr ? r->reason : "forgotten";
    }
    inbound_counts received() const { return core->counts().inbound; }

    std::vector<event> published_events() const {
        std::vector<event> all;
        for (const auto& m : broker.messages)
            if (m.topic.ends_with("/evt")) all.push_back(read_event(m.payload).value());
        return all;
    }
    std::vector<contract::message_contract::parsed_command> published_commands() const {
        std::vector<contract::message_contract::parsed_command> all;
        for (const auto& m : broker.messages)
            if (m.topic.find("/cmd/") != std::string::npos) all.push_back(read_command(m.payload).value());
        return all;
    }

    std::int64_t last_seq = 0;
    options config;
    manual_time time;
    recording_broker broker;
    recording_store store;
    std::vector<std::pair<std::string, std::string>> triggers; ///< VIN and bearer
    std::optional<service_core> core;
};

} // namespace loadsim::backend
