#include <loadsim/http/client.hpp>

#include "connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace loadsim::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds passed_over_for{3};

result<std::vector<tcp::endpoint>> look_up(asio::io_context& io, const net::endpoint& at) {
    boost::system::error_code error;
    const auto found = tcp::resolver(io).resolve(at.host, std::to_string(at.port), error);
    if (error)
        return problems{net::to_string(at),
                        fmt::format("the name cannot be looked up ({}); check the host in the URL", error.message())};
    std::vector<tcp::endpoint> addresses;
    for (const auto& one : found) addresses.push_back(one.endpoint());
    return addresses;
}

/// A peak is told by its growth.
void raise(std::uint64_t& most, std::uint64_t now, std::uint64_t& growth) {
    if (now <= most) return;
    growth += now - most;
    most = now;
}

class pool final : public client, private connection_owner {
public:
    pool(net::loop& loop, client_events& events, const client_options& o)
        : loop_(loop), events_(events), settings_{.timeout = o.timeout,
                                                  .retries = o.retries,
                                                  .keep_headers = o.keep_headers,
                                                  .bases = o.bases.size(),
                                                  .tls = nullptr},
          allowed_(std::max(o.connections, 1U)) {}

    problems open(const client_options& o) {
        if (o.bases.empty()) return problems{"", "there is no URL to send requests to"};
        problems wrong;
        for (const auto& url : o.bases) {
            const bool tls = url.scheme == "https";
            auto addresses = look_up(loop_.io(), o.proxy ? *o.proxy : url);
            if (!addresses) {
                wrong.add(addresses.error());
                continue;
            }
            bases_.push_back({.url = url,
                              .way = route_to(url, o.proxy && !tls),
                              .addresses = std::move(*addresses),
                              .connect = o.proxy && tls ? connect_request(url) : "",
                              .tls = tls});
            if (!tls || tls_) continue;
            if (auto made = tls_context::make(o.tls))
                tls_.emplace(std::move(*made));
            else
                wrong.add(made.error());
        }
        if (!wrong.empty()) return wrong;
        if (tls_) settings_.tls = &*tls_;
        connection_owner& self = *this;
        free_.resize(bases_.size());
        for (std::uint32_t i = 0; i < allowed_; ++i) {
            const auto home = i % bases_.size();
            connections_.push_back(std::make_unique<connection>(loop_, self, settings_, home));
            free_[home].push_back(connections_.back().get());
        }
        return wrong;
    }

    void send(std::uint64_t token, const request& r) override {
        if (auto* const one = take_free())
            exchange(*one, token, r);
        else
            waiting_.push_back({token, r, loop_.now()});
    }

    void stop() override {
        const auto left = std::exchange(waiting_, {});
        for (const auto& w : left) events_.on_turn(w.token, loop_.now() - w.since);
        for (const auto& c : connections_) c->close();
    }

    client_counts take() override { return std::exchange(counts_, {}); }
    std::uint32_t connections() const noexcept override { return allowed_; }

private:
    struct waiting {
        std::uint64_t token;
        request asked;
        monotonic_time since;
    };

    bool is_away(const base& b) const { return b.away_until != monotonic_time{} && loop_.now() < b.away_until; }

    /// Of the base whose turn it is; null: none at all. The one used last first: what is not needed stays closed, and the
    /// server may end it.
    connection* take_free() {
        const auto turn = turn_;
        turn_ = (turn_ + 1) % bases_.size();
        for (const bool also_of_the_away : {false, true})
            for (std::size_t i = 0; i < bases_.size(); ++i) {
                const auto which = (turn + i) % bases_.size();
                if (free_[which].empty() || (!also_of_the_away && is_away(bases_[which]))) continue;
                auto* const one = free_[which].back();
                free_[which].pop_back();
                return one;
            }
        return nullptr;
    }

    void exchange(connection& one, std::uint64_t token, const request& r) {
        raise(busy_most_, ++busy_, counts_.busy_peak);
        auto* to = &bases_[one.home()];
        if (is_away(*to))
            if (auto* const other = next_to(*to)) {
                ++counts_.failed_over;
                to = other;
            }
        one.exchange(token, r, *to);
    }

    base* next_to(base& away) {
        const auto at = static_cast<std::size_t>(&away - bases_.data());
        for (std::size_t i = 1; i < bases_.size(); ++i)
            if (auto& other = bases_[(at + i) % bases_.size()]; !is_away(other)) return &other;
        return nullptr;
    }

    void send_waiting() {
        while (!waiting_.empty()) {
            auto* const one = take_free();
            if (one == nullptr) return;
            const waiting first = std::move(waiting_.front());
            waiting_.pop_front();
            if (events_.on_turn(first.token, loop_.now() - first.since))
                exchange(*one, first.token, first.asked);
            else
                free_[one->home()].push_back(one);
        }
    }

    void on_opened() override {
        ++counts_.opened;
        raise(open_most_, ++open_, counts_.open_peak);
    }
    void on_closed() override { --open_; }
    void on_timed_out() override { ++counts_.timed_out; }

    void on_sent(std::uint64_t token, std::uint32_t tries, monotonic_time t) override {
        if (tries > 1) {
            ++counts_.sent_again;
            return;
        }
        ++counts_.requests;
        events_.on_sent(token, t);
    }

    base* instead_of(base& failed) override {
        failed.away_until = loop_.now() + passed_over_for;
        auto* const other = next_to(failed);
        if (other != nullptr) ++counts_.failed_over;
        return other;
    }

    void on_answer(connection& one, std::uint64_t token, const answer& seen) override {
        --busy_;
        free_[one.home()].push_back(&one);
        events_.on_answer(token, seen);
        send_waiting();
    }

    net::loop& loop_;
    client_events& events_;
    connection::settings settings_;
    std::uint32_t allowed_;
    std::optional<tls_context> tls_;
    std::vector<base> bases_;
    std::size_t turn_ = 0; ///< of bases_
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<std::vector<connection*>> free_; ///< by home
    std::deque<waiting> waiting_;
    std::uint64_t busy_ = 0, busy_most_ = 0;
    std::uint64_t open_ = 0, open_most_ = 0;
    client_counts counts_;
};

} // namespace

result<std::unique_ptr<client>> client::make(net::loop& loop, client_events& events, const client_options& o) {
    auto made = std::make_unique<pool>(loop, events, o);
    if (auto wrong = made->open(o); !wrong.empty()) return wrong;
    return std::unique_ptr<client>(std::move(made));
}

} // namespace loadsim::http
