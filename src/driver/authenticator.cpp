#include <loadsim/driver/authenticator.hpp>

#include "oauth2.hpp"
#include "sigv4.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace loadsim::driver {
namespace {

void add(http::request& r, std::string_view name, const std::string& value) {
    if (http::find_header(r.headers, name).empty()) r.headers.emplace_back(name, value);
}

/// Adds a constant header.
class header_authenticator final : public authenticator {
public:
    header_authenticator(std::string header, std::string value)
        : header_(std::move(header)), value_(std::move(value)) {}
    void sign(http::request& r, std::int64_t) override { add(r, header_, value_); }

private:
    std::string header_, value_;
};

class sigv4_authenticator final : public authenticator {
public:
    sigv4_authenticator(auth_options::sigv4_options o, const net::endpoint& api)
        : options_(std::move(o)), target_{.host = http::authority(api), .base_path = api.path} {}

    void sign(http::request& r, std::int64_t wall_seconds) override {
        if (http::find_header(r.headers, "Authorization").empty()) sign_v4(r, options_, target_, wall_seconds);
    }

private:
    auth_options::sigv4_options options_;
    signing_target target_;
};

/// Adds a bearer token; renews the token before it expires.
class oauth2_authenticator final : public authenticator {
public:
    static constexpr std::chrono::seconds retry_delay{5};

    static result<std::shared_ptr<authenticator>> open(const auth_options::oauth2_options& o,
                                                       const http::client_options& api) {
        auto made = std::make_shared<oauth2_authenticator>();
        auto url = *net::parse_api_url(o.token_url); // check() has validated the URL
        made->token_request_ = token_request(o);
        made->token_request_.target = url.path.empty() ? "/" : std::exchange(url.path, {});
        made->server_ = {.base_urls = {std::move(url)},
                         .servers = {},
                         .tls = api.tls,
                         .proxy = api.proxy,
                         .timeout = api.timeout,
                         .limits = api.limits};
        // Looked up once here; afterwards the list is kept up to date without blocking, so that the end waits for no lookup.
        auto found = net::look_up(made->server_.proxy ? std::vector{*made->server_.proxy} : made->server_.base_urls,
                                  "OAuth 2.0 server", api.servers);
        if (!found.unreachable.empty()) return found.unreachable;
        made->server_.servers = std::move(found.servers);
        auto first = made->fetch();
        if (!first) return first.error();
        made->header_ = "Bearer " + first->value;
        made->thread_ = std::jthread([&self = *made, lifetime = first->lifetime](const std::stop_token& stop) {
            self.renew(stop, renewal_delay(lifetime));
        });
        return std::shared_ptr<authenticator>(std::move(made));
    }

    void sign(http::request& r, std::int64_t) override {
        const std::lock_guard lock(mutex_);
        add(r, "Authorization", header_);
    }
    std::uint64_t failed_renewals() const override {
        const std::lock_guard lock(mutex_);
        return failed_renewals_;
    }

private:
    result<token> fetch(const std::function<bool()>& should_stop = {}) const {
        const auto token_url = net::to_string(server_.base_urls.front()) + token_request_.target;
        auto response = http::fetch(server_, token_request_, should_stop);
        if (!response) return response.error();
        auto read = parse_token(*response);
        if (!read) return problems{token_url, read.error().list.front().text};
        register_secret(read->value);
        return read;
    }

