#include <loadsim/run/broker_api_alone.hpp>

#include "shared_plan.hpp"
#include "wall_clock.hpp"

#include <loadsim/fleet/events.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/on_thread.hpp>
#include <loadsim/scenario/vocabulary.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

/// Long enough for anybody's tests: conditions go on for as long as this.
constexpr nanoseconds lasts = 10'000h;
constexpr std::size_t ids_kept = 100'000;
constexpr int complaints_at_most = 20;

/// Knows a command that comes again, and says what cannot be read.
class listener_alone final : public fleet::vehicle_events {
public:
    explicit listener_alone(std::function<void(const std::string&)> said) : said_(std::move(said)) {}

private:
    fleet::order on_delivered(vehicle_id v, std::string_view request, monotonic_time) override {
        auto id = fmt::format("{} {}", index(v), request);
        const bool fresh = had_.insert(id).second;
        if (!fresh) return {.fresh = false, .arrival = {}};
        in_order_.push_back(std::move(id));
        if (in_order_.size() > ids_kept) {
            had_.erase(in_order_.front());
            in_order_.pop_front();
        }
        return {};
    }
    void on_malformed(vehicle_id, std::string_view topic, std::string_view payload, monotonic_time) override {
        if (++complaints_ > complaints_at_most) return;
        said_(fmt::format("no command: {} bytes at /{} say no request id; see contract.command.id", payload.size(),
                          topic));
    }

    std::function<void(const std::string&)> said_;
    std::unordered_set<std::string> had_;
    std::deque<std::string> in_order_; ///< the same, the oldest first
    int complaints_ = 0;
};

fleet::plan endless(fleet::plan p) {
    p.load = lasts;
    return p;
}

} // namespace

class broker_api_alone::running {
public:
    running(const scenario::document& d, scenario::vocabulary words, std::function<void(const std::string&)> said,
            fleet::broker_api edge)
        : scenario_(d), words_(std::move(words)), plan_(d, words_), events_(std::move(said)), edge_(std::move(edge)),
          vehicles_(loop_, time_, events_, endless(plan_.fleet_of({})), d.fleet.broker_api, date_ahead(time_),
                    d.fleet.broker_api.inbound.connections) {}

    ~running() { stop(); }

    problems start() {
        if (!vehicles_.refusal().empty()) return problems("inbound URL", vehicles_.refusal());
        const auto start = time_.now();
        vehicles_.begin_load(start);
        edge_.begin_load(start);
        thread_ = std::thread([this] { loop_.run(); });
        edge_.tell({.found = [this](std::string_view vin) { return plan_.vehicle_of(vin); },
                    .command =
                        [this](vehicle_id v, fleet::broker_api_command c) {
                            boost::asio::post(loop_.io(), [this, v, c = std::move(c)]() mutable {
                                vehicles_.deliver(v, std::move(c));
                            });
                        },
                    .headers = fleet::headers_of(scenario_.contract.command),
                    .next =
                        [this](vehicle_id v, const std::string& name) {
                            boost::asio::post(loop_.io(), [this, v, name] {
                                vehicles_.behave_next(v, scenario::behaviour_of(scenario_, name));
                            });
                        },
                    .behaviours = names()});
        return {};
    }

    fleet::broker_api_counts stop() {
        if (!thread_.joinable()) return counted_;
        edge_.tell({});
        const auto give_up = time_.now() + 1s;
        while (!settled() && time_.now() < give_up) std::this_thread::sleep_for(5ms);
        boost::asio::post(loop_.io(), [this] {
            vehicles_.stop();
            loop_.stop();
        });
        thread_.join();
        counted_ = edge_.take();
        counted_.add(vehicles_.take_counts());
        return counted_;
    }

    const fleet::broker_api& edge() const { return edge_; }

private:
    bool settled() {
        return net::on_thread(loop_.io(), [this] { return vehicles_.settled(); });
    }

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& b : scenario_.behaviours) all.push_back(b.name);
        return all;
    }

    const scenario::document& scenario_;
    const scenario::vocabulary words_;
    const shared_plan plan_;
    const steady_time time_;
    net::loop loop_{time_};
    listener_alone events_;
    fleet::broker_api edge_;
    fleet::broker_api_vehicles vehicles_;
    fleet::broker_api_counts counted_;
    std::thread thread_; // last: it uses all of the above
};

result<broker_api_alone> broker_api_alone::start(const scenario::document& d,
                                                 std::function<void(const std::string&)> said) {
    auto words = scenario::learn(d);
    if (!words) return words.error();
    auto edge = fleet::broker_api::open(d.fleet.broker_api, d.seed);
    if (!edge) return edge.error();
    auto fresh = std::make_unique<running>(d, std::move(*words), std::move(said), std::move(*edge));
    if (auto wrong = fresh->start(); !wrong.empty()) return wrong;
    return broker_api_alone(std::move(fresh));
}

broker_api_alone::broker_api_alone(std::unique_ptr<running> started) : running_(std::move(started)) {}
broker_api_alone::broker_api_alone(broker_api_alone&&) noexcept = default;
broker_api_alone& broker_api_alone::operator=(broker_api_alone&&) noexcept = default;
broker_api_alone::~broker_api_alone() = default;

std::string broker_api_alone::url() const { return running_->edge().url(); }
std::string broker_api_alone::path() const { return running_->edge().path(); }
fleet::broker_api_counts broker_api_alone::stop() { return running_->stop(); }

} // namespace loadsim::run
