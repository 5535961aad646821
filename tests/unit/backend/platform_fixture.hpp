// A platform with hand-moved time, a broker that notes what it is given, and a database that is a list.
#pragma once

#include "platform.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace loadsim::backend {

struct noting_broker final : broker_port {
    struct sent {
        ticket handed;
        std::string topic;
        std::string payload;
        std::uint8_t qos = 1;
        std::uint32_t expires_in_s = 0;
    };
    bool publish(ticket handed, const outgoing& message, std::uint32_t expires_in_s) override {
        if (!takes) return false;
        all.push_back({handed, message.topic, message.payload, message.qos, expires_in_s});
        return true;
    }
    std::vector<sent> all;
    bool takes = true;
};

struct noting_store final : event_store {
    void write(std::vector<stored_event> batch) override { batches.push_back(std::move(batch)); }
    std::vector<stored_event> events() const {
        std::vector<stored_event> all;
        for (const auto& b : batches) all.insert(all.end(), b.begin(), b.end());
        return all;
    }
    std::vector<std::vector<stored_event>> batches;
};

inline constexpr std::string_view horn_vin = "LZ9SMEV05TF000001";
inline constexpr std::string_view other_vin = "1M8GDM9AXKP042788";
inline constexpr std::int64_t start_ms = 1'700'000'000'000;

/// Deadlines: created 5 s, pending 10 s, running 30 s.
class platform_under_test : public testing::Test {
protected:
    void restart(outbox::limits limits = {}) {
        const auto wake = [this](std::string_view vin, std::string_view bearer) {
            triggers.emplace_back(std::string(vin), std::string(bearer));
        };
        service.emplace(wanted, time, platform::start{start_ms, 0xabcd1234, limits, wake}, broker, &store);
        service->out().connected();
    }

    void SetUp() override {
        wanted.batch = 1; // an event is stored when it happens, but where batches are the topic
        restart();
    }

    /// A request whose command is on its way.
    std::string pending(std::string_view vin = horn_vin) {
        const auto made = service->create(vin, "horn");
        EXPECT_EQ(made.what, creation::verdict::created);
        service->run();
        return made.id;
    }
    std::string running() {
        auto id = pending();
        say(id, contract::response::phase::ack);
        return id;
    }

    /// Each word of its own: a vehicle numbers them.
    void say(const std::string& id, contract::response::phase at, bool ok = true, std::string code = {},
             std::string_view vin = horn_vin) {
        service->receive(contract::response_topic(vin, id),
                         contract::to_json(contract::response{
                             .id = id, .at = at, .ok = ok, .code = std::move(code), .seq = ++words_said}));
        service->run();
    }
    void ack(const std::string& id) { say(id, contract::response::phase::ack); }
    void final(const std::string& id, bool ok = true, std::string code = {}) {
        say(id, contract::response::phase::final, ok, std::move(code));
    }
    void pass(nanoseconds time_passed) {
        time.advance(time_passed);
        service->run();
    }

    state state_of(const std::string& id) {
        const auto* r = service->find(id);
        EXPECT_NE(r, nullptr);
        return r != nullptr ? r->state : state::created;
    }
    std::string reason_of(const std::string& id) {
        const auto* r = service->find(id);
        return r != nullptr ? r->reason : "forgotten";
    }
    inbound_figures heard() const { return service->counted().inbound; }

    std::vector<contract::event> announced() const {
        std::vector<contract::event> all;
        for (const auto& m : broker.all)
            if (m.topic.ends_with("/evt")) all.push_back(contract::read_event(m.payload).value());
        return all;
    }
    std::vector<contract::command> commands() const {
        std::vector<contract::command> all;
        for (const auto& m : broker.all)
            if (m.topic.find("/cmd/") != std::string::npos) all.push_back(contract::read_command(m.payload).value());
        return all;
    }

    std::int64_t words_said = 0;
    options wanted;
    manual_time time;
    noting_broker broker;
    noting_store store;
    std::vector<std::pair<std::string, std::string>> triggers; ///< VIN and bearer
    std::optional<platform> service;
};

} // namespace loadsim::backend
