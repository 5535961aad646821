#include <loadsim/fleet/external_programs.hpp>

#include "external_program/process.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/net/loop.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Beyond the time-out of a question, which the process itself observes.
constexpr std::chrono::seconds blocking_margin{5};
constexpr std::chrono::seconds blocking_stop_limit{10};

class program_processes final : public external_programs {
public:
    program_processes(net::loop& loop, const std::vector<program_options>& all, answer_wait wait)
        : loop_(loop), wait_(wait) {
        for (const auto& o : all)
            if (find(o) == nullptr) processes_.push_back(std::make_unique<program_process>(loop, o));
    }

    void start(std::function<void(const std::string&)> ready) override {
        starting_ = processes_.size();
        ready_ = std::move(ready);
        if (starting_ == 0) return on_settled({});
        for (const auto& p : processes_) p->start([this](const std::string& error) { on_settled(error); });
        if (wait_ == answer_wait::blocking) loop_.run_until([this] { return !ready_; }, loop_.now() + blocking_margin);
    }

    void ask(const program_options& o, std::string_view fields, answer_handler handler) override {
        auto* const process = find(o);
        if (process == nullptr) { // none was made for these options
            handler(nullptr);
            return;
        }
        process->ask(fields, std::move(handler));
        if (wait_ == answer_wait::blocking)
            loop_.run_until([process] { return process->is_answered(); }, loop_.now() + o.timeout + blocking_margin);
    }

    void stop(std::function<void()> done) override {
        ready_ = {};
        stopping_ = processes_.size();
        if (stopping_ == 0) return done();
        done_ = std::move(done);
        for (const auto& p : processes_)
            p->stop([this] {
                if (--stopping_ == 0) std::exchange(done_, {})();
            });
        if (wait_ == answer_wait::blocking)
            loop_.run_until([this] { return stopping_ == 0; }, loop_.now() + blocking_stop_limit);
    }

    std::string problem() const override {
        for (const auto& p : processes_)
            if (!p->problem().empty()) return p->problem();
        return {};
    }

    measure::program_counts take_counts() override {
        measure::program_counts sum;
        for (const auto& p : processes_) add(sum, p->take_counts());
        return sum;
    }

private:
    program_process* find(const program_options& o) const {
        const auto found = std::ranges::find_if(processes_, [&](const auto& p) { return p->options == o; });
        return found == processes_.end() ? nullptr : found->get();
    }

    /// The first error is told at once.
    void on_settled(const std::string& error) {
        if (starting_ > 0) --starting_;
        if (!error.empty() || starting_ == 0)
            if (const auto ready = std::exchange(ready_, {})) ready(error);
    }

    net::loop& loop_;
    const answer_wait wait_;
    std::vector<std::unique_ptr<program_process>> processes_;
    std::size_t starting_ = 0, stopping_ = 0;
    std::function<void(const std::string&)> ready_;
    std::function<void()> done_;
};

} // namespace

std::unique_ptr<external_programs> make_external_programs(net::loop& loop, const std::vector<program_options>& all,
                                                          answer_wait wait) {
    return std::make_unique<program_processes>(loop, all, wait);
}

} // namespace loadsim::fleet
