#include <loadsim/drive/auth.hpp>

#include "digest.hpp"
#include "oauth2.hpp"
#include "sigv4.hpp"

#include <loadsim/http/call.hpp>
#include <loadsim/net/options.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace loadsim::drive {
namespace {

void add(http::request& r, std::string_view name, const std::string& value) {
    if (http::find(r.headers, name).empty()) r.headers.emplace_back(name, value);
}

/// The same header for all.
class fixed final : public door {
public:
    fixed(std::string header, std::string value) : header_(std::move(header)), value_(std::move(value)) {}
    void sign(http::request& r, std::int64_t) override { add(r, header_, value_); }

private:
    std::string header_, value_;
};

class signature final : public door {
public:
    signature(auth_options::sigv4_options o, const net::endpoint& api)
        : options_(std::move(o)), where_{.host = http::authority(api), .base_path = api.path} {}

    void sign(http::request& r, std::int64_t wall_seconds) override {
        if (http::find(r.headers, "Authorization").empty()) sign_v4(r, options_, where_, wall_seconds);
    }

private:
    auth_options::sigv4_options options_;
    signed_for where_;
};

/// A token that is renewed before it ends.
class tokens final : public door {
public:
    static constexpr std::chrono::seconds try_again_after{5};

    static result<std::shared_ptr<door>> open(const auth_options::oauth2_options& o, const http::client_options& api) {
        auto made = std::make_shared<tokens>();
        auto url = *net::parse_api_url(o.token_url); // check() has seen that it is one
        made->asked_ = token_request(o);
        made->asked_.target = url.path.empty() ? "/" : std::exchange(url.path, {});
        made->server_ = {.bases = {std::move(url)}, .tls = api.tls, .proxy = api.proxy, .timeout = api.timeout};
        auto first = made->fetch();
        if (!first) return first.error();
        made->header_ = "Bearer " + first->value;
        made->thread_ = std::jthread([&self = *made, lasts = first->lasts](const std::stop_token& stop) {
            self.renew(stop, renew_after(lasts));
        });
        return std::shared_ptr<door>(std::move(made));
    }

    void sign(http::request& r, std::int64_t) override {
        const std::lock_guard lock(mutex_);
        add(r, "Authorization", header_);
    }
    std::uint64_t not_renewed() const override {
        const std::lock_guard lock(mutex_);
        return not_renewed_;
    }

private:
    result<token> fetch() const {
        const auto place = net::to_string(server_.bases.front()) + asked_.target;
        auto answer = http::call(server_, asked_);
        if (!answer) return answer.error();
        auto read = read_token(*answer);
        if (!read) return problems{place, read.error().list.front().text};
        return read;
    }

    void renew(const std::stop_token& stop, nanoseconds wait) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            wake_.wait_for(lock, stop, wait, [] { return false; });
            if (stop.stop_requested()) return;
            lock.unlock();
            const auto next = fetch();
            lock.lock();
            if (next)
                header_ = "Bearer " + next->value;
            else
                ++not_renewed_;
            wait = next ? renew_after(next->lasts) : try_again_after;
        }
    }

    http::client_options server_;
    http::request asked_;
    mutable std::mutex mutex_; // of what follows
    std::string header_;
    std::uint64_t not_renewed_ = 0;
    std::condition_variable_any wake_;
    std::jthread thread_; // last: it stops before what it uses goes
};

} // namespace

problems check(const auth_options& o) {
    using enum auth_options::kind;
    problems wrong;
    const auto need = [&wrong](std::string_view text, const char* place, const char* what) {
        if (text.empty()) wrong.add(place, fmt::format("is empty; give {}", what));
        // It would end the header's line.
        if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            wrong.add(place, "holds a line break; a secret's file must hold the secret and nothing behind it");
    };
    switch (o.is) {
    case none: break;
    case bearer: need(o.bearer, "bearer", "the token"); break;
    case basic:
        need(o.basic.user, "basic.user", "the user's name");
        if (o.basic.user.find(':') != std::string::npos)
            wrong.add("basic.user", "holds a ':', which ends a user's name (RFC 7617, 2)");
        break;
    case api_key:
        need(o.api_key.header, "apiKey.header", "the header's name, such as X-Api-Key");
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

result<std::shared_ptr<door>> door::open(const auth_options& o, const http::client_options& api) {
    using enum auth_options::kind;
    if (auto wrong = check(o); !wrong.empty()) {
        for (auto& p : wrong.list) p.place = "target.auth." + p.place;
        return wrong;
    }
    const auto header = [](const char* name, std::string value) -> result<std::shared_ptr<door>> {
        return std::shared_ptr<door>(std::make_shared<fixed>(name, std::move(value)));
    };
    switch (o.is) {
    case none: return std::shared_ptr<door>{};
    case bearer: return header("Authorization", "Bearer " + o.bearer);
    case basic: return header("Authorization", "Basic " + base64(o.basic.user + ':' + o.basic.password));
    case api_key: return header(o.api_key.header.c_str(), o.api_key.value);
    case oauth2: return tokens::open(o.oauth2, api);
    case sigv4: break;
    }
    if (api.bases.size() != 1) return problems{"target.auth.sigv4", "signs for one host; give one URL of the API"};
    return std::shared_ptr<door>(std::make_shared<signature>(o.sigv4, api.bases.front()));
}

std::function<void(http::request&)> signs_now(std::shared_ptr<door> way_in) {
    if (!way_in) return {};
    return [way_in = std::move(way_in)](http::request& r) { way_in->sign(r, wall_us() / 1'000'000); };
}

} // namespace loadsim::drive
