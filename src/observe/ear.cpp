#include "ear.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace loadsim::observe {
namespace {

constexpr std::size_t shown_of_a_message = 100;

/// On one line, whatever is in it.
std::string shown(std::string_view payload) {
    std::string text(payload.substr(0, shown_of_a_message));
    for (auto& c : text)
        if (c < ' ' || c > '~') c = '.';
    return payload.size() > shown_of_a_message ? text + "..." : text;
}

} // namespace

std::string place_of(std::uint32_t index, std::string_view kind) {
    return fmt::format("load.observers[{}].{}", index, kind);
}

result<contract::reading> reading_of_events(const contract::reading_options& wanted, const std::string& place) {
    if (wanted.id.empty())
        return problems{place + ".id", "nothing says which request an event is of; write where, such as /id"};
    return contract::reading::compile(wanted, place);
}

ear::ear(on_event tell, std::uint32_t index) : tell_(std::move(tell)), index_(index) {}

void ear::hear(const contract::reading& reading, const contract::heard& message, std::string_view source,
               monotonic_time at) {
    pass_on(message.topic, message.payload);
    std::vector<std::pair<std::optional<contract::said>, std::string>> all;
    {
        const std::lock_guard lock(mutex_);
        reading.read_each(message, &fit_, [&](const contract::heard& one, std::optional<contract::said> said) {
            auto why = said ? std::string{} : fmt::format("{} says of no request: {}", source, shown(one.payload));
            all.emplace_back(std::move(said), std::move(why));
        });
    }
    for (auto& [said, why] : all) tell(std::move(said), why, at);
}

std::optional<contract::said> ear::read(const contract::reading& reading, const contract::heard& message) {
    pass_on(message.topic, message.payload);
    const std::lock_guard lock(mutex_);
    return reading.read(message, &fit_);
}

void ear::tell(std::optional<contract::said> said, const std::string& why, monotonic_time at) {
    {
        const std::lock_guard lock(mutex_);
        ++counts_.messages;
        if (!said) ++counts_.refused["no event"];
        if (said && said->end) ++counts_.ends;
    }
    if (!tell_) return;
    if (!said) return tell_(std::nullopt, why);
    if (!said->end) return; // the request is still going on
    tell_(final_event{.vin = std::move(said->vin),
                      .request = std::move(said->request),
                      .end = *said->end,
                      .reason = std::move(said->reason),
                      .at = at,
                      .observer = index_},
          {});
}

void ear::refuse(const std::string& why, std::uint64_t times) {
    if (times == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.refused[why] += times;
}

void ear::reconnected() {
    const std::lock_guard lock(mutex_);
    ++counts_.reconnects;
}

counts ear::take() {
    const std::lock_guard lock(mutex_);
    auto taken = std::exchange(counts_, {});
    taken.misfits = fit_.take();
    return taken;
}

} // namespace loadsim::observe
