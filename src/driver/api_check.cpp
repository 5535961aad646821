#include <loadsim/driver/api_check.hpp>

#include <loadsim/http/fetch.hpp>

#include <fmt/format.h>

#include <chrono>

namespace loadsim::driver {
namespace {

problems check_base_url(const http::client_options& api, authenticator* auth) {
    http::request request{.method = "GET", .target = "/requests/none"};
    if (auth != nullptr) auth->sign(request, system_time_us() / 1'000'000);
    const auto response = http::fetch(api, request);
    if (!response) return response.error();
    const auto api_url = net::to_string(api.base_urls.front());
    if (response->status == 401 || response->status == 403) {
        const auto* remedy =
            auth == nullptr ? "allow this machine, or give it credentials (target.auth)" : "check target.auth";
        return problems{api_url, fmt::format("the platform's API refuses us ({}); {}", response->status, remedy)};
    }
    if (response->status >= 500)
        return problems{
            api_url, fmt::format("the platform's API answers {} to GET /requests/none; see its log", response->status)};
    return {};
}

} // namespace

result<void> check_api(const http::client_options& api, authenticator* auth) {
    problems wrong;
    for (const auto& url : api.base_urls) {
        auto one = api;
        one.base_urls = {url};
        wrong.add(check_base_url(one, auth));
    }
    if (!wrong.empty()) return wrong;
    return {};
}

} // namespace loadsim::driver
