// The one file that knows MPI.
#include <loadsim/cluster/channel.hpp>

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

constexpr int letter_tag = 1;
constexpr std::size_t too_long = std::size_t{1} << 30; // MPI counts in int
constexpr auto leave_within = 1s;
/// A long text moves a few pieces for each look at it. With so many looks a call, megabytes take a dozen calls and not
/// hundreds; and with nothing under way there is one look.
constexpr int looks = 256;

std::string text_of(int error) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    if (MPI_Error_string(error, text.data(), &length) != MPI_SUCCESS) return fmt::format("error {}", error);
    return {text.data(), static_cast<std::size_t>(length)};
}

using host_name = std::array<char, MPI_MAX_PROCESSOR_NAME>;

/// Where this process is among the ranks. An error of MPI, or MPI_SUCCESS.
int find_place(place& where, std::vector<std::string>& hosts) {
    int index = 0;
    int count = 0;
    int length = 0;
    host_name own{};
    for (const int error : {MPI_Comm_rank(MPI_COMM_WORLD, &index), MPI_Comm_size(MPI_COMM_WORLD, &count),
                            MPI_Get_processor_name(own.data(), &length)})
        if (error != MPI_SUCCESS) return error;
    std::vector<host_name> all(static_cast<std::size_t>(count));
    // It waits and spins, but only for ranks that left MPI_Init together with this one.
    if (const int error = MPI_Allgather(own.data(), static_cast<int>(own.size()), MPI_CHAR, all.data(),
                                        static_cast<int>(own.size()), MPI_CHAR, MPI_COMM_WORLD);
        error != MPI_SUCCESS)
        return error;
    for (const auto& name : all) hosts.emplace_back(name.data(), ::strnlen(name.data(), name.size()));
    where.index = static_cast<std::uint32_t>(index);
    where.count = static_cast<std::uint32_t>(count);
    where.host = hosts[where.index];
    where.here = static_cast<std::uint32_t>(std::ranges::count(hosts, where.host));
    return MPI_SUCCESS;
}

} // namespace

struct channel::state {
    struct sending {
        std::string text;
        MPI_Request request = MPI_REQUEST_NULL;
    };
    struct coming {
        letter one;
        MPI_Request request = MPI_REQUEST_NULL;
        bool whole = false;
    };

    place where;
    std::vector<std::string> hosts;
    // Lists: MPI holds addresses of what is in them.
    std::list<sending> out;
    std::list<coming> in;
    std::string trouble;

    bool failed(int error, std::string_view doing) {
        if (error == MPI_SUCCESS) return false;
        if (trouble.empty())
            trouble = fmt::format("rank {} on {} cannot {} the other ranks any more: {}", where.index, where.host,
                                  doing, text_of(error));
        return true;
    }

    bool through(MPI_Request& request, std::string_view doing) {
        int flag = 0;
        return !failed(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), doing) && flag != 0;
    }

    /// Begins to take in the next text that has been announced. False: none has.
    bool take_in() {
        int flag = 0;
        int length = 0;
        MPI_Message announced = MPI_MESSAGE_NULL;
        MPI_Status status;
        if (failed(MPI_Improbe(MPI_ANY_SOURCE, letter_tag, MPI_COMM_WORLD, &flag, &announced, &status), "hear") ||
            flag == 0 || failed(MPI_Get_count(&status, MPI_BYTE, &length), "hear"))
            return false;
        auto& next = in.emplace_back();
        next.one.from = static_cast<std::uint32_t>(status.MPI_SOURCE);
        next.one.text.resize(static_cast<std::size_t>(length));
        // Not MPI_Mrecv: it spins until all of a long text is here.
        return !failed(MPI_Imrecv(next.one.text.data(), length, MPI_BYTE, &announced, &next.request), "hear");
    }

    /// Nothing is on its way, neither out nor in.
    bool at_rest() const { return out.empty() && std::ranges::all_of(in, &coming::whole); }

    void move() {
        for (int look = 0; look < looks && trouble.empty(); ++look) {
            out.remove_if([this](sending& s) { return trouble.empty() && through(s.request, "write to"); });
            while (trouble.empty() && take_in()) {}
            for (auto& c : in)
                if (trouble.empty() && !c.whole) c.whole = through(c.request, "hear");
            if (at_rest()) return;
        }
    }

    /// The first whole one that does not overtake another of its sender.
    std::optional<letter> hand_out() {
        std::vector<std::uint32_t> late;
        for (auto c = in.begin(); c != in.end(); ++c) {
            if (!c->whole) {
                late.push_back(c->one.from);
            } else if (std::ranges::find(late, c->one.from) == late.end()) {
                letter one = std::move(c->one);
                in.erase(c);
                return one;
            }
        }
        return std::nullopt;
    }
};

