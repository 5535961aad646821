// One message for many vehicles at once.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/contract/terms.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

struct campaign_options {
    std::string name{};
    nanoseconds at{0};                   ///< since the load's start
    std::vector<std::string> segments{}; ///< whom it addresses; empty: all
    /// Templates of place::command; {request.id} is the campaign's name. One that names {segment} or {segment.NAME} is sent once for
    /// each segment, one that names more of a vehicle makes no sense.
    contract::message_options sent{};
    std::string filter{}; ///< what those vehicles subscribe to; a template of place::identity
    /// A source: where a message says the campaign's name. Empty: what the filter lets through is of it.
    std::string id{};
    friend bool operator==(const campaign_options&, const campaign_options&) = default;
};

/// The same, compiled. Threads: const, any.
class campaign {
public:
    /// `place`: of its options in the scenario. Errors: each with its place.
    static result<campaign> compile(const campaign_options&, const contract::known_names&, const std::string& place);

    bool addresses(std::string_view segment) const;
    std::string filter(const contract::values& vehicle) const { return filter_.rendered(vehicle); }
    /// A message that the filter lets through is of it.
    bool is_of(const contract::heard&) const;
    /// It is to be sent once for each of its segments, and not once for all.
    bool by_segment() const noexcept { return by_segment_; }
    /// `of`: what there is to say of the sending (segment, now, draw ...); {request.id} is set here. False: no payload could be made.
    bool compose(contract::values of, contract::composed& out) const;
    const campaign_options& options() const noexcept { return options_; }

private:
    campaign_options options_;
    contract::text_template filter_;
    contract::message_template sent_;
    contract::source id_;
    bool by_segment_ = false;
};

} // namespace loadsim::fleet
