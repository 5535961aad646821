#include "inbound.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/encoding.hpp>

#include <string>

namespace loadsim::backend {
namespace {

// The vehicle chooses the reason, and it is stored for each failed request: its size must be limited.
constexpr std::size_t reason_size_max = 64;

std::string reason_of(const response& response) {
    if (response.ok) return {};
    if (response.code.empty()) return "unspecified";
    return std::string(utf8_prefix(response.code, reason_size_max));
}

} // namespace

void inbound::receive(std::string_view topic, std::string_view payload) {
    const auto vehicle = vin_of(topic);
    const auto response = read_response(payload);
    if (!vehicle || !response || topic != response_topic(*vehicle, response->id)) {
        ++counts_.malformed;
        return;
    }
    if (!response->vin.empty() && response->vin != *vehicle) {
        ++counts_.wrong_vehicle;
        return;
    }
    const auto number = requests_.find(response->id, time_.now());
    if (!number) {
        ++counts_.unknown;
        return;
    }
    auto& r = *requests_.find(*number);
    if (r.vin.view() == *vehicle)
        apply(r, *response);
    else
        ++counts_.wrong_vehicle;
}

void inbound::apply(request& r, const response& response) {
    const bool final_phase = response.phase == response::phase_kind::final;
    const auto to = !final_phase ? state::running : response.ok ? state::executed : state::failed;
    const auto reason = final_phase ? reason_of(response) : std::string{};

    if (processing_.transition(r, to, reason))
        ++counts_.applied;
    else if (r.state == state::running)
        ++(response.phase == response::phase_kind::running ? counts_.progress : counts_.duplicate);
    else if (r.reason == timeout_reason)
        ++counts_.late;
    else if (final_phase && (r.state != to || r.reason != reason))
        ++counts_.conflicting;
    else
        ++counts_.duplicate;
}

} // namespace loadsim::backend
