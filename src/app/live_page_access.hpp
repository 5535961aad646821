// Access to the live page of a run: requests that may see it, and requests that may stop the run.
#pragma once

#include <loadsim/http/server.hpp>

#include <string>
#include <string_view>

namespace loadsim::app {

/// True: only programs of this machine reach the address.
bool is_loopback(std::string_view host);

/// Rules by which the requests of a live page are refused. The printed address has the token, which is new for each run.
///
/// Other sites that a browser shows must neither read the page nor stop the run. A site whose own name leads to this machine (DNS
/// rebinding) is known by the Host field, which has that name; one that sends requests here by the Origin field, and by the token
/// that it does not know. Pure.
struct live_page_access {
    std::string token;
    std::string host{};       ///< of the listen address
    bool needs_token = false; ///< to see the page, too: others reach the address

    /// Reason against a request that reads; empty: none.
    std::string refusal(const http::request_view&) const;
    /// Reason against a request that stops the run; empty: none.
    std::string stop_refusal(const http::request_view&) const;

private:
    bool has_token(const http::request_view&) const; ///< in the URL
    bool is_own_host(std::string_view host_field) const;
};

/// 128 random bits in hex.
std::string new_live_page_token();

} // namespace loadsim::app