    void renew(const std::stop_token& stop, nanoseconds wait) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            wake_.wait_for(lock, stop, wait, [] { return false; });
            if (stop.stop_requested()) return;
            lock.unlock();
            std::optional<token> next;
            log_exhaustion("the renewal of the OAuth 2.0 token", [&] {
                auto fetched = fetch([&stop] { return stop.stop_requested(); });
                if (fetched)
                    next = std::move(*fetched);
                else if (!stop.stop_requested())
                    log_warning("the OAuth 2.0 token is not renewed: " + to_string(fetched.error()));
            });
            lock.lock();
            if (stop.stop_requested()) return;
            if (next)
                header_ = "Bearer " + next->value;
            else
                ++failed_renewals_;
            wait = next ? renewal_delay(next->lifetime) : retry_delay;
        }
    }

    http::client_options server_;
    http::request token_request_;
    mutable std::mutex mutex_; // guards the members below
    std::string header_;
    std::uint64_t failed_renewals_ = 0;
    std::condition_variable_any wake_;
    std::jthread thread_; // last: joins before the members above are destroyed
};

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

problems check(const auth_options& o) {
    using enum auth_options::kind;
    problems wrong;
    const auto need = [&wrong](std::string_view text, const char* token_url, const char* what) {
        if (text.empty()) wrong.add(token_url, fmt::format("is empty; give {}", what));
        // A line break would end the header field.
        if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            wrong.add(token_url, "holds a line break; a secret's file must hold the secret and nothing behind it");
    };
    switch (o.type) {
    case none: break;
    case bearer: need(o.bearer, "bearer", "the token"); break;
    case basic:
        need(o.basic.user, "basic.user", "the user's name");
        if (o.basic.user.find(':') != std::string::npos)
            wrong.add("basic.user", "holds a ':', which ends a user's name (RFC 7617, 2)");
        break;
    case api_key:
        if (auto why = http::header_name_problem(o.api_key.header); !why.empty())
            wrong.add("apiKey.header", std::move(why));
        need(o.api_key.value, "apiKey.value", "the key");
        break;
    case oauth2:
        if (const auto url = net::parse_api_url(o.oauth2.token_url); !url)
            for (const auto& p : url.error().list) wrong.add("oauth2.tokenUrl", p.text);
        need(o.oauth2.client_id, "oauth2.clientId", "the client's identifier");
        need(o.oauth2.client_secret, "oauth2.clientSecret", "the client's secret");
        break;
    case sigv4:
        need(o.sigv4.region, "sigv4.region", "the region, such as eu-central-1");
        need(o.sigv4.service, "sigv4.service", "the service's name, such as execute-api");
        need(o.sigv4.access_key, "sigv4.accessKey", "the key's identifier");
        need(o.sigv4.secret_key, "sigv4.secretKey", "the key");
        break;
    }
    return wrong;
}

result<std::shared_ptr<authenticator>> authenticator::open(const auth_options& o, const http::client_options& api) {
    using enum auth_options::kind;
    if (auto wrong = check(o); !wrong.empty()) {
        for (auto& p : wrong.list) p.location = "target.auth." + p.location;
        return wrong;
    }
    const auto header = [](const char* name, std::string value) -> result<std::shared_ptr<authenticator>> {
        return std::shared_ptr<authenticator>(std::make_shared<header_authenticator>(name, std::move(value)));
    };
    switch (o.type) {
    case none: return std::shared_ptr<authenticator>{};
    case bearer: return header("Authorization", "Bearer " + o.bearer);
    case basic: {
        const auto credentials = o.basic.user + ':' + o.basic.password;
        register_secret(credentials); // its base64, too
        return header("Authorization", "Basic " + to_base64(credentials));
    }
    case api_key: return header(o.api_key.header.c_str(), o.api_key.value);
    case oauth2: return oauth2_authenticator::open(o.oauth2, api);
    case sigv4: break;
    }
    if (api.base_urls.size() != 1) return problems{"target.auth.sigv4", "signs for one host; give one URL of the API"};
    return std::shared_ptr<authenticator>(std::make_shared<sigv4_authenticator>(o.sigv4, api.base_urls.front()));
}

std::function<void(http::request&)> signer(std::shared_ptr<authenticator> auth) {
    if (!auth) return {};
    return [auth = std::move(auth)](http::request& r) { auth->sign(r, system_time_us() / 1'000'000); };
}

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
