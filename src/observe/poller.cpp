#include <loadsim/observe/poller.hpp>

#include "ear.hpp"

#include <loadsim/observe/response.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace loadsim::observe {
namespace {

class client_poller;

/// A request that is asked about.
class followed final : public net::timer {
public:
    followed(client_poller& owner, std::uint64_t token, vehicle_id v, std::string_view request, std::string path)
        : owner_(owner), token_(token), vehicle_(v), request_(request), path_(std::move(path)) {}

    vehicle_id vehicle() const { return vehicle_; }
    const std::string& request() const { return request_; }
    const std::string& path() const { return path_; }
    std::uint64_t token() const { return token_; }

    std::uint32_t asked = 0; ///< how often
    monotonic_time due = {}; ///< the question that is next, or under way

private:
    void on_timer(monotonic_time) override;

    client_poller& owner_;
    std::uint64_t token_;
    vehicle_id vehicle_;
    std::string request_;
    std::string path_;
};

class client_poller final : public poller, public http::client_events {
public:
    client_poller(net::loop& loop, const poll_options& wanted, std::function<void(http::request&)> sign, on_end tell,
                  contract::reading reading, std::uint32_t index)
        : loop_(loop), options_(wanted), sign_(std::move(sign)), tell_(std::move(tell)), reading_(std::move(reading)),
          index_(index) {}

    result<void> open(http::client_options api) {
        api.keep_headers = true;
        api.retries = 0; // it is asked again anyway
        auto made = http::client::make(loop_, *this, api);
        if (!made) return made.error();
        client_ = std::move(*made);
        return {};
    }

    void follow(vehicle_id v, std::string_view request, std::string path, monotonic_time accepted) override {
        if (stopped_ || tokens_.contains(std::string(request))) return;
        const auto token = next_token_++;
        auto& its =
            *all_.emplace(token, std::make_unique<followed>(*this, token, v, request, std::move(path))).first->second;
        tokens_.emplace(request, token);
        its.due = accepted;
        wait(its);
    }

    void forget(std::string_view request) override {
        const auto token = tokens_.find(std::string(request));
        if (token == tokens_.end()) return;
        all_.erase(token->second);
        tokens_.erase(token);
    }

    void stop() override {
        stopped_ = true;
        tokens_.clear();
        all_.clear();
        client_->stop();
    }

    void overhear(on_heard tell) override { overheard_ = std::move(tell); }

    counts take() override {
        auto taken = std::exchange(counts_, {});
        taken.misfits = fit_.take();
        return taken;
    }

    void ask(followed& its) {
        http::request question{.target = its.path()};
        if (sign_) sign_(question);
        client_->send(its.token(), question);
    }

private:
    void wait(followed& its) {
        // From when it was due, so that slow answers do not make it rarer; but not before the answer is there.
        its.due = std::max(its.due + poll_wait(options_, its.asked++), loop_.now());
        loop_.arm(its, its.due);
    }

    bool on_turn(std::uint64_t token, nanoseconds) override { return all_.contains(token); }

    void on_answer(std::uint64_t token, const http::answer& answer) override {
        const auto found = all_.find(token);
        if (found == all_.end()) return; // forgotten meanwhile
        auto& its = *found->second;
        if (overheard_) overheard_(its.path(), answer.status == 0 ? answer.trouble : answer.body);
        const bool is_success = answer.status >= 200 && answer.status < 300;
        if (!is_success) {
            ++counts_
                  .refused[answer.status == 0 ? std::string(answer.trouble) : fmt::format("status {}", answer.status)];
            return wait(its);
        }
        ++counts_.messages;
        auto end = end_in_response(reading_, answer.body, answer.headers, loop_.now(), index_, &fit_);
        if (!end) return wait(its);
        ++counts_.ends;
        end->request = its.request();
        const auto v = its.vehicle();
        forget(end->request);
        tell_(v, std::move(*end));
    }

    net::loop& loop_;
    poll_options options_;
    std::function<void(http::request&)> sign_;
    on_end tell_;
    on_heard overheard_;
    contract::reading reading_;
    std::uint32_t index_;
    contract::fit fit_;
    counts counts_;
    std::uint64_t next_token_ = 0;
    bool stopped_ = false;
    std::unordered_map<std::uint64_t, std::unique_ptr<followed>> all_;
    std::unordered_map<std::string, std::uint64_t> tokens_; // by request
    std::unique_ptr<http::client> client_;                  // last: it tells the above
};

void followed::on_timer(monotonic_time) { owner_.ask(*this); }

} // namespace

result<std::unique_ptr<poller>> poller::make(net::loop& loop, const poll_options& wanted,
                                             const http::client_options& api, std::function<void(http::request&)> sign,
                                             on_end tell, std::uint32_t index) {
    auto reading = reading_of_an_answer(wanted.reading, place_of(index, "poll"));
    if (!reading) return reading.error();
    auto made =
        std::make_unique<client_poller>(loop, wanted, std::move(sign), std::move(tell), std::move(*reading), index);
    if (auto opened = made->open(api); !opened) return opened.error();
    return std::unique_ptr<poller>(std::move(made));
}

} // namespace loadsim::observe
