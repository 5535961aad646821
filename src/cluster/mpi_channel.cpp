// MPI implementation of the channel; the only file that uses MPI.
#include <loadsim/cluster/mpi_channel.hpp>

#include <fmt/format.h>

#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <list>
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

} // namespace

struct mpi_channel::state {
    struct outgoing_transfer {
        std::string text;
        MPI_Request request = MPI_REQUEST_NULL;
    };
    struct incoming_transfer {
        received_message received;
        MPI_Request request = MPI_REQUEST_NULL;
        bool complete = false;
    };

    rank_info info;
    std::vector<std::string> hosts;
    // Lists: MPI keeps pointers to the elements.
    std::list<outgoing_transfer> outgoing;
    std::list<incoming_transfer> incoming;
    std::string error;

    bool failed(int code, std::string_view operation) {
        if (code == MPI_SUCCESS) return false;
        if (error.empty())
            error = fmt::format("rank {} on {} cannot {} the other ranks any more: {}", info.index, info.host,
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
        auto& next = incoming.emplace_back();
        next.received.from = static_cast<std::uint32_t>(status.MPI_SOURCE);
        next.received.text.resize(static_cast<std::size_t>(length));
        // Not MPI_Mrecv, which spins until a long message is complete.
        return !failed(MPI_Imrecv(next.received.text.data(), length, MPI_BYTE, &announced, &next.request), "read from");
    }

    /// No transfer is pending in either direction.
    bool idle() const { return outgoing.empty() && std::ranges::all_of(incoming, &incoming_transfer::complete); }

    void make_progress() {
        for (int test = 0; test < max_tests && error.empty(); ++test) {
            outgoing.remove_if(
                [this](outgoing_transfer& s) { return error.empty() && test_complete(s.request, "write to"); });
            while (error.empty() && start_receive()) {}
            for (auto& c : incoming)
                if (error.empty() && !c.complete) c.complete = test_complete(c.request, "read from");
            if (idle()) return;
        }
    }

    /// First complete message that does not overtake another one of the same sender.
    std::optional<received_message> next_complete() {
        std::vector<std::uint32_t> incomplete_senders;
        for (auto c = incoming.begin(); c != incoming.end(); ++c) {
            if (!c->complete) {
                incomplete_senders.push_back(c->received.from);
            } else if (std::ranges::find(incomplete_senders, c->received.from) == incomplete_senders.end()) {
                received_message received = std::move(c->received);
                incoming.erase(c);
                return received;
            }
        }
        return std::nullopt;
    }
};

result<std::unique_ptr<mpi_channel>> mpi_channel::join() {
    // Disables single-copy transfers (process_vm_readv) between ranks on one host: containers forbid them, with a warning for each
    // long message. Shared memory costs megabytes a few polls more, status reports none. A value set by the user is kept.
    ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    int threads = 0;
    if (const int error = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &threads); error != MPI_SUCCESS)
        return problems{"MPI", fmt::format("does not begin: {}", error_text(error))};
    if (threads < MPI_THREAD_FUNNELED)
        return problems{"MPI", "this one does not allow its caller to have threads; use Debian's Open MPI"};
    // Errors as return values; by default MPI aborts the process.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    auto joined = std::make_unique<state>();
    if (const int error = find_rank_info(joined->info, joined->hosts); error != MPI_SUCCESS)
        return problems{"MPI", fmt::format("the ranks do not find each other: {}", error_text(error))};
    return std::unique_ptr<mpi_channel>(new mpi_channel(std::move(joined)));
}

mpi_channel::mpi_channel(std::unique_ptr<state> s) : state_(std::move(s)) {}

mpi_channel::~mpi_channel() {
    if (std::uncaught_exceptions() > 0)
        return; // a bug: MPI_Finalize would wait for the others; the launcher terminates them
    auto& s = *state_;
    const auto until = std::chrono::steady_clock::now() + shutdown_timeout;
    for (s.make_progress(); !s.idle() && s.error.empty() && std::chrono::steady_clock::now() < until; s.make_progress())
        std::this_thread::sleep_for(1ms);
    // MPI_Finalize would block forever with pending transfers. Without it the launcher terminates the other ranks.
    if (s.idle() && s.error.empty()) MPI_Finalize();
}

const rank_info& mpi_channel::info() const { return state_->info; }

std::string mpi_channel::host_of(std::uint32_t rank) const {
    return rank < state_->hosts.size() ? state_->hosts[rank] : std::string{};
}

void mpi_channel::send(std::uint32_t to, std::string text) {
    auto& s = *state_;
    if (!s.error.empty()) return;
    if (to >= s.info.count || text.size() >= size_limit) {
        s.error = fmt::format("rank {} on {} cannot send {} bytes to rank {} of {}", s.info.index, s.info.host,
                              text.size(), to, s.info.count);
        return;
    }
    auto& next = s.outgoing.emplace_back();
    next.text = std::move(text);
    s.failed(MPI_Isend(next.text.data(), static_cast<int>(next.text.size()), MPI_BYTE, static_cast<int>(to),
                       message_tag, MPI_COMM_WORLD, &next.request),
             "write to");
}

std::optional<mpi_channel::received_message> mpi_channel::receive() {
    // Messages received before go first, without testing MPI.
    if (auto received = state_->next_complete()) return received;
    state_->make_progress();
    return state_->next_complete();
}

void mpi_channel::progress() { state_->make_progress(); }

bool mpi_channel::sent_all() {
    progress();
    return state_->outgoing.empty();
}

const std::string& mpi_channel::error() const { return state_->error; }

} // namespace loadsim::cluster
