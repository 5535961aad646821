// What a run needs of a machine, in numbers that any machine can be held against.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::target {

struct machine;

/// Over how many processes a run is spread.
struct placement {
    std::uint32_t ranks = 1;      ///< in all; rank r has every ranks-th vehicle
    std::uint32_t ranks_here = 1; ///< of them on this machine
};

/// The same for each rank: shares differ by one vehicle at most, and the larger one is meant.
struct needs {
    placement where{};
    std::uint64_t sessions = 0;           ///< of the whole fleet
    std::uint64_t files_fixed = 0;        ///< open files of a rank, whatever its number of sessions
    std::uint64_t broker_files_fixed = 0; ///< the same of its mosquitto
    std::uint64_t sources = 0;            ///< fleet.sourceAddresses; 0: the kernel's choice, which is one
    std::uint64_t connections_fixed = 0;  ///< of a rank to its broker, besides the vehicles': backend, observer, driver
    std::uint64_t connects_in_flight = 0;
    std::uint64_t packets_per_second = 0; ///< of the whole fleet at the peak of the load
    bool own_broker = false;              ///< each rank has a mosquitto of its own
    bool broker_here = false;             ///< the broker's end of each connection is on this machine too
};

std::uint64_t sessions_of_rank(const needs&);
std::uint64_t sessions_here(const needs&);
/// Connections from this machine. With a mosquitto for each rank a port serves one session to each of them; somebody else's is the
/// target of all ranks.
std::uint64_t connections_to_one_broker(const needs&);
std::uint64_t files_of_rank(const needs&);   ///< open files of one of our processes
std::uint64_t files_of_broker(const needs&); ///< of its mosquitto; 0: there is none
/// Of all processes of the run on this machine and of the kernel for them, at what was measured for one session.
std::uint64_t memory_here(const needs&);

/// Over how many ranks the fleet must be spread so that each may open its files: 1 when they all fit, else with a
/// twentieth to spare. Empty: no number does, for each has files of its own; or the limit is unknown.
std::optional<std::uint32_t> ranks_that_fit(const needs&, const machine&);

/// "6.4 GiB", "512 MiB".
std::string format_memory(std::uint64_t bytes);

} // namespace loadsim::target
