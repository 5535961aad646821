// Client with a pool of connections, and the blocking request.
#include <loadsim/http/client.hpp>

#include "connection.hpp"

#include <loadsim/net/loop_stopper.hpp>
#include <loadsim/net/server_list.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace loadsim::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds unavailable_period{3};

/// Adds the increase of a peak to `growth`.
void raise_peak(std::uint64_t& peak, std::uint64_t now, std::uint64_t& growth) {
    if (now <= peak) return;
    growth += now - peak;
    peak = now;
}

class pool final : public client, private connection_owner {
public:
    pool(net::loop& loop, client_events& events, const client_options& o)
        : loop_(loop), events_(events), settings_{.timeout = o.timeout,
                                                  .retries = o.retries,
                                                  .keep_headers = o.keep_headers,
                                                  .limits = o.limits,
                                                  .base_count = o.base_urls.size(),
                                                  .tls = nullptr},
          max_connections_(std::max(o.max_connections, 1U)) {}

    problems open(const client_options& o) {
        if (o.base_urls.empty()) return problems{"", "there is no URL to send requests to"};
        problems wrong;
        urls_ = o.base_urls;
        proxied_ = o.proxy.has_value();
        auto found = net::look_up(o.proxy ? std::vector{*o.proxy} : urls_, "platform's API", o.servers);
        wrong.add(found.unreachable);
        servers_ = std::move(found.servers);
        if (std::ranges::any_of(urls_, net::uses_tls)) {
            if (auto made = net::tls_context::make(o.tls))
                tls_.emplace(std::move(*made));
            else
                wrong.add(made.error());
        }
        if (!wrong.empty()) return wrong;
        if (tls_) settings_.tls = &*tls_;
        connection_owner& self = *this;
        for (std::uint32_t i = 0; i < max_connections_; ++i) {
            connections_.push_back(std::make_unique<connection>(loop_, self, settings_, 0));
            idle_.push_back({connections_.back().get()});
        }
        update_bases();
        return wrong;
    }

    void send(std::uint64_t token, const request& r) override {
        // From inside on_response() a connection is idle while requests are queued: they are first.
        if (auto* const one = queue_.empty() ? acquire_idle() : nullptr)
            exchange(*one, token, r);
        else
            queue_.push_back({token, r, loop_.now()});
    }

    void stop() override {
        const auto queued = std::exchange(queue_, {});
        for (const auto& w : queued) events_.on_dequeued(w.token, loop_.now() - w.queued_at);
        for (const auto& c : connections_) c->close();
    }

    client_counts take_counts() override { return std::exchange(counts_, {}); }
    std::uint32_t max_connections() const noexcept override { return max_connections_; }

private:
    struct queued_request {
        std::uint64_t token;
        request message;
        monotonic_time queued_at;
    };

    /// Adds bases for new addresses, and divides the connections among all addresses of the list. A base stays when its address
    /// leaves the list: a connection may use it.
    void update_bases() {
        const auto now_known = servers_.at(loop_.now());
        if (now_known == known_servers_) return;
        known_servers_ = now_known;
        listed_.clear();
        for (std::size_t i = 0; i < (proxied_ ? urls_.size() : 1); ++i)
            for (const auto& s : *known_servers_) listed_.push_back(base_at(urls_[proxied_ ? i : s.url], s.address));
        settings_.base_count = listed_.size();
        std::vector<connection*> idle;
        for (auto& of_base : idle_) idle.insert(idle.end(), of_base.begin(), of_base.end());
        for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->prefer(i % listed_.size());
        idle_.assign(listed_.size(), {});
        for (auto* const one : idle) idle_[one->preferred_base()].push_back(one);
        next_base_ %= listed_.size();
    }

    base* base_at(const net::endpoint& url, const tcp::endpoint& address) {
        const auto known =
            std::ranges::find_if(bases_, [&](const base& b) { return b.url == url && b.address == address; });
        if (known != bases_.end()) return &*known;
        const bool tls = net::uses_tls(url);
        return &bases_.emplace_back(base{.url = url,
                                         .request_route = route_to(url, proxied_ && !tls),
                                         .address = address,
                                         .proxy_request = proxied_ && tls ? connect_request(url) : "",
                                         .tls = tls});
    }

    bool is_unavailable(const base& b) const {
        return b.unavailable_until != monotonic_time{} && loop_.now() < b.unavailable_until;
    }

    /// A free connection of the next base in turn; null: none. The last used one first, so that surplus connections stay
    /// closed or idle.
    connection* acquire_idle() {
        const auto first = next_base_;
        next_base_ = (next_base_ + 1) % listed_.size();
        for (const bool include_unavailable : {false, true})
            for (std::size_t i = 0; i < listed_.size(); ++i) {
                const auto index = (first + i) % listed_.size();
                if (idle_[index].empty() || (!include_unavailable && is_unavailable(*listed_[index]))) continue;
                auto* const one = idle_[index].back();
                idle_[index].pop_back();
                return one;
            }
        return nullptr;
    }

