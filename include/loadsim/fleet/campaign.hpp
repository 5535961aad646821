// Campaign: one message to many vehicles.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/fleet/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::fleet {

/// Compiled campaign_options. Threads: const, any.
class campaign {
public:
    /// `location`: of the options in the scenario. Errors: each with its location.
    static result<campaign> compile(const campaign_options&, const contract::scenario_symbols&,
                                    const std::string& location);

    bool addresses(std::string_view segment) const;
    std::string filter(const contract::template_values& vehicle) const { return filter_.rendered(vehicle); }
    /// True: a message that matches the filter belongs to this campaign.
    bool matches(const contract::message_view&) const;
    /// True: sent once per segment; false: sent once.
    bool by_segment() const noexcept { return by_segment_; }
    /// `values`: template values of the message (segment, now, draw ...); {request.id} is set here. False: payload cannot be encoded.
    bool compose(contract::template_values values, contract::outgoing_message& out) const;
    const campaign_options& options() const noexcept { return options_; }

private:
    campaign_options options_;
    contract::text_template filter_;
    contract::message_template message_;
    contract::field_path id_;
    bool by_segment_ = false;
};

} // namespace loadsim::fleet
