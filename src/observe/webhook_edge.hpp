// What the platform's calls are answered: pure, no socket.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/observe/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observe {

/// Threads: const, any.
class webhook_edge {
public:
    static constexpr std::size_t body_limit = 64 * 1024;
    static constexpr std::string_view too_large = "body over 64 KiB, or header over 8 KiB";

    /// Errors: an empty secret, which everybody knows; a signature without a header; those of the reading.
    static result<webhook_edge> make(const webhook_options&, const std::string& place);

    struct decision {
        http::reply answer;
        std::string_view refused{};         ///< why it was turned away before it was read; empty: it was read
        std::vector<contract::said> said{}; ///< of each event in it
        std::size_t unread = 0;             ///< what should be one and is none
        bool is_proven = false;             ///< it comes from the platform, whatever it says
    };
    /// POST and PUT at the path, with a signature that is right, are read; the rest is turned away: 404, 405, 413, 401, and 400 for
    /// what holds no event. `watch` may be null.
    decision decide(const http::incoming&, contract::fit* watch) const;

private:
    webhook_edge(const webhook_options& options, contract::reading reading);
    bool is_proven(const http::incoming&) const;

    webhook_options options_;
    contract::reading reading_;
};

} // namespace loadsim::observe