    void exchange(connection& one, std::uint64_t token, const request& r) {
        raise_peak(busy_peak_, ++busy_, counts_.busy_peak);
        if (!one.is_open()) update_bases(); // a connection will be opened
        auto* to = listed_[one.preferred_base()];
        if (is_unavailable(*to))
            if (auto* const other = next_available(*to)) {
                ++counts_.failed_over;
                to = other;
            }
        one.exchange(token, r, *to);
    }

    base* next_available(base& unavailable) {
        const auto found = std::ranges::find(listed_, &unavailable); // the end: no longer in the list
        const auto at = static_cast<std::size_t>(found - listed_.begin());
        for (std::size_t i = 1; i <= listed_.size(); ++i)
            if (auto* const other = listed_[(at + i) % listed_.size()];
                other != &unavailable && !is_unavailable(*other))
                return other;
        return nullptr;
    }

    void send_queued() {
        while (!queue_.empty()) {
            auto* const one = acquire_idle();
            if (one == nullptr) return;
            const queued_request first = std::move(queue_.front());
            queue_.pop_front();
            if (events_.on_dequeued(first.token, loop_.now() - first.queued_at))
                exchange(*one, first.token, first.message);
            else
                idle_[one->preferred_base()].push_back(one);
        }
    }

    void on_opened(const base& b) override {
        ++counts_.opened;
        ++counts_.addresses[net::to_string(b.address)];
        raise_peak(open_peak_, ++open_, counts_.open_peak);
    }
    void on_closed() override { --open_; }
    void on_timed_out() override { ++counts_.timed_out; }

    void on_sent(std::uint64_t token, std::uint32_t tries, monotonic_time t) override {
        if (tries > 1) {
            ++counts_.resent;
            return;
        }
        ++counts_.requests;
        events_.on_sent(token, t);
    }

    base* fail_over(base& failed) override {
        failed.unavailable_until = loop_.now() + unavailable_period;
        auto* const other = next_available(failed);
        if (other != nullptr) ++counts_.failed_over;
        return other;
    }

    void on_response(connection& one, std::uint64_t token, const response_view& response) override {
        --busy_;
        idle_[one.preferred_base()].push_back(&one);
        events_.on_response(token, response);
        send_queued();
    }

    net::loop& loop_;
    client_events& events_;
    connection::settings settings_;
    std::uint32_t max_connections_;
    std::optional<net::tls_context> tls_;
    std::vector<net::endpoint> urls_;
    bool proxied_ = false;
    net::server_list servers_; ///< of the URLs, or of the proxy
    std::shared_ptr<const std::vector<net::server>> known_servers_;
    std::deque<base> bases_;    ///< all so far; addresses stay valid
    std::vector<base*> listed_; ///< of the known servers
    std::size_t next_base_ = 0; ///< of listed_
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<std::vector<connection*>> idle_; ///< by preferred base
    std::deque<queued_request> queue_;
    std::uint64_t busy_ = 0, busy_peak_ = 0;
    std::uint64_t open_ = 0, open_peak_ = 0;
    client_counts counts_;
};

/// Stops the loop at the first response.
class response_waiter final : public client_events {
public:
    explicit response_waiter(net::loop& loop) : loop_(loop) {}
    void on_response(std::uint64_t, const response_view& response) override {
        received = {.status = response.status, .body = std::string(response.body), .headers = response.headers};
        error = response.error;
        why = response.why;
        loop_.stop();
    }

    response received;
    std::string error;
    failure why = failure::none;

private:
    net::loop& loop_;
};

/// Half a sentence behind the text of a failure; empty: the text contains its advice.
std::string_view advice_on(failure why) {
    if (why == failure::tls_refused) return "";
    if (why == failure::tls)
        return "; check that the URL should be https, and whether a client certificate is wanted (tls)";
    return "; check its URL, and that it runs and listens there";
}

} // namespace

result<std::unique_ptr<client>> client::make(net::loop& loop, client_events& events, const client_options& o) {
    auto made = std::make_unique<pool>(loop, events, o);
    if (auto wrong = made->open(o); !wrong.empty()) return wrong;
    return std::unique_ptr<client>(std::move(made));
}

result<response> fetch(const client_options& o, const request& r, const std::function<bool()>& should_stop) {
    const steady_time time;
    net::loop loop(time);
    response_waiter waiter(loop);
    auto single = o;
    single.max_connections = 1;
    single.keep_headers = true;
    auto made = client::make(loop, waiter, single);
    if (!made) return made.error();
    (*made)->send(0, r);
    const net::loop_stopper stopper(loop, should_stop);
    loop.run();
    if (should_stop && should_stop()) return problems{net::to_string(o.base_urls.front()), "stopped"};
    if (waiter.why == failure::response)
        return problems{net::to_string(o.base_urls.front()), "sends a " + waiter.error};
    if (waiter.received.status == 0)
        return problems{net::to_string(o.base_urls.front()),
                        fmt::format("does not answer an HTTP request ({}){}", waiter.error, advice_on(waiter.why))};
    return std::move(waiter.received);
}

} // namespace loadsim::http
