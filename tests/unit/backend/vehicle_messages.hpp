// The vehicle's side of the default protocol, by the built-in message contract.
#pragma once

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace loadsim::backend {

using phase = response::phase_kind;

inline std::string to_json(const response& r) {
    using kind = contract::response_kind;
    const auto final_kind = r.ok ? kind::executed : kind::failed;
    contract::outgoing_message out;
    contract::message_contract::built_in().compose(r.phase == response::phase_kind::ack       ? kind::ack
                                                   : r.phase == response::phase_kind::running ? kind::running
                                                                                              : final_kind,
                                                   {.request_id = r.id,
                                                    .code = r.code,
                                                    .seq = r.seq,
                                                    .claimed_vin = r.vin,
                                                    .now_us = r.ts_ms * 1000,
                                                    .sent_us = r.sent_us},
                                                   out);
    return out.payload;
}

inline std::optional<contract::message_contract::parsed_command> read_command(std::string_view json) {
    return contract::message_contract::built_in().parse_command({.payload = json}, nullptr);
}

} // namespace loadsim::backend
