// Resource requirements of a run, to compare with the resources of a machine.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::target {

struct machine_resources;

/// Number of processes of a run.
struct rank_placement {
    std::uint32_t ranks = 1;       ///< in total; rank r has every ranks-th vehicle
    std::uint32_t local_ranks = 1; ///< on this machine
};

/// Equal for all ranks: partitions differ by at most one vehicle, and the larger one counts.
struct resource_requirements {
    rank_placement placement{};
    std::uint64_t sessions = 0;           ///< of the whole fleet
    std::uint64_t files_fixed = 0;        ///< open files of a rank, independent of its number of sessions
    std::uint64_t broker_files_fixed = 0; ///< same for its mosquitto
    std::uint64_t sources = 0;            ///< number of fleet.sourceAddresses; 0: one, chosen by the kernel
    std::uint64_t connections_fixed = 0;  ///< of a rank to its broker, besides vehicles: backend, observer, driver
    std::uint64_t connects_in_flight = 0;
    double connects_per_second = 0;       ///< of the whole fleet
    std::uint64_t packets_per_second = 0; ///< of the whole fleet at peak load
    bool own_broker = false;              ///< each rank starts its own mosquitto
    bool local_broker = false;            ///< the broker runs on this machine
    bool tls = false;                     ///< sessions of vehicles use TLS
};

std::uint64_t sessions_per_rank(const resource_requirements&);
std::uint64_t local_sessions(const resource_requirements&);
/// Connections from this machine to one broker. With one mosquitto per rank each source port serves one session per
/// broker; an external broker is shared by all ranks.
std::uint64_t connections_per_broker(const resource_requirements&);
std::uint64_t files_per_rank(const resource_requirements&);   ///< open files of one loadsim process
std::uint64_t files_per_broker(const resource_requirements&); ///< open files of its mosquitto; 0: none
/// Memory of all processes of the run on this machine, including kernel memory, from the measured cost per session.
std::uint64_t local_memory(const resource_requirements&);

/// Shards of a process that is given no number: one for every two cores, at most 8; with several ranks 1.
std::uint32_t default_shards(unsigned cores, bool of_several_ranks);
double local_connects_per_second(const resource_requirements&);
/// Full TLS handshakes a second of the vehicles on this machine, with the default number of shards, if only CPU time limits them.
/// The other end pays as much: on the same cores if the broker is local; a mosquitto has one thread. Empty: no TLS, or the number
/// of cores is unknown.
std::optional<double> handshakes_per_second_max(const resource_requirements&, const machine_resources&);
/// Time in which the vehicles on this machine connect, at least.
nanoseconds connect_time_min(const resource_requirements&, const machine_resources&);

/// Number of ranks at which each stays within its limit of open files: 1 if that is enough, otherwise with 5 % spare.
/// Empty: no number is enough, because each rank has fixed files; or the limit is unknown.
std::optional<std::uint32_t> required_ranks(const resource_requirements&, const machine_resources&);

/// "6.4 GiB", "512 MiB".
std::string format_memory(std::uint64_t bytes);

} // namespace loadsim::target
