// MPI implementation of the channel, in a module that is loaded when it is used (mpi_module.cpp); the only file that uses MPI.
#include "mpi_module.hpp"

#include <fmt/format.h>

#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace loadsim::cluster {
namespace {

using namespace std::chrono_literals;

constexpr int message_tag = 1;
constexpr std::size_t size_limit = std::size_t{1} << 30; // MPI lengths are int
constexpr auto shutdown_timeout = 1s;
/// Maximum number of MPI tests per call. Each test advances a long transfer by a few fragments only: with this many, megabytes
/// take a dozen calls instead of hundreds. Without pending transfers one test is made.
constexpr int max_tests = 256;

std::string error_text(int error) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    if (MPI_Error_string(error, text.data(), &length) != MPI_SUCCESS) return fmt::format("error {}", error);
    return {text.data(), static_cast<std::size_t>(length)};
}

using host_name = std::array<char, MPI_MAX_PROCESSOR_NAME>;

/// Determines this process's rank and all host names. Returns MPI_SUCCESS or an MPI error.
int find_rank_info(rank_info& info, std::vector<std::string>& hosts) {
    int index = 0;
    int count = 0;
    int length = 0;
    host_name own{};
    for (const int error : {MPI_Comm_rank(MPI_COMM_WORLD, &index), MPI_Comm_size(MPI_COMM_WORLD, &count),
                            MPI_Get_processor_name(own.data(), &length)})
        if (error != MPI_SUCCESS) return error;
    std::vector<host_name> all(static_cast<std::size_t>(count));
    // Blocks and spins, but only briefly: all ranks have just returned from MPI_Init.
    if (const int error = MPI_Allgather(own.data(), static_cast<int>(own.size()), MPI_CHAR, all.data(),
                                        static_cast<int>(own.size()), MPI_CHAR, MPI_COMM_WORLD);
        error != MPI_SUCCESS)
        return error;
    for (const auto& name : all) hosts.emplace_back(name.data(), ::strnlen(name.data(), name.size()));
    info.index = static_cast<std::uint32_t>(index);
    info.count = static_cast<std::uint32_t>(count);
    info.host = hosts[info.index];
    info.ranks_on_host = static_cast<std::uint32_t>(std::ranges::count(hosts, info.host));
    return MPI_SUCCESS;
}

class mpi_channel final : public channel {
public:
    mpi_channel(rank_info info, std::vector<std::string> hosts) : info_(std::move(info)), hosts_(std::move(hosts)) {}

    ~mpi_channel() override {
        if (std::uncaught_exceptions() > 0)
            return; // a bug: MPI_Finalize would wait for the others; the launcher terminates them
        const auto until = std::chrono::steady_clock::now() + shutdown_timeout;
        for (make_progress(); !idle() && error_.empty() && std::chrono::steady_clock::now() < until; make_progress())
            std::this_thread::sleep_for(1ms);
        // MPI_Finalize would block forever with pending transfers. Without it the launcher terminates the other ranks.
        if (idle() && error_.empty()) MPI_Finalize();
    }
    mpi_channel(const mpi_channel&) = delete;
    mpi_channel& operator=(const mpi_channel&) = delete;

    const rank_info& info() const override { return info_; }
    std::string host_of(std::uint32_t rank) const override {
        return rank < hosts_.size() ? hosts_[rank] : std::string{};
    }

    void send(std::uint32_t to, std::string text) override {
        if (!error_.empty()) return;
        if (to >= info_.count || text.size() >= size_limit) {
            error_ = fmt::format("rank {} on {} cannot send {} bytes to rank {} of {}", info_.index, info_.host,
                                 text.size(), to, info_.count);
            return;
        }
        auto& next = outgoing_.emplace_back();
        next.text = std::move(text);
        failed(MPI_Isend(next.text.data(), static_cast<int>(next.text.size()), MPI_BYTE, static_cast<int>(to),
                         message_tag, MPI_COMM_WORLD, &next.request),
               "write to");
    }

    std::optional<received_message> receive() override {
        // Messages received before go first, without testing MPI.
        if (auto received = next_complete()) return received;
        make_progress();
        return next_complete();
    }

