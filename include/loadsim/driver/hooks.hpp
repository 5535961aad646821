// Setup and teardown requests to the platform, before and after the load: log in, register vehicles, clean up.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/template_symbols.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/driver/options.hpp>
#include <loadsim/http/options.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::driver {

/// Names captured by the hooks, in order and without duplicates: contract::scenario_symbols::captured.
std::vector<std::string> captured_names(const std::vector<hook_options>&);

/// Compiled list of hook requests.
class hook_requests {
public:
    /// `position`: "before" or "after". Errors: each with its path ("before[1].path").
    static result<hook_requests> compile(const std::vector<hook_options>&, const contract::scenario_symbols&,
                                         std::string position);

    struct run_context {
        const http::client_options& api;
        authenticator* auth = nullptr; ///< signs the requests; null: no authentication
        std::uint32_t vehicles = 0;
        /// Fills in the template values of a vehicle.
        std::function<void(std::uint32_t index, contract::template_values&)> fill_vehicle_values;
        contract::template_values
            common_values{}; ///< webhook.url ...; captured, command and random values are added by run()
        std::uint64_t seed = 1;
        std::function<bool()> stop_requested; ///< polled; true: sends no more, and waits for no response
    };
    /// Sends the requests one after the other; per-vehicle requests use all connections of the API's options. Overwrites
    /// entries of `captured`. Blocks.
    /// Errors: the first unexpected response, with the request's name, the status and an excerpt of the body.
    result<void> run(const run_context&, std::vector<std::string>& captured) const;

    bool empty() const noexcept { return requests_.empty(); }

private:
    struct compiled_request {
        hook_options options;
        contract::text_template path;
        std::vector<std::pair<std::string, contract::text_template>> headers;
        contract::payload_template body;
        std::vector<std::pair<std::size_t, contract::field_path>>
            captures; ///< index of the captured name, and its field path
    };
    std::vector<compiled_request> requests_;
    std::size_t captured_count_ = 0; ///< number of captured names
};

} // namespace loadsim::driver
