// The observers of a process that are on their own: they listen, or are told.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/make_observer.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::run {

/// mqtt, webhook, sse and websocket, as the scenario asks for them.
/// Threads: members from one at a time; what is told comes on the observers' own.
class watch {
public:
    using on_seen = std::function<void(std::optional<observe::final_event>, const std::string& why)>;

    /// The scenario must outlive it.
    explicit watch(const scenario::document&);
    ~watch();
    watch(const watch&) = delete;

    /// Those that listen, whose URLs the platform is to be told. Errors: an address that is none, or somebody else's.
    result<void> open();
    /// Who is told from now on; empty: nobody.
    void tell(on_seen, observe::on_word);
    using on_heard = std::function<void(std::uint32_t observer, std::string_view where, std::string_view text)>;
    /// Shown every message as it came; empty: nobody is.
    void overhear(on_heard);
    struct texts {
        std::string path;  ///< of sse and websocket
        std::string first; ///< message of a websocket
    };
    /// The others connect; blocks 10 s at most for each. `rendered`: by observer.
    result<void> start(const observe::surroundings&, const std::vector<texts>& rendered);
    void stop();

    std::string webhook_url() const; ///< of the first one; empty: there is none
    std::vector<std::string> said() const;
    void take(std::map<std::uint32_t, measure::observer_counts>&, std::map<std::string, std::uint64_t>& misfits);

private:
    struct one {
        std::unique_ptr<observe::observer> what;
        std::uint32_t index;
    };
    void hear(std::optional<observe::final_event>, const std::string& why);
    void hear_word(observe::heard_word);
    void show(observe::observer&, std::uint32_t index);

    const scenario::document& scenario_;
    std::vector<one> listening_;
    std::vector<one> connected_;
    std::unique_ptr<observe::observer> words_; ///< the vehicles', where no mqtt observer hears them
    mutable std::mutex mutex_;                 ///< of the next three
    on_seen seen_;
    observe::on_word word_;
    on_heard heard_;
};

} // namespace loadsim::run
