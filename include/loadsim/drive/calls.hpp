// Calls to the platform before the load and after it: log in, register the vehicles, clean up.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/variables.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/http/client.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::drive {

struct call_options {
    std::string name; ///< in sentences
    std::string method = "POST";
    std::string path; ///< a template, behind the API's own
    contract::named_texts headers{};
    contract::payload_options body{};
    std::vector<std::uint16_t> expect{200, 201, 202, 204};
    contract::named_texts capture{}; ///< {captured.NAME} from then on: a source each
    bool for_each_vehicle = false;
    friend bool operator==(const call_options&, const call_options&) = default;
};

/// The names that the calls capture, in order, each once: contract::known_names::captured.
std::vector<std::string> captured_by(const std::vector<call_options>&);

/// A list of calls, compiled.
class calls {
public:
    /// `place`: "before" or "after". Errors: each with its place, "before[1].path".
    static result<calls> compile(const std::vector<call_options>&, const contract::known_names&, std::string place);

    struct setting {
        const http::client_options& api;
        door* way_in = nullptr; ///< signs the calls; null: nobody asks
        std::uint32_t vehicles = 0;
        /// Fills in what there is to say of a vehicle.
        std::function<void(std::uint32_t index, contract::values&)> vehicle;
        contract::values common{}; ///< webhook.url ...; captured, command and draw are filled in here
        std::uint64_t seed = 1;
        std::function<bool()> stop; ///< asked between calls; true: no more are made
    };
    /// One after the other; those for each vehicle over as many connections as the API's options allow. Replaces what
    /// `captured` held for a name. Blocks.
    /// Errors: the first call that is not answered as expected, with its name, the answer and the beginning of its body.
    result<void> make(const setting&, std::vector<std::string>& captured) const;

    bool empty() const noexcept { return all_.empty(); }

private:
    struct one {
        call_options options;
        contract::text_template path;
        std::vector<std::pair<std::string, contract::text_template>> headers;
        contract::payload_template body;
        std::vector<std::pair<std::size_t, contract::source>> captures; ///< place among the captured names, where
    };
    std::vector<one> all_;
    std::size_t captured_ = 0; ///< how many names there are
};

} // namespace loadsim::drive
