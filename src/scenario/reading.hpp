// What was found wrong so far, and where in the document the reader is.
#pragma once

#include "tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

struct finding {
    std::string path; ///< "fleet.segments[2].share"
    place where;
    std::string text;
};

/// Goes through a document with its reader. Threads: one.
class reading {
public:
    /// Names where the reader is for as long as it lives.
    class step {
    public:
        step(std::string& path, std::string_view deeper) : path_(path), size_(path.size()) { path += deeper; }
        ~step() { path_.resize(size_); }
        step(const step&) = delete;
        step& operator=(const step&) = delete;

    private:
        std::string& path_;
        std::size_t size_;
    };
    [[nodiscard]] step into(std::string_view key);
    [[nodiscard]] step into(std::size_t index);

    void wrong(place where, std::string text);
    void wrong(const node& at, std::string text) { wrong(at.where, std::move(text)); }

    /// The text of a scalar; nullptr, after saying what is wanted instead, for anything else.
    const std::string* scalar(const node&, std::string_view wanted);
    bool is_list(const node&, std::string_view wanted);
    /// Also says which keys are there twice.
    bool is_map(const node&, std::string_view wanted);

    const std::string& path() const { return path_; }
    const std::vector<finding>& found() const { return found_; }

private:
    std::string path_;
    std::vector<finding> found_;
};

/// "a.b" or "b" where there is no a.
std::string join_path(std::string_view path, std::string_view key);

} // namespace loadsim::scenario
