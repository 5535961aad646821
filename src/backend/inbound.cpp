#include "inbound.hpp"

#include <loadsim/contract/topics.hpp>

#include <string>

namespace loadsim::backend {
namespace {

// A reason is the vehicle's own word and is remembered for each failed request: it must not be of any size.
constexpr std::size_t longest_reason = 64;

std::string reason_of(const contract::response& said) {
    if (said.ok) return {};
    if (said.code.empty()) return "unspecified";
    if (said.code.size() <= longest_reason) return said.code;
    std::size_t end = longest_reason;
    while (end > 0 && (static_cast<unsigned char>(said.code[end]) & 0xC0U) == 0x80U) --end; // a UTF-8 sequence
    return said.code.substr(0, end);
}

} // namespace

void inbound::receive(std::string_view topic, std::string_view payload) {
    const auto vehicle = contract::vin_of(topic);
    const auto said = contract::read_response(payload);
    if (!vehicle || !said || topic != contract::response_topic(*vehicle, said->id)) {
        ++figures_.malformed;
        return;
    }
    if (!said->vin.empty() && said->vin != *vehicle) {
        ++figures_.wrong_vehicle;
        return;
    }
    const auto number = requests_.find(said->id, time_.now());
    if (!number) {
        ++figures_.unknown;
        return;
    }
    auto& r = *requests_.find(*number);
    if (r.vin.view() == *vehicle)
        apply(r, *said);
    else
        ++figures_.wrong_vehicle;
}

void inbound::apply(request& r, const contract::response& said) {
    const bool last_word = said.at == contract::response::phase::final;
    const auto to = !last_word ? state::running : said.ok ? state::executed : state::failed;
    const auto reason = last_word ? reason_of(said) : std::string{};

    if (processing_.move(r, to, reason))
        ++figures_.applied;
    else if (r.state == state::running)
        ++(said.at == contract::response::phase::running ? figures_.progress : figures_.duplicate);
    else if (r.reason == timeout_reason)
        ++figures_.late;
    else if (last_word && (r.state != to || r.reason != reason))
        ++figures_.conflicting;
    else
        ++figures_.duplicate;
}

} // namespace loadsim::backend
