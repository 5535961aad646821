// From a message to what is told and counted: the same for every observer.
#pragma once

#include <loadsim/contract/source.hpp>
#include <loadsim/observe/event.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::observe {

/// "load.observers[0].mqtt": of an observer's options in the scenario.
std::string place_of(std::uint32_t index, std::string_view kind);

/// How messages are read that must say which request they speak of. Errors: as contract::reading's; no place for the id.
result<contract::reading> reading_of_events(const contract::reading_options&, const std::string& place);

/// Threads: any, at once. What is told is told on the caller's, without a lock.
class ear {
public:
    ear(on_event, std::uint32_t index);

    /// Reads, and tells what it means, of each event in it. `source`: where it came from, for the sentence about one that is no event.
    void hear(const contract::reading&, const contract::heard&, std::string_view source, monotonic_time);
    /// Reads, and keeps account of what fits.
    std::optional<contract::said> read(const contract::reading&, const contract::heard&);
    /// The same for who reads otherwise: calls `reads` with what keeps that account.
    template <class Reads>
    auto with_fit(Reads reads) {
        const std::lock_guard lock(mutex_);
        return reads(fit_);
    }
    /// What a message that came has said; nullopt: it is no event, and why.
    void tell(std::optional<contract::said>, const std::string& why, monotonic_time);

    void refuse(const std::string& why, std::uint64_t times = 1);
    void reconnected();
    counts take();

    /// Before anything is heard. Of messages that are read here; who reads otherwise passes them on.
    void overhear(on_heard tell) { overheard_ = std::move(tell); }
    void pass_on(std::string_view where, std::string_view text) const {
        if (overheard_) overheard_(where, text);
    }

private:
    on_event tell_;
    on_heard overheard_;
    std::uint32_t index_;
    std::mutex mutex_; // of all below
    contract::fit fit_;
    counts counts_;
};

} // namespace loadsim::observe