    void progress() override { make_progress(); }
    const std::string& error() const override { return error_; }

private:
    struct outgoing_transfer {
        std::string text;
        MPI_Request request = MPI_REQUEST_NULL;
    };
    struct incoming_transfer {
        received_message received;
        MPI_Request request = MPI_REQUEST_NULL;
        bool complete = false;
    };

    bool failed(int code, std::string_view operation) {
        if (code == MPI_SUCCESS) return false;
        if (error_.empty())
            error_ = fmt::format("rank {} on {} cannot {} the other ranks any more: {}", info_.index, info_.host,
                                 operation, error_text(code));
        return true;
    }

    bool test_complete(MPI_Request& request, std::string_view operation) {
        int flag = 0;
        return !failed(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), operation) && flag != 0;
    }

    /// Starts receiving the next announced message. False: none is announced.
    bool start_receive() {
        int flag = 0;
        int length = 0;
        MPI_Message announced = MPI_MESSAGE_NULL;
        MPI_Status status;
        if (failed(MPI_Improbe(MPI_ANY_SOURCE, message_tag, MPI_COMM_WORLD, &flag, &announced, &status), "read from") ||
            flag == 0 || failed(MPI_Get_count(&status, MPI_BYTE, &length), "read from"))
            return false;
        auto& next = incoming_.emplace_back();
        next.received.from = static_cast<std::uint32_t>(status.MPI_SOURCE);
        next.received.text.resize(static_cast<std::size_t>(length));
        // Not MPI_Mrecv, which spins until a long message is complete.
        return !failed(MPI_Imrecv(next.received.text.data(), length, MPI_BYTE, &announced, &next.request), "read from");
    }

    /// No transfer is pending in either direction.
    bool idle() const { return outgoing_.empty() && std::ranges::all_of(incoming_, &incoming_transfer::complete); }

    void make_progress() {
        for (int test = 0; test < max_tests && error_.empty(); ++test) {
            outgoing_.remove_if(
                [this](outgoing_transfer& s) { return error_.empty() && test_complete(s.request, "write to"); });
            while (error_.empty() && start_receive()) {}
            for (auto& c : incoming_)
                if (error_.empty() && !c.complete) c.complete = test_complete(c.request, "read from");
            if (idle()) return;
        }
    }

    /// First complete message that does not overtake another one of the same sender.
    std::optional<received_message> next_complete() {
        std::vector<std::uint32_t> incomplete_senders;
        for (auto c = incoming_.begin(); c != incoming_.end(); ++c) {
            if (!c->complete) {
                incomplete_senders.push_back(c->received.from);
            } else if (std::ranges::find(incomplete_senders, c->received.from) == incomplete_senders.end()) {
                received_message received = std::move(c->received);
                incoming_.erase(c);
                return received;
            }
        }
        return std::nullopt;
    }

    rank_info info_;
    std::vector<std::string> hosts_;
    // Lists: MPI keeps pointers to the elements.
    std::list<outgoing_transfer> outgoing_;
    std::list<incoming_transfer> incoming_;
    std::string error_;
};

} // namespace
} // namespace loadsim::cluster

loadsim::cluster::channel* loadsim_join_ranks(std::string& error) {
    using namespace loadsim::cluster;
    // Disables single-copy transfers (process_vm_readv) between ranks on one host: containers forbid them, with a warning for each
    // long message. Shared memory costs megabytes a few polls more, status reports none. A value set by the user is kept.
    ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    int threads = 0;
    if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &threads); code != MPI_SUCCESS) {
        error = fmt::format("does not begin: {}", error_text(code));
        return nullptr;
    }
    if (threads < MPI_THREAD_FUNNELED) {
        error = "this one does not allow its caller to have threads; use Debian's Open MPI";
        return nullptr;
    }
    // Errors as return values; by default MPI aborts the process.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    rank_info info;
    std::vector<std::string> hosts;
    if (const int code = find_rank_info(info, hosts); code != MPI_SUCCESS) {
        error = fmt::format("the ranks do not find each other: {}", error_text(code));
        return nullptr;
    }
    return std::make_unique<mpi_channel>(std::move(info), std::move(hosts)).release();
}