result<std::unique_ptr<channel>> channel::join() {
    // Ranks on one host would read each other's memory, which containers forbid, with a warning for each long letter. By
    // shared memory megabytes take a few polls longer, and reports no more. Who has set it otherwise has their way.
    ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    int threads = 0;
    if (const int error = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &threads); error != MPI_SUCCESS)
        return problems{"MPI", fmt::format("does not begin: {}", text_of(error))};
    if (threads < MPI_THREAD_FUNNELED)
        return problems{"MPI", "this one does not allow its caller to have threads; use Debian's Open MPI"};
    // Errors come back as values: its own way is to end the process without a word of ours.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    auto joined = std::make_unique<state>();
    if (const int error = find_place(joined->where, joined->hosts); error != MPI_SUCCESS)
        return problems{"MPI", fmt::format("the ranks do not find each other: {}", text_of(error))};
    return std::unique_ptr<channel>(new channel(std::move(joined)));
}

channel::channel(std::unique_ptr<state> s) : state_(std::move(s)) {}

channel::~channel() {
    if (std::uncaught_exceptions() > 0)
        return; // a bug ends this rank: the launcher ends the others, who would be waited for
    auto& s = *state_;
    const auto until = std::chrono::steady_clock::now() + leave_within;
    for (s.move(); !s.at_rest() && s.trouble.empty() && std::chrono::steady_clock::now() < until; s.move())
        std::this_thread::sleep_for(1ms);
    // With something still on its way the end of MPI would wait for ever. Without that end the launcher ends the others.
    if (s.at_rest() && s.trouble.empty()) MPI_Finalize();
}

const place& channel::where() const { return state_->where; }

std::string channel::called(std::uint32_t rank) const { return fmt::format("rank {} on {}", rank, host_of(rank)); }

std::string channel::host_of(std::uint32_t rank) const {
    return rank < state_->hosts.size() ? state_->hosts[rank] : std::string{};
}

void channel::send(std::uint32_t to, std::string text) {
    auto& s = *state_;
    if (!s.trouble.empty()) return;
    if (to >= s.where.count || text.size() >= too_long) {
        s.trouble = fmt::format("rank {} on {} cannot send {} bytes to rank {} of {}", s.where.index, s.where.host,
                                text.size(), to, s.where.count);
        return;
    }
    auto& next = s.out.emplace_back();
    next.text = std::move(text);
    s.failed(MPI_Isend(next.text.data(), static_cast<int>(next.text.size()), MPI_BYTE, static_cast<int>(to), letter_tag,
                       MPI_COMM_WORLD, &next.request),
             "write to");
}

std::optional<channel::letter> channel::receive() {
    // What is here already goes first: many letters at once are not many looks at MPI.
    if (auto one = state_->hand_out()) return one;
    state_->move();
    return state_->hand_out();
}

bool channel::sent_all() {
    state_->move();
    return state_->out.empty();
}

const std::string& channel::trouble() const { return state_->trouble; }

} // namespace loadsim::cluster
