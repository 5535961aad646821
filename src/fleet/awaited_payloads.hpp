// Telemetry whose payload an external program makes, until it is there: sent in the order of each vehicle and group.
#pragma once

#include "telemetry_plan.hpp"

#include <loadsim/contract/message_contract.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::fleet {

struct awaited_payload {
    enum class state : std::uint8_t { awaited, ready, failed };
    due_telemetry due;
    contract::outgoing_message message; ///< with its payload once it is ready
    awaited_payload::state payload = state::awaited;
};

/// A message waits for those of its vehicle and group that were asked for before it, so that sequences stay in order.
/// Threads: one.
class awaited_payloads {
public:
    static std::uint64_t queue_of(const due_telemetry& due) {
        return std::uint64_t{index(due.vehicle)} << 32U | due.group;
    }

    bool empty() const noexcept { return queues_.empty(); }
    void add(const due_telemetry& due, contract::outgoing_message message) {
        queues_[queue_of(due)].push_back({due, std::move(message)});
    }
    /// The answer about a message; nullopt: there is none.
    void settle(const due_telemetry& due, std::optional<std::string> payload) {
        for (auto& one : queues_[queue_of(due)]) {
            if (one.due.sequence != due.sequence) continue;
            one.payload = payload ? awaited_payload::state::ready : awaited_payload::state::failed;
            if (payload) one.message.payload = std::move(*payload);
            return;
        }
    }
    /// Removes the first message of a queue if it is settled.
    std::optional<awaited_payload> take(std::uint64_t queue) {
        const auto found = queues_.find(queue);
        if (found == queues_.end() || found->second.front().payload == awaited_payload::state::awaited)
            return std::nullopt;
        auto first = std::move(found->second.front());
        found->second.pop_front();
        if (found->second.empty()) queues_.erase(found);
        return first;
    }
    /// Removes all; returns their groups.
    std::vector<std::uint32_t> take_groups() {
        std::vector<std::uint32_t> groups;
        for (const auto& [queue, messages] : std::exchange(queues_, {}))
            groups.insert(groups.end(), messages.size(), messages.front().due.group);
        return groups;
    }

private:
    std::unordered_map<std::uint64_t, std::deque<awaited_payload>> queues_; ///< none is empty
};

} // namespace loadsim::fleet
