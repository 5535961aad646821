// mpirun's stderr: the ranks' own sentences go on, the rest is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::cluster {

/// Takes a stream in pieces and sorts its lines.
class launch_words {
public:
    static constexpr std::size_t kept_at_most = std::size_t{256} << 10;

    /// `pass_on` gets each line of ours with its newline.
    explicit launch_words(std::function<void(std::string_view)> pass_on) : pass_on_(std::move(pass_on)) {}

    void take(std::string_view piece);
    void end(); ///< what is left without a newline is a line too

    /// All other lines. Of too many the middle is left out: what mpirun says last is what matters, and what came first.
    const std::string& kept() const noexcept { return kept_; }
    bool ranks_spoke() const noexcept { return ranks_spoke_; }

private:
    void sort(std::string_view line);

    std::function<void(std::string_view)> pass_on_;
    std::string line_; ///< begun
    std::string kept_;
    bool ranks_spoke_ = false;
};

/// Whether mpirun's words show that a rank had begun.
bool tells_of_ranks(std::string_view words);
/// Whether they show that a rank was ended by this signal.
bool tells_of_signal(std::string_view words, int signal);

} // namespace loadsim::cluster
