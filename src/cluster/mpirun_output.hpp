// Filter of mpirun's stderr: forwards the ranks' own lines, keeps the rest.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::cluster {

/// Splits a stream into lines and forwards or keeps each.
class mpirun_output {
public:
    static constexpr std::size_t max_kept = std::size_t{256} << 10;

    /// `forward_line` is called with each line of a rank, newline included.
    explicit mpirun_output(std::function<void(std::string_view)> forward_line)
        : forward_line_(std::move(forward_line)) {}

    void append(std::string_view piece);
    void finish(); ///< processes a last line without newline

    /// All other lines. Above the limit the middle is dropped: the first and the last lines matter.
    const std::string& kept() const noexcept { return kept_; }
    bool ranks_wrote() const noexcept { return ranks_wrote_; }

private:
    void dispatch_line(std::string_view line);

    std::function<void(std::string_view)> forward_line_;
    std::string line_; ///< incomplete line
    std::string kept_;
    bool ranks_wrote_ = false;
};

/// True: the output shows that a rank had started.
bool mentions_ranks(std::string_view output);
/// True: the output shows that this signal terminated a rank.
bool mentions_signal(std::string_view output, int signal);

} // namespace loadsim::cluster
