#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

namespace loadsim {
namespace {

constexpr std::size_t reserve_size =
    16 * 1024 * 1024; ///< for the last snapshot, the summary and the end of the sessions
constexpr auto out_of_memory = "memory ran out; use fewer vehicles, or raise its limit (ulimit -v, the container's)";

std::atomic<void*> reserve = nullptr;
std::atomic<bool> released = false;
std::terminate_handler default_terminate = nullptr;

void release_reserve() {
    auto* const kept = reserve.exchange(nullptr);
    if (kept == nullptr) throw std::bad_alloc();
    released = true;
    ::operator delete(kept);
}

[[noreturn]] void on_terminate() {
    try {
        if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
    } catch (const std::bad_alloc& thrown) {
        end_program(thrown);
    } catch (const std::exception& thrown) {
        if (!exhaustion_text(thrown).empty()) end_program(thrown);
    } catch (...) { // a bug: as without this handler
    }
    default_terminate();
    std::abort();
}

} // namespace

void prepare_for_exhaustion() {
    reserve = ::operator new(reserve_size);
    std::set_new_handler(release_reserve);
    default_terminate = std::set_terminate(on_terminate);
}

bool memory_ran_out() noexcept { return released; }

std::string exhaustion_text(const std::exception& thrown) {
    if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) return out_of_memory;
    const auto* of_std = dynamic_cast<const std::system_error*>(&thrown);
    const auto* of_asio = dynamic_cast<const boost::system::system_error*>(&thrown);
    const auto is = [&](std::errc e) {
        return (of_std != nullptr && of_std->code() == e) || (of_asio != nullptr && of_asio->code() == e);
    };
    if (is(std::errc::too_many_files_open) || is(std::errc::too_many_files_open_in_system))
        return "no further file can be opened; raise the limit of open files (ulimit -n), or use fewer vehicles";
    if (is(std::errc::not_enough_memory)) return out_of_memory;
    if (!is(std::errc::resource_unavailable_try_again)) return {}; // of std::thread, and of Asio's resolver
    return "no further thread can be started; raise the limit of processes or of memory (ulimit -u, ulimit -v, the "
           "container's), or use fewer --shards";
}

void end_program(const std::exception& thrown) {
    if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) { // without further memory
        std::fputs("loadsim: ", stderr);
        std::fputs(out_of_memory, stderr);
        std::fputs("\n", stderr);
        std::_Exit(3);
    }
    const auto why = exhaustion_text(thrown);
    print_error(fmt::format("loadsim: {}\n", why.empty() ? fmt::format("internal error: {}", thrown.what()) : why));
    std::_Exit(why.empty() ? 1 : 3);
}

bool log_exhaustion(std::string_view what, const std::function<void()>& work) {
    try {
        work();
        return true;
    } catch (const std::bad_alloc&) {
        try {
            log_error(fmt::format("{} failed: {}", what, out_of_memory));
        } catch (const std::bad_alloc&) { // memory_ran_out() stands for the sentence
        }
    } catch (const std::exception& thrown) {
        const auto why = exhaustion_text(thrown);
        if (why.empty()) throw;
        log_error(fmt::format("{} failed: {}", what, why));
    }
    return false;
}

void run_despite_exhaustion(std::string_view what, const std::function<void()>& run) {
    while (!log_exhaustion(what, run)) {}
}

} // namespace loadsim
